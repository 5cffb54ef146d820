"""A task's change, kept with everything that follows from it, in the same transaction.

History, due jobs, violations, the flow's counters, activity, efficiency and alerts, and what people
are told: whoever changes a task comes through here. Source: flows.md 5.5, 8, 9.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from sluice.domain.efficiency import is_repaired
from sluice.domain.events import task_added, task_deleted, task_updated
from sluice.domain.task import RUNNING, Task
from sluice.methods.tasks import flow_watch
from sluice.methods.tasks.notifications import tell_of_change, tell_of_new_task, tell_of_removal
from sluice.rest.call import Call
from sluice.store.jobs import JobKind
from sluice.store.tasks import Change, Mark

# Field -> how history names it (flows.md 5.8).
_RECORDED = {
    "title": "TITLE",
    "description": "DESCRIPTION",
    "status": "STATUS",
    "priority": "PRIORITY",
    "mark": "MARK",
    "parent_id": "PARENT_ID",
    "group_id": "GROUP_ID",
    "stage_id": "STAGE",
    "flow_id": "FLOW_ID",
    "created_by": "CREATED_BY",
    "responsible_id": "RESPONSIBLE_ID",
    "accomplices": "ACCOMPLICES",
    "auditors": "AUDITORS",
    "tags": "TAGS",
    "deadline": "DEADLINE",
    "plan_start": "START_DATE_PLAN",
    "plan_end": "END_DATE_PLAN",
    "time_estimate_seconds": "TIME_ESTIMATE",
    "add_in_report": "ADD_IN_REPORT",
    "task_control": "TASK_CONTROL",
    "allow_change_deadline": "ALLOW_CHANGE_DEADLINE",
}


def keep_new(call: Call, task: Task) -> Task:
    """Store a new task with what follows from it, and return it with its id."""
    task = call.store.tasks.add(task)
    call.store.tasks.set_mark(task.id, call.actor.user_id, Mark(viewed=call.now))
    _record(call, task, "NEW", None, None)
    if task.deadline is not None:
        plan_deadline(call, task)
    if task.flow_id is not None:
        flow_watch.task_entered(call, task, is_new=True)
    tell_of_new_task(call, task)
    call.emit(task_added(task.id))
    return task


def keep(call: Call, before: Task, after: Task, *, beside: bool = False) -> Task:
    """Store a changed task with what follows from it, and return it as it is now.

    Args:
        beside: something that is kept beside the task has changed with it.
    """
    if before == after and not beside:
        return before
    after = replace(
        after,
        changed_by=call.actor.user_id,
        changed=call.now,
        activity=call.now,
        revision=before.revision + 1,
        overdue=before.overdue and not is_repaired(after, call.now),
    )
    call.store.tasks.save(before, after)
    for field, name in _RECORDED.items():
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            _record(call, after, name, _written(old), _written(new))
    if before.overdue and not after.overdue:
        call.store.efficiency.repair(after.id, call.now)
    if before.deadline != after.deadline or before.status != after.status:
        plan_deadline(call, after)
    flow_watch.task_changed(call, before, after)
    tell_of_change(call, before, after)
    call.emit(task_updated(after.id))
    return after


def discard(call: Call, task: Task) -> None:
    """Remove a task and what was planned for it."""
    call.store.jobs.cancel(JobKind.DEADLINE, task.id)
    call.store.tasks.delete(task)
    flow_watch.task_left(call, task)
    tell_of_removal(call, task)
    call.emit(task_deleted(task.id))


def plan_deadline(call: Call, task: Task) -> None:
    """Let the deadline be noticed when it passes; at once, if it has, and the task runs again."""
    if task.deadline is not None and task.status in RUNNING and not task.overdue:
        call.store.jobs.plan(JobKind.DEADLINE, task.id, max(task.deadline, call.now))
    else:
        call.store.jobs.cancel(JobKind.DEADLINE, task.id)


def _record(call: Call, task: Task, field: str, before: str | None, after: str | None) -> None:
    call.store.tasks.add_change(
        Change(0, task.id, call.actor.user_id, call.now, field, before, after)
    )


def _written(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return str(int(value.timestamp()))
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value)
    return str(int(value)) if isinstance(value, int) else str(value)
