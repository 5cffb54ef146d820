"""The limits of a plan, over all processes that serve a portal.

Each process counts in memory and is told several times a second what all of them have counted. So
in the long run nobody gets more than the plan gives; a bucket or a basket can run over by what
other processes let pass between two of these moments.
"""

from __future__ import annotations

from functools import partial

from msgspec import Struct

from sluice.domain.portal import PlanLimits
from sluice.errors import StoreUnavailable
from sluice.rest.limits import BASKET_SECONDS, BASKETS, LeakyBucket, OperatingTime
from sluice.store.database import Database
from sluice.store.limit_use import Pair
from sluice.store.tables import Store

# Buckets that were filled longer ago than this are empty under every plan.
EMPTY_AFTER_SECONDS = 600
# Machines' clocks may differ by so much.
SKEW_SECONDS = 5
# Of so many rounds one forgets what counts no more.
ROUNDS = 600


class _Counted(Struct):
    """What one process has counted."""

    calls: dict[str, float]
    seconds: dict[Pair, dict[int, float]]


class _Total(Struct):
    """What all have counted, as far as it changed lately; a level is that of an instant."""

    levels: dict[str, tuple[float, float]]
    seconds: dict[Pair, dict[int, float]]


class SharedLimits:
    """Adds what this process counted to what all have counted, and learns the sum."""

    def __init__(self, database: Database, bucket: LeakyBucket, operating: OperatingTime) -> None:
        self._database = database
        self._bucket = bucket
        self._operating = operating
        self._round = 0
        self._has_begun = False

    async def share(self, limits: PlanLimits, now: float) -> bool:
        """Share what was counted since the last time, and learn what others have counted.

        Returns whether there is a limit at all.

        Args:
            limits: those in force.
            now: unix seconds on the portal's clock.

        Raises:
            StoreUnavailable: nothing was shared, and nothing is lost.
        """
        counted = _Counted(self._bucket.take(), self._operating.take())
        is_news = bool(counted.calls or counted.seconds)
        is_limited = bool(limits.burst) or self._operating.is_limited
        if not is_news and not is_limited:
            return False
        try:
            total = await self._database.run(
                partial(self._exchange, counted, limits.per_second, now), writes=is_news
            )
        except StoreUnavailable:
            self._bucket.put_back(counted.calls)
            self._operating.put_back(counted.seconds)
            raise
        self._has_begun = True
        for address, (level, at) in total.levels.items():
            self._bucket.set_level(address, level, at)
        for pair, baskets in total.seconds.items():
            self._operating.set_baskets(pair, baskets)
        return is_limited

    def _exchange(self, counted: _Counted, per_second: float, now: float, store: Store) -> _Total:
        use, minute = store.limit_use, int(now) // BASKET_SECONDS
        if counted.calls or counted.seconds:
            self._round += 1
            if self._round % ROUNDS == 0:
                use.forget(minute - BASKETS, now - EMPTY_AFTER_SECONDS)
        for address, calls in counted.calls.items():
            use.pour(address, calls, now, per_second)
        for pair, minutes in counted.seconds.items():
            for then, seconds in minutes.items():
                use.work(pair, then, seconds)
        # At first all that counts, then what may have changed since the last time.
        lately = SKEW_SECONDS if self._has_begun else EMPTY_AFTER_SECONDS
        back = 1 if self._has_begun else BASKETS
        return _Total(use.buckets(now - lately), use.baskets(minute - back))
