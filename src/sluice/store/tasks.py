"""Tasks, who has to do with them, and the counters kept with each change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import asdict, astuple, replace

from sluice.clock import from_micros, to_micros
from sluice.domain.task import Status, Task
from sluice.domain.text import name_key
from sluice.store import task_pages
from sluice.store.database import MOST_TOGETHER, Row, Transaction, Value, with_id
from sluice.store.listing import Column, Window, named, page
from sluice.store.task_pages import ACCOMPLICE, AUDITOR, CREATOR, RESPONSIBLE, Reader, Wanted

_COLUMNS = (
    "id, title, created_by, responsible_id, created_micros, changed_by, changed_micros,"
    " activity_micros, status_changed_micros, guid, description, status, priority, mark,"
    " parent_id, group_id, stage_id, flow_id, status_changed_by, closed_by, closed_micros,"
    " started_micros, deadline_micros, plan_start_micros, plan_end_micros, xml_id, site_id,"
    " allow_change_deadline, allow_time_tracking, task_control, add_in_report, match_work_time,"
    " multitask, replicate, forked_by_template_id, time_estimate_seconds, duration_plan,"
    " duration_type, revision, overdue, violated_micros"
)

# Where rows belong to one task and go with it.
_TABLES = (
    "task_member",
    "task_tag",
    "task_mark",
    "task_change",
    "violation",
    "checklist_item",
    "task_comment",
    "task_result",
    "elapsed_item",
    "task_plan",
    "user_field_value",
)


class Mark(Struct, frozen=True):
    """What a task is to one person alone."""

    viewed: datetime | None = None
    favorite: bool = False
    muted: bool = False
    pinned: bool = False
    pinned_in_group: bool = False


class Change(Struct, frozen=True):
    """One entry of a task's history; None is no value."""

    id: int
    task_id: int
    user_id: int
    made: datetime
    field: str
    before: str | None
    after: str | None


