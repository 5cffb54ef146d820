"""Limits are shared with the other processes of a portal, several times a second."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

# What other processes have counted is known no later than this.
SHARE_SECONDS = 0.1

log = logging.getLogger("sluice.sharing")


class Sharing:
    """Calls something again and again until it is to stop, and once more then."""

    def __init__(self, share: Callable[[], Awaitable[None]]) -> None:
        self._share = share

    async def run(self, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), SHARE_SECONDS)
            try:
                await self._share()
            except Exception:
                log.exception("limits cannot be shared with other processes")
