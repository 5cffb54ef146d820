"""Limits of a plan: how many calls an address makes, and how much time a credential uses.

Source: rest-protocol.md 12. Both are kept in memory, on the portal's clock: a restart forgets them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

BASKETS = 10
BASKET_SECONDS = 60
# More addresses than this are not told apart; the longest idle is forgotten.
MOST_ADDRESSES = 10_000
# More pairs of credential and method than this are not told apart; the longest idle is forgotten.
MOST_PAIRS = 10_000


class LeakyBucket:
    """Calls per source address: each fills a bucket that leaks. rest-protocol.md 12.1."""

    def __init__(self) -> None:
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def admit(self, address: str, now: float, burst: int, per_second: float) -> bool:
        """Count a call and tell whether it may pass; one that may not is not counted.

        Args:
            now: unix seconds on the portal's clock.
            burst: how many calls the bucket holds.
            per_second: how many leak out each second.
        """
        level, then = self._levels.get(address, (0.0, now))
        # A clock that was set back leaks nothing.
        level = max(0.0, level - max(0.0, now - then) * per_second)
        may_pass = level + 1.0 <= burst
        self._levels[address] = (level + 1.0 if may_pass else level, now)
        self._levels.move_to_end(address)
        if len(self._levels) > MOST_ADDRESSES:
            self._levels.popitem(last=False)
        return may_pass


class OperatingTime:
    """Seconds per (credential, method), in ten one-minute baskets. rest-protocol.md 12.2."""

    def __init__(self) -> None:
        self._used: OrderedDict[tuple[str, str], dict[int, float]] = OrderedDict()
        self._lock = threading.Lock()  # commands of a batch are counted in other threads

    def used(self, credential: str, method: str, now: float) -> float:
        """Return the seconds used in the window.

        Args:
            now: unix seconds on the portal's clock.
        """
        with self._lock:
            baskets = self._used.get((credential, method), {})
            oldest = int(now) // BASKET_SECONDS - BASKETS
            return sum(seconds for minute, seconds in baskets.items() if minute > oldest)

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
            baskets = self._used.get(pair)
            if baskets is None:
                baskets = self._used[pair] = {}
                if len(self._used) > MOST_PAIRS:
                    self._used.popitem(last=False)
            else:
                self._used.move_to_end(pair)
            current = int(now) // BASKET_SECONDS
            if current not in baskets:
                for minute in [minute for minute in baskets if minute <= current - BASKETS]:
                    del baskets[minute]
            baskets[current] = baskets.get(current, 0.0) + seconds
            return sum(baskets.values()), (min(baskets) + BASKETS) * BASKET_SECONDS