class Counters(Struct, frozen=True):
    """How many tasks of a flow are in which state.

    Rule (observed): pending is status 2, in work 3, completed 4 and 5; a deferred task is in none
    but the total. flows.md 2.9.
    """

    pending: int = 0
    in_work: int = 0
    completed: int = 0
    overdue: int = 0
    total: int = 0

    def __add__(self, other: Counters) -> Counters:
        return Counters(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


def counted_as(task: Task) -> Counters:
    """Return what one task adds to the counters of its flow."""
    return Counters(
        pending=int(task.status == Status.PENDING),
        in_work=int(task.status == Status.IN_PROGRESS),
        completed=int(task.status in (Status.AWAITING_CONTROL, Status.COMPLETED)),
        overdue=int(task.overdue),
        total=1,
    )


class Tasks:
    """The `task` table and what belongs to a task alone."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    # One task

    def find(self, task_id: int) -> Task | None:
        """Return the task, or None."""
        row = self._tx.one(f"SELECT {_COLUMNS} FROM task WHERE id = :id", {"id": task_id})
        return None if row is None else self._tasks([row])[0]

    def add(self, task: Task) -> Task:
        """Store a new task, count it, and return it with its id."""
        task_id = self._tx.insert("task", with_id(task.id, _settings(task)))
        assert task_id is not None  # nothing can be in its way
        self._add_members(task_id, task)
        self._add_tags(task_id, task.tags)
        self._count(task.flow_id, task, 1)
        self._add_to_total(1)
        return replace(task, id=task_id)

    def save(self, before: Task, after: Task) -> None:
        """Store a changed task and keep the counters of its flows right."""
        self._tx.update("task", after.id, _settings(after))
        if _members(before) != _members(after):
            self._tx.run("DELETE FROM task_member WHERE task_id = :id", {"id": after.id})
            self._add_members(after.id, after)
        if before.tags != after.tags:
            self._tx.run("DELETE FROM task_tag WHERE task_id = :id", {"id": after.id})
            self._add_tags(after.id, after.tags)
        if (before.flow_id, counted_as(before)) != (after.flow_id, counted_as(after)):
            self._count(before.flow_id, before, -1)
            self._count(after.flow_id, after, 1)

    def delete(self, task: Task) -> None:
        """Remove the task and everything that is only its own."""
        for table in _TABLES:
            self._tx.run(f"DELETE FROM {table} WHERE task_id = :id", {"id": task.id})
        self._tx.run(
            "DELETE FROM task_dependence WHERE task_id = :id OR depends_on_id = :id",
            {"id": task.id},
        )
        self._tx.run("UPDATE task SET parent_id = NULL WHERE parent_id = :id", {"id": task.id})
        self._tx.run("DELETE FROM task WHERE id = :id", {"id": task.id})
        self._count(task.flow_id, task, -1)
        self._add_to_total(-1)

    def touch(self, task_id: int, now: datetime) -> None:
        """Note that something happened around a task that is no change of the task itself."""
        self._tx.update("task", task_id, {"activity_micros": to_micros(now)})

    def leave_flow(self, flow_id: int) -> None:
        """Unlink every task of a flow that is being removed (flows.md 3.4)."""
        self._tx.run("UPDATE task SET flow_id = NULL WHERE flow_id = :id", {"id": flow_id})
        self._tx.run("DELETE FROM flow_counter WHERE flow_id = :id", {"id": flow_id})
        self._tx.memory.pop(("counters", flow_id), None)

    # Lists

    def page(
        self,
        wanted: Wanted,
        order: Sequence[tuple[Column, bool]],
        window: Window,
        reader: Reader,
    ) -> tuple[list[Task], int | None]:
        """Return a page of the tasks that the reader may read."""
        also = task_pages.condition(wanted, reader)
        everything = window.counted and not wanted.conditions and also == task_pages.EVERYTHING
        rows, total = page(
            self._tx,
            columns=_COLUMNS,
            source="task",
            conditions=wanted.conditions,
            order=order,
            window=Window(window.offset, window.size, window.counted and not everything),
            extra=also,
        )
        return self._tasks(rows), self.total() if everything else total

    def total(self) -> int:
        """Return how many tasks there are; kept, not counted."""
        row = self._tx.one("SELECT total FROM task_total")
        return int(row[0]) if row else 0

    # Counters

    def counters(self, flow_id: int) -> Counters:
        """Return the kept counters of a flow."""
        return self._tx.recall(("counters", flow_id), lambda: self._counters(flow_id))

    def _counters(self, flow_id: int) -> Counters:
        row = self._tx.one(
            "SELECT pending, in_work, completed, overdue, total FROM flow_counter"
            " WHERE flow_id = :flow_id",
            {"flow_id": flow_id},
        )
        return Counters(*row) if row else Counters()

    def overdue_of(self, user_id: int, group_id: int, role: str) -> int:
        """Count the overdue tasks that this user has to do with; 0 and empty for any."""
        row = self._tx.one(
            "SELECT COUNT(DISTINCT t.id) FROM task_member m JOIN task t ON t.id = m.task_id"
            " WHERE m.user_id = :user_id AND t.overdue = 1"
            " AND (:group_id = 0 OR t.group_id = :group_id) AND (:role = '' OR m.role = :role)",
            {"user_id": user_id, "group_id": group_id, "role": role},
        )
        return int(row[0]) if row else 0

    def in_work_of(self, user_id: int) -> list[int]:
        """Return the tasks that this user is at work on, in order of id."""
        rows = self._tx.all(
            "SELECT DISTINCT t.id FROM task_member m JOIN task t ON t.id = m.task_id"
            " WHERE m.user_id = :user_id AND m.role IN ('R', 'A') AND t.status = :status"
            " ORDER BY t.id",
            {"user_id": user_id, "status": int(Status.IN_PROGRESS)},
        )
        return [row[0] for row in rows]

    def all_counters(self) -> dict[int, Counters]:
        """Return the kept counters of every flow that ever had a task."""
        rows = self._tx.all(
            "SELECT flow_id, pending, in_work, completed, overdue, total FROM flow_counter"
        )
        return {row[0]: Counters(*row[1:]) for row in rows}

    def every(self, at_once: int = 500) -> Iterator[list[Task]]:
        """Yield all tasks in order of id, some at a time; for checks, not for calls."""
        last = 0
        while rows := self._tx.all(
            f"SELECT {_COLUMNS} FROM task WHERE id > :last ORDER BY id LIMIT :most",
            {"last": last, "most": at_once},
        ):
            last = rows[-1][0]
            yield self._tasks(rows)

    def _count(self, flow_id: int | None, task: Task, by: int) -> None:
        if flow_id is None:
            return
        change = {name: by * number for name, number in asdict(counted_as(task)).items()}
        self._tx.run(
            "INSERT INTO flow_counter (flow_id, pending, in_work, completed, overdue, total)"
            " VALUES (:flow_id, :pending, :in_work, :completed, :overdue, :total)"
            " ON CONFLICT (flow_id) DO UPDATE SET pending = flow_counter.pending + :pending,"
            " in_work = flow_counter.in_work + :in_work,"
            " completed = flow_counter.completed + :completed,"
            " overdue = flow_counter.overdue + :overdue, total = flow_counter.total + :total",
            {"flow_id": flow_id, **change},
        )
        known: Counters | None = self._tx.memory.get(("counters", flow_id))
        if known is not None:
            self._tx.remember(("counters", flow_id), known + Counters(**change))

    def _add_to_total(self, by: int) -> None:
        self._tx.run("UPDATE task_total SET total = total + :by", {"by": by})

    # Marks

    def mark(self, task_id: int, user_id: int) -> Mark:
        """Return what the task is to this person."""
        return self.marks([task_id], user_id).get(task_id, Mark())

    def marks(self, task_ids: Sequence[int], user_id: int) -> dict[int, Mark]:
        """Return what these tasks are to this person; without an entry, nothing special."""
        inside, parameters = named("task", task_ids)
        rows = self._tx.all(
            "SELECT task_id, viewed_micros, favorite, muted, pinned, pinned_in_group"
            f" FROM task_mark WHERE user_id = :user_id AND task_id IN ({inside})",
            {**parameters, "user_id": user_id},
        )
        return {
            row[0]: Mark(
                None if row[1] is None else from_micros(row[1]),
                row[2] == 1,
                row[3] == 1,
                row[4] == 1,
                row[5] == 1,
            )
            for row in rows
        }

    def set_mark(self, task_id: int, user_id: int, mark: Mark) -> None:
        """Store what the task is to this person."""
        self._tx.run(
            "INSERT INTO task_mark (task_id, user_id, viewed_micros, favorite, muted, pinned,"
            " pinned_in_group) VALUES (:task_id, :user_id, :viewed, :favorite, :muted, :pinned,"
            " :pinned_in_group) ON CONFLICT (task_id, user_id) DO UPDATE SET"
            " viewed_micros = :viewed, favorite = :favorite, muted = :muted, pinned = :pinned,"
            " pinned_in_group = :pinned_in_group",
            {
                "task_id": task_id,
                "user_id": user_id,
                "viewed": _micros(mark.viewed),
                "favorite": int(mark.favorite),
                "muted": int(mark.muted),
                "pinned": int(mark.pinned),
                "pinned_in_group": int(mark.pinned_in_group),
            },
        )

    # History

    def add_change(self, change: Change) -> None:
        """Write an entry of a task's history."""
        self._tx.insert(
            "task_change",
            {
                "task_id": change.task_id,
                "user_id": change.user_id,
                "made_micros": to_micros(change.made),
                "field": change.field,
                "before": change.before,
                "after": change.after,
            },
        )

    def changes(self, task_id: int) -> list[Change]:
        """Return a task's history, oldest first."""
        rows = self._tx.all(
            "SELECT id, task_id, user_id, made_micros, field, before, after FROM task_change"
            " WHERE task_id = :task_id ORDER BY id",
            {"task_id": task_id},
        )
        return [Change(row[0], row[1], row[2], from_micros(row[3]), *row[4:]) for row in rows]

    # Subtasks and dependence

    def is_above(self, task_id: int, other_id: int) -> bool:
        """Tell whether the other is a subtask of the task, straight or by way of others."""
        row = self._tx.one(
            "WITH RECURSIVE above (id) AS (SELECT parent_id FROM task WHERE id = :other_id"
            " UNION SELECT t.parent_id FROM task t JOIN above ON t.id = above.id)"
            " SELECT id FROM above WHERE id = :task_id",
            {"task_id": task_id, "other_id": other_id},
        )
        return row is not None

    def depends(self, task_id: int, depends_on_id: int) -> bool:
        """Tell whether the task depends on the other, straight or by way of others."""
        row = self._tx.one(
            "WITH RECURSIVE above (id) AS (SELECT depends_on_id FROM task_dependence"
            " WHERE task_id = :task_id UNION SELECT d.depends_on_id FROM task_dependence d"
            " JOIN above ON d.task_id = above.id)"
            " SELECT id FROM above WHERE id = :depends_on_id",
            {"task_id": task_id, "depends_on_id": depends_on_id},
        )
        return row is not None

    def depend(self, task_id: int, depends_on_id: int, link_type: int) -> None:
        """Let a task depend on another."""
        self._tx.run(
            "INSERT INTO task_dependence (task_id, depends_on_id, link_type)"
            " VALUES (:task_id, :depends_on_id, :link_type)"
            " ON CONFLICT (task_id, depends_on_id) DO UPDATE SET link_type = :link_type",
            {"task_id": task_id, "depends_on_id": depends_on_id, "link_type": link_type},
        )

    def depend_no_more(self, task_id: int, depends_on_id: int) -> bool:
        """Take a dependence away; False when there was none."""
        return bool(
            self._tx.run(
                "DELETE FROM task_dependence"
                " WHERE task_id = :task_id AND depends_on_id = :depends_on_id",
                {"task_id": task_id, "depends_on_id": depends_on_id},
            )
        )

    # Tags

    def tags_of(self, task_ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
        """Return id and title of each task's tags, in order of name; who has none is left out."""
        inside, parameters = named("task", task_ids)
        tags: dict[int, list[tuple[int, str]]] = {}
        rows = self._tx.all(
            "SELECT title_key, task_id, tag.id, title FROM task_tag JOIN tag ON tag.id = tag_id"
            f" WHERE task_id IN ({inside})",
            parameters,
        )
        for _, task_id, tag_id, title in sorted(rows):
            tags.setdefault(task_id, []).append((tag_id, title))
        return tags

    # Parts of a task

    def _add_members(self, task_id: int, task: Task) -> None:
        parts = [
            (role, user_id)
            for role, users in _members(task).items()
            for user_id in dict.fromkeys(users)
        ]
        for start in range(0, len(parts), MOST_TOGETHER):
            values, parameters = [], {"task_id": task_id}
            for number, (role, user_id) in enumerate(parts[start : start + MOST_TOGETHER]):
                values.append(f"(:task_id, :user{number}, '{role}')")
                parameters[f"user{number}"] = user_id
            self._tx.run(
                f"INSERT INTO task_member (task_id, user_id, role) VALUES {', '.join(values)}",
                parameters,
            )

    def _add_tags(self, task_id: int, titles: Sequence[str]) -> None:
        for title in titles:
            self._tx.run(
                "INSERT INTO tag (title, title_key) VALUES (:title, :key)"
                " ON CONFLICT (title_key) DO NOTHING",
                {"title": title, "key": name_key(title)},
            )
            self._tx.run(
                "INSERT INTO task_tag (task_id, tag_id)"
                " SELECT :task_id, id FROM tag WHERE title_key = :key"
                " ON CONFLICT (task_id, tag_id) DO NOTHING",
                {"task_id": task_id, "key": name_key(title)},
            )

    def _tasks(self, rows: Sequence[Row]) -> list[Task]:
        inside, parameters = named("task", [row[0] for row in rows])
        members: dict[tuple[int, str], list[int]] = {}
        for task_id, role, user_id in self._tx.all(
            "SELECT task_id, role, user_id FROM task_member"
            f" WHERE task_id IN ({inside}) AND role IN ('A', 'U') ORDER BY user_id",
            parameters,
        ):
            members.setdefault((task_id, role), []).append(user_id)
        tags = self.tags_of([row[0] for row in rows])
        return [
            _task(
                row,
                tuple(members.get((row[0], ACCOMPLICE), ())),
                tuple(members.get((row[0], AUDITOR), ())),
                tuple(title for _, title in tags.get(row[0], ())),
            )
            for row in rows
        ]


def _members(task: Task) -> dict[str, tuple[int, ...]]:
    return {
        CREATOR: (task.created_by,),
        RESPONSIBLE: (task.responsible_id,),
        ACCOMPLICE: task.accomplices,
        AUDITOR: task.auditors,
    }


def _micros(instant: datetime | None) -> int | None:
    return None if instant is None else to_micros(instant)


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


def _task(
    row: Row, accomplices: tuple[int, ...], auditors: tuple[int, ...], tags: tuple[str, ...]
) -> Task:
    return Task(
        id=row[0],
        title=row[1],
        created_by=row[2],
        responsible_id=row[3],
        created=from_micros(row[4]),
        changed_by=row[5],
        changed=from_micros(row[6]),
        activity=from_micros(row[7]),
        status_changed=from_micros(row[8]),
        guid=row[9],
        description=row[10],
        status=Status(row[11]),
        priority=row[12],
        mark=row[13],
        parent_id=row[14],
        group_id=row[15],
        stage_id=row[16],
        flow_id=row[17],
        status_changed_by=row[18],
        closed_by=row[19],
        closed=_instant(row[20]),
        started=_instant(row[21]),
        deadline=_instant(row[22]),
        plan_start=_instant(row[23]),
        plan_end=_instant(row[24]),
        xml_id=row[25],
        site_id=row[26],
        allow_change_deadline=row[27] == 1,
        allow_time_tracking=row[28] == 1,
        task_control=row[29] == 1,
        add_in_report=row[30] == 1,
        match_work_time=row[31] == 1,
        multitask=row[32] == 1,
        replicate=row[33] == 1,
        forked_by_template_id=row[34],
        time_estimate_seconds=row[35],
        duration_plan=row[36],
        duration_type=row[37],
        revision=row[38],
        overdue=row[39] == 1,
        violated=_instant(row[40]),
        accomplices=accomplices,
        auditors=auditors,
        tags=tags,
    )


def _settings(task: Task) -> dict[str, Value]:
    return {
        "title": task.title,
        "title_key": name_key(task.title),
        "description": task.description,
        "status": int(task.status),
        "priority": task.priority,
        "mark": task.mark,
        "parent_id": task.parent_id,
        "group_id": task.group_id,
        "stage_id": task.stage_id,
        "flow_id": task.flow_id,
        "created_by": task.created_by,
        "responsible_id": task.responsible_id,
        "created_micros": to_micros(task.created),
        "changed_by": task.changed_by,
        "changed_micros": to_micros(task.changed),
        "activity_micros": to_micros(task.activity),
        "status_changed_by": task.status_changed_by,
        "status_changed_micros": to_micros(task.status_changed),
        "closed_by": task.closed_by,
        "closed_micros": _micros(task.closed),
        "started_micros": _micros(task.started),
        "deadline_micros": _micros(task.deadline),
        "plan_start_micros": _micros(task.plan_start),
        "plan_end_micros": _micros(task.plan_end),
        "guid": task.guid,
        "xml_id": task.xml_id,
        "site_id": task.site_id,
        "allow_change_deadline": int(task.allow_change_deadline),
        "allow_time_tracking": int(task.allow_time_tracking),
        "task_control": int(task.task_control),
        "add_in_report": int(task.add_in_report),
        "match_work_time": int(task.match_work_time),
        "multitask": int(task.multitask),
        "replicate": int(task.replicate),
        "forked_by_template_id": task.forked_by_template_id,
        "time_estimate_seconds": task.time_estimate_seconds,
        "duration_plan": task.duration_plan,
        "duration_type": task.duration_type,
        "revision": task.revision,
        "overdue": int(task.overdue),
        "violated_micros": _micros(task.violated),
    }
