"""`task.planner.getlist`: what the caller is at today. flows.md 11.8."""

from __future__ import annotations

from tests.portals import Person
from tests.protocol.tasks.task.wire import add_task
from tests.provenance import assumed


@assumed("the plan of the day is what one is at work on; PlannerTest::testGetList takes any array")
def test_the_plan_holds_the_tasks_one_is_at_work_on(anna: Person, boris: Person) -> None:
    hers, shared, idle = add_task(anna), add_task(boris, ACCOMPLICES=[anna.id]), add_task(anna)
    for task in (hers, shared):
        anna.call("tasks.task.start", taskId=task["id"])

    plan = anna.call("task.planner.getlist").result

    assert plan == [int(hers["id"]), int(shared["id"])]
    assert int(idle["id"]) not in plan
    assert boris.call("task.planner.getlist").result == [int(shared["id"])]
