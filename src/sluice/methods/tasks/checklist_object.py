"""A task's checklists inside the task object: the items by id, and as a tree. flows.md 5.1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sluice.store.checklists import Item

When = Callable[[datetime | None], str | None]


def checklist(items: Sequence[Item], when: When, *, may_work: bool) -> dict[str, Any]:
    """Return the items by id.

    Args:
        when: writes an instant as the wire has it.
        may_work: whether the caller may change the items.
    """
    # Quirk: a map, and `[]` when it is empty (rest-protocol.md 5).
    return {
        str(item.id): {
            "id": str(item.id),
            "taskId": str(item.task_id),
            "createdBy": str(item.created_by),
            "parentId": str(item.parent_id),
            "title": item.title,
            "sortIndex": str(item.sort_index),
            "isComplete": _flag(item.is_complete),
            "isImportant": _flag(item.is_important),
            "toggledBy": None if item.toggled_by is None else str(item.toggled_by),
            "toggledDate": when(item.toggled),
            "ufChecklistFiles": False,
            "members": [],
            "attachments": [],
            "entityId": str(item.task_id),
            "action": _actions(may_work),
        }
        for item in items
    }


def checklist_tree(items: Sequence[Item], user_id: int, *, may_work: bool) -> dict[str, Any]:
    """Return the tree of the items, below a node that is none of them.

    Args:
        items: in the order in which those with one parent are to stand.
        user_id: who looks.
        may_work: whether the caller may change the items.
    """
    below: dict[int, list[Item]] = {}
    for item in items:
        below.setdefault(item.parent_id, []).append(item)
    return {
        "nodeId": 0,
        "fields": _node_fields(None, user_id, "", below.get(0, ())),
        "action": [],
        "descendants": _nodes(below, user_id, may_work),
    }


def _nodes(below: dict[int, list[Item]], user_id: int, may_work: bool) -> list[dict[str, Any]]:
    """Return the checklists with all that is below them; a deep tree is no deep recursion."""
    children: dict[int, list[dict[str, Any]]] = {0: []}
    waiting = [(0, "")]
    while waiting:
        parent_id, prefix = waiting.pop()
        for place, item in enumerate(below.get(parent_id, ()), start=1):
            number = "" if parent_id == 0 else f"{prefix}{place}"
            children[item.id] = []
            children[parent_id].append(
                {
                    "nodeId": item.id,
                    "fields": _node_fields(item, user_id, number, below.get(item.id, ())),
                    "action": _actions(may_work),
                    "descendants": children[item.id],
                }
            )
            waiting.append((item.id, f"{number}." if number else ""))
    return children[0]


def _node_fields(
    item: Item | None, user_id: int, number: str, children: Sequence[Item]
) -> dict[str, Any]:
    return {
        "id": item and item.id,
        "copiedId": None,
        "entityId": item and item.task_id,
        "userId": user_id,
        "createdBy": item and item.created_by,
        "parentId": item and item.parent_id,
        "title": item.title if item else "",
        "sortIndex": item and item.sort_index,
        "displaySortIndex": number,
        "isComplete": bool(item and item.is_complete),
        "isImportant": bool(item and item.is_important),
        "completedCount": sum(child.is_complete for child in children),
        "members": [],
        "attachments": [],
    }


def _actions(may_work: bool) -> dict[str, bool]:
    return dict.fromkeys(("modify", "remove", "toggle", "add", "addAccomplice"), may_work)


def _flag(value: bool) -> str:
    return "Y" if value else "N"
