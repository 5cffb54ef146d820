"""The worker: processes share the work; who is killed loses none of it, who stops ends it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta

import pytest

from sluice.background import worker as worker_module
from sluice.background.due import Ran, Source
from sluice.background.worker import Worker
from sluice.clock import VirtualClock, stopwatch
from sluice.store.database import Database
from sluice.store.engine import Place, address_of, open_portal
from sluice.store.jobs import JobKind
from sluice.store.tables import Store
from tests.portals import EVERYBODY, PortalInTest

MONDAY = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LONG_SECONDS = 3600.0  # nobody waits so long for a test: what happens sooner was woken

# Says when it is ready, is told to begin, and then does what has fallen due.
WORKS = """
import asyncio, sys
from sluice.app import Portal
from sluice.settings import Settings

portal = Portal(Settings(database=sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
print(len(asyncio.run(portal.worker.run_due())))
portal.close()
"""

# Stops in the middle of a job, after its changes and before they are kept.
STOPS_IN_THE_MIDDLE = """
import asyncio, sys
from sluice.app import Portal
from sluice.methods.tasks import flow_watch
from sluice.settings import Settings

half_time_gone = flow_watch.half_time_gone

def and_stop(at, task):
    half_time_gone(at, task)
    print("in the middle", flush=True)
    sys.stdin.readline()

flow_watch.half_time_gone = and_stop
asyncio.run(Portal(Settings(database=sys.argv[1])).worker.run_due())
"""


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(MONDAY)


@pytest.fixture
def portal(place: Place, clock: VirtualClock) -> Iterator[PortalInTest]:
    portal = PortalInTest(place, clock)
    yield portal
    portal.close()


def add_tasks_whose_half_time_is_over(portal: PortalInTest, number: int) -> int:
    """Add tasks to a flow, let the portal's clock stand after their half time; return the flow."""
    anna = portal.add_user("Anna")
    flow = portal.add_flow(
        "Intake",
        anna,
        responsible_list=(anna.member,),
        task_creators=(EVERYBODY,),
        notify_at_half_time=True,
        planned_completion_seconds=7200,
    )
    for count in range(number):
        fields = {"TITLE": f"Task {count}", "FLOW_ID": flow.id}
        assert portal.admin.call("tasks.task.add", fields=fields).status == 200
    portal.wait(portal.time.freeze(MONDAY + HOUR * 1.5))
    return flow.id


def started(script: str, portal: PortalInTest) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, portal.database.address],
        env=dict(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_processes_share_the_work_and_do_each_thing_once(portal: PortalInTest) -> None:
    flow_id = add_tasks_whose_half_time_is_over(portal, 60)
    workers = [started(WORKS, portal) for _ in range(3)]
    try:
        assert [line_of(worker) for worker in workers] == ["ready"] * 3
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("begin\n")
            worker.stdin.flush()
        done = [int(line_of(worker)) for worker in workers]
        assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()

    assert sum(done) == 60
    alerts = portal.in_store(lambda store: store.alerts.of_flow(flow_id))
    told = Counter(alert.task_id for alert in alerts if alert.notice.value == "half_time")
    assert len(told) == 60
    assert set(told.values()) == {1}


def test_a_worker_killed_in_the_middle_of_a_job_leaves_all_of_it(portal: PortalInTest) -> None:
    flow_id = add_tasks_whose_half_time_is_over(portal, 1)
    worker = started(STOPS_IN_THE_MIDDLE, portal)
    try:
        assert line_of(worker) == "in the middle"
    finally:
        worker.kill()
        worker.communicate()
    assert worker.returncode == -signal.SIGKILL

    assert ("half_time", 2) not in portal.told(flow_id)
    assert portal.run_due() == ["half time"]
    assert [told for told in portal.told(flow_id) if told[0] == "half_time"] == [("half_time", 2)]
    assert portal.run_due() == []


class Slow:
    """Something that is due once, at once, and takes as long as it is let. A `Source`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.begun, self.may_end, self.ended = asyncio.Event(), asyncio.Event(), False
        self.looks = 0
        self.due: datetime | None = None
        self.wake: Callable[[], None] = lambda: None

    def next_due(self, store: Store) -> datetime | None:
        self.looks += 1
        return self.due

    def next_after(self, store: Store, now: datetime) -> datetime | None:
        return self.due if self.due is not None and self.due > now else None

    async def run_due(self, now: datetime) -> list[Ran]:
        if self.due is None:
            return []
        due, self.due = self.due, None
        self.begun.set()
        await self.may_end.wait()
        self.ended = True
        return [Ran("slow", 1, due)]

    async def plan(self, due: datetime) -> None:
        """Plan it in a transaction, as whatever plans does."""
        self.due = due

        def work(store: Store) -> None:
            store.jobs.cancel(JobKind.DEADLINE, 1)
            store.transaction.falls_due(int(due.timestamp() * 1_000_000))

        await self._database.run(work, writes=True)


@asynccontextmanager
async def at_work(portal: PortalInTest, source: Source) -> AsyncIterator[None]:
    """Run a worker that looks again by itself only after an hour, and stop it in the end."""
    stopping = asyncio.Event()
    worker = Worker(portal.database, portal._portal.clock, [source], look_seconds=LONG_SECONDS)
    working = asyncio.create_task(worker.run(stopping))
    try:
        yield
        stopping.set()
        await asyncio.wait_for(working, 20)
    finally:
        working.cancel()


async def has_looked(source: Slow) -> None:
    """Wait for the worker's first look, which an engine may take in another thread."""
    async with asyncio.timeout(20):
        while source.looks == 0:
            await asyncio.sleep(0.001)


def test_an_idle_worker_sleeps_until_something_is_planned(portal: PortalInTest) -> None:
    async def woken() -> None:
        source = Slow(portal.database)
        async with at_work(portal, source):
            await has_looked(source)
            for _ in range(100):
                await asyncio.sleep(0)
            assert source.looks <= 2  # once more when the engine hears what others plan

            await source.plan(MONDAY - HOUR)
            await asyncio.wait_for(source.begun.wait(), 20)
            source.may_end.set()
        assert source.ended

    portal.wait(woken())


def test_setting_the_clock_wakes_the_worker(portal: PortalInTest) -> None:
    async def woken() -> None:
        source = Slow(portal.database)
        source.due = MONDAY + timedelta(days=30)
        source.may_end.set()
        async with at_work(portal, source):
            for _ in range(100):
                await asyncio.sleep(0)
            assert not source.begun.is_set()

            await portal.time.set(MONDAY + timedelta(days=31))
            await asyncio.wait_for(source.begun.wait(), 20)

    portal.wait(woken())


def test_a_command_wakes_the_worker_of_a_server(portal: PortalInTest, place: Place) -> None:
    async def woken() -> None:
        await portal.time.freeze(MONDAY)
        source = Slow(portal.database)
        source.due = MONDAY + timedelta(days=30)
        source.may_end.set()
        async with at_work(portal, source):
            await has_looked(source)

            command = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "sluice", "clock", "set", "2026-02-12T09:00:00+00:00"),
                *("--database", address_of(place)),
                stdout=subprocess.DEVNULL,
            )
            assert await command.wait() == 0
            await asyncio.wait_for(source.begun.wait(), 20)

    portal.wait(woken())


