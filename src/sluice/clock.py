"""The only reader of the time of day. Everything else is told what time it is."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """What a portal asks for the time."""

    def now(self) -> datetime:
        """Return this instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class VirtualClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, **amount: float) -> datetime:
        """Move forward by `timedelta(**amount)` and return the new instant."""
        self._now += timedelta(**amount)
        return self._now


def to_micros(instant: datetime) -> int:
    """Return microseconds since 1970 UTC: how an instant is stored."""
    return (instant - EPOCH) // ONE_MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the aware UTC instant that `to_micros` stored."""
    return EPOCH + timedelta(microseconds=micros)


def stopwatch() -> float:
    """Return seconds on a counter that only moves forward; good for differences alone."""
    return time.perf_counter()
