"""Requests straight to a door, without a server between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from sluice.rest.door import Door
from sluice.rest.request import Incoming


def ask(door: Door, incoming: Sequence[Incoming]) -> list[Any]:
    """Return what a door answers to requests, one after the other."""

    async def answers() -> list[Any]:
        return [json.loads((await door(one)).body) for one in incoming]

    return asyncio.run(answers())
