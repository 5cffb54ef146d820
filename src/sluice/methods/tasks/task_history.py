"""`tasks.task.history.list`, `tasks.task.counters.get` and `task.dependence.*`.

Source: flows.md 5.8.
"""

from __future__ import annotations

from typing import Any

from sluice.domain.people import User
from sluice.domain.task import can_edit, can_read
from sluice.errors import (
    ArgumentError,
    ArgumentMissing,
    CountersDenied,
    HistoryDenied,
    TaskActionDenied,
)
from sluice.methods.tasks.task import task_id_of, task_to_change
from sluice.methods.tasks.task_standing import standing
from sluice.rest.call import Call
from sluice.rest.method import classic, method

# Counter -> the code that the documentation's sample shows for it.
_COUNTER_CODES = {"expired": 6291456, "new_comments": 12582912}


@method("tasks.task.history.list", scope="task", writes=False)
def history_list(
    call: Call,
    task_id: object = None,
    id: object = None,
    filter: dict[str, Any] | None = None,
    order: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what was changed in a task, by whom and when, oldest first.

    Source: tasks-task-history-list; flows.md 5.8. `filter` takes FIELD; `order` ID or
    CREATED_DATE with DESC turns the list around.

    Raises:
        HistoryDenied: the caller may not read the task. A missing one has an empty history, but
            only an administrator is told so: nobody else learns which tasks exist.
    """
    task = call.store.tasks.find(task_id_of(task_id, id))
    if task is None and call.actor.is_admin:
        return {"list": []}
    if task is None or not can_read(standing(call, task)):
        raise HistoryDenied
    changes = call.store.tasks.changes(task.id)
    if wanted := {name.upper(): value for name, value in (filter or {}).items()}.get("FIELD"):
        changes = [change for change in changes if change.field == wanted]
    if any(str(direction).upper() == "DESC" for direction in (order or {}).values()):
        changes.reverse()
    users = {user.id: user for user in call.store.users.with_ids({c.user_id for c in changes})}
    return {
        "list": [
            {
                "id": change.id,
                "createdDate": call.wire_time(change.made),
                "field": change.field,
                "value": {"from": change.before, "to": change.after},
                "user": _user(change.user_id, users.get(change.user_id)),
            }
            for change in changes
        ]
    }


@method("tasks.task.counters.get", scope="task", writes=False, long=True)
def counters_get(
    call: Call, user_id: int = 0, group_id: int = 0, type: str = "view_all"
) -> dict[str, Any]:
    """Count the overdue tasks of a user, and the new comments.

    Source: tasks-task-counters-get; flows.md 5.8. `type` is `view_all`, `view_role_responsible`,
    `view_role_accomplice`, `view_role_auditor` or `view_role_originator`.

    Raises:
        CountersDenied: somebody else's counters, or a group that is not there or not the caller's.
    """
    user_id = user_id or call.actor.user_id
    if not call.actor.is_admin and user_id != call.actor.user_id:
        raise CountersDenied
    if group_id and not _may_count_in(call, group_id):
        raise CountersDenied
    counted = {
        "expired": call.store.tasks.overdue_of(user_id, group_id, _ROLES.get(type, "")),
        "new_comments": call.store.comments.new_of(user_id, group_id, _ROLES.get(type, "")),
    }
    return {
        name: {"counter": number, "code": _COUNTER_CODES[name]} for name, number in counted.items()
    }


def _may_count_in(call: Call, group_id: int) -> bool:
    if call.actor.is_admin:
        return call.store.groups.find(group_id) is not None
    return call.store.groups.has_member(group_id, call.actor.user_id)


_ROLES = {
    "view_role_responsible": "R",
    "view_role_accomplice": "A",
    "view_role_auditor": "U",
    "view_role_originator": "C",
}


@classic("task.dependence.add", scope="task")
def dependence_add(
    call: Call, taskidfrom: int = 0, taskidto: int = 0, linktype: int = 2
) -> list[Any]:
    """Let one task depend on another.

    Source: task-dependence-add; flows.md 5.8. Link types 0 to 3 say which ends are linked.

    Raises:
        ArgumentMissing: an id was not sent.
        TaskActionDenied: one of the tasks is missing, or the caller may not change it.
        ArgumentError: a task cannot depend on itself, nor two on each other.
    """
    _check_both(call, taskidfrom, taskidto)
    if taskidfrom == taskidto:
        raise ArgumentError("A task cannot depend on itself", argument="taskIdTo")
    if not 0 <= linktype <= 3:
        raise ArgumentError("linkType is 0, 1, 2 or 3", argument="linkType")
    if call.store.tasks.depends(taskidfrom, taskidto):
        raise ArgumentError("The tasks depend on each other already", argument="taskIdTo")
    call.store.tasks.depend(taskidto, taskidfrom, linktype)
    return []


@classic("task.dependence.delete", scope="task")
def dependence_delete(call: Call, taskidfrom: int = 0, taskidto: int = 0) -> list[Any]:
    """Let a task depend on another no more.

    Source: task-dependence-delete; flows.md 5.8.

    Raises:
        ArgumentMissing: an id was not sent.
        TaskActionDenied: one of the tasks is missing, or the caller may not change it.
    """
    _check_both(call, taskidfrom, taskidto)
    call.store.tasks.depend_no_more(taskidto, taskidfrom)
    return []


def _check_both(call: Call, taskidfrom: int, taskidto: int) -> None:
    for name, task_id in (("taskIdFrom", taskidfrom), ("taskIdTo", taskidto)):
        if not task_id:
            raise ArgumentMissing(name)
        _, its = task_to_change(call, task_id)
        if not can_edit(its):
            raise TaskActionDenied


def _user(user_id: int, user: User | None) -> dict[str, Any]:
    return {
        "id": user_id,
        "name": user.name if user else "",
        "lastName": user.last_name if user else "",
        "secondName": user.second_name if user else "",
        "login": user.email if user else "",
    }
