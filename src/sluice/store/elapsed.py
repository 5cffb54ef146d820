"""Time that people spent on tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from sluice.clock import from_micros, to_micros
from sluice.store.database import Row, Transaction, Value
from sluice.store.listing import Column, Condition, Kind, Window, named, page

_COLUMNS = "id, task_id, user_id, seconds, comment, created_micros"

# What `task.elapseditem.getlist` filters and sorts by.
LISTED: dict[str, Column] = {
    "ID": Column("id", Kind.NUMBER),
    "TASK_ID": Column("task_id", Kind.NUMBER),
    "USER_ID": Column("user_id", Kind.NUMBER),
    "SECONDS": Column("seconds", Kind.NUMBER),
    "MINUTES": Column("seconds / 60", Kind.NUMBER),
    "CREATED_DATE": Column("created_micros", Kind.INSTANT),
    "DATE_START": Column("created_micros", Kind.INSTANT),
    "DATE_STOP": Column("created_micros", Kind.INSTANT),
}


class Elapsed(Struct, frozen=True):
    """An entry of time spent."""

    id: int
    task_id: int
    user_id: int
    seconds: int
    comment: str
    created: datetime


class ElapsedTime:
    """The `elapsed_item` table."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def find(self, task_id: int, item_id: int) -> Elapsed | None:
        """Return an entry of this task, or None."""
        row = self._tx.one(
            f"SELECT {_COLUMNS} FROM elapsed_item WHERE id = :id AND task_id = :task_id",
            {"id": item_id, "task_id": task_id},
        )
        return None if row is None else _elapsed(row)

    def page(
        self,
        of: Mapping[str, int],
        conditions: Sequence[Condition],
        order: Sequence[tuple[Column, bool]],
        window: Window,
    ) -> tuple[list[Elapsed], int | None]:
        """Return a page of the entries whose columns hold what `of` says; of none, all entries."""
        clause = " AND ".join(f"{column} = :of_{column}" for column in of) or "1 = 1"
        rows, total = page(
            self._tx,
            columns=_COLUMNS,
            source="elapsed_item",
            conditions=conditions,
            order=order,
            window=window,
            extra=(clause, {f"of_{column}": value for column, value in of.items()}),
        )
        return [_elapsed(row) for row in rows], total

    def add(self, elapsed: Elapsed) -> int:
        """Store a new entry and return its id."""
        added = self._tx.insert("elapsed_item", _settings(elapsed))
        assert added is not None  # nothing can be in its way
        return added

    def save(self, elapsed: Elapsed) -> None:
        """Store a changed entry."""
        self._tx.update("elapsed_item", elapsed.id, _settings(elapsed))

    def delete(self, item_id: int) -> None:
        """Remove an entry."""
        self._tx.run("DELETE FROM elapsed_item WHERE id = :id", {"id": item_id})

    def seconds_of(self, task_ids: Sequence[int]) -> dict[int, int]:
        """Return the seconds spent on each of these tasks; where nobody did is left out."""
        inside, parameters = named("task", task_ids)
        rows = self._tx.all(
            "SELECT task_id, SUM(seconds) FROM elapsed_item"
            f" WHERE task_id IN ({inside}) GROUP BY task_id",
            parameters,
        )
        return {row[0]: int(row[1]) for row in rows}


def _elapsed(row: Row) -> Elapsed:
    return Elapsed(row[0], row[1], row[2], row[3], row[4], from_micros(row[5]))


def _settings(elapsed: Elapsed) -> dict[str, Value]:
    return {
        "task_id": elapsed.task_id,
        "user_id": elapsed.user_id,
        "seconds": elapsed.seconds,
        "comment": elapsed.comment,
        "created_micros": to_micros(elapsed.created),
    }
