"""`task.checklistitem.*`: what is to be ticked off in a task. flows.md 11.8.

Parameters may come without names, in the order declared here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from msgspec.structs import replace

from sluice.domain.task import Task, can_work_on
from sluice.errors import ArgumentError, ArgumentMissing, TaskPartNotFound
from sluice.methods.tasks.task_part import manifest, task_to_read, task_to_work_on
from sluice.rest.call import Call
from sluice.rest.listing import read_order
from sluice.rest.method import classic
from sluice.rest.wire_types import as_flag, as_integer, as_scalar_text
from sluice.store.checklists import SORTED, Item

# A client that gives no checklist gets one of this name (rule assumed).
FIRST_TITLE = "Checklist"
# Beyond that, places could not be counted on from; and a tree is no deeper than a request may be.
LARGEST_INDEX = 2**31 - 1
DEEPEST = 16


class Action(IntEnum):
    """What `isactionallowed` asks about."""

    ADD = 1
    MODIFY = 2
    REMOVE = 3
    TOGGLE = 4


@classic("task.checklistitem.add", scope="task", positional=True)
def add(call: Call, taskid: int = 0, fields: dict[str, Any] | None = None) -> int:
    """Add an item to a task's checklist, and the checklist itself when there is none.

    Source: task-checklist-item-add; flows.md 11.8. Without PARENT_ID the item goes into the
    first checklist; PARENT_ID 0 makes a checklist of it (assumed).

    Raises:
        TaskUnavailable, TaskPartDenied: there is no such task, or the caller may not add to it.
        ArgumentMissing: the task's id or the title was not sent.
        TaskPartNotFound: the parent is no item of this task.
    """
    task = task_to_work_on(call, taskid)
    changes = _changes(call, fields or {})
    if "title" not in changes:
        raise ArgumentMissing("TITLE")
    parent_id = changes.pop("parent_id", None)
    if parent_id is None:
        parent_id = _first_checklist(call, task)
    items = call.store.checklists.of_task(task.id)
    _check_parent(items, None, parent_id)
    changes.setdefault("sort_index", _next_index(items, parent_id))
    return call.store.checklists.add(
        Item(0, task.id, parent_id, created_by=call.actor.user_id, **changes)
    )


@classic("task.checklistitem.get", scope="task", writes=False, positional=True)
def get(call: Call, taskid: int = 0, itemid: int = 0) -> dict[str, Any]:
    """Return an item of a task's checklist.

    Source: task-checklist-item-get; flows.md 11.8.

    Raises:
        TaskUnavailable, TaskPartNotFound: there is no such task or item.
    """
    task, _ = task_to_read(call, taskid)
    return item_object(call, _found(call, task, itemid))


@classic("task.checklistitem.getlist", scope="task", writes=False, positional=True)
def get_list(
    call: Call, taskid: int = 0, order: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Return every item of a task's checklists, the checklists themselves among them.

    Source: task-checklist-item-get-list; flows.md 11.8.

    Raises:
        TaskUnavailable: there is no such task, or the caller may not read it.
        ArgumentError: a field cannot be sorted by.
    """
    task, _ = task_to_read(call, taskid)
    items = call.store.checklists.of_task(task.id, read_order(order or {}, SORTED))
    return [item_object(call, item) for item in items]


@classic("task.checklistitem.update", scope="task", positional=True)
def update(
    call: Call, taskid: int = 0, itemid: int = 0, fields: dict[str, Any] | None = None
) -> None:
    """Change what is sent of an item.

    Source: task-checklist-item-update; flows.md 11.8.

    Raises:
        TaskUnavailable, TaskPartDenied, TaskPartNotFound: see `add`.
        ArgumentError: an item cannot stand below itself.
    """
    task = task_to_work_on(call, taskid)
    item = _found(call, task, itemid)
    changes = _changes(call, fields or {}, item)
    if changes.get("parent_id", item.parent_id) != item.parent_id:
        _check_parent(call.store.checklists.of_task(task.id), item, changes["parent_id"])
    call.store.checklists.save(replace(item, **changes))


