"""`tasks.task.*`: tasks added, read, changed, listed and removed.

Source: flows.md 5. The status methods are in `task_status.py`, what is one person's own in
`task_marks.py`.
"""

from __future__ import annotations

import uuid
from typing import Any

from msgspec.structs import replace

from sluice.domain.task import (
    Standing,
    Status,
    Task,
    actions,
    can_change_deadline,
    can_delete,
    can_edit,
    can_read,
    can_reassign,
    can_set_status,
    completed,
    with_status,
)
from sluice.errors import (
    INTERNAL,
    NOT_ALLOWED,
    ArgumentError,
    CoreError,
    ParameterMissing,
    SortingKeyInvalid,
    TaskActionDenied,
    TaskDeleteDenied,
    TaskIdMissing,
    TaskIdWrong,
)
from sluice.methods.tasks import flow_intake
from sluice.methods.tasks.task_change import discard, keep, keep_new
from sluice.methods.tasks.task_data import Changes, read_fields
from sluice.methods.tasks.task_fields import FIELDS
from sluice.methods.tasks.task_list import read_task_filter, reader
from sluice.methods.tasks.task_object import new_task_object, task_object, task_read, task_rows
from sluice.methods.tasks.task_standing import standing
from sluice.methods.tasks.user_field_values import described_fields, read_values
from sluice.rest.call import Call
from sluice.rest.listing import Listed, listed, read_order
from sluice.rest.method import method
from sluice.rest.wire_types import as_integer
from sluice.store.task_pages import LISTED


@method("tasks.task.add", scope="task")
def add(call: Call, fields: dict[str, Any] | None = None) -> dict[str, Any]:
    """Add a task; with a FLOW_ID the flow chooses who gets it, by when, and in which group.

    Source: tasks-task-add; flows.md 5.3.

    Raises:
        ParameterMissing: `fields` is missing or empty.
        CoreError: a field cannot be, or a required one is missing.
        TaskActionDenied: the caller may not add tasks to the flow or the group.
    """
    if not fields:
        raise ParameterMissing("fields", INTERNAL)
    changes = read_fields(fields, call.zone)
    if "title" not in changes:
        raise CoreError("Title not specified<br>")
    changes.setdefault("created_by", call.actor.user_id)
    flow = flow_intake.wanted(call, changes)
    if flow is None:
        _check_may_add(call, changes)
    else:
        flow_intake.check_may_add(call, flow)
        changes |= flow_intake.entering(call, flow, changes["created_by"])
        changes.pop("status", None)
    if not changes.get("responsible_id"):
        raise CoreError("Responsible not specified<br>")
    _check_references(call, changes)
    values = read_values(call, fields)
    task = keep_new(call, _new_task(call, changes))
    call.store.user_fields.set_values(task.id, values)
    return {"task": new_task_object(call, task)}


@method("tasks.task.get", scope="task")
def get(
    call: Call,
    task_id: object = None,
    id: object = None,
    select: list[Any] | None = None,
) -> dict[str, Any] | list[Any]:
    """Return a task, or an empty list when there is none that the caller may read.

    Source: tasks-task-get; flows.md 5.1. Reading marks the task as seen, if it was not since
    its last activity.

    Raises:
        TaskIdWrong, TaskIdMissing: the id is no number, or was not sent.
    """
    task = call.store.tasks.find(task_id_of(task_id, id))
    if task is None or not can_read(standing(call, task)):
        return []
    shown = task_read(call, task, select or [])
    mark = call.store.tasks.mark(task.id, call.actor.user_id)
    if mark.viewed is None or mark.viewed < task.activity:
        call.store.tasks.set_mark(task.id, call.actor.user_id, replace(mark, viewed=call.now))
    return {"task": shown}


