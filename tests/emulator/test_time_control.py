"""The portal's clock is moved, and what falls due meanwhile runs at its own instant."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from sluice.background.due import Ran
from sluice.clock import LEASE, ClockState, Mode, VirtualClock
from sluice.emulator import time_control
from sluice.emulator.time_control import ClockRefused, Report, TimeControl
from sluice.emulator.time_words import TimeUnreadable
from sluice.methods.tasks import flow_watch
from sluice.store.jobs import JobKind
from sluice.store.tables import Store
from tests.emulator.conftest import MONDAY
from tests.portals import PortalInTest

HOUR = timedelta(hours=1)


def state(portal: PortalInTest) -> ClockState:
    found: ClockState = portal.in_store(lambda store: store.clock.state())
    return found


def plan(portal: PortalInTest, *dues: datetime) -> None:
    """Plan jobs that find nothing to do, under the numbers 1, 2, ..."""

    def work(store: Store) -> None:
        for number, due in enumerate(dues, 1):
            store.jobs.plan(JobKind.DEADLINE, number, due)

    portal.in_store(work)


def planned(portal: PortalInTest) -> list[int]:
    far = MONDAY + timedelta(days=9999)
    return [job.subject_id for job in portal.in_store(lambda store: store.jobs.due(far, 1000))]


def test_a_new_portal_has_the_machines_time(portal: PortalInTest, machine: VirtualClock) -> None:
    machine.advance(hours=2)

    reading = portal.wait(portal.time.show())

    assert (reading.now, reading.mode) == (MONDAY + 2 * HOUR, Mode.SYSTEM)
    assert reading.busy_until is None
    assert reading.next_due is None


def test_a_clock_that_was_set_runs_on(portal: PortalInTest, machine: VirtualClock) -> None:
    christmas = datetime(2026, 12, 24, 18, tzinfo=UTC)

    assert portal.wait(portal.time.set(christmas)).mode is Mode.SHIFTED
    machine.advance(hours=1)

    assert portal.now() == christmas + HOUR
    portal.wait(portal.time.set(MONDAY - HOUR))
    assert portal.now() == MONDAY - HOUR


def test_a_frozen_clock_stands_until_it_is_resumed(
    portal: PortalInTest, machine: VirtualClock
) -> None:
    portal.wait(portal.time.freeze())
    machine.advance(hours=5)
    assert portal.now() == MONDAY
    portal.wait(portal.time.set(MONDAY + HOUR))
    machine.advance(hours=5)
    assert portal.now() == MONDAY + HOUR

    portal.wait(portal.time.resume())
    machine.advance(hours=1)

    assert portal.now() == MONDAY + 2 * HOUR
    assert portal.wait(portal.time.resume(system=True)).mode is Mode.SYSTEM
    assert portal.now() == MONDAY + 11 * HOUR


def test_a_call_is_told_the_time_that_was_set(portal: PortalInTest) -> None:
    portal.wait(portal.time.freeze(datetime(2027, 5, 1, 12, tzinfo=UTC)))

    reply = portal.admin.call("server.time")

    assert reply.result == "2027-05-01T12:00:00+00:00"
    assert reply.body["time"]["date_start"].startswith("2027-05-01T12:00:00")


def test_what_falls_due_runs_in_order_at_its_own_instant(portal: PortalInTest) -> None:
    plan(portal, MONDAY + 3 * HOUR, MONDAY + HOUR, MONDAY + 2 * HOUR, MONDAY + 30 * HOUR)
    seen: list[datetime] = []

    report = portal.wait(
        portal.time.advance(by=timedelta(days=1), passed=lambda so_far: seen.append(so_far.end))
    )

    assert report.ran == [
        Ran("deadline", 2, MONDAY + HOUR),
        Ran("deadline", 3, MONDAY + 2 * HOUR),
        Ran("deadline", 1, MONDAY + 3 * HOUR),
    ]
    assert seen == [MONDAY + number * HOUR for number in (1, 2, 3, 24)]
    assert (report.start, report.end) == (MONDAY, MONDAY + 24 * HOUR)
    assert (dict(report.kinds), report.failed) == ({"deadline": 3}, 0)
    assert portal.now() == MONDAY + 24 * HOUR
    assert planned(portal) == [4]


def test_what_is_due_at_the_end_runs(portal: PortalInTest) -> None:
    plan(portal, MONDAY + HOUR, MONDAY + HOUR + timedelta(microseconds=1))

    assert portal.advance(hours=1).kinds.total() == 1


def test_what_was_late_already_runs_first(portal: PortalInTest) -> None:
    plan(portal, MONDAY + HOUR, MONDAY - HOUR)

    report = portal.advance(hours=2)

    assert [one.subject_id for one in report.ran] == [2, 1]
    assert portal.now() == MONDAY + 2 * HOUR


@pytest.mark.parametrize("mode", [Mode.SYSTEM, Mode.SHIFTED, Mode.FROZEN])
def test_afterwards_the_clock_goes_as_before(
    mode: Mode, portal: PortalInTest, machine: VirtualClock
) -> None:
    if mode is Mode.FROZEN:
        portal.wait(portal.time.freeze())
    elif mode is Mode.SHIFTED:
        portal.wait(portal.time.set(MONDAY))

    portal.advance(hours=1)
    machine.advance(minutes=10)

    runs = mode is not Mode.FROZEN
    assert portal.now() == MONDAY + HOUR + timedelta(minutes=10 * runs)
    assert state(portal).busy_until is None


def test_time_does_not_advance_backwards(portal: PortalInTest) -> None:
    with pytest.raises(ClockRefused, match="already"):
        portal.wait(portal.time.advance(to=MONDAY - HOUR))
    with pytest.raises(TimeUnreadable, match="1971 to 2999"):
        portal.advance(days=400_000)

    assert state(portal) == ClockState()


def test_whoever_leads_the_clock_leads_it_alone(
    portal: PortalInTest, machine: VirtualClock
) -> None:
    plan(portal, MONDAY + HOUR)
    other = TimeControl(portal.database, portal._portal.clock, portal._portal.worker.sources)

    async def meanwhile() -> None:
        begun: asyncio.Task[None] | None = None

        async def interfere() -> None:
            for change in (other.freeze(), other.resume(), other.set(MONDAY), other.advance()):
                with pytest.raises(ClockRefused, match="advancing"):
                    await change
            assert (await other.show()).busy_until == machine.now() + LEASE

        def passed(report: Report) -> None:
            nonlocal begun
            begun = begun or asyncio.get_running_loop().create_task(interfere())

        await _with_a_pause(portal, passed)
        assert begun is not None
        await begun

    portal.wait(meanwhile())


async def _with_a_pause(portal: PortalInTest, passed: object) -> None:
    """Advance from a step to the next, between which others get their turn."""
    lead = time_control._Lead(portal.database, portal._portal.clock)
    await lead.take(lambda now: now)
    async with lead.held():
        passed(Report(MONDAY, MONDAY))  # type: ignore[operator]
        await asyncio.sleep(0)
        for _ in range(20):
            await lead.move_to(lead.instant + HOUR)


def test_a_killed_leader_holds_nobody_up_for_long(
    portal: PortalInTest, machine: VirtualClock
) -> None:
    plan(portal, MONDAY + HOUR)
    lead = time_control._Lead(portal.database, portal._portal.clock)
    portal.wait(lead.take(lambda now: now))
    portal.wait(lead.move_to(MONDAY + HOUR / 2))  # and it is heard of no more

    machine.advance(seconds=LEASE.total_seconds() - 1)
    assert portal.now() == MONDAY + HOUR / 2
    with pytest.raises(ClockRefused):
        portal.advance(hours=1)
    machine.advance(seconds=1)
    assert portal.now() == MONDAY + HOUR / 2
    machine.advance(seconds=60)
    assert portal.now() == MONDAY + HOUR / 2 + timedelta(minutes=1)

    assert portal.advance(hours=1).kinds == {"deadline": 1}
    with pytest.raises(ClockRefused, match="meanwhile"):
        portal.wait(lead.move_to(MONDAY))


def test_the_lead_is_given_back_when_something_breaks(
    portal: PortalInTest, machine: VirtualClock
) -> None:
    plan(portal, MONDAY + HOUR, MONDAY + 2 * HOUR)

    def passed(report: Report) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        portal.wait(portal.time.advance(by=3 * HOUR, passed=passed))

    assert portal.now() == MONDAY + HOUR
    assert state(portal).busy_until is None
    assert planned(portal) == [2]
    assert portal.advance(hours=3).kinds == {"deadline": 1}


def test_of_very_much_the_first_is_told_and_the_rest_counted(
    portal: PortalInTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_control, "MOST_TOLD", 2)
    plan(portal, *(MONDAY + number * HOUR for number in range(1, 6)))

    report = portal.advance(hours=10)

    assert [one.subject_id for one in report.ran] == [1, 2]
    assert report.kinds == {"deadline": 5}


def test_a_job_that_fails_is_tried_again_ever_more_rarely(
    portal: PortalInTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(flow_watch, "deadline_passed", broken)
    fields = {"TITLE": "T", "RESPONSIBLE_ID": 1, "DEADLINE": (MONDAY + HOUR).isoformat()}
    task_id = int(portal.admin.call("tasks.task.add", fields=fields).result["task"]["id"])
    plan_other = MONDAY + 2 * HOUR
    portal.in_store(lambda store: store.jobs.plan(JobKind.HALF_TIME, task_id, plan_other))

    report = portal.advance(days=10)

    failed = [one.due for one in report.ran if one.failed]
    pauses = [later - earlier for earlier, later in pairwise(failed)]
    assert failed[0] == MONDAY + HOUR
    assert pauses[:9] == [timedelta(minutes=5 * 2**count) for count in range(9)]
    assert set(pauses[9:]) == {timedelta(minutes=5 * 2**8)}
    assert report.failed == len(failed) == len(report.ran) - 1

    monkeypatch.undo()
    assert portal.advance(days=1).failed == 0
    assert portal.task(task_id).overdue
