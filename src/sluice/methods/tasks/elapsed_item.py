"""`task.elapseditem.*`: time spent on a task. flows.md 11.8.

Parameters may come without names, in the order declared here. Rule (assumed): who reads a task
reads the time spent on it; who works on it adds to it; an entry is changed by the person whose
time it is and by administrators.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from msgspec.structs import replace

from sluice.domain.task import Task, can_work_on
from sluice.errors import ArgumentError, ArgumentMissing, TaskPartDenied, TaskPartNotFound
from sluice.methods.tasks.task_part import manifest, task_to_read, task_to_work_on
from sluice.rest.call import Call
from sluice.rest.listing import PAGE_SIZE, Listed, listed, read_filter, read_order
from sluice.rest.method import classic
from sluice.rest.wire_types import as_instant, as_integer, as_map, as_scalar_text
from sluice.store.elapsed import LISTED, Elapsed
from sluice.store.listing import Window

# An entry longer than that is a mistake, and so many of them could not be added up.
LARGEST_SECONDS = 2**31 - 1
# How the wire says that somebody wrote the entry, and no timer (task-elapsed-item-get).
_BY_HAND = "2"


class Action(IntEnum):
    """What `isactionallowed` asks about."""

    ADD = 1
    MODIFY = 2
    REMOVE = 3


@classic("task.elapseditem.add", scope="task", positional=True)
def add(call: Call, taskid: int = 0, arfields: dict[str, Any] | None = None) -> int:
    """Add time spent on a task.

    Source: task-elapsed-item-add; flows.md 11.8.

    Raises:
        TaskUnavailable, TaskPartDenied: there is no such task, or the caller may not add to it,
            or not in the name of USER_ID.
        ArgumentMissing: the task's id or SECONDS was not sent.
        ArgumentError: SECONDS or CREATED_DATE cannot be.
    """
    task = task_to_work_on(call, taskid)
    changes = _changes(call, arfields or {})
    if "seconds" not in changes:
        raise ArgumentMissing("SECONDS")
    elapsed = Elapsed(0, task.id, call.actor.user_id, 0, "", call.now)
    return call.store.elapsed.add(replace(elapsed, **changes))


@classic("task.elapseditem.get", scope="task", writes=False, positional=True)
def get(call: Call, taskid: int = 0, itemid: int = 0) -> dict[str, Any]:
    """Return an entry of time spent on a task.

    Source: task-elapsed-item-get; flows.md 11.8.

    Raises:
        TaskUnavailable, TaskPartNotFound: there is no such task or entry.
    """
    task, _ = task_to_read(call, taskid)
    return elapsed_object(call, _found(call, task, itemid))


@classic("task.elapseditem.getlist", scope="task", writes=False, long=True, positional=True)
def get_list(
    call: Call,
    taskid: object = None,
    order: dict[str, Any] | None = None,
    filter: dict[str, Any] | None = None,
    select: object = None,
    params: dict[str, Any] | None = None,
) -> Listed:
    """Return the time spent on a task, an entry each time, a page at a time.

    Source: task-elapsed-item-get-list; flows.md 11.8. `params.NAV_PARAMS` names another page than
    `start` does; then nobody counts.
    Rule (observed): b24pysdk lets TASKID out, so it may be. Rule (assumed): the list is then of
    the caller's own time, an administrator's of everybody's; and parameters without names begin
    with ORDER.

    Raises:
        TaskUnavailable: there is no such task, or the caller may not read it.
        ArgumentError: a field cannot be filtered or sorted by.
    """
    if isinstance(taskid, (dict, list)):
        taskid, order, filter, select, params = None, as_map(taskid), order, filter, as_map(select)
    entries, total = call.store.elapsed.page(
        _of(call, taskid),
        read_filter(filter or {}, LISTED, call.zone),
        read_order(order or {}, LISTED),
        _window(params or {}) or call.page.window,
    )
    wanted = _selected(select)
    rows = [elapsed_object(call, entry) for entry in entries]
    if wanted:
        rows = [{name: row[name] for name in row if name in wanted} for row in rows]
    return listed(rows, total)


@classic("task.elapseditem.update", scope="task", positional=True)
def update(
    call: Call, taskid: int = 0, itemid: int = 0, arfields: dict[str, Any] | None = None
) -> None:
    """Change what is sent of an entry.

    Source: task-elapsed-item-update; flows.md 11.8.

    Raises:
        TaskUnavailable, TaskPartNotFound: there is no such task or entry.
        TaskPartDenied: the entry is somebody else's, or is to be.
        ArgumentError: SECONDS or CREATED_DATE cannot be.
    """
    elapsed = _own(call, taskid, itemid)
    call.store.elapsed.save(replace(elapsed, **_changes(call, arfields or {})))


@classic("task.elapseditem.delete", scope="task", positional=True)
def delete(call: Call, taskid: int = 0, itemid: int = 0) -> None:
    """Remove an entry.

    Source: task-elapsed-item-delete; flows.md 11.8.

    Raises:
        TaskUnavailable, TaskPartNotFound: there is no such task or entry.
        TaskPartDenied: the entry is somebody else's.
    """
    call.store.elapsed.delete(_own(call, taskid, itemid).id)


@classic("task.elapseditem.isactionallowed", scope="task", writes=False, positional=True)
def is_action_allowed(call: Call, taskid: int = 0, itemid: int = 0, actionid: int = 0) -> bool:
    """Tell whether the caller may add (1), change (2) or remove (3) an entry.

    Source: task-elapsed-item-is-action-allowed; flows.md 11.8.

    Raises:
        TaskUnavailable: there is no such task, or the caller may not read it.
        TaskPartNotFound: there is no such entry; for adding, none is needed.
        ArgumentError: there is no such action.
    """
    task, its = task_to_read(call, taskid)
    if actionid not in set(Action):
        raise ArgumentError("ACTIONID is 1, 2 or 3", argument="ACTIONID")
    if actionid == Action.ADD:
        return can_work_on(its)
    return _may_change(call, _found(call, task, itemid))


@classic("task.elapseditem.getmanifest", scope="task", writes=False)
def get_manifest(call: Call) -> dict[str, Any]:
    """Describe the methods of this family.

    Source: task-elapsed-item-get-manifest; flows.md 11.8.
    """
    return manifest(call, "task.elapseditem.")


def elapsed_object(call: Call, elapsed: Elapsed) -> dict[str, Any]:
    """Return an entry as the wire has it; without a timer it starts and stops when it is made."""
    created = call.wire_time(elapsed.created)
    return {
        "ID": str(elapsed.id),
        "TASK_ID": str(elapsed.task_id),
        "USER_ID": str(elapsed.user_id),
        "COMMENT_TEXT": elapsed.comment,
        "SECONDS": str(elapsed.seconds),
        "MINUTES": str(elapsed.seconds // 60),
        "SOURCE": _BY_HAND,
        "CREATED_DATE": created,
        "DATE_START": created,
        "DATE_STOP": created,
    }


def _changes(call: Call, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that were sent, typed and under their Python names."""
    sent = {name.upper(): value for name, value in fields.items()}
    changes: dict[str, Any] = {}
    if sent.get("SECONDS") is not None:
        seconds = as_integer(sent["SECONDS"])
        if seconds is None or not 0 <= seconds <= LARGEST_SECONDS:
            raise ArgumentError("SECONDS is a number from 0 on", argument="SECONDS")
        changes["seconds"] = seconds
    if (comment := as_scalar_text(sent.get("COMMENT_TEXT"))) is not None:
        changes["comment"] = comment
    if sent.get("CREATED_DATE"):
        changes["created"] = as_instant(sent["CREATED_DATE"], call.zone)
        if changes["created"] is None:
            raise ArgumentError("CREATED_DATE is no date", argument="CREATED_DATE")
    user_id = as_integer(sent.get("USER_ID"))
    if user_id and user_id != call.actor.user_id:
        if not call.actor.is_admin or call.store.users.find(user_id) is None:
            raise TaskPartDenied
        changes["user_id"] = user_id
    return changes