def test_a_worker_does_not_hurry_while_the_clock_stands(portal: PortalInTest) -> None:
    async def idle() -> None:
        await portal.time.freeze(MONDAY)
        source = Slow(portal.database)
        source.due = MONDAY + timedelta(milliseconds=1)
        async with at_work(portal, source):
            await has_looked(source)
            await asyncio.sleep(0.05)  # in which it would have been due many times

            assert source.looks <= 2  # once more when the engine hears what others plan

    portal.wait(idle())


class Sending:
    """One thing that is being done all the time, and another that falls due soon. A `Source`."""

    def __init__(self, due: datetime, soon: datetime) -> None:
        self.wake: Callable[[], None] = lambda: None
        self._due, self._soon = due, soon
        self.asked = 0
        self.done = asyncio.Event()

    def next_due(self, store: Store) -> datetime | None:
        return self._due

    def next_after(self, store: Store, now: datetime) -> datetime | None:
        return self._soon if self._soon > now else None

    async def run_due(self, now: datetime) -> list[Ran]:
        self.asked += 1
        if now >= self._soon:
            self._soon = now + timedelta(days=1)
            self.done.set()
        return []


def test_what_is_being_done_hides_nothing_that_falls_due_meanwhile(portal: PortalInTest) -> None:
    async def found() -> None:
        now = portal.clock.now()
        source = Sending(now, now + timedelta(milliseconds=20))
        async with at_work(portal, source):
            await until_asked(source, 1)

            portal.clock.advance(milliseconds=30)
            await asyncio.wait_for(source.done.wait(), 20)

    portal.wait(found())


