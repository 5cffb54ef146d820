"""The department tree and the people in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sluice.domain.people import Department
from sluice.domain.text import name_key
from sluice.store.database import Row, Transaction, Value, with_id
from sluice.store.listing import Column, Condition, Kind, Window, page

_COLUMNS = "id, name, sort, parent_id, head_id"

LISTED: dict[str, Column] = {
    "ID": Column("id", Kind.NUMBER),
    "NAME": Column("name_key", Kind.NAME),
    "SORT": Column("sort", Kind.NUMBER),
    "PARENT": Column("COALESCE(parent_id, 0)", Kind.NUMBER),  # the root is found by 0
    "UF_HEAD": Column("head_id", Kind.NUMBER, sparse=True),
}


class Departments:
    """The `department` table. Exactly one department, the root, has no parent."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def find(self, department_id: int) -> Department | None:
        """Return the department, or None."""
        row = self._tx.one(
            f"SELECT {_COLUMNS} FROM department WHERE id = :id", {"id": department_id}
        )
        return None if row is None else _department(row)

    def page(
        self,
        conditions: Sequence[Condition],
        order: Sequence[tuple[Column, bool]],
        window: Window,
    ) -> tuple[list[Department], int | None]:
        """Return a page of departments."""
        rows, total = page(
            self._tx,
            columns=_COLUMNS,
            source="department",
            conditions=conditions,
            order=order,
            window=window,
        )
        return [_department(row) for row in rows], total

    def add(self, department: Department) -> int:
        """Store a new department and return its id."""
        added = self._tx.insert("department", with_id(department.id, _settings(department)))
        assert added is not None  # nothing can be in its way
        return added

    def save(self, department: Department) -> None:
        """Store every field of a department that exists."""
        self._tx.update("department", department.id, _settings(department))

    def delete(self, department_id: int, heir_id: int) -> None:
        """Remove a department; its sub-departments and its people move to another, the heir.

        Rule (assumed): nobody is left without a place in the tree (flows.md 2.6).
        """
        moved = {"id": department_id, "heir": heir_id}
        self._tx.run("UPDATE department SET parent_id = :heir WHERE parent_id = :id", moved)
        self._tx.run(
            "INSERT INTO user_department (user_id, department_id, position)"
            " SELECT user_id, :heir, position FROM user_department WHERE department_id = :id"
            " ON CONFLICT (user_id, department_id) DO NOTHING",
            moved,
        )
        self._tx.run("DELETE FROM user_department WHERE department_id = :id", {"id": department_id})
        self._tx.run("DELETE FROM department WHERE id = :id", {"id": department_id})

    def parents(self) -> Mapping[int, int | None]:
        """Return each department's parent, None for the root; kept until people change."""
        return self._tx.recall(
            "parents",
            lambda: dict[int, int | None](self._tx.all("SELECT id, parent_id FROM department")),
        )

    def headed_by(self, user_id: int) -> frozenset[int]:
        """Return the departments that this user heads."""
        return self._tx.recall(
            ("headed by", user_id),
            lambda: frozenset(
                row[0]
                for row in self._tx.all(
                    "SELECT id FROM department WHERE head_id = :id", {"id": user_id}
                )
            ),
        )

    def staff(self) -> Mapping[int, Sequence[int]]:
        """Return the active people directly in each department that has any; kept as well."""
        return self._tx.recall("staff", self._staff)

    def _staff(self) -> dict[int, list[int]]:
        staff: dict[int, list[int]] = {}
        for department_id, user_id in self._tx.all(
            "SELECT d.department_id, d.user_id FROM user_department d"
            " JOIN portal_user u ON u.id = d.user_id WHERE u.active = 1 ORDER BY d.user_id"
        ):
            staff.setdefault(department_id, []).append(user_id)
        return staff

    def first_missing(self, department_ids: Iterable[int]) -> int | None:
        """Return the first id that is no department, or None."""
        for department_id in department_ids:
            if self.find(department_id) is None:
                return department_id
        return None


def _department(row: Row) -> Department:
    return Department(id=row[0], name=row[1], sort=row[2], parent_id=row[3], head_id=row[4])


def _settings(department: Department) -> dict[str, Value]:
    return {
        "name": department.name,
        "name_key": name_key(department.name),
        "sort": department.sort,
        "parent_id": department.parent_id,
        "head_id": department.head_id,
    }