def _of(call: Call, task_id: object) -> dict[str, int]:
    """Return whose entries are listed: a task's, the caller's own, or all there are."""
    if task_id:
        task, _ = task_to_read(call, as_integer(task_id) or 0)
        return {"task_id": task.id}
    return {} if call.actor.is_admin else {"user_id": call.actor.user_id}


def _window(params: Mapping[str, Any]) -> Window | None:
    """Return the page that NAV_PARAMS asks for, of fifty entries at most; None without any."""
    wanted = as_map({name.upper(): value for name, value in params.items()}.get("NAV_PARAMS"))
    if not wanted:
        return None
    size = as_integer(wanted.get("nPageSize")) or PAGE_SIZE
    number = as_integer(wanted.get("iNumPage")) or 1
    size = min(max(size, 1), PAGE_SIZE)
    # No task has so many entries, and no engine counts beyond.
    return Window((min(max(number, 1), LARGEST_SECONDS) - 1) * size, size, False)


def _selected(select: object) -> frozenset[str]:
    """Return the names that are to be shown; none for all of them."""
    names = select if isinstance(select, list) else list((as_map(select) or {}).values())
    wanted = frozenset(str(name).upper() for name in names)
    return frozenset() if "*" in wanted else wanted


def _found(call: Call, task: Task, item_id: int) -> Elapsed:
    if not item_id:
        raise ArgumentMissing("ITEMID")
    elapsed = call.store.elapsed.find(task.id, item_id)
    if elapsed is None:
        raise TaskPartNotFound
    return elapsed


def _may_change(call: Call, elapsed: Elapsed) -> bool:
    return call.actor.is_admin or elapsed.user_id == call.actor.user_id


def _own(call: Call, task_id: int, item_id: int) -> Elapsed:
    task, _ = task_to_read(call, task_id)
    elapsed = _found(call, task, item_id)
    if not _may_change(call, elapsed):
        raise TaskPartDenied
    return elapsed
