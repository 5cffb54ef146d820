"""Operating time: what each credential has used of each method in the last ten minutes.

Source: rest-protocol.md 12.2. Kept in ten one-minute baskets.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

BASKETS = 10
BASKET_SECONDS = 60
# More pairs of credential and method than this are not told apart; the longest idle is forgotten.
MOST_PAIRS = 10_000


class OperatingTime:
    """Seconds per (credential, method), in memory: a restart forgets them."""

    def __init__(self) -> None:
        self._used: OrderedDict[tuple[str, str], dict[int, float]] = OrderedDict()
        self._lock = threading.Lock()  # commands of a batch are counted in other threads

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
