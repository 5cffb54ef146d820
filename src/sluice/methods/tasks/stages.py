"""`task.stages.*`: columns of a group's kanban and of the caller's own "My plan". flows.md 11.8."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from sluice.domain.people import FLOW_GROUP_STAGES, MY_PLAN_STAGES, Role, Stage
from sluice.domain.permission import can_see_group
from sluice.errors import ArgumentMissing, StageHasTasks, StageKept, StageUnavailable
from sluice.methods.tasks.task_change import keep
from sluice.methods.tasks.task_part import task_to_read
from sluice.rest.call import Call
from sluice.rest.method import classic
from sluice.rest.wire_types import as_integer, as_scalar_text
from sluice.store.stages import Board, PlacedStage

_COLOR = re.compile(r"[0-9A-F]{6}")
_NEW_COLOR = "47D1E2"


@classic("task.stages.get", scope="task")
def get(call: Call, entityid: int = 0, isadmin: bool = False) -> dict[str, Any]:
    """Return the columns of a group's kanban, or with entityId 0 of the caller's own plan.

    Source: task-stages-get; flows.md 11.8. Columns that nobody made yet are made now. `isAdmin`
    is accepted: an administrator passes every check without it.

    Raises:
        StageUnavailable: there is no such group, or the caller does not see it.
    """
    return {str(stage.id): stage_object(stage) for stage in _columns(call, _board(call, entityid))}


@classic("task.stages.add", scope="task")
def add(call: Call, fields: dict[str, Any] | None = None, isadmin: bool = False) -> int:
    """Add a column, right after another, or as the last one (assumed).

    Source: task-stages-add; flows.md 11.8.

    Raises:
        StageUnavailable: the caller may not change this board, or AFTER_ID is not on it.
        ArgumentMissing: there is no TITLE.
    """
    sent = {name.upper(): value for name, value in (fields or {}).items()}
    board = _board(call, as_integer(sent.get("ENTITY_ID")) or 0)
    _check_may_change(call, board)
    title = _title(sent)
    if title is None:
        raise ArgumentMissing("TITLE")
    _columns(call, board)
    added = call.store.stages.add(board, Stage(title, "", _color(sent) or _NEW_COLOR))
    _place(call, added, sent)
    return added.id


@classic("task.stages.update", scope="task")
def update(
    call: Call, id: int = 0, fields: dict[str, Any] | None = None, isadmin: bool = False
) -> bool:
    """Change the name, the colour or the place of a column.

    Source: task-stages-update; flows.md 11.8.

    Raises:
        StageUnavailable: there is no such column, or the caller may not change its board.
        ArgumentMissing: TITLE is empty.
    """
    stage = _stage_to_change(call, id)
    sent = {name.upper(): value for name, value in (fields or {}).items()}
    title, color = _title(sent) or stage.title, _color(sent) or stage.color
    call.store.stages.save(replace(stage, title=title, color=color))
    _place(call, stage, sent)
    return True


@classic("task.stages.delete", scope="task")
def delete(call: Call, id: int = 0, isadmin: bool = False) -> bool:
    """Remove an empty column.

    Source: task-stages-delete; flows.md 11.8.

    Raises:
        StageUnavailable: there is no such column, or the caller may not change its board.
        StageKept: it is the first one, where new tasks stand.
        StageHasTasks: tasks stand in it.
    """
    stage = _stage_to_change(call, id)
    if call.store.stages.of_board(stage.board)[0].id == stage.id:
        raise StageKept
    if call.store.stages.has_tasks(stage.id):
        raise StageHasTasks
    call.store.stages.delete(stage.id)
    return True


@classic("task.stages.canmovetask", scope="task", writes=False)
def can_move_task(call: Call, entityid: int = 0, entitytype: str = "") -> bool:
    """Tell whether the caller may move tasks on a board: of a user (U) or a group (G).

    Source: task-stages-can-move-task; flows.md 11.8.
    """
    if entitytype.upper() == "G":
        return bool(entityid) and _may_move(call, Board(group_id=entityid))
    return _may_move(call, Board(user_id=entityid or call.actor.user_id))


@classic("task.stages.movetask", scope="task")
def move_task(call: Call, id: int = 0, stageid: int = 0, before: int = 0, after: int = 0) -> bool:
    """Move a task to another column of its group's kanban, or of the caller's own plan.

    Source: task-stages-move-task; flows.md 11.8. `before` and `after` are accepted: a task's place
    inside a column is not kept.

    Raises:
        TaskUnavailable: there is no such task, or the caller may not read it.
        StageUnavailable: there is no such column, it is of another group than the task, or the
            caller may not move tasks there.
    """
    task, _ = task_to_read(call, id)
    stage = call.store.stages.find(stageid)
    if stage is None or not _may_move(call, stage.board):
        raise StageUnavailable
    if stage.board.user_id:
        call.store.stages.plan(task.id, stage.board.user_id, stage.id)
    elif stage.board.group_id == task.group_id:
        keep(call, task, replace(task, stage_id=stage.id))
    else:
        raise StageUnavailable
    return True


def stage_object(stage: PlacedStage) -> dict[str, Any]:
    """Return a column as the wire has it."""
    board = stage.board
    return {
        "ID": str(stage.id),
        "TITLE": stage.title,
        "SORT": str(stage.sort),
        "COLOR": stage.color,
        "SYSTEM_TYPE": stage.system_type,
        "ENTITY_ID": str(board.group_id or board.user_id),
        "ENTITY_TYPE": "G" if board.group_id else "U",
        "ADDITIONAL_FILTER": [],
        "TO_UPDATE": [],
        "TO_UPDATE_ACCESS": None,
    }


def _board(call: Call, entity_id: int) -> Board:
    """Return the board of a group that the caller sees, or the caller's own."""
    if not entity_id:
        return Board(user_id=call.actor.user_id)
    group = call.store.groups.find(entity_id)
    role = call.store.groups.role(entity_id, call.actor.user_id)
    if group is None or not can_see_group(call.actor, group, role):
        raise StageUnavailable
    return Board(group_id=entity_id)


