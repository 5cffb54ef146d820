"""What a call took: the `time` object, and the operating time it adds up to."""

from __future__ import annotations

from datetime import datetime, tzinfo

from sluice.clock import PortalClock
from sluice.errors import OperationTimeLimit
from sluice.rest.limits import OperatingTime
from sluice.rest.response import TimeWriter, Timing


class Meter:
    """Measures the calls of one portal, on its clock.

    Attributes:
        operating: what they add up to.
    """

    def __init__(self, clock: PortalClock, zone: tzinfo) -> None:
        self.now = clock.now
        self._writer = TimeWriter(zone)
        self.operating = OperatingTime()

    def set_limit(self, seconds: float) -> None:
        """Let a limit of operating time hold from now on; 0 is none."""
        self.operating.set_limit(seconds)

    def check(self, credential: str, method: str, now: datetime) -> None:
        """Refuse a call of a method that its credential has used up.

        Raises:
            OperationTimeLimit
        """
        if self.operating.is_used_up(credential, method, now):
            raise OperationTimeLimit

    def time(self, credential: str, method: str, start: datetime, seconds: float) -> bytes:
        """Count a call that is finished now, and return its `time` object as JSON.

        Args:
            start: when it arrived.
            seconds: how long the method worked.
        """
        finish = self.now()
        used, reset_at = self.operating.add(credential, method, seconds, finish.timestamp())
        return self._writer.write(Timing(start, finish, seconds, used, reset_at))
