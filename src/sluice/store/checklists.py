"""Checklists of tasks: items in trees, whose roots are the checklists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from sluice.clock import from_micros, to_micros
from sluice.store.database import Row, Transaction, Value
from sluice.store.listing import Column, Kind, named, ordered

_COLUMNS = (
    "id, task_id, parent_id, created_by, title, sort_index, is_complete, is_important,"
    " toggled_by, toggled_micros"
)

# What `task.checklistitem.getlist` sorts by.
SORTED: dict[str, Column] = {
    "ID": Column("id", Kind.NUMBER),
    "CREATED_BY": Column("created_by", Kind.NUMBER),
    "TITLE": Column("title"),
    "SORT_INDEX": Column("sort_index", Kind.NUMBER),
    "IS_COMPLETE": Column("is_complete", Kind.FLAG),
    "TOGGLED_BY": Column("toggled_by", Kind.NUMBER, sparse=True),
    "TOGGLED_DATE": Column("toggled_micros", Kind.INSTANT, sparse=True),
}


class Item(Struct, frozen=True):
    """An entry of a checklist.

    Attributes:
        parent_id: the item it stands under; 0 for a checklist itself.
        sort_index: its place among those with the same parent; the older one first, if equal.
        toggled_by, toggled: who ticked it, or took the tick away, and when.
    """

    id: int
    task_id: int
    parent_id: int
    created_by: int
    title: str
    sort_index: int = 0
    is_complete: bool = False
    is_important: bool = False
    toggled_by: int | None = None
    toggled: datetime | None = None


class Checklists:
    """The `checklist_item` table."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def find(self, task_id: int, item_id: int) -> Item | None:
        """Return an item of this task, or None."""
        row = self._tx.one(
            f"SELECT {_COLUMNS} FROM checklist_item WHERE id = :id AND task_id = :task_id",
            {"id": item_id, "task_id": task_id},
        )
        return None if row is None else _item(row)

    def of_task(self, task_id: int, order: Sequence[tuple[Column, bool]] = ()) -> list[Item]:
        """Return the items of a task, the oldest first if no other order is given."""
        rows = self._tx.all(
            f"SELECT {_COLUMNS} FROM checklist_item WHERE task_id = :task_id"
            f" ORDER BY {ordered(order)}",
            {"task_id": task_id},
        )
        return [_item(row) for row in rows]

    def of_tasks(self, task_ids: Sequence[int]) -> dict[int, list[Item]]:
        """Return the items of each of these tasks, in order of their places."""
        inside, parameters = named("task", task_ids)
        items: dict[int, list[Item]] = {}
        for row in self._tx.all(
            f"SELECT {_COLUMNS} FROM checklist_item WHERE task_id IN ({inside})"
            " ORDER BY sort_index, id",
            parameters,
        ):
            items.setdefault(row[1], []).append(_item(row))
        return items

    def add(self, item: Item) -> int:
        """Store a new item and return its id."""
        added = self._tx.insert("checklist_item", _settings(item))
        assert added is not None  # nothing can be in its way
        return added

    def save(self, item: Item) -> None:
        """Store a changed item."""
        self._tx.update("checklist_item", item.id, _settings(item))

    def delete(self, items: Sequence[Item]) -> None:
        """Remove these items."""
        inside, parameters = named("item", [item.id for item in items])
        self._tx.run(f"DELETE FROM checklist_item WHERE id IN ({inside})", parameters)


def _item(row: Row) -> Item:
    return Item(
        id=row[0],
        task_id=row[1],
        parent_id=row[2],
        created_by=row[3],
        title=row[4],
        sort_index=row[5],
        is_complete=row[6] == 1,
        is_important=row[7] == 1,
        toggled_by=row[8],
        toggled=None if row[9] is None else from_micros(row[9]),
    )


def _settings(item: Item) -> dict[str, Value]:
    return {
        "task_id": item.task_id,
        "parent_id": item.parent_id,
        "created_by": item.created_by,
        "title": item.title,
        "sort_index": item.sort_index,
        "is_complete": int(item.is_complete),
        "is_important": int(item.is_important),
        "toggled_by": item.toggled_by,
        "toggled_micros": None if item.toggled is None else to_micros(item.toggled),
    }
