"""Limits of a plan: how many calls an address makes, and how much time a credential uses.

Source: rest-protocol.md 12. Both are kept in memory, on the portal's clock: a restart forgets them.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
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
        return True


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


class OperatingTime:
    """Seconds per (credential, method), in ten one-minute baskets. rest-protocol.md 12.2.

    Who has reached the limit is noted when time is counted, so that a check costs the others
    nothing.
    """

    def __init__(self) -> None:
        self._limit = math.inf
        self._full: set[tuple[str, str]] = set()
        self._windows: OrderedDict[tuple[str, str], _Window] = OrderedDict()
        self._lock = threading.Lock()  # commands of a batch are counted in other threads

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
                window = self._windows[pair] = _Window()
                if len(self._windows) > MOST_PAIRS:
                    self._full.discard(self._windows.popitem(last=False)[0])
            else:
                self._windows.move_to_end(pair)
            window.turn_to(int(now) // BASKET_SECONDS)
            window.add(seconds)
            if window.used >= self._limit:
                self._full.add(pair)
            return window.used, window.reset_at
