"""Whoever guesses secrets has to wait: passwords per account, codes and tokens per address.

Waiting takes real seconds: the portal's clock may stand still.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Callable

from sluice.clock import stopwatch

# More keys than this are not told apart; the longest idle is forgotten.
MOST_KEYS = 10_000
# How many wrong answers of one address may wait; while there are more, it gets none at all.
MOST_WAITING = 32
LONGEST_WAIT_SECONDS = 5.0
LOG_EACH_SECONDS = 60.0

log = logging.getLogger("sluice.guesses")


class Guesses:
    """A leaky bucket of failures per key, in memory.

    Args:
        free: failures in a row before anybody waits.
        seconds_each: how long each further one takes.
    """

    def __init__(
        self, free: int, seconds_each: float, seconds: Callable[[], float] = stopwatch
    ) -> None:
        self._room = (free - 1) * seconds_each
        self._each = seconds_each
        self._seconds = seconds
        self._empty_at: OrderedDict[str, float] = OrderedDict()

    def wait_seconds(self, key: str) -> float:
        """Return how long whoever has this key must wait; 0 is not at all."""
        empty_at = self._empty_at.get(key)
        return 0.0 if empty_at is None else max(0.0, empty_at - self._room - self._seconds())

    def count(self, key: str) -> None:
        """Count a failure, or an attempt that may become one."""
        self._empty_at[key] = max(self._empty_at.get(key, 0.0), self._seconds()) + self._each
        self._empty_at.move_to_end(key)
        if len(self._empty_at) > MOST_KEYS:
            self._empty_at.popitem(last=False)

    def forget(self, key: str) -> None:
        """Forget the failures: the last attempt was right."""
        self._empty_at.pop(key, None)


class Slowdown:
    """Delays answers to wrong credentials, and notes in the log whose they are.

    Right credentials are never delayed, so that nobody shuts others out who share an address,
    unless more than `MOST_WAITING` wrong ones of that address wait at once.

    Attributes:
        delayed: how many answers it has delayed.
    """

    def __init__(self, guesses: Guesses) -> None:
        self.delayed = 0
        self._guesses = guesses
        self._waiting: Counter[str] = Counter()
        self._logged: dict[str, float] = {}

    def is_flooding(self, address: str) -> bool:
        """Tell whether nothing of this address should be looked at now."""
        return bool(self._waiting) and self._waiting[address] >= MOST_WAITING

    async def wrong(self, address: str) -> None:
        """Count a wrong credential of this address, and wait as long as that takes."""
        self._guesses.count(address)
        wait = self._guesses.wait_seconds(address)
        if wait <= 0.0:
            return
        self.delayed += 1
        self._log(address)
        self._waiting[address] += 1
        try:
            await asyncio.sleep(min(wait, LONGEST_WAIT_SECONDS))
        finally:
            self._waiting[address] -= 1
            if not self._waiting[address]:
                del self._waiting[address]

    def _log(self, address: str) -> None:
        now = stopwatch()
        if now - self._logged.get(address, -LOG_EACH_SECONDS) < LOG_EACH_SECONDS:
            return
        if len(self._logged) >= MOST_KEYS:
            self._logged.clear()
        self._logged[address] = now
        log.warning("%s keeps sending wrong codes or tokens; its answers are delayed", address)
