"""What a flow's efficiency is reckoned from: missed deadlines, and tasks by the day they count.

The percentage looks at thirty days of tasks, and a flow may have very many. So what each task
contributes is kept in cells, one for all that is open and one per day, and moves with the task.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime

from sluice.clock import to_micros
from sluice.domain.efficiency import Place
from sluice.store.database import Transaction

# The cell of what counts whatever the day: tasks not closed, violations not repaired.
_ALWAYS = 0


class EfficiencyLedger:
    """The tables `violation` and `efficiency_cell`."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def add_violation(self, task_id: int, flow_id: int, user_id: int, happened: datetime) -> None:
        """Note that a deadline of the flow's task passed while this person had it."""
        self._tx.insert(
            "violation",
            {
                "task_id": task_id,
                "flow_id": flow_id,
                "user_id": user_id,
                "happened_micros": to_micros(happened),
            },
        )

    def repair(self, task_id: int, now: datetime) -> None:
        """Mark the task's violations repaired: it was completed, or got more time."""
        self._tx.run(
            "UPDATE violation SET repaired_micros = :now"
            " WHERE task_id = :task_id AND repaired_micros IS NULL",
            {"task_id": task_id, "now": to_micros(now)},
        )

    def forget_flow(self, flow_id: int) -> None:
        """Remove everything kept for a flow that is being removed."""
        for table in ("violation", "efficiency_cell"):
            self._tx.run(f"DELETE FROM {table} WHERE flow_id = :flow_id", {"flow_id": flow_id})

    def count(self, flow_id: int, place: Place, by: int) -> None:
        """Add a task to the cells it counts in, or with -1 take it out."""
        if place.counts:
            self._add(flow_id, _cell(place.closed), by, 0)
        if place.violates:
            self._add(flow_id, _cell(place.violated), 0, by)

    def _add(self, flow_id: int, day: int, total: int, violating: int) -> None:
        self._tx.run(
            "INSERT INTO efficiency_cell (flow_id, day, total, violating)"
            " VALUES (:flow_id, :day, :total, :violating)"
            " ON CONFLICT (flow_id, day) DO UPDATE SET"
            " total = efficiency_cell.total + :total,"
            " violating = efficiency_cell.violating + :violating",
            {"flow_id": flow_id, "day": day, "total": total, "violating": violating},
        )

    def all_cells(self) -> Counter[tuple[int, int, str]]:
        """Return every cell that holds something: (flow, day, `total` or `violating`)."""
        cells: Counter[tuple[int, int, str]] = Counter()
        for flow_id, day, total, violating in self._tx.all(
            "SELECT flow_id, day, total, violating FROM efficiency_cell"
        ):
            cells[flow_id, day, "total"] = total
            cells[flow_id, day, "violating"] = violating
        return +cells

    def share(self, flow_id: int, first_day: date) -> tuple[int, int]:
        """Return how many tasks count since the day, and how many of them violate."""
        row = self._tx.one(
            "SELECT COALESCE(SUM(total), 0), COALESCE(SUM(violating), 0) FROM efficiency_cell"
            " WHERE flow_id = :flow_id AND (day = :always OR day >= :first)",
            {"flow_id": flow_id, "always": _ALWAYS, "first": first_day.toordinal()},
        )
        assert row is not None
        return int(row[0]), int(row[1])


def _cell(day: date | None) -> int:
    return _ALWAYS if day is None else day.toordinal()