def _columns(call: Call, board: Board) -> list[PlacedStage]:
    """Return the columns of a board; one that has none gets those that everybody begins with."""
    columns = call.store.stages.of_board(board)
    if columns:
        return columns
    first = FLOW_GROUP_STAGES if board.group_id else MY_PLAN_STAGES
    return [call.store.stages.add(board, stage) for stage in first]


def _stage_to_change(call: Call, stage_id: int) -> PlacedStage:
    if not stage_id:
        raise ArgumentMissing("id")
    stage = call.store.stages.find(stage_id)
    if stage is None:
        raise StageUnavailable
    _check_may_change(call, stage.board)
    return stage


def _check_may_change(call: Call, board: Board) -> None:
    """Refuse to change somebody else's plan, or a kanban that the caller does not moderate.

    Rule (assumed): a group's owner, its moderators and administrators change its columns.
    """
    if board.user_id:
        allowed = board.user_id == call.actor.user_id
    else:
        role = call.store.groups.role(board.group_id, call.actor.user_id)
        allowed = role in (Role.OWNER, Role.MODERATOR)
    if not allowed and not call.actor.is_admin:
        raise StageUnavailable


def _may_move(call: Call, board: Board) -> bool:
    """Tell whether the caller moves tasks on a board: their own, or one of a group they are in."""
    if board.user_id:
        return board.user_id == call.actor.user_id
    if call.actor.is_admin:
        return call.store.groups.find(board.group_id) is not None
    return call.store.groups.has_member(board.group_id, call.actor.user_id)


def _place(call: Call, stage: PlacedStage, sent: Mapping[str, Any]) -> None:
    """Place a column right after the one that AFTER_ID names; without it, leave it where it is."""
    after_id = as_integer(sent.get("AFTER_ID"))
    if not after_id or after_id == stage.id:
        return
    columns = [one for one in call.store.stages.of_board(stage.board) if one.id != stage.id]
    ids = [one.id for one in columns]
    if after_id not in ids:
        raise StageUnavailable
    columns.insert(ids.index(after_id) + 1, stage)
    call.store.stages.arrange(columns)


def _title(sent: Mapping[str, Any]) -> str | None:
    title = as_scalar_text(sent.get("TITLE"))
    if title is not None and not title.strip():
        raise ArgumentMissing("TITLE")
    return title


def _color(sent: Mapping[str, Any]) -> str | None:
    """Return a colour of six hexadecimal digits; anything else is none, and is left out."""
    color = (as_scalar_text(sent.get("COLOR")) or "").lstrip("#").upper()
    return color if _COLOR.fullmatch(color) else None
