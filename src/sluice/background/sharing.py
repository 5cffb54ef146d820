"""Limits are shared with other processes several times a second, while the portal is called."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from sluice.errors import StoreUnavailable

# What other processes have counted is known no later than this after a call.
SHARE_SECONDS = 0.1
# While there is no limit, nothing is counted; a new one is noticed after this.
WITHOUT_LIMIT_SECONDS = 1.0
# A portal that cannot be reached is asked again after this.
AFTER_FAILURE_SECONDS = 5.0

log = logging.getLogger("sluice.sharing")


class Sharing:
    """Shares again and again while there are calls, until it is to stop, and once more then.

    Args:
        share: tells whether there is a limit.
        called: set by every call.
    """

    def __init__(self, share: Callable[[], Awaitable[bool]], called: asyncio.Event) -> None:
        self._share = share
        self._called = called

    async def run(self, stopping: asyncio.Event) -> None:
        nap = SHARE_SECONDS
        while not stopping.is_set():
            await _either(self._called, stopping)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), nap)
            self._called.clear()
            try:
                nap = SHARE_SECONDS if await self._share() else WITHOUT_LIMIT_SECONDS
            except StoreUnavailable:  # the store has told of it
                nap = AFTER_FAILURE_SECONDS
                self._called.set()
            except Exception:
                log.exception("limits cannot be shared with other processes")


async def _either(first: asyncio.Event, second: asyncio.Event) -> None:
    """Wait until one of the events is set."""
    waiting = [asyncio.create_task(event.wait()) for event in (first, second)]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
