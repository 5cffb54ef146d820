"""Columns of boards: the kanban of a group, and "My plan" of a user."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from sluice.domain.people import Stage
from sluice.store.database import Row, Transaction

_COLUMNS = "id, group_id, user_id, title, sort, system_type, color"
_STEP = 100


class Board(Struct, frozen=True):
    """Whose columns they are: a group's, or a user's. The other of the two is 0."""

    group_id: int = 0
    user_id: int = 0


class PlacedStage(Struct, frozen=True):
    """A column of a board; `sort` is its place from left to right."""

    id: int
    board: Board
    title: str
    sort: int
    system_type: str
    color: str


class Stages:
    """The tables `stage` and `task_plan`."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def find(self, stage_id: int) -> PlacedStage | None:
        """Return the column, or None."""
        row = self._tx.one(f"SELECT {_COLUMNS} FROM stage WHERE id = :id", {"id": stage_id})
        return None if row is None else _stage(row)

    def of_board(self, board: Board) -> list[PlacedStage]:
        """Return the columns of a board from left to right."""
        rows = self._tx.all(
            f"SELECT {_COLUMNS} FROM stage WHERE group_id = :group_id AND user_id = :user_id"
            " ORDER BY sort, id",
            {"group_id": board.group_id, "user_id": board.user_id},
        )
        return [_stage(row) for row in rows]

    def add(self, board: Board, stage: Stage) -> PlacedStage:
        """Store a new column as the last one of its board."""
        columns = self.of_board(board)
        sort = columns[-1].sort + _STEP if columns else _STEP
        stage_id = self._tx.insert(
            "stage",
            {
                "group_id": board.group_id,
                "user_id": board.user_id,
                "title": stage.title,
                "sort": sort,
                "system_type": stage.system_type,
                "color": stage.color,
            },
        )
        assert stage_id is not None  # nothing can be in its way
        return PlacedStage(stage_id, board, stage.title, sort, stage.system_type, stage.color)

    def save(self, stage: PlacedStage) -> None:
        """Store the name and the colour of a column."""
        self._tx.update("stage", stage.id, {"title": stage.title, "color": stage.color})

    def arrange(self, columns: Sequence[PlacedStage]) -> None:
        """Place the columns of a board in this order."""
        for place, stage in enumerate(columns, start=1):
            if stage.sort != place * _STEP:
                self._tx.update("stage", stage.id, {"sort": place * _STEP})

    def has_tasks(self, stage_id: int) -> bool:
        """Tell whether a task stands in the column."""
        row = self._tx.one(
            "SELECT 1 FROM task WHERE stage_id = :id AND stage_id <> 0"
            " UNION ALL SELECT 1 FROM task_plan WHERE stage_id = :id LIMIT 1",
            {"id": stage_id},
        )
        return row is not None

    def delete(self, stage_id: int) -> None:
        """Remove a column."""
        self._tx.run("DELETE FROM stage WHERE id = :id", {"id": stage_id})

    def plan(self, task_id: int, user_id: int, stage_id: int) -> None:
        """Place a task in a column of a user's own board."""
        self._tx.run(
            "INSERT INTO task_plan (task_id, user_id, stage_id)"
            " VALUES (:task_id, :user_id, :stage_id)"
            " ON CONFLICT (task_id, user_id) DO UPDATE SET stage_id = :stage_id",
            {"task_id": task_id, "user_id": user_id, "stage_id": stage_id},
        )


def _stage(row: Row) -> PlacedStage:
    return PlacedStage(row[0], Board(row[1], row[2]), row[3], row[4], row[5], row[6])
