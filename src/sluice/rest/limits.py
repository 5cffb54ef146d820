"""Limits of a plan: how many calls an address makes, and how much time a credential uses.

Source: rest-protocol.md 12. Both are counted in memory, on the portal's clock, and `SharedLimits`
adds up what every process counted.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime

BASKETS = 10
BASKET_SECONDS = 60
# More addresses than this are not told apart; the longest idle is forgotten.
MOST_ADDRESSES = 10_000
# More pairs of credential and method than this are not told apart; the longest idle is forgotten.
MOST_PAIRS = 10_000


class LeakyBucket:
    """Calls per source address: each fills a bucket that leaks. rest-protocol.md 12.1."""

    def __init__(self) -> None:
        # Address -> how full its bucket was, and when.
        self._buckets: OrderedDict[str, list[float]] = OrderedDict()
        self._taken: dict[str, float] = {}

    def admit(self, address: str, now: float, burst: int, per_second: float) -> bool:
        """Count a call and tell whether it may pass; one that may not is not counted.

        Args:
            now: unix seconds on the portal's clock.
            burst: how many calls the bucket holds.
            per_second: how many leak out each second.
        """
        bucket = self._buckets.get(address)
        if bucket is None:
            bucket = self._buckets[address] = [0.0, now]
            if len(self._buckets) > MOST_ADDRESSES:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(address)
            if now > bucket[1]:  # a clock that was set back leaks nothing
                level = bucket[0] - (now - bucket[1]) * per_second
                bucket[0] = level if level > 0.0 else 0.0
            bucket[1] = now
        if bucket[0] + 1.0 > burst:
            return False
        bucket[0] += 1.0
        self._taken[address] = self._taken.get(address, 0.0) + 1.0
        return True

    def take(self) -> dict[str, float]:
        """Return how many calls were counted for each address since this was asked last."""
        taken, self._taken = self._taken, {}
        return taken

    def put_back(self, taken: Mapping[str, float]) -> None:
        """Count again what `take` returned: it could not be shared."""
        for address, calls in taken.items():
            self._taken[address] = self._taken.get(address, 0.0) + calls

    def set_level(self, address: str, level: float, at: float) -> None:
        """Learn how full a bucket was at an instant, by what all processes had counted."""
        mine = self._taken.get(address, 0.0)
        self._buckets[address] = [level + mine, at]
        self._buckets.move_to_end(address)
        if len(self._buckets) > MOST_ADDRESSES:
            self._buckets.popitem(last=False)


class _Window:
    """The last ten minutes of one credential and method."""

    __slots__ = ("_baskets", "_minute", "reset_at", "used")

    def __init__(self) -> None:
        self._baskets: dict[int, float] = {}
        self._minute = -1
        self.used = 0.0
        self.reset_at = 0

    def turn_to(self, minute: int) -> None:
        """Forget what is not of the ten minutes that end with this one."""
        if minute == self._minute:
            return
        self._minute = minute
        self._baskets = {
            then: seconds
            for then, seconds in self._baskets.items()
            if minute - BASKETS < then <= minute
        }
        self._baskets.setdefault(minute, 0.0)
        self.used = sum(self._baskets.values())
        self.reset_at = (min(self._baskets) + BASKETS) * BASKET_SECONDS

    def add(self, seconds: float) -> None:
        """Count seconds in the current minute."""
        self._baskets[self._minute] += seconds
        self.used += seconds

    def fill(self, baskets: Mapping[int, float]) -> None:
        """Put other numbers into some baskets."""
        minute = max(self._minute, *baskets)
        self._minute = -1
        self._baskets.update(baskets)
        self.turn_to(minute)


class OperatingTime:
    """Seconds per (credential, method), in ten one-minute baskets. rest-protocol.md 12.2.

    Who has reached the limit is noted when time is counted, so that a check costs the others
    nothing.
    """

    def __init__(self) -> None:
        self._limit = math.inf
        self._full: set[tuple[str, str]] = set()
        self._windows: OrderedDict[tuple[str, str], _Window] = OrderedDict()
        self._added: dict[tuple[str, str], dict[int, float]] = {}
        self._lock = threading.Lock()  # commands of a batch are counted in other threads

    @property
    def is_limited(self) -> bool:
        return self._limit < math.inf

    def set_limit(self, seconds: float) -> None:
        """Let this limit hold from now on; 0 is none."""
        with self._lock:
            self._limit = seconds or math.inf
            self._full = {
                pair for pair, window in self._windows.items() if window.used >= self._limit
            }

    def is_used_up(self, credential: str, method: str, now: datetime) -> bool:
        """Tell whether the limit is reached within the window that ends at this instant."""
        if not self._full:
            return False
        pair = (credential, method)
        with self._lock:
            window = self._windows.get(pair)
            if pair not in self._full or window is None:
                return False
            window.turn_to(int(now.timestamp()) // BASKET_SECONDS)
            if window.used >= self._limit:
                return True
            self._full.discard(pair)
            return False

    def add(self, credential: str, method: str, seconds: float, now: float) -> tuple[float, int]:
        """Count a call and return the seconds of the window and when its oldest basket ends.

        Args:
            seconds: how long the method worked.
            now: unix seconds on the portal's clock.

        Returns:
            Seconds used in the window, and the unix second at which the oldest is forgotten.
        """
        pair = (credential, method)
        with self._lock:
            window = self._windows.get(pair)
            if window is None:
                window = self._new_window(pair)
            else:
                self._windows.move_to_end(pair)
            minute = int(now) // BASKET_SECONDS
            window.turn_to(minute)
            window.add(seconds)
            if self.is_limited:
                added = self._added.setdefault(pair, {})
                added[minute] = added.get(minute, 0.0) + seconds
                if window.used >= self._limit:
                    self._full.add(pair)
            return window.used, window.reset_at

    def take(self) -> dict[tuple[str, str], dict[int, float]]:
        """Return the seconds by pair and minute that were counted since this was asked last."""
        with self._lock:
            added, self._added = self._added, {}
            return added

    def put_back(self, taken: Mapping[tuple[str, str], Mapping[int, float]]) -> None:
        """Count again what `take` returned: it could not be shared."""
        with self._lock:
            for pair, minutes in taken.items():
                _add_up(self._added.setdefault(pair, {}), minutes)

    def set_baskets(self, pair: tuple[str, str], baskets: Mapping[int, float]) -> None:
        """Learn what all processes have counted of a pair, in some minutes."""
        with self._lock:
            total = dict(baskets)
            _add_up(total, self._added.get(pair, {}))
            window = self._windows.get(pair) or self._new_window(pair)
            window.fill(total)
            if window.used >= self._limit:
                self._full.add(pair)

    def _new_window(self, pair: tuple[str, str]) -> _Window:
        window = self._windows[pair] = _Window()
        if len(self._windows) > MOST_PAIRS:
            self._full.discard(self._windows.popitem(last=False)[0])
        return window


def _add_up(total: dict[int, float], minutes: Mapping[int, float]) -> None:
    for minute, seconds in minutes.items():
        total[minute] = total.get(minute, 0.0) + seconds
