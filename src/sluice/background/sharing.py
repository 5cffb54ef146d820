"""Limits are shared with the other processes of a portal, several times a second."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

# What other processes have counted is known no later than this.
SHARE_SECONDS = 0.1
# While there is no limit, nothing is counted; a new one is noticed after this.
WITHOUT_LIMIT_SECONDS = 1.0

log = logging.getLogger("sluice.sharing")


class Sharing:
    """Shares again and again until it is to stop, and once more then.

    Args:
        share: tells whether there is a limit.
    """

    def __init__(self, share: Callable[[], Awaitable[bool]]) -> None:
        self._share = share

    async def run(self, stopping: asyncio.Event) -> None:
        nap = SHARE_SECONDS
        while not stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), nap)
            try:
                nap = SHARE_SECONDS if await self._share() else WITHOUT_LIMIT_SECONDS
            except Exception:
                log.exception("limits cannot be shared with other processes")