@classic("task.checklistitem.moveafteritem", scope="task", positional=True)
def move_after_item(call: Call, taskid: int = 0, itemid: int = 0, afteritemid: int = 0) -> None:
    """Place an item right after another, in the same checklist.

    Source: task-checklist-item-move-after-item; flows.md 11.8.

    Raises:
        TaskUnavailable, TaskPartDenied, TaskPartNotFound: see `add`.
        ArgumentError: an item cannot stand below itself.
    """
    task = task_to_work_on(call, taskid)
    item, other = _found(call, task, itemid), _found(call, task, afteritemid)
    if item.id == other.id:
        return
    items = call.store.checklists.of_task(task.id)
    _check_parent(items, item, other.parent_id)
    beside = [one for one in items if one.parent_id == other.parent_id and one.id != item.id]
    beside.sort(key=lambda one: (one.sort_index, one.id))
    beside.insert(beside.index(other) + 1, item)
    for index, one in enumerate(beside, start=0 if other.parent_id == 0 else 1):
        placed = replace(one, parent_id=other.parent_id, sort_index=index)
        if placed != one:
            call.store.checklists.save(placed)


@classic("task.checklistitem.delete", scope="task", positional=True)
def delete(call: Call, taskid: int = 0, itemid: int = 0) -> bool:
    """Remove an item with everything below it.

    Source: task-checklist-item-delete; flows.md 11.8.

    Raises:
        TaskUnavailable, TaskPartDenied, TaskPartNotFound: see `add`.
    """
    task = task_to_work_on(call, taskid)
    item = _found(call, task, itemid)
    call.store.checklists.delete(_with_descendants(call.store.checklists.of_task(task.id), item))
    return True


@classic("task.checklistitem.complete", scope="task", positional=True)
def complete(call: Call, taskid: int = 0, itemid: int = 0) -> bool:
    """Tick an item off.

    Source: task-checklist-item-complete; flows.md 11.8.

    Raises:
        TaskUnavailable, TaskPartDenied, TaskPartNotFound: see `add`.
    """
    return _tick(call, taskid, itemid, True)


@classic("task.checklistitem.renew", scope="task", positional=True)
def renew(call: Call, taskid: int = 0, itemid: int = 0) -> bool:
    """Take an item's tick away.

    Source: task-checklist-item-renew; flows.md 11.8.

    Raises:
        TaskUnavailable, TaskPartDenied, TaskPartNotFound: see `add`.
    """
    return _tick(call, taskid, itemid, False)


@classic("task.checklistitem.isactionallowed", scope="task", writes=False, positional=True)
def is_action_allowed(call: Call, taskid: int = 0, itemid: int = 0, actionid: int = 0) -> bool:
    """Tell whether the caller may add (1), change (2), remove (3) or tick off (4) an item.

    Source: task-checklist-item-is-action-allowed; flows.md 11.8.

    Raises:
        TaskUnavailable: there is no such task, or the caller may not read it.
        TaskPartNotFound: there is no such item; for adding, none is needed.
        ArgumentError: there is no such action.
    """
    task, its = task_to_read(call, taskid)
    if actionid not in set(Action):
        raise ArgumentError("ACTIONID is 1, 2, 3 or 4", argument="ACTIONID")
    if actionid != Action.ADD:
        _found(call, task, itemid)
    return can_work_on(its)


@classic("task.checklistitem.getmanifest", scope="task", writes=False)
def get_manifest(call: Call) -> dict[str, Any]:
    """Describe the methods of this family.

    Source: task-checklist-item-get-manifest; flows.md 11.8.
    """
    return manifest(call, "task.checklistitem.")


def item_object(call: Call, item: Item) -> dict[str, Any]:
    """Return an item as the wire has it."""
    return {
        "ID": str(item.id),
        "TASK_ID": str(item.task_id),
        "PARENT_ID": str(item.parent_id),
        "CREATED_BY": str(item.created_by),
        "TITLE": item.title,
        "SORT_INDEX": str(item.sort_index),
        "IS_COMPLETE": "Y" if item.is_complete else "N",
        "IS_IMPORTANT": "Y" if item.is_important else "N",
        "TOGGLED_BY": None if item.toggled_by is None else str(item.toggled_by),
        "TOGGLED_DATE": "" if item.toggled is None else call.wire_time(item.toggled),
        "MEMBERS": [],
        "ATTACHMENTS": [],
    }


