"""`tasks.task.start` and its sisters: a task moved from one status to another. flows.md 5.5."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sluice.domain.task import (
    Standing,
    Status,
    Task,
    can_approve,
    can_complete,
    can_defer,
    can_pause,
    can_reassign,
    can_renew,
    can_start,
    can_take,
    completed,
    delegated,
    taken,
    with_status,
)
from sluice.errors import ParameterMissing, RestError, TaskActionDenied, TaskMoveDenied
from sluice.methods.tasks.task import task_id_of, task_to_change
from sluice.methods.tasks.task_change import keep
from sluice.methods.tasks.task_object import task_object
from sluice.rest.call import Call
from sluice.rest.method import method


@method("tasks.task.start", scope="task")
def start(call: Call, task_id: object = None, id: object = None) -> dict[str, Any]:
    """Start work on a task; a member of a `himself` flow's team thereby takes it.

    Source: tasks-task-start; flows.md 5.5; taking: flows.md 6.5, assumed.

    Raises:
        TaskActionDenied: it is not pending, or the caller may not.
    """
    task, its = _to_move(call, task_id, id, TaskActionDenied)
    if can_take(its, task):
        return _kept(call, task, taken(task, call.actor.user_id, call.now))
    return _moved(call, task, its, can_start, Status.IN_PROGRESS, TaskActionDenied)


@method("tasks.task.take", scope="task", listed=False)
def take(call: Call, task_id: object = None, id: object = None) -> dict[str, Any]:
    """Take a task that waits in a `himself` flow.

    Rule (assumed): our own addition; the product has only a button for it. flows.md 6.5.

    Raises:
        TaskActionDenied: the task does not wait, or the caller is not of the flow's team.
    """
    task, its = _to_move(call, task_id, id, TaskActionDenied)
    if not can_take(its, task):
        raise TaskActionDenied
    return _kept(call, task, taken(task, call.actor.user_id, call.now))


@method("tasks.task.pause", scope="task")
def pause(call: Call, task_id: object = None, id: object = None) -> dict[str, Any]:
    """Stop work on a task for now.

    Source: tasks-task-pause; flows.md 5.5.

    Raises:
        TaskMoveDenied: it is not in progress, or the caller may not.
    """
    task, its = _to_move(call, task_id, id, TaskMoveDenied)
    return _moved(call, task, its, can_pause, Status.PENDING, TaskMoveDenied)


@method("tasks.task.defer", scope="task")
def defer(call: Call, task_id: object = None, id: object = None) -> dict[str, Any]:
    """Put a task off.

    Source: tasks-task-defer; flows.md 5.5.

    Raises:
        TaskMoveDenied: it is not open, or the caller may not.
    """
    task, its = _to_move(call, task_id, id, TaskMoveDenied)
    return _moved(call, task, its, can_defer, Status.DEFERRED, TaskMoveDenied)


@method("tasks.task.complete", scope="task")
def complete(call: Call, task_id: object = None, id: object = None) -> dict[str, Any]:
    """Complete a task; under task control it then waits for its creator's review.

    Source: tasks-task-complete; flows.md 5.5.

    Raises:
        TaskActionDenied: it is completed already, or the caller may not.
    """
    task, its = _to_move(call, task_id, id, TaskActionDenied)
    if not can_complete(its, task):
        raise TaskActionDenied
    return _kept(call, task, completed(task, its, call.now))


@method("tasks.task.renew", scope="task")
def renew(call: Call, task_id: object = None, id: object = None) -> dict[str, Any]:
    """Open a completed, deferred or reviewed task again.

    Source: tasks-task-renew; flows.md 5.5.

    Raises:
        TaskMoveDenied: it is open, or the caller may not.
    """
    task, its = _to_move(call, task_id, id, TaskMoveDenied)
    return _moved(call, task, its, can_renew, Status.PENDING, TaskMoveDenied)


@method("tasks.task.approve", scope="task")
def approve(call: Call, task_id: object = None, id: object = None) -> dict[str, Any]:
    """Accept the work on a task that awaits review.

    Source: tasks-task-approve; flows.md 5.5. A completed task stays so: its director or an
    administrator is not refused (TaskTest::testChangeStatus).

    Raises:
        TaskMoveDenied: it does not await review, or the caller may not.
    """
    task, its = _to_move(call, task_id, id, TaskMoveDenied)
    if task.status == Status.COMPLETED and (its.director or its.admin):
        return {"task": task_object(call, task)}
    return _moved(call, task, its, can_approve, Status.COMPLETED, TaskMoveDenied)


@method("tasks.task.disapprove", scope="task")
def disapprove(call: Call, task_id: object = None, id: object = None) -> dict[str, Any]:
    """Send a task that awaits review back to work.

    Source: tasks-task-disapprove; flows.md 5.5.

    Raises:
        TaskMoveDenied: it does not await review, or the caller may not.
    """
    task, its = _to_move(call, task_id, id, TaskMoveDenied)
    return _moved(call, task, its, can_approve, Status.PENDING, TaskMoveDenied)


@method("tasks.task.delegate", scope="task")
def delegate(
    call: Call, task_id: object = None, id: object = None, user_id: int | None = None
) -> dict[str, Any]:
    """Give a task to somebody else, and watch it from then on.

    Source: tasks-task-delegate; flows.md 5.5. The task stays in its flow.

    Raises:
        ParameterMissing: `userId` was not sent.
        TaskActionDenied: the task is closed, the user does not exist, or the caller may not.
    """
    number = task_id_of(task_id, id)
    if user_id is None:
        raise ParameterMissing("userId")
    task, its = task_to_change(call, number)
    if not can_reassign(its, task) or not call.store.users.active_among([user_id]):
        raise TaskActionDenied
    return _kept(call, task, delegated(task, user_id, by=call.actor.user_id, now=call.now))


def _to_move(
    call: Call, task_id: object, other: object, denied: type[RestError]
) -> tuple[Task, Standing]:
    number = task_id_of(task_id, other)
    try:
        return task_to_change(call, number)
    except TaskActionDenied:
        raise denied from None  # each method has its own code for the same words


def _moved(
    call: Call,
    task: Task,
    its: Standing,
    allowed: Callable[[Standing, Task], bool],
    status: Status,
    denied: type[RestError],
) -> dict[str, Any]:
    if not allowed(its, task):
        raise denied
    return _kept(call, task, with_status(task, status, by=call.actor.user_id, now=call.now))


def _kept(call: Call, before: Task, after: Task) -> dict[str, Any]:
    return {"task": task_object(call, keep(call, before, after))}
