"""What a call took: the `time` object, and the operating time it adds up to."""

from __future__ import annotations

from datetime import datetime, tzinfo

from sluice.clock import Clock
from sluice.errors import OperationTimeLimit
from sluice.rest.limits import OperatingTime
from sluice.rest.response import TimeWriter, Timing


class Meter:
    """Measures the calls of one portal, on its clock."""

    def __init__(self, clock: Clock, zone: tzinfo) -> None:
        self.now = clock.now
        self._writer = TimeWriter(zone)
        self._operating = OperatingTime()

    def check(self, credential: str, method: str, limit_seconds: float) -> None:
        """Refuse a call of a method that its credential has used up.

        Args:
            limit_seconds: of operating time within ten minutes; 0 is no limit.

        Raises:
            OperationTimeLimit
        """
        if limit_seconds:
            used = self._operating.used(credential, method, self.now().timestamp())
            if used >= limit_seconds:
                raise OperationTimeLimit

    def time(self, credential: str, method: str, start: datetime, seconds: float) -> bytes:
        """Count a call that is finished now, and return its `time` object as JSON.

        Args:
            start: when it arrived.
            seconds: how long the method worked.
        """
        finish = self.now()
        used, reset_at = self._operating.add(credential, method, seconds, finish.timestamp())
        return self._writer.write(Timing(start, finish, seconds, used, reset_at))
