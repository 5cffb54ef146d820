"""What a task is to one person alone: favourite, watched, muted, pinned. flows.md 5.5."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from sluice.domain.task import Task, can_read
from sluice.errors import TaskNotFavourable
from sluice.methods.tasks.task import task_id_of, task_to_change
from sluice.methods.tasks.task_change import keep
from sluice.methods.tasks.task_object import task_object
from sluice.methods.tasks.task_standing import standing
from sluice.rest.call import Call
from sluice.rest.method import method


@method("tasks.task.favorite.add", scope="task")
def favorite_add(call: Call, task_id: object = None, id: object = None) -> bool:
    """Add a task to the caller's favourites.

    Source: tasks-task-favorite-add; flows.md 5.5.

    Raises:
        TaskNotFavourable: there is no such task, or the caller may not read it.
    """
    return _favorite(call, task_id_of(task_id, id), True)


@method("tasks.task.favorite.remove", scope="task")
def favorite_remove(call: Call, task_id: object = None, id: object = None) -> bool:
    """Take a task out of the caller's favourites.

    Source: tasks-task-favorite-remove; flows.md 5.5.

    Raises:
        TaskNotFavourable: there is no such task, or the caller may not read it.
    """
    return _favorite(call, task_id_of(task_id, id), False)


@method("tasks.task.startwatch", scope="task")
def start_watch(call: Call, task_id: object = None, id: object = None) -> dict[str, Any]:
    """Make the caller an auditor of a task.

    Source: tasks-task-startwatch; flows.md 5.5.

    Raises:
        TaskActionDenied: there is no such task, or the caller may not read it.
    """
    task, _ = task_to_change(call, task_id_of(task_id, id))
    return _watched_by(call, task, {*task.auditors, call.actor.user_id})


@method("tasks.task.stopwatch", scope="task")
def stop_watch(call: Call, task_id: object = None, id: object = None) -> dict[str, Any]:
    """Let the caller be an auditor of a task no more.

    Source: tasks-task-stopwatch; flows.md 5.5.

    Raises:
        TaskActionDenied: there is no such task, or the caller may not read it.
    """
    task, _ = task_to_change(call, task_id_of(task_id, id))
    return _watched_by(call, task, {*task.auditors} - {call.actor.user_id})


@method("tasks.task.mute", scope="task")
def mute(call: Call, task_id: object = None, id: object = None) -> dict[str, Any]:
    """Let a task tell the caller nothing.

    Source: tasks-task-mute; flows.md 5.5.

    Raises:
        TaskActionDenied: there is no such task, or the caller may not read it.
    """
    return _marked(call, task_id_of(task_id, id), muted=True)


@method("tasks.task.unmute", scope="task")
def unmute(call: Call, task_id: object = None, id: object = None) -> dict[str, Any]:
    """Let a task tell the caller what happens again.

    Source: tasks-task-unmute; flows.md 5.5.

    Raises:
        TaskActionDenied: there is no such task, or the caller may not read it.
    """
    return _marked(call, task_id_of(task_id, id), muted=False)


@method("tasks.task.pin", scope="task")
def pin(call: Call, task_id: object = None, id: object = None) -> dict[str, Any]:
    """Pin a task to the top of the caller's list.

    Source: tasks-task-pin; flows.md 5.1.

    Raises:
        TaskActionDenied: there is no such task, or the caller may not read it.
    """
    return _marked(call, task_id_of(task_id, id), pinned=True)


@method("tasks.task.unpin", scope="task")
def unpin(call: Call, task_id: object = None, id: object = None) -> dict[str, Any]:
    """Take a task off the top of the caller's list.

    Source: tasks-task-unpin; flows.md 5.1.

    Raises:
        TaskActionDenied: there is no such task, or the caller may not read it.
    """
    return _marked(call, task_id_of(task_id, id), pinned=False)


def _favorite(call: Call, task_id: int, favorite: bool) -> bool:
    task = call.store.tasks.find(task_id)
    if task is None or not can_read(standing(call, task)):
        raise TaskNotFavourable
    _set(call, task, favorite=favorite)
    return True


def _watched_by(call: Call, task: Task, auditors: set[int]) -> dict[str, Any]:
    watched = keep(call, task, replace(task, auditors=tuple(sorted(auditors))))
    return {"task": task_object(call, watched)}


def _marked(call: Call, task_id: int, **marks: bool) -> dict[str, Any]:
    task, _ = task_to_change(call, task_id)
    _set(call, task, **marks)
    return {"task": task_object(call, task)}


def _set(call: Call, task: Task, **marks: bool) -> None:
    user_id = call.actor.user_id
    mark = call.store.tasks.mark(task.id, user_id)
    call.store.tasks.set_mark(task.id, user_id, replace(mark, **marks))
