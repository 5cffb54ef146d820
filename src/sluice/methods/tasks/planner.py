"""`task.planner.getlist`: what the caller is at today. flows.md 11.8."""

from __future__ import annotations

from sluice.rest.call import Call
from sluice.rest.method import classic


@classic("task.planner.getlist", scope="task", writes=False)
def get_list(call: Call) -> list[int]:
    """Return the ids of the tasks in the caller's plan of the day.

    Source: task-planner-get-list; flows.md 11.8. Rule (assumed): the plan of the day is the tasks
    that the caller is at work on, because no documented call puts a task there.
    """
    return call.store.tasks.in_work_of(call.actor.user_id)
