"""Workgroups and projects, their members and their kanban columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sluice.clock import from_micros, to_micros
from sluice.domain.people import Group, Role, Stage
from sluice.domain.text import name_key
from sluice.store.database import Row, Transaction, Value, with_id

_COLUMNS = (
    "id, name, owner_id, created_micros, updated_micros, activity_micros, description, keywords,"
    " active, visible, opened, closed, project, initiate_perms, subject_id, tasks_enabled,"
    " project_start_micros, project_finish_micros"
)


class Groups:
    """The `workgroup` table. A group's name is unique in the portal (settled 4)."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def find(self, group_id: int) -> Group | None:
        """Return the group, or None."""
        row = self._tx.one(f"SELECT {_COLUMNS} FROM workgroup WHERE id = :id", {"id": group_id})
        return None if row is None else _group(row)

    def named(self, name: str) -> Group | None:
        """Return the group of this name, or None."""
        row = self._tx.one(
            f"SELECT {_COLUMNS} FROM workgroup WHERE name_key = :key", {"key": name_key(name)}
        )
        return None if row is None else _group(row)

    def add(self, group: Group, members: Iterable[int], stages: Sequence[Stage]) -> int | None:
        """Store a new group with its owner and members; None when its name is taken."""
        group_id = self._tx.insert(
            "workgroup", with_id(group.id, _settings(group)), "ON CONFLICT (name_key) DO NOTHING"
        )
        if group_id is None:
            return None
        self.add_member(group_id, group.owner_id, Role.OWNER)
        for user_id in members:
            self.add_member(group_id, user_id, Role.MEMBER)
        for position, stage in enumerate(stages, start=1):
            self._tx.run(
                "INSERT INTO stage (group_id, title, sort, system_type, color)"
                " VALUES (:group_id, :title, :sort, :system_type, :color)",
                {
                    "group_id": group_id,
                    "title": stage.title,
                    "sort": position * 100,
                    "system_type": stage.system_type,
                    "color": stage.color,
                },
            )
        return group_id

    def add_member(self, group_id: int, user_id: int, role: Role) -> bool:
        """Make somebody a member; False when they already are something in the group."""
        return bool(
            self._tx.run(
                "INSERT INTO workgroup_member (group_id, user_id, role)"
                " VALUES (:group_id, :user_id, :role)"
                " ON CONFLICT (group_id, user_id) DO NOTHING",
                {"group_id": group_id, "user_id": user_id, "role": role.value},
            )
        )

    def members(self, group_id: int) -> list[tuple[int, Role]]:
        """Return the members with their roles, in order of id; waiting requests are left out."""
        rows = self._tx.all(
            "SELECT user_id, role FROM workgroup_member"
            " WHERE group_id = :group_id AND role <> :request ORDER BY user_id",
            {"group_id": group_id, "request": Role.REQUEST.value},
        )
        return [(row[0], Role(row[1])) for row in rows]

    def has_member(self, group_id: int, user_id: int) -> bool:
        """Tell whether the user is a member of the group."""
        return any(user_id == member for member, _ in self.members(group_id))


def _group(row: Row) -> Group:
    return Group(
        id=row[0],
        name=row[1],
        owner_id=row[2],
        created=from_micros(row[3]),
        updated=from_micros(row[4]),
        activity=from_micros(row[5]),
        description=row[6],
        keywords=row[7],
        active=row[8] == 1,
        visible=row[9] == 1,
        opened=row[10] == 1,
        closed=row[11] == 1,
        project=row[12] == 1,
        initiate_perms=row[13],
        subject_id=row[14],
        tasks_enabled=row[15] == 1,
        project_start=None if row[16] is None else from_micros(row[16]),
        project_finish=None if row[17] is None else from_micros(row[17]),
    )


def _settings(group: Group) -> dict[str, Value]:
    return {
        "name": group.name,
        "name_key": name_key(group.name),
        "owner_id": group.owner_id,
        "created_micros": to_micros(group.created),
        "updated_micros": to_micros(group.updated),
        "activity_micros": to_micros(group.activity),
        "description": group.description,
        "keywords": group.keywords,
        "active": int(group.active),
        "visible": int(group.visible),
        "opened": int(group.opened),
        "closed": int(group.closed),
        "project": int(group.project),
        "initiate_perms": group.initiate_perms,
        "subject_id": group.subject_id,
        "tasks_enabled": int(group.tasks_enabled),
        "project_start_micros": _micros_or_none(group.project_start),
        "project_finish_micros": _micros_or_none(group.project_finish),
    }


def _micros_or_none(instant: datetime | None) -> int | None:
    return None if instant is None else to_micros(instant)
