"""Workgroups and projects, their members and their kanban columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from sluice.clock import from_micros, to_micros
from sluice.domain.access import Actor
from sluice.domain.people import Group, Role, Stage, UserType
from sluice.domain.text import name_key
from sluice.store.database import Row, Transaction, Value, with_id
from sluice.store.listing import Column, Condition, Kind, Window, named, page

_COLUMNS = (
    "id, name, owner_id, created_micros, updated_micros, activity_micros, description, keywords,"
    " active, visible, opened, closed, project, initiate_perms, subject_id, tasks_enabled,"
    " project_start_micros, project_finish_micros"
)

# What the group lists may filter and sort by.
LISTED: dict[str, Column] = {
    "ID": Column("id", Kind.NUMBER),
    "NAME": Column("name_key", Kind.NAME),
    "DESCRIPTION": Column("description"),
    "KEYWORDS": Column("keywords"),
    "OWNER_ID": Column("owner_id", Kind.NUMBER),
    "SUBJECT_ID": Column("subject_id", Kind.NUMBER),
    "ACTIVE": Column("active", Kind.FLAG),
    "VISIBLE": Column("visible", Kind.FLAG),
    "OPENED": Column("opened", Kind.FLAG),
    "CLOSED": Column("closed", Kind.FLAG),
    "PROJECT": Column("project", Kind.FLAG),
    "INITIATE_PERMS": Column("initiate_perms"),
    "DATE_CREATE": Column("created_micros", Kind.INSTANT),
    "DATE_UPDATE": Column("updated_micros", Kind.INSTANT),
    "DATE_ACTIVITY": Column("activity_micros", Kind.INSTANT),
    "PROJECT_DATE_START": Column("project_start_micros", Kind.INSTANT, sparse=True),
    "PROJECT_DATE_FINISH": Column("project_finish_micros", Kind.INSTANT, sparse=True),
}


class Headcount(Struct, frozen=True):
    """Who is in a group, counted; waiting requests are left out.

    Attributes:
        members: everybody, the owner and the moderators included.
        guests: those of them who are extranet guests.
    """

    members: int
    guests: int


class Groups:
    """The `workgroup` table. A group's name is unique in the portal (settled 4)."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def find(self, group_id: int) -> Group | None:
        """Return the group, or None."""
        return next(iter(self.with_ids([group_id])), None)

    def with_ids(self, group_ids: Iterable[int]) -> list[Group]:
        """Return these groups, in order of id; what does not exist is left out."""
        known = self._tx.recall_each("group", sorted(set(group_ids)), self._read)
        return [group for _, group in sorted(known.items())]

    def _read(self, group_ids: list[int]) -> dict[int, Group]:
        inside, parameters = named("group", group_ids)
        rows = self._tx.all(f"SELECT {_COLUMNS} FROM workgroup WHERE id IN ({inside})", parameters)
        return {row[0]: _group(row) for row in rows}

    def named(self, name: str) -> Group | None:
        """Return the group of this name, or None."""
        row = self._tx.one(
            f"SELECT {_COLUMNS} FROM workgroup WHERE name_key = :key", {"key": name_key(name)}
        )
        return None if row is None else _group(row)

    def page(
        self,
        conditions: Sequence[Condition],
        order: Sequence[tuple[Column, bool]],
        window: Window,
        reader: Actor,
    ) -> tuple[list[Group], int | None]:
        """Return a page of the groups the reader sees, see `domain.permission.can_see_group`."""
        rows, total = page(
            self._tx,
            columns=_COLUMNS,
            source="workgroup",
            conditions=conditions,
            order=order,
            window=window,
            extra=_seen_by(reader),
        )
        return [_group(row) for row in rows], total

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

    def save(self, group: Group) -> None:
        """Store every setting of a group that exists."""
        self._tx.update("workgroup", group.id, _settings(group))

    def delete(self, group_id: int) -> None:
        """Remove the group with its members and its kanban columns."""
        for table in ("workgroup_member", "stage"):
            self._tx.run(f"DELETE FROM {table} WHERE group_id = :id", {"id": group_id})
        self._tx.run("DELETE FROM workgroup WHERE id = :id", {"id": group_id})

    def first_stage(self, group_id: int) -> int:
        """Return the id of the group's first kanban column; 0 when it has none."""
        if not group_id:
            return 0
        return self._tx.recall(("first stage", group_id), lambda: self._first_stage(group_id))

    def _first_stage(self, group_id: int) -> int:
        row = self._tx.one(
            "SELECT id FROM stage WHERE group_id = :group_id ORDER BY sort, id LIMIT 1",
            {"group_id": group_id},
        )
        return 0 if row is None else int(row[0])

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
        return self.role(group_id, user_id) not in (None, Role.REQUEST)

    def role(self, group_id: int, user_id: int) -> Role | None:
        """Return what the user is in the group, or None."""
        (role,) = self._tx.recall(
            ("role", group_id, user_id), lambda: (self._role(group_id, user_id),)
        )
        return role

    def _role(self, group_id: int, user_id: int) -> Role | None:
        row = self._tx.one(
            "SELECT role FROM workgroup_member WHERE group_id = :group_id AND user_id = :user_id",
            {"group_id": group_id, "user_id": user_id},
        )
        return None if row is None else Role(row[0])

    def requests(self, group_id: int) -> list[int]:
        """Return who is invited or asks to be let in, in order of id."""
        rows = self._tx.all(
            "SELECT user_id FROM workgroup_member"
            " WHERE group_id = :group_id AND role = :request ORDER BY user_id",
            {"group_id": group_id, "request": Role.REQUEST.value},
        )
        return [row[0] for row in rows]

    def of_user(self, user_id: int) -> list[tuple[int, str, Role]]:
        """Return id and name of the groups the user is a member of, with the role, by id."""
        rows = self._tx.all(
            "SELECT g.id, g.name, m.role FROM workgroup_member m"
            " JOIN workgroup g ON g.id = m.group_id"
            " WHERE m.user_id = :user_id AND m.role <> :request ORDER BY g.id",
            {"user_id": user_id, "request": Role.REQUEST.value},
        )
        return [(row[0], row[1], Role(row[2])) for row in rows]

    def set_role(self, group_id: int, user_id: int, role: Role) -> None:
        """Make the user this in the group, whatever they were before."""
        self._tx.run(
            "INSERT INTO workgroup_member (group_id, user_id, role)"
            " VALUES (:group_id, :user_id, :role)"
            " ON CONFLICT (group_id, user_id) DO UPDATE SET role = excluded.role",
            {"group_id": group_id, "user_id": user_id, "role": role.value},
        )

    def remove_member(self, group_id: int, user_id: int) -> None:
        """Take the user out of the group, or their request."""
        self._tx.run(
            "DELETE FROM workgroup_member WHERE group_id = :group_id AND user_id = :user_id",
            {"group_id": group_id, "user_id": user_id},
        )

    def headcounts(self, group_ids: Sequence[int]) -> dict[int, Headcount]:
        """Return the headcount of each of these groups that has members."""
        return self._tx.recall_each("headcount", group_ids, self._headcounts)

    def _headcounts(self, group_ids: list[int]) -> dict[int, Headcount]:
        inside, parameters = named("group", group_ids)
        rows = self._tx.all(
            "SELECT m.group_id, COUNT(*), COUNT(CASE WHEN u.user_type = :guest THEN 1 END)"
            " FROM workgroup_member m JOIN portal_user u ON u.id = m.user_id"
            f" WHERE m.group_id IN ({inside}) AND m.role <> :request GROUP BY m.group_id",
            {**parameters, "request": Role.REQUEST.value, "guest": UserType.EXTRANET.value},
        )
        return {row[0]: Headcount(row[1], row[2]) for row in rows}


def _seen_by(reader: Actor) -> tuple[str, dict[str, Value]]:
    """Return `can_see_group` as a condition on the table `workgroup`."""
    if reader.is_admin:
        return "1 = 1", {}
    clause = (
        "EXISTS (SELECT 1 FROM workgroup_member m WHERE m.group_id = workgroup.id"
        " AND m.user_id = :reader AND m.role <> :request)"
    )
    if reader.is_intranet:
        clause = f"(visible = 1 OR {clause})"
    return clause, {"reader": reader.user_id, "request": Role.REQUEST.value}


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
