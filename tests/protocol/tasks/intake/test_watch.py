"""Overdue tasks, efficiency, half time and thresholds. flows.md 8, 9."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.domain.flow import Flow
from tests.portals import EVERYBODY, Person, PortalInTest
from tests.provenance import observed


@pytest.fixture
def boss(portal: PortalInTest) -> Person:
    return portal.add_user("Boss")


@pytest.fixture
def carla(portal: PortalInTest) -> Person:
    return portal.add_user("Carla")


@pytest.fixture
def flow(portal: PortalInTest, boss: Person, carla: Person) -> Flow:
    return portal.add_flow(
        "Intake",
        boss,
        responsible_list=(carla.member,),
        task_creators=(EVERYBODY,),
        planned_completion_seconds=7200,
    )


def settings(boss: Person, flow: Flow, **changes: Any) -> None:
    reply = boss.call("tasks.flow.Flow.update", flowData={"id": flow.id, **changes})
    assert reply.status == 200, reply.text


def add(caller: Person, flow: Flow) -> str:
    reply = caller.call("tasks.task.add", fields={"TITLE": "Help", "FLOW_ID": flow.id})
    return str(reply.result["task"]["id"])


@observed("flows.md 8: a deadline that passes while the task is open is a violation")
def test_an_overdue_task_is_noticed_without_anyone_reading_it(
    portal: PortalInTest, anna: Person, flow: Flow
) -> None:
    task_id = add(anna, flow)
    portal.clock.advance(hours=2)

    assert portal.run_due() == ["deadline"]

    assert portal.task(task_id).overdue is True
    assert portal.flow(flow.id).efficiency == 0
    assert portal.counters(flow.id).overdue == 1


@observed("flows.md 8: 3 tasks, 1 late -> 67")
def test_efficiency_is_the_share_of_tasks_in_time(
    portal: PortalInTest, anna: Person, carla: Person, flow: Flow
) -> None:
    tasks = [add(anna, flow) for _ in range(3)]
    for task_id in tasks[1:]:
        carla.call("tasks.task.complete", taskId=task_id)
    portal.clock.advance(hours=3)
    portal.run_due()

    assert anna.call("tasks.flow.Flow.get", flowId=flow.id).result["efficiency"] == 67


@observed("flows.md 8: a late completion stays a violation in the window, then it is forgotten")
def test_a_late_task_counts_for_thirty_days(
    portal: PortalInTest, anna: Person, carla: Person, flow: Flow
) -> None:
    late = add(anna, flow)
    portal.clock.advance(hours=3)
    portal.run_due()
    carla.call("tasks.task.complete", taskId=late)
    assert portal.flow(flow.id).efficiency == 0

    portal.clock.advance(days=30)
    portal.run_due()
    assert portal.flow(flow.id).efficiency == 0

    portal.clock.advance(days=1)
    portal.run_due()
    assert portal.flow(flow.id).efficiency == 100
    assert portal.differences() == []


@observed("flows.md 8: tasks people made for themselves never count")
def test_own_tasks_do_not_count(portal: PortalInTest, carla: Person, flow: Flow) -> None:
    add(carla, flow)
    portal.clock.advance(hours=3)
    portal.run_due()

    assert portal.flow(flow.id).efficiency == 100


@observed("flows.md 8: repaired when the deadline is moved into the future")
def test_more_time_repairs_a_violation_and_it_still_counts(
    portal: PortalInTest, anna: Person, flow: Flow
) -> None:
    task_id = add(anna, flow)
    portal.clock.advance(hours=3)
    portal.run_due()

    anna.call("tasks.task.update", taskId=task_id, fields={"DEADLINE": "2026-02-01T00:00:00+00:00"})

    assert portal.task(task_id).overdue is False
    assert portal.flow(flow.id).efficiency == 0
    assert portal.differences() == []


@observed("flows.md 8: not while deferred, awaiting control or completed")
@pytest.mark.parametrize("method", ["defer", "complete"])
def test_a_deadline_passes_unnoticed_when_nobody_works_on_the_task(
    portal: PortalInTest, anna: Person, carla: Person, flow: Flow, method: str
) -> None:
    task_id = add(anna, flow)
    carla.call(f"tasks.task.{method}", taskId=task_id)
    portal.clock.advance(hours=3)
    portal.run_due()

    assert portal.task(task_id).overdue is False
    assert portal.flow(flow.id).efficiency == 100


@observed("flows.md 9: strict, exactly at the threshold nothing is sent")
def test_a_queue_overflows_above_its_threshold(
    portal: PortalInTest, anna: Person, boss: Person, flow: Flow
) -> None:
    settings(boss, flow, notifyOnQueueOverflow=2)

    add(anna, flow)
    add(anna, flow)
    assert portal.told(flow.id) == []
    add(anna, flow)
    assert portal.told(flow.id) == [("queue_overflow", boss.id)]


@observed("flows.md 9: sent once, then again when the condition has been false once")
def test_an_overflow_is_told_once_until_it_is_over(
    portal: PortalInTest, anna: Person, boss: Person, carla: Person, flow: Flow
) -> None:
    settings(boss, flow, notifyOnQueueOverflow=1)
    tasks = [add(anna, flow) for _ in range(3)]
    assert len(portal.told(flow.id)) == 1

    for task_id in tasks[:2]:
        carla.call("tasks.task.start", taskId=task_id)
    add(anna, flow)

    assert portal.told(flow.id) == [("queue_overflow", boss.id)] * 2


@observed("flows.md 9: blocked for 30 days")
def test_an_overflow_that_lasts_is_told_again_after_thirty_days(
    portal: PortalInTest, anna: Person, boss: Person, flow: Flow
) -> None:
    settings(boss, flow, notifyOnQueueOverflow=1)
    add(anna, flow)
    add(anna, flow)
    portal.clock.advance(days=29)
    add(anna, flow)
    assert len(portal.told(flow.id)) == 1

    portal.clock.advance(days=2)
    add(anna, flow)
    assert len(portal.told(flow.id)) == 2


@observed("flows.md 9: changing the threshold arms again")
def test_another_threshold_arms_the_alert(
    portal: PortalInTest, anna: Person, boss: Person, flow: Flow
) -> None:
    settings(boss, flow, notifyOnQueueOverflow=1)
    add(anna, flow)
    add(anna, flow)
    settings(boss, flow, notifyOnQueueOverflow=2)

    add(anna, flow)

    assert portal.told(flow.id) == [("queue_overflow", boss.id)] * 2


@observed("flows.md 9: tasks in status 3")
def test_too_many_tasks_in_progress_are_told(
    portal: PortalInTest, anna: Person, boss: Person, carla: Person, flow: Flow
) -> None:
    settings(boss, flow, notifyOnTasksInProgressOverflow=1)
    for task_id in [add(anna, flow) for _ in range(2)]:
        carla.call("tasks.task.start", taskId=task_id)

    assert portal.told(flow.id) == [("tasks_in_progress_overflow", boss.id)]


@observed("flows.md 9: efficiency below the threshold")
def test_a_drop_of_efficiency_is_told(
    portal: PortalInTest, anna: Person, boss: Person, flow: Flow
) -> None:
    settings(boss, flow, notifyWhenEfficiencyDecreases=70)
    add(anna, flow)
    portal.clock.advance(hours=3)
    portal.run_due()

    assert portal.told(flow.id) == [("efficiency_decrease", boss.id)]


@observed("flows.md 9: at now + (deadline - now)/2, once per deadline")
def test_the_responsible_person_hears_that_half_of_the_time_is_gone(
    portal: PortalInTest, anna: Person, boss: Person, carla: Person, flow: Flow
) -> None:
    settings(boss, flow, notifyAtHalfTime=1)
    add(anna, flow)

    portal.clock.advance(minutes=59)
    assert portal.run_due() == []
    portal.clock.advance(minutes=1)
    assert portal.run_due() == ["half time"]

    assert portal.told(flow.id) == [("half_time", carla.id)]


@observed("flows.md 9: skipped if the task is completed at that moment")
def test_half_time_of_a_completed_task_is_nothing_to_tell(
    portal: PortalInTest, anna: Person, boss: Person, carla: Person, flow: Flow
) -> None:
    settings(boss, flow, notifyAtHalfTime=1)
    carla.call("tasks.task.complete", taskId=add(anna, flow))
    portal.clock.advance(hours=1)

    portal.run_due()

    assert portal.told(flow.id) == []


@observed("flows.md 2.9: pending, in work, completed; deferred belongs to none")
def test_counters_follow_the_tasks(
    portal: PortalInTest, anna: Person, carla: Person, flow: Flow
) -> None:
    tasks = [add(anna, flow) for _ in range(5)]
    for method, task_id in zip(("start", "complete", "defer", "delete"), tasks, strict=False):
        (anna if method == "delete" else carla).call(f"tasks.task.{method}", taskId=task_id)

    counters = portal.counters(flow.id)
    assert (counters.pending, counters.in_work, counters.completed, counters.total) == (1, 1, 1, 4)
    assert portal.differences() == []
