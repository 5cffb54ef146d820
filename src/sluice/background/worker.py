"""The only loop: whatever falls due is done by its source, as soon as the portal's clock says so.

The worker sleeps until the next instant for which something is planned. It is woken when something
nearer is planned, or the clock is set, by this process or by one that does nothing when it falls
due, such as a command. Another server does itself what it plans; when it has ended, what it had
planned is found at the next look.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from math import inf

from sluice.background.due import Ran, Source, first_due
from sluice.clock import ClockState, Mode, PortalClock, stopwatch, to_micros
from sluice.errors import StoreUnavailable
from sluice.store.database import Database
from sluice.store.tables import Store

# What a process had planned that has ended is found no later than this.
LOOK_SECONDS = 5.0
# What is planned in a storm of calls is looked at together, so often at most.
TOGETHER_SECONDS = 0.01
# The portal cannot be reached: it is no use to try again at once.
NAP_AFTER_FAILURE_SECONDS = 5.0

log = logging.getLogger("sluice.worker")


class Worker:
    """Does what falls due on one portal.

    Attributes:
        sources: of what falls due.
    """

    def __init__(
        self,
        database: Database,
        clock: PortalClock,
        sources: Sequence[Source],
        *,
        drain_seconds: float = 20.0,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        """Make the worker.

        Args:
            drain_seconds: how long a stopping worker waits for what it is doing.
            look_seconds: how late is found what a process had planned that has ended.
        """
        self.sources = sources
        self._database = database
        self._clock = clock
        self._drain_seconds = drain_seconds
        self._look_seconds = look_seconds

    async def run_due(self) -> list[Ran]:
        """Do everything that has fallen due, in order, and return what was done."""
        done: list[Ran] = []
        while ran := await self._run_earliest():
            done.extend(ran)
        return done

    async def _run_earliest(self) -> list[Ran]:
        """Do some of what fell due at the earliest instant."""

        def earliest(store: Store) -> tuple[datetime, Source] | None:
            now = self._clock.now_by(store.clock.state())
            first = first_due(self.sources, store)
            return None if first is None or first[0] > now else first

        if (first := await self._database.run(earliest)) is None:
            return []
        due, source = first
        return await source.run_due(due)

    async def run(self, stopping: asyncio.Event) -> None:
        """Do what falls due until the event is set, then finish what is being done."""
        loops = [
            _Loop(source, self._database, self._clock, self._look_seconds)
            for source in self.sources
        ]
        event_loop = asyncio.get_running_loop()

        def wake(due_micros: int) -> None:
            for loop in loops:
                if due_micros < loop.waits_for_micros:
                    event_loop.call_soon_threadsafe(loop.planned)

        tasks: list[asyncio.Task[None]] = []
        try:
            async with self._database.hearing(wake):
                tasks = [asyncio.create_task(loop.run(stopping)) for loop in loops]
                await stopping.wait()
                for loop in loops:
                    loop.woken.set()
            # From here on others hear what is planned.
            if tasks:
                await asyncio.wait(tasks, timeout=self._drain_seconds)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class _Loop:
    """Does what falls due of one source, so that a slow one keeps nobody else."""

    def __init__(
        self, source: Source, database: Database, clock: PortalClock, look_seconds: float
    ) -> None:
        self.woken = asyncio.Event()
        self.waits_for_micros: float = inf
        source.wake = self.woken.set
        self._source = source
        self._database = database
        self._clock = clock
        self._look_seconds = look_seconds
        self._looked = -inf
        self._will_look = False

    def planned(self) -> None:
        """Look at what was planned: at once, unless it was looked just now."""
        if self._will_look:
            return
        left = self._looked + TOGETHER_SECONDS - stopwatch()
        if left <= 0:
            self.woken.set()
        else:
            self._will_look = True
            asyncio.get_running_loop().call_later(left, self._look_now)

    def _look_now(self) -> None:
        self._will_look = False
        self.woken.set()

    async def run(self, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            self.woken.clear()
            self.waits_for_micros = inf  # whatever is planned from here on wakes
            self._looked = stopwatch()
            try:
                nap = await self._work()
            except StoreUnavailable as problem:
                log.warning("the worker waits: %s", problem)
                nap = NAP_AFTER_FAILURE_SECONDS
            except Exception:
                log.exception("the worker cannot reach the portal")
                nap = NAP_AFTER_FAILURE_SECONDS
            if nap > 0 and not stopping.is_set():
                try:
                    await asyncio.wait_for(self.woken.wait(), nap)
                except TimeoutError:
                    continue

    async def _work(self) -> float:
        """Do some of what has fallen due, and return how many seconds there are to sleep."""
        state, due = await self._database.run(self._look)
        machine = self._clock.machine.now()
        if due is None or state.is_busy(machine):
            return self._look_seconds
        now = state.told(machine)
        if due <= now:
            if await self._source.run_due(now):
                return 0.0
            # What has fallen due and was not done is being done, or has to wait for that.
            due = await self._database.run(lambda store: self._source.next_after(store, now))
            if due is None:
                return self._look_seconds
        self.waits_for_micros = to_micros(due)
        if state.mode is Mode.FROZEN:  # it will not be due before somebody moves the clock
            return self._look_seconds
        return min((due - now).total_seconds(), self._look_seconds)

    def _look(self, store: Store) -> tuple[ClockState, datetime | None]:
        state = store.clock.state()
        self._clock.now_by(state)
        return state, self._source.next_due(store)
