"""Who tries passwords one after the other has to wait."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable

from sluice.clock import stopwatch

# Failures in a row before anybody waits, and how long each further one takes, in real seconds:
# the portal's clock may stand still.
FREE = 5
SECONDS_EACH = 30.0
# More keys than this are not told apart; the longest idle is forgotten.
MOST_KEYS = 10_000


class Guesses:
    """A leaky bucket of failures per key, in memory."""

    def __init__(self, seconds: Callable[[], float] = stopwatch) -> None:
        self._seconds = seconds
        self._empty_at: OrderedDict[str, float] = OrderedDict()

    def wait_seconds(self, keys: Iterable[str]) -> float:
        """Return how long whoever has one of these keys must wait; 0 is not at all."""
        now = self._seconds()
        room = (FREE - 1) * SECONDS_EACH
        return max(0.0, *(self._empty_at.get(key, 0.0) - room - now for key in keys))

    def count(self, keys: Iterable[str]) -> None:
        """Count an attempt."""
        now = self._seconds()
        for key in keys:
            self._empty_at[key] = max(self._empty_at.get(key, 0.0), now) + SECONDS_EACH
            self._empty_at.move_to_end(key)
            if len(self._empty_at) > MOST_KEYS:
                self._empty_at.popitem(last=False)

    def forget(self, keys: Iterable[str]) -> None:
        """Forget the attempts: the last one was right."""
        for key in keys:
            self._empty_at.pop(key, None)