@method("tasks.task.update", scope="task")
def update(
    call: Call,
    task_id: object = None,
    id: object = None,
    fields: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Change what is sent of a task; another FLOW_ID hands it to that flow.

    Source: tasks-task-update; flows.md 5.4.

    Raises:
        TaskIdWrong, TaskIdMissing, ParameterMissing: the call is incomplete.
        TaskActionDenied: there is no such task, or the caller may not change it so.
        CoreError: a field cannot be.
    """
    number = task_id_of(task_id, id, INTERNAL)
    if fields is None:
        raise ParameterMissing("fields", INTERNAL)
    task, its = task_to_change(call, number, INTERNAL)
    changes = read_fields(fields, call.zone)
    changes = {name: value for name, value in changes.items() if getattr(task, name) != value}
    flow = flow_intake.wanted(call, changes) if "flow_id" in changes else None
    _check_may_change(its, task, changes)
    if flow is not None:
        flow_intake.check_may_add(call, flow)
        changes |= flow_intake.moving(call, flow, task, changes)
    elif "group_id" in changes:
        _check_may_enter(call, changes["group_id"])
        changes.setdefault("flow_id", None)  # a task that leaves the flow's group leaves the flow
    _check_references(call, changes, task)
    if (values := read_values(call, fields, task)) and not can_edit(its):
        raise TaskActionDenied(NOT_ALLOWED + INTERNAL)
    task = keep(call, task, _changed(call, its, task, changes), beside=bool(values))
    call.store.user_fields.set_values(task.id, values)
    return {"task": task_object(call, task)}


@method("tasks.task.delete", scope="task")
def delete(call: Call, task_id: object = None, id: object = None) -> dict[str, bool]:
    """Remove a task. The flow's queue does not move back.

    Source: tasks-task-delete; flows.md 5.7.

    Raises:
        TaskIdWrong, TaskIdMissing: the id is no number, or was not sent.
        TaskDeleteDenied: there is no such task, or the caller may not remove it.
    """
    task = call.store.tasks.find(task_id_of(task_id, id))
    if task is None or not can_delete(standing(call, task)):
        raise TaskDeleteDenied
    discard(call, task)
    return {"task": True}


@method("tasks.task.list", scope="task", writes=False, long=True)
def list_tasks(
    call: Call,
    order: dict[str, Any] | None = None,
    filter: dict[str, Any] | None = None,
    select: list[Any] | None = None,
    params: dict[str, Any] | None = None,
) -> Listed:
    """Return the tasks that the caller may read, a page at a time, newest first.

    Source: tasks-task-list; flows.md 5.6. `params` may add to the rows.

    Raises:
        SortingKeyInvalid: a field cannot be sorted by.
        ArgumentError: a filter field or operator is unknown.
    """
    try:
        sorting = read_order(order or {"ID": "DESC"}, LISTED)
    except ArgumentError as refusal:
        raise SortingKeyInvalid from refusal
    wanted = read_task_filter(call, filter or {})
    tasks, total = call.store.tasks.page(wanted, sorting, call.page.window, reader(call))
    return listed(task_rows(call, tasks, select or [], params or {}), total, under="tasks")


@method("tasks.task.getFields", scope="task", writes=False)
def get_fields(call: Call) -> dict[str, Any]:
    """Describe every field of a task, the portal's own ones last.

    Source: tasks-task-get-fields; flows.md 5.8.
    """
    return {"fields": {**FIELDS, **described_fields(call)}}


@method("tasks.task.getAccess", scope="task", writes=False, long=True)
def get_access(
    call: Call, task_id: object = None, id: object = None, users: list[Any] | None = None
) -> dict[str, Any]:
    """Tell what each of the users (the caller, if none is named) may do with a task.

    Source: tasks-task-getaccess; flows.md 5.8.

    Raises:
        TaskIdWrong, TaskIdMissing: the id is no number, or was not sent.
        TaskActionDenied: there is no such task, or the caller may not read it.
    """
    task = call.store.tasks.find(task_id_of(task_id, id))
    if task is None or not can_read(standing(call, task)):
        raise TaskActionDenied
    asked = [user for item in users or [] if (user := as_integer(item))]
    if not asked:
        return {"allowedActions": {str(call.actor.user_id): _upper_actions(call, task)}}
    actors = {user: call.store.credentials.actor_of(user) for user in asked}
    return {
        "allowedActions": {
            str(user): _upper_actions(call.as_actor(actor), task)
            for user, actor in actors.items()
            if actor is not None
        }
    }


# What the methods of this namespace share


def task_id_of(task_id: object, other: object, suffix: str = "") -> int:
    """Return the id that was sent as `taskId` or `id`.

    Raises:
        TaskIdMissing: neither was sent.
        TaskIdWrong: it is no number (settled 7).
    """
    sent = task_id if task_id is not None else other
    if sent is None or sent == "":
        raise TaskIdMissing(TaskIdMissing.description + suffix)
    number = as_integer(sent)
    if number is None:
        raise TaskIdWrong
    return number


def task_to_change(call: Call, task_id: int, suffix: str = "") -> tuple[Task, Standing]:
    """Return a task that the caller may read, and the caller's standing.

    Raises:
        TaskActionDenied: there is no such task, or the caller may not read it: one answer for
            both, so that nobody learns which tasks exist.
    """
    task = call.store.tasks.find(task_id)
    if task is not None and can_read(its := standing(call, task)):
        return task, its
    raise TaskActionDenied(NOT_ALLOWED + suffix)


def _new_task(call: Call, changes: Changes) -> Task:
    changes = {**changes}
    status = changes.pop("status", Status.PENDING)
    stage = changes.pop("stage_id", 0) or call.store.groups.first_stage(changes.get("group_id", 0))
    task = Task(
        id=0,
        changed_by=call.actor.user_id,
        created=call.now,
        changed=call.now,
        activity=call.now,
        status_changed=call.now,
        guid=f"{{{uuid.uuid4()}}}",
        stage_id=stage,
        **changes,
    )
    if status == Status.PENDING:
        return task
    return with_status(task, status, by=call.actor.user_id, now=call.now)


def _changed(call: Call, its: Standing, task: Task, changes: Changes) -> Task:
    changes = {**changes}
    status = changes.pop("status", task.status)
    if changes.get("group_id", task.group_id) != task.group_id and "stage_id" not in changes:
        changes["stage_id"] = call.store.groups.first_stage(changes["group_id"])
    if status == Status.COMPLETED != task.status:
        task = completed(task, its, call.now)
    elif status != task.status:
        task = with_status(task, status, by=call.actor.user_id, now=call.now)
    return replace(task, **changes)


def _check_may_add(call: Call, changes: Changes) -> None:
    """Refuse a task for a group that the caller is not in, or in somebody else's name.

    Rule (assumed): who adds in another's name is an administrator; flows.md 5.3 says "within
    rights" and no more.
    """
    if not call.actor.is_admin and changes["created_by"] != call.actor.user_id:
        raise TaskActionDenied(NOT_ALLOWED + INTERNAL)
    _check_may_enter(call, changes.get("group_id", 0))


def _check_may_enter(call: Call, group_id: int) -> None:
    """Refuse a group that the caller is not in; for an administrator, only one that is not there.

    Rule (assumed): adding to a group, and moving into it, take membership (flows.md 4, last rule).
    """
    if not group_id or call.store.groups.has_member(group_id, call.actor.user_id):
        return
    if not call.actor.is_admin:
        raise TaskActionDenied(NOT_ALLOWED + INTERNAL)
    if call.store.groups.find(group_id) is None:
        raise CoreError("The group was not found<br>")


def _check_may_change(its: Standing, task: Task, changes: Changes) -> None:
    """Refuse a change that the caller's standing does not cover (flows.md 5.4, 5.9)."""
    others = changes.keys() - {"deadline", "responsible_id", "status", "auditors"}
    allowed = (
        (not others or can_edit(its))
        and ("deadline" not in changes or can_change_deadline(its, task))
        and ("responsible_id" not in changes or can_reassign(its, task) or can_edit(its))
        and ("status" not in changes or can_set_status(its, task, changes["status"]))
        and ("auditors" not in changes or can_edit(its) or its.executes)
        and ("created_by" not in changes or its.admin or its.director)
    )
    if not allowed:
        raise TaskActionDenied(NOT_ALLOWED + INTERNAL)


def _check_references(call: Call, changes: Changes, task: Task | None = None) -> None:
    """Refuse what names somebody or something that is not there."""
    store = call.store
    if "responsible_id" in changes and not store.users.with_ids([changes["responsible_id"]]):
        raise CoreError("The user in the Responsible field was not found<br>")
    people = [*changes.get("accomplices", ()), *changes.get("auditors", ())]
    people += [changes["created_by"]] if "created_by" in changes else []
    if (missing := store.users.first_missing(people)) is not None:
        raise CoreError(f"User {missing} was not found<br>")
    if changes.get("parent_id"):
        _check_parent(call, changes["parent_id"], task)
    if task is not None:
        start = changes.get("plan_start", task.plan_start)
        end = changes.get("plan_end", task.plan_end)
        if start is not None and end is not None and end < start:
            raise CoreError("The end date is earlier than the start date<br>")


def _check_parent(call: Call, parent_id: int, task: Task | None) -> None:
    if task is not None and parent_id == task.id:
        raise CoreError("Cannot bind the node to itself<br>")
    parent = call.store.tasks.find(parent_id)
    if parent is None or not can_read(standing(call, parent)):
        raise CoreError("The parent task was not found<br>")
    if task is not None and call.store.tasks.is_above(task.id, parent_id):
        raise CoreError("Cannot bind the node to its own descendant<br>")


def _upper_actions(call: Call, task: Task) -> dict[str, bool]:
    """Return the action map under its other names: `changeDeadline` as `CHANGE_DEADLINE`."""
    return {
        "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in name): allowed
        for name, allowed in actions(standing(call, task), task).items()
    }
