"""The only reader of the time of day. Everything else is told what time it is.

The portal's time is the machine's, or a time that was set: shifted against it, or frozen. How it
follows from the machine's time is a `ClockState`, which the portal's database keeps, so that every
process on it tells the same time. Inside a transaction that is exact; see docs/time.md.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_MICROSECOND = timedelta(microseconds=1)
# How long a portal's clock is held without a sign of life, in the machine's time.
LEASE = timedelta(seconds=15)


class Clock(Protocol):
    """Whoever can be asked for the time."""

    def now(self) -> datetime:
        """Return this instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class VirtualClock:
    """Stands in tests for the machine's clock: it stands still until it is told to move."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, **amount: float) -> datetime:
        """Move forward by `timedelta(**amount)` and return the new instant."""
        self._now += timedelta(**amount)
        return self._now


class Mode(StrEnum):
    """How a portal's clock goes."""

    SYSTEM = "system"
    SHIFTED = "shifted"
    FROZEN = "frozen"


class ClockState(Struct, frozen=True):
    """How the portal's time follows from the machine's.

    Attributes:
        origin: an instant of the portal's; None when its time is the machine's.
        since: the instant of the machine's at which the portal's time runs on from `origin`;
            until then it stands there. None when it stands until somebody says otherwise.
        busy_until: until this instant of the machine's at the latest, somebody takes the clock
            through what falls due, and nobody else is to do it; None when nobody does.
        version: how often the clock was changed.
    """

    origin: datetime | None = None
    since: datetime | None = None
    busy_until: datetime | None = None
    version: int = 0

    @property
    def mode(self) -> Mode:
        if self.origin is None:
            return Mode.SYSTEM
        return Mode.FROZEN if self.since is None else Mode.SHIFTED

    def told(self, machine: datetime) -> datetime:
        """Return what the portal's clock tells when the machine's tells this."""
        if self.origin is None:
            return machine
        if self.since is None or machine <= self.since:
            return self.origin
        return self.origin + (machine - self.since)

    def is_busy(self, machine: datetime) -> bool:
        """Tell whether somebody takes the clock through what falls due."""
        if self.busy_until is None:
            return False
        # One that ends later was taken before the machine's clock was set back.
        return machine < self.busy_until <= machine + LEASE

    def set_to(self, instant: datetime, machine: datetime) -> ClockState:
        """Return the clock showing another instant; one that stands goes on standing."""
        since = None if self.mode is Mode.FROZEN else machine
        return ClockState(instant, since, version=self.version)

    def frozen_at(self, instant: datetime) -> ClockState:
        """Return the clock standing at an instant."""
        return ClockState(instant, None, version=self.version)

    def resumed(self, machine: datetime) -> ClockState:
        """Return the clock running on from where it is."""
        if self.mode is Mode.SYSTEM:
            return self
        return ClockState(self.told(machine), machine, version=self.version)

    def returned(self) -> ClockState:
        """Return the machine's own time."""
        return ClockState(version=self.version)


SYSTEM_TIME = ClockState()


class PortalClock:
    """The portal's clock, as this process knows it.

    Attributes:
        machine: what its time is reckoned from.
        state: what a transaction of this process has read last.
    """

    def __init__(self, machine: Clock) -> None:
        self.machine = machine
        self.state = SYSTEM_TIME

    def now(self) -> datetime:
        """Return this instant by the state that was read last: for use outside a transaction.

        What another process sets is known after the next transaction here, and the worker makes
        one several times a second.
        """
        return self.state.told(self.machine.now())

    def now_by(self, state: ClockState) -> datetime:
        """Return this instant by the state that a transaction has just read, and remember it.

        `clock.now_by(store.clock.state())` is exact: it obeys whatever was committed before.
        """
        self.state = state
        return state.told(self.machine.now())


def to_micros(instant: datetime) -> int:
    """Return microseconds since 1970 UTC: how an instant is stored."""
    return (instant - EPOCH) // ONE_MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the aware UTC instant that `to_micros` stored."""
    return EPOCH + timedelta(microseconds=micros)


def stopwatch() -> float:
    """Return seconds on a counter that only moves forward; good for differences alone."""
    return time.perf_counter()