def test_a_source_that_has_room_again_is_asked_at_once(portal: PortalInTest) -> None:
    async def asked() -> None:
        later = portal.clock.now() + timedelta(days=1)
        source = Sending(portal.clock.now(), later)
        async with at_work(portal, source):
            await until_asked(source, 1)

            asked = source.asked
            source.wake()
            await until_asked(source, asked + 1)

    portal.wait(asked())


async def until_asked(source: Sending, times: int) -> None:
    async with asyncio.timeout(20):
        while source.asked < times:
            await asyncio.sleep(0.001)


def test_what_a_storm_of_calls_plans_is_looked_at_together(
    portal: PortalInTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def looked() -> None:
        source = Slow(portal.database)
        async with at_work(portal, source):
            await has_looked(source)
            await asyncio.sleep(0.2)  # an engine that hears has looked as well
            monkeypatch.setattr(worker_module, "TOGETHER_SECONDS", 0.3)
            before, began = source.looks, stopwatch()
            for number in range(50):  # each is nearer than the one before
                await source.plan(MONDAY + HOUR - timedelta(seconds=number))
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.5)

            assert 1 <= source.looks - before <= 2 + (stopwatch() - began) / 0.3 < 50

    portal.wait(looked())


def test_who_is_stopping_wakes_the_others(portal: PortalInTest, place: Place) -> None:
    async def woken() -> None:
        source, stopping = Slow(portal.database), asyncio.Event()
        source.due = MONDAY
        worker = Worker(portal.database, portal._portal.clock, [source])
        working = asyncio.create_task(worker.run(stopping))
        await asyncio.wait_for(source.begun.wait(), 20)
        stopping.set()  # and the source takes its time
        heard = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wake(_: int) -> None:
            loop.call_soon_threadsafe(heard.set)

        with closing(open_portal(place, MONDAY)) as other:
            async with (
                other.hearing(wake),
                asyncio.timeout(20),
            ):
                while not heard.is_set():
                    await source.plan(MONDAY + HOUR)
                    await asyncio.sleep(0.01)
        source.due = None
        source.may_end.set()
        await asyncio.wait_for(working, 20)

    portal.wait(woken())


def test_a_stopping_worker_ends_what_it_has_begun(portal: PortalInTest) -> None:
    async def drained() -> None:
        source, stopping = Slow(portal.database), asyncio.Event()
        source.due = MONDAY
        worker = Worker(portal.database, portal._portal.clock, [source])
        working = asyncio.create_task(worker.run(stopping))
        await asyncio.wait_for(source.begun.wait(), 20)

        stopping.set()
        for _ in range(100):
            await asyncio.sleep(0)
        assert not working.done()
        source.may_end.set()
        await asyncio.wait_for(working, 20)
        assert source.ended

    portal.wait(drained())


def test_a_stopping_worker_does_not_wait_for_ever(portal: PortalInTest) -> None:
    async def cut_off() -> None:
        source, stopping = Slow(portal.database), asyncio.Event()
        source.due = MONDAY
        worker = Worker(portal.database, portal._portal.clock, [source], drain_seconds=0.01)
        working = asyncio.create_task(worker.run(stopping))
        await asyncio.wait_for(source.begun.wait(), 20)

        stopping.set()
        await asyncio.wait_for(working, 20)
        assert not source.ended

    portal.wait(cut_off())
