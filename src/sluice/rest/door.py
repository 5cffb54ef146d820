"""Doors beside the gateway: what else the portal's addresses lead to."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from sluice.rest.request import Incoming
from sluice.rest.response import Answer

# Answers a request; never raises.
Door = Callable[[Incoming], Coroutine[Any, Any, Answer]]

# The first segments of a path, such as `oauth/token` or `_sluice` -> the door they lead to.
Doors = Mapping[bytes, Door]


def door_for(path: bytes, doors: Doors) -> Door | None:
    """Return the door that a path leads to, or None when it is the gateway's.

    Rule (observed): a client builds `/rest//oauth/token/` from an address that ends in `/rest/`
    (rest-protocol.md 1.3).
    """
    segments = [segment for segment in path.split(b"/") if segment]
    if segments[:2] == [b"rest", b"oauth"]:
        segments = segments[1:]
    return doors.get(b"/".join(segments[:2])) or doors.get(b"".join(segments[:1]))
