"""The portal's clock is set, frozen, resumed, and led through everything that falls due.

Who leads the clock holds it by a lease in the database: everybody else's worker stands aside until
the lease is over. It is renewed while its holder lives, so one that was killed holds nobody up for
long; what fell due and was not done is on the plan as before. docs/time.md.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct, field

from sluice.background.due import Ran, Source, first_due
from sluice.clock import LEASE, ClockState, Mode, PortalClock
from sluice.emulator.time_words import within
from sluice.store.database import Database
from sluice.store.tables import Store

RENEWED_EACH_SECONDS = 4.0
# How often one looks whether what is being sent has been.
LOOK_AGAIN_SECONDS = 0.01
# So many things are told one by one; the others are only counted.
MOST_TOLD = 10_000


class ClockRefused(Exception):
    """The clock does not do that now. The words say why, and what to do."""


class Reading(Struct, frozen=True):
    """What the portal's clock shows.

    Attributes:
        now: the portal's time.
        machine: the machine's.
        busy_until: while somebody leads the clock, when that ends unless they show signs of life.
        next_due: when the next thing falls due, or None when nothing is planned.
    """

    now: datetime
    mode: Mode
    machine: datetime
    busy_until: datetime | None
    next_due: datetime | None


class Report(Struct):
    """What ran while the clock was led from one instant to another, in order.

    Attributes:
        ran: the first `MOST_TOLD` of it.
        kinds: how often each kind ran.
        failed: how much of it failed for a reason of ours, and is planned again.
    """

    start: datetime
    end: datetime
    ran: list[Ran] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    failed: int = 0

    def add(self, ran: Sequence[Ran]) -> None:
        """Note what ran."""
        self.ran.extend(ran[: max(0, MOST_TOLD - len(self.ran))])
        self.kinds.update(one.kind for one in ran)
        self.failed += sum(one.failed for one in ran)


class TimeControl:
    """Whoever runs a portal owns its clock."""

    def __init__(self, database: Database, clock: PortalClock, sources: Sequence[Source]) -> None:
        """Make the control of a portal's clock.

        Args:
            sources: of what falls due.
        """
        self._database = database
        self._clock = clock
        self._sources = sources

    async def show(self) -> Reading:
        """Return what the clock shows."""
        return await self._database.run(lambda store: self._reading(store, store.clock.state()))

    async def set(self, instant: datetime) -> Reading:
        """Let the clock show another instant, earlier or later; one that is frozen stays so.

        Nothing is run by that: what has fallen due is the worker's, at once and late.

        Raises:
            ClockRefused: somebody leads the clock.
        """
        return await self._change(lambda state, machine: state.set_to(instant, machine))

    async def freeze(self, instant: datetime | None = None) -> Reading:
        """Let the clock stand, where it is or at an instant.

        Raises:
            ClockRefused: somebody leads the clock.
        """
        return await self._change(
            lambda state, machine: state.frozen_at(instant or state.told(machine))
        )

    async def resume(self, *, system: bool = False) -> Reading:
        """Let the clock run on from where it is, or tell the machine's time again.

        Raises:
            ClockRefused: somebody leads the clock.
        """
        return await self._change(
            lambda state, machine: state.returned() if system else state.resumed(machine)
        )

    async def advance(
        self,
        *,
        by: timedelta = timedelta(0),
        to: datetime | None = None,
        passed: Callable[[Report], None] = lambda _: None,
    ) -> Report:
        """Lead the clock forward through everything that falls due, each thing at its instant.

        Returns when all of it is done, and the clock shows the end. It then stands or runs as it
        did before. What others are just doing is waited for.

        Args:
            by: how far, unless an instant is given.
            to: until when.
            passed: told after each step; the report's `end` is how far it has come.

        Raises:
            ClockRefused: the end is in the past, or somebody else leads the clock.
        """
        lead = _Lead(self._database, self._clock)
        target = await lead.take(lambda now: to or within(now + by))
        report = Report(lead.instant, lead.instant)
        async with lead.held():
            while (first := await self._database.run(self._first)) and first[0] <= target:
                due, source = first
                report.end = await lead.move_to(max(due, lead.instant))
                if ran := await source.run_due(lead.instant):
                    report.add(ran)
                    passed(report)
                else:  # somebody is doing it
                    await asyncio.sleep(LOOK_AGAIN_SECONDS)
            report.end = await lead.move_to(target)
        passed(report)
        return report

    def _first(self, store: Store) -> tuple[datetime, Source] | None:
        return first_due(self._sources, store)

    async def _change(self, changed: Callable[[ClockState, datetime], ClockState]) -> Reading:
        def work(store: Store) -> Reading:
            machine = self._clock.machine.now()
            state = _free(store, machine)
            return self._reading(store, store.clock.save(changed(state, machine)))

        return await self._database.run(work, writes=True)

    def _reading(self, store: Store, state: ClockState) -> Reading:
        now = self._clock.now_by(state)
        machine = self._clock.machine.now()
        busy_until = state.busy_until if state.is_busy(machine) else None
        first = self._first(store)
        return Reading(now, state.mode, machine, busy_until, first and first[0])


class _Lead:
    """The right to lead the clock, from `take` to the end of `held`.

    Attributes:
        instant: what the clock shows.
    """

    instant: datetime

    def __init__(self, database: Database, clock: PortalClock) -> None:
        self._database = database
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._version = 0
        self._runs = False  # the clock ran before, and does so again afterwards

    async def take(self, target_of: Callable[[datetime], datetime]) -> datetime:
        """Take the lead and return how far it goes, which is a function of where it begins.

        Raises:
            ClockRefused
        """

        def work(store: Store) -> tuple[ClockState, datetime]:
            machine = self._clock.machine.now()
            state = _free(store, machine)
            start = state.told(machine)
            target = target_of(start)
            if target < start:
                raise ClockRefused(
                    f"It is {start:%Y-%m-%d %H:%M:%S} UTC in the portal already. Time advances; "
                    "to set the clock back, use `set`."
                )
            self._runs = state.mode is not Mode.FROZEN
            self._version = state.version
            return store.clock.save(self._leading(start, machine)), target

        state, target = await self._database.run(work, writes=True)
        self._obey(state)
        return target

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Keep the lead, and give the clock back in the end, whatever happens."""
        renewing = asyncio.get_running_loop().create_task(self._renew())
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            with contextlib.suppress(ClockRefused):  # somebody else has it: nothing to give back
                await self._save(self._given_back)

    async def move_to(self, instant: datetime) -> datetime:
        """Let the clock show an instant and return it.

        Raises:
            ClockRefused: the lease was over, and somebody else took the lead.
        """
        if instant != self.instant:
            await self._save(lambda machine: self._leading(instant, machine))
        return instant

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEWED_EACH_SECONDS)
            await self._save(lambda machine: self._leading(self.instant, machine))

    def _leading(self, instant: datetime, machine: datetime) -> ClockState:
        """Return the clock standing; it runs on by itself when the lease is over, if it ran."""
        until = machine + LEASE
        return ClockState(instant, until if self._runs else None, until, self._version)

    def _given_back(self, machine: datetime) -> ClockState:
        return ClockState(self.instant, machine if self._runs else None, None, self._version)

    async def _save(self, state_at: Callable[[datetime], ClockState]) -> None:
        def work(store: Store) -> ClockState:
            if store.clock.state().version != self._version:
                raise ClockRefused("Somebody else has moved the clock meanwhile.")
            return store.clock.save(state_at(self._clock.machine.now()))

        async with self._one_at_a_time:
            self._obey(await self._database.run(work, writes=True))

    def _obey(self, state: ClockState) -> None:
        assert state.origin is not None
        self.instant, self._version = state.origin, state.version
        self._clock.state = state


def _free(store: Store, machine: datetime) -> ClockState:
    """Return the clock, which nobody leads.

    Raises:
        ClockRefused: somebody does.
    """
    state = store.clock.state()
    if state.is_busy(machine):
        raise ClockRefused(
            "Somebody is advancing the portal's clock. Try again when that is done; if the "
            f"program was killed, in {LEASE.total_seconds():.0f} seconds."
        )
    return state
