"""The machine's clock is set back under a portal, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from sluice.clock import LEASE, VirtualClock
from sluice.domain.portal import Plan
from sluice.store.engine import Place
from tests.failures.page import Row
from tests.portals import PortalInTest

MONDAY = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)
BACK = timedelta(hours=5)

pytestmark = pytest.mark.failure("Clock set back")


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(MONDAY)


@pytest.fixture
def portal(place: Place, clock: VirtualClock) -> Iterator[PortalInTest]:
    portal = PortalInTest(place, clock)
    yield portal
    portal.close()


def set_back(clock: VirtualClock) -> datetime:
    return clock.advance(seconds=-BACK.total_seconds())


def test_calls_are_answered_with_the_earlier_time(
    portal: PortalInTest, clock: VirtualClock, row: Row
) -> None:
    assert row.refusals == ()
    fields = {"TITLE": "Task", "RESPONSIBLE_ID": 1}
    task = portal.admin.call("tasks.task.add", fields=fields).result["task"]
    now = set_back(clock)

    told = portal.admin.call("server.time")
    assert datetime.fromisoformat(told.result) == now
    assert told.body["time"]["duration"] >= 0
    changed = portal.admin.call("tasks.task.update", taskId=task["id"], fields={"TITLE": "New"})
    assert changed.status == 200
    after = portal.admin.call("tasks.task.add", fields=fields).result["task"]
    assert int(after["id"]) > int(task["id"])
    history = portal.admin.call("tasks.task.history.list", taskId=task["id"]).result["list"]
    assert len(history) >= 2
    assert portal.differences() == []


def test_tokens_are_good_for_as_much_longer(portal: PortalInTest, clock: VirtualClock) -> None:
    made = portal.add_application()
    tokens = portal.tokens(made.application, 1)
    set_back(clock)

    def ask() -> int:
        return portal.send("/rest/profile", query=f"auth={tokens.access_token}").status

    assert ask() == 200
    clock.advance(seconds=BACK.total_seconds())
    assert ask() == 200
    clock.advance(hours=2)
    assert ask() == 401


def test_what_fell_due_is_not_done_twice_and_what_will_is_done_in_its_time(
    portal: PortalInTest, clock: VirtualClock
) -> None:
    def add_task(hours: int) -> None:
        deadline = (MONDAY + timedelta(hours=hours)).isoformat()
        fields = {"TITLE": "Task", "RESPONSIBLE_ID": 1, "DEADLINE": deadline}
        assert portal.admin.call("tasks.task.add", fields=fields).status == 200

    add_task(1)
    add_task(3)
    clock.advance(hours=2)
    assert portal.run_due() == ["deadline"]
    set_back(clock)
    assert portal.run_due() == []
    clock.advance(seconds=BACK.total_seconds())
    assert portal.run_due() == []
    clock.advance(hours=1)
    assert portal.run_due() == ["deadline"]


def test_a_full_bucket_leaks_on(portal: PortalInTest, clock: VirtualClock) -> None:
    portal.set_state(plan=Plan.COMMERCIAL)

    def statuses(calls: int) -> set[int]:
        path = f"{portal.admin.path}profile"
        return {portal.send(path, peer="192.0.2.1").status for _ in range(calls)}

    statuses(2)  # from the second call on the plan is known
    assert 503 in statuses(60)
    set_back(clock)
    assert statuses(1) == {503}
    clock.advance(seconds=5)
    assert statuses(5) == {200}


def test_a_shifted_clock_stands_until_the_machine_has_caught_up(
    portal: PortalInTest, clock: VirtualClock
) -> None:
    shifted = MONDAY + timedelta(days=3)
    portal.wait(portal.time.set(shifted))
    set_back(clock)
    assert portal.now() == shifted
    clock.advance(seconds=BACK.total_seconds() + 60)
    assert portal.now() == shifted + timedelta(minutes=1)


def test_whoever_led_the_clock_and_died_holds_it_no_longer(
    portal: PortalInTest, clock: VirtualClock
) -> None:
    held = portal.in_store(lambda store: store.clock.state())
    assert not held.is_busy(clock.now())
    portal.in_store(lambda store: store.clock.save(replace(held, busy_until=clock.now() + LEASE)))
    assert portal.in_store(lambda store: store.clock.state()).is_busy(clock.now())
    set_back(clock)
    assert not portal.in_store(lambda store: store.clock.state()).is_busy(clock.now())
    assert portal.advance(hours=1).ran == []
