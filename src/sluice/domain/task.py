"""What a task is, how it moves from one status to another, and who may move it.

Source: flows.md 2.9, 5.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import IntEnum

from msgspec import Struct
from msgspec.structs import replace


class Status(IntEnum):
    """The real status of a task. 1, "new", is pending under another name."""

    PENDING = 2
    IN_PROGRESS = 3
    AWAITING_CONTROL = 4
    COMPLETED = 5
    DEFERRED = 6


class MetaStatus(IntEnum):
    """What a list may also be asked for as a status (flows.md 5.6)."""

    OVERDUE = -1
    UNVIEWED = -2
    ALMOST_OVERDUE = -3


ALMOST_OVERDUE_SECONDS = 86_400

OPEN = (Status.PENDING, Status.IN_PROGRESS, Status.DEFERRED)
# A deadline that passes in one of these is a violation (flows.md 8, assumed).
RUNNING = (Status.PENDING, Status.IN_PROGRESS)


class Task(Struct, frozen=True):
    """A task. The wire shape is flows.md 5.1.

    Attributes:
        flow_id: the flow that dealt it out, or None.
        group_id: 0 when it is in no group.
        mark: `N`, `P`, or None when not rated.
        revision: 1 for a new task, one more with each change.
        overdue: a deadline passed while the task was running, was noticed, and is not repaired.
        violated: when a deadline passed so for the last time, repaired or not.
        accomplices, auditors: in order of id.
        tags: in order of name.
    """

    id: int
    title: str
    created_by: int
    responsible_id: int
    created: datetime
    changed_by: int
    changed: datetime
    activity: datetime
    status_changed: datetime
    guid: str
    description: str = ""
    status: Status = Status.PENDING
    priority: int = 1
    mark: str | None = None
    parent_id: int | None = None
    group_id: int = 0
    stage_id: int = 0
    flow_id: int | None = None
    status_changed_by: int | None = None
    closed_by: int | None = None
    closed: datetime | None = None
    started: datetime | None = None
    deadline: datetime | None = None
    plan_start: datetime | None = None
    plan_end: datetime | None = None
    xml_id: str | None = None
    site_id: str = "s1"
    allow_change_deadline: bool = False
    allow_time_tracking: bool = False
    task_control: bool = False
    add_in_report: bool = False
    match_work_time: bool = False
    multitask: bool = False
    replicate: bool = False
    forked_by_template_id: int | None = None
    time_estimate_seconds: int = 0
    duration_plan: int | None = None
    duration_type: str = "days"
    revision: int = 1
    overdue: bool = False
    violated: datetime | None = None
    accomplices: tuple[int, ...] = ()
    auditors: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def members(self) -> frozenset[int]:
        """Everybody who has to do with the task."""
        return frozenset((self.created_by, self.responsible_id, *self.accomplices, *self.auditors))

    @property
    def is_untaken(self) -> bool:
        """Whether a task of a `himself` flow still waits for somebody (flows.md 6.5)."""
        return self.status == Status.PENDING and self.responsible_id == self.created_by


class Standing(Struct, frozen=True):
    """What the actor is to a task: the roles of flows.md 5.5 and 5.9.

    Attributes:
        superior: head of a department above a member of the task.
        group_reader: a member of the task's group.
        group_editor: the owner or a moderator of the task's group.
        flow_owner: owner of the flow that dealt the task out.
        flow_team: in the team of the `himself` flow where the task still waits.
    """

    user_id: int
    admin: bool = False
    director: bool = False
    responsible: bool = False
    accomplice: bool = False
    auditor: bool = False
    superior: bool = False
    group_reader: bool = False
    group_editor: bool = False
    flow_owner: bool = False
    flow_team: bool = False

    @property
    def executes(self) -> bool:
        return self.responsible or self.accomplice

    @property
    def directs(self) -> bool:
        """Director, group edit right or administrator: who may change anything."""
        return self.director or self.group_editor or self.admin


def can_read(standing: Standing) -> bool:
    """Tell whether the actor may read the task.

    Rule (observed): administrators, members, group members, superiors of a member, the flow's
    owner; in a `himself` flow the team while the task waits. flows.md 5.9.
    """
    return (
        standing.directs
        or standing.executes
        or standing.auditor
        or standing.superior
        or standing.group_reader
        or standing.flow_owner
        or standing.flow_team
    )


def can_edit(standing: Standing) -> bool:
    """Tell whether the actor may change the task's fields.

    Rule (observed): director, group edit right, administrator, the flow's owner. flows.md 4, 5.4.
    """
    return standing.directs or standing.flow_owner


def can_work_on(standing: Standing) -> bool:
    """Tell whether the actor may add to the task: checklist items, time spent.

    Rule (assumed): who executes or may change it; the `action` map names no rights. flows.md 5.2.
    """
    return can_edit(standing) or standing.executes


def can_delete(standing: Standing) -> bool:
    """Rule (observed): administrator, director, group delete right. flows.md 5.7."""
    return standing.directs


def can_change_deadline(standing: Standing, task: Task) -> bool:
    """Rule (observed): who edits; the responsible where ALLOW_CHANGE_DEADLINE is on. 5.4."""
    return can_edit(standing) or (standing.responsible and task.allow_change_deadline)


def can_reassign(standing: Standing, task: Task) -> bool:
    """Tell whether the actor may give the task to somebody else.

    Rule (observed): director, edit right, administrator, flow owner, and the responsible person
    of an open task. flows.md 4, 5.5 delegate.
    """
    return task.status in OPEN and (can_edit(standing) or standing.responsible)


def can_take(standing: Standing, task: Task) -> bool:
    """Tell whether the actor may take a task that waits in a `himself` flow.

    Rule (observed): linked to such a flow, pending, untouched (responsible = creator), the taker
    in the team and not the responsible person already. flows.md 6.5.
    """
    return standing.flow_team and task.is_untaken and not standing.responsible


def can_start(standing: Standing, task: Task) -> bool:
    """Rule (documented): from pending. flows.md 5.5."""
    return task.status == Status.PENDING and (
        standing.executes or standing.directs or standing.superior
    )


def can_pause(standing: Standing, task: Task) -> bool:
    """Rule (documented): from in progress. flows.md 5.5."""
    return task.status == Status.IN_PROGRESS and (
        standing.executes or standing.directs or standing.superior
    )


def can_defer(standing: Standing, task: Task) -> bool:
    """Rule (documented; from in progress assumed). flows.md 5.5."""
    return task.status in RUNNING and (standing.executes or standing.directs)


def can_complete(standing: Standing, task: Task) -> bool:
    """Rule (documented): from 2, 3 and 6; from 4 by the director or an administrator. 5.5."""
    if task.status == Status.AWAITING_CONTROL:
        return standing.director or standing.admin
    return task.status in OPEN and (standing.executes or standing.directs or standing.superior)


def can_renew(standing: Standing, task: Task) -> bool:
    """Rule (documented): from 5, 6 and 4. flows.md 5.5."""
    return task.status in (Status.COMPLETED, Status.DEFERRED, Status.AWAITING_CONTROL) and (
        standing.executes or standing.directs
    )


def can_approve(standing: Standing, task: Task) -> bool:
    """Rule (documented): from 4. flows.md 5.5."""
    return task.status == Status.AWAITING_CONTROL and (standing.directs or standing.superior)


def can_set_status(standing: Standing, task: Task, status: Status) -> bool:
    """Tell whether the actor may set this status, as one field among others.

    Rule (observed): STATUS is accepted like the methods that lead there. flows.md 5.4.
    Rule (assumed): who directs the task may set any.
    """
    return standing.directs or any(way(standing, task) for way in _WAYS[status])


_WAYS: dict[Status, tuple[Callable[[Standing, Task], bool], ...]] = {
    Status.PENDING: (can_pause, can_renew, can_approve),
    Status.IN_PROGRESS: (can_start,),
    Status.AWAITING_CONTROL: (can_complete,),
    Status.COMPLETED: (can_complete, can_approve),
    Status.DEFERRED: (can_defer,),
}


def with_status(task: Task, status: Status, *, by: int, now: datetime) -> Task:
    """Return the task in another status, with the marks that go with it (flows.md 5.5)."""
    closed = status == Status.COMPLETED
    return replace(
        task,
        status=status,
        status_changed_by=by,
        status_changed=now,
        closed_by=by if closed else None,
        closed=now if closed else None,
        started=task.started or (now if status == Status.IN_PROGRESS else None),
    )


def completed(task: Task, standing: Standing, now: datetime) -> Task:
    """Return the task completed, or awaiting its creator's review.

    Rule (observed): with TASK_CONTROL it goes to 4 unless who completes it may also accept it:
    its creator, an administrator, a superior. flows.md 5.5.
    """
    reviewed = (
        task.task_control
        and task.status != Status.AWAITING_CONTROL
        and not (standing.director or standing.admin or standing.superior)
    )
    status = Status.AWAITING_CONTROL if reviewed else Status.COMPLETED
    return with_status(task, status, by=standing.user_id, now=now)


def delegated(task: Task, user_id: int, *, by: int, now: datetime) -> Task:
    """Return the task given to somebody else; the one who had it watches on (flows.md 5.5)."""
    pending = with_status(task, Status.PENDING, by=by, now=now)
    watching = {*task.auditors, task.responsible_id} - {user_id}
    return replace(pending, responsible_id=user_id, auditors=tuple(sorted(watching)))


def taken(task: Task, user_id: int, now: datetime) -> Task:
    """Return a waiting task with its taker at work on it (flows.md 6.5)."""
    return replace(
        with_status(task, Status.IN_PROGRESS, by=user_id, now=now), responsible_id=user_id
    )


def actions(standing: Standing, task: Task) -> dict[str, bool]:
    """Return what the actor may do with the task: the `action` map of flows.md 5.2, in order."""
    reads, edits, works = can_read(standing), can_edit(standing), can_work_on(standing)
    return {
        "accept": False,
        "decline": False,
        "complete": can_complete(standing, task),
        "approve": can_approve(standing, task),
        "disapprove": can_approve(standing, task),
        "start": can_start(standing, task),
        "pause": can_pause(standing, task),
        "delegate": can_reassign(standing, task),
        "remove": can_delete(standing),
        "edit": edits,
        "defer": can_defer(standing, task),
        "renew": can_renew(standing, task),
        "create": True,
        "changeDeadline": can_change_deadline(standing, task),
        "checklistAddItems": works,
        "addFavorite": reads,
        "deleteFavorite": reads,
        "rate": standing.director or standing.admin or standing.superior,
        "take": can_take(standing, task),
        "edit.originator": standing.admin or standing.director,
        "checklist.reorder": works,
        "elapsedtime.add": works,
        "dayplan.timer.toggle": standing.executes and task.allow_time_tracking,
        "edit.plan": edits,
        "checklist.add": works,
        "favorite.add": reads,
        "favorite.delete": reads,
    }