def _found(call: Call, task: Task, item_id: int) -> Item:
    if not item_id:
        raise ArgumentMissing("ITEMID")
    item = call.store.checklists.find(task.id, item_id)
    if item is None:
        raise TaskPartNotFound
    return item


def _changes(call: Call, fields: Mapping[str, Any], item: Item | None = None) -> dict[str, Any]:
    """Return the fields that were sent, typed and under their Python names."""
    sent = {name.upper(): value for name, value in fields.items()}
    changes: dict[str, Any] = {}
    if (title := as_scalar_text(sent.get("TITLE"))) is not None:
        if not title.strip():
            raise ArgumentMissing("TITLE")
        changes["title"] = title
    if (parent_id := as_integer(sent.get("PARENT_ID"))) is not None:
        changes["parent_id"] = parent_id
    if (index := as_integer(sent.get("SORT_INDEX"))) is not None and 0 <= index <= LARGEST_INDEX:
        changes["sort_index"] = index
    if (important := as_flag(sent.get("IS_IMPORTANT"))) is not None:
        changes["is_important"] = important
    done = as_flag(sent.get("IS_COMPLETE"))
    if done is not None and done != (item is not None and item.is_complete):
        changes |= {"is_complete": done, "toggled_by": call.actor.user_id, "toggled": call.now}
    return changes


def _tick(call: Call, task_id: int, item_id: int, done: bool) -> bool:
    item = _found(call, task_to_work_on(call, task_id), item_id)
    if item.is_complete != done:
        call.store.checklists.save(
            replace(item, is_complete=done, toggled_by=call.actor.user_id, toggled=call.now)
        )
    return True


def _first_checklist(call: Call, task: Task) -> int:
    """Return the id of the task's first checklist, which is made if there is none.

    Rule (observed): adding the first item also makes a root item with SORT_INDEX 0. flows.md 11.8.
    """
    roots = [item for item in call.store.checklists.of_task(task.id) if item.parent_id == 0]
    if roots:
        return min(roots, key=lambda item: (item.sort_index, item.id)).id
    return call.store.checklists.add(Item(0, task.id, 0, call.actor.user_id, FIRST_TITLE))


def _next_index(items: Sequence[Item], parent_id: int) -> int:
    """Return the place after the last one; below a checklist, whose own is 0, from 1 on."""
    beside = [item.sort_index for item in items if item.parent_id == parent_id]
    first = 0 if parent_id == 0 else 1
    return min(max(beside, default=first - 1) + 1, LARGEST_INDEX)


def _check_parent(items: Sequence[Item], item: Item | None, parent_id: int) -> None:
    """Refuse a parent that is no item of the task, is below the item itself, or is too deep."""
    parents = {one.id: one.parent_id for one in items}
    above, depth = parent_id, 1 if item is None else _height(items, item)
    while above != 0:
        if above not in parents:
            raise TaskPartNotFound
        if item is not None and above == item.id:
            raise ArgumentError("An item cannot stand below itself", argument="PARENT_ID")
        above, depth = parents[above], depth + 1
    if depth > DEEPEST:
        raise ArgumentError(f"A checklist has at most {DEEPEST} levels", argument="PARENT_ID")


def _height(items: Sequence[Item], item: Item) -> int:
    """Return how many levels there are from an item down, its own included."""
    levels = {item.id: 1}
    for one in _with_descendants(items, item)[1:]:
        levels[one.id] = levels[one.parent_id] + 1
    return max(levels.values())


def _with_descendants(items: Sequence[Item], item: Item) -> list[Item]:
    below: dict[int, list[Item]] = {}
    for one in items:
        below.setdefault(one.parent_id, []).append(one)
    found, waiting = [], [item]
    while waiting:
        found.append(waiting.pop())
        waiting += below.get(found[-1].id, ())
    return found
