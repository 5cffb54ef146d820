"""`task.commentitem.*`: what people say about a task. flows.md 11.8.

Parameters may come without names, in the order declared here. Rule (assumed): who reads a task
comments on it; a comment is changed by its author and by administrators.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluice.domain.events import comment_added, comment_deleted, comment_updated
from sluice.domain.task import Task
from sluice.errors import ArgumentMissing, TaskPartDenied, TaskPartNotFound
from sluice.methods.tasks.notifications import tell_of_comment
from sluice.methods.tasks.task_part import task_to_read
from sluice.rest.call import Call
from sluice.rest.listing import read_filter, read_order
from sluice.rest.method import classic
from sluice.rest.wire_types import as_integer, as_scalar_text
from sluice.store.comments import LISTED, Comment


@classic("task.commentitem.add", scope="task", positional=True)
def add(call: Call, taskid: int = 0, fields: dict[str, Any] | None = None) -> int:
    """Say something about a task.

    Source: task-comment-item-add; flows.md 11.8.

    Raises:
        TaskUnavailable: there is no such task, or the caller may not read it.
        ArgumentMissing: the task's id or POST_MESSAGE was not sent.
        TaskPartDenied: AUTHOR_ID is somebody else, and the caller no administrator.
    """
    task, _ = task_to_read(call, taskid)
    sent = {name.upper(): value for name, value in (fields or {}).items()}
    message = _message(sent)
    author_id = as_integer(sent.get("AUTHOR_ID")) or call.actor.user_id
    if author_id != call.actor.user_id and not call.actor.is_admin:
        raise TaskPartDenied
    author = call.store.users.find(author_id)
    if author is None:
        raise TaskPartDenied
    call.store.tasks.touch(task.id, call.now)
    comment_id = call.store.comments.add(
        Comment(0, task.id, author.id, author.full_name, author.email, call.now, message)
    )
    tell_of_comment(call, task, author.id)
    call.emit(comment_added(task.id, comment_id))
    return comment_id


@classic("task.commentitem.get", scope="task", writes=False, positional=True)
def get(call: Call, taskid: int = 0, itemid: int = 0) -> dict[str, Any]:
    """Return a comment on a task.

    Source: task-comment-item-get; flows.md 11.8.

    Raises:
        TaskUnavailable, TaskPartNotFound: there is no such task or comment.
    """
    task, _ = task_to_read(call, taskid)
    return comment_object(call, _found(call, task, itemid))


@classic("task.commentitem.getlist", scope="task", writes=False, positional=True)
def get_list(
    call: Call,
    taskid: int = 0,
    order: dict[str, Any] | None = None,
    filter: dict[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Return the comments on a task that meet a filter, the newest first.

    Source: task-comment-item-get-list; flows.md 11.8.

    Raises:
        TaskUnavailable: there is no such task, or the caller may not read it.
        ArgumentError: a field cannot be filtered or sorted by.
    """
    task, _ = task_to_read(call, taskid)
    comments = call.store.comments.of_task(
        task.id,
        read_filter(filter or {}, LISTED, call.zone),
        read_order(order or {"ID": "DESC"}, LISTED),
    )
    return [comment_object(call, comment) for comment in comments]


@classic("task.commentitem.update", scope="task", positional=True)
def update(
    call: Call, taskid: int = 0, itemid: int = 0, fields: dict[str, Any] | None = None
) -> bool:
    """Change the words of a comment.

    Source: task-comment-item-update; flows.md 11.8.

    Raises:
        TaskUnavailable, TaskPartNotFound: there is no such task or comment.
        TaskPartDenied: the comment is somebody else's.
        ArgumentMissing: POST_MESSAGE was not sent.
    """
    comment = _own(call, taskid, itemid)
    message = _message({name.upper(): value for name, value in (fields or {}).items()})
    call.store.comments.set_message(comment.id, message, call.now)
    call.emit(comment_updated(comment.task_id, comment.id))
    return True


@classic("task.commentitem.delete", scope="task", positional=True)
def delete(call: Call, taskid: int = 0, itemid: int = 0) -> bool:
    """Remove a comment; if it was a result of the task, it is none any more.

    Source: task-comment-item-delete; flows.md 11.8.

    Raises:
        TaskUnavailable, TaskPartNotFound: there is no such task or comment.
        TaskPartDenied: the comment is somebody else's.
    """
    comment = _own(call, taskid, itemid)
    call.store.comments.delete(comment.id)
    call.emit(comment_deleted(comment.task_id, comment.id))
    return True


def comment_object(call: Call, comment: Comment) -> dict[str, Any]:
    """Return a comment as the wire has it."""
    return {
        "POST_MESSAGE_HTML": None,
        "ID": str(comment.id),
        "AUTHOR_ID": str(comment.author_id),
        "AUTHOR_NAME": comment.author_name,
        "AUTHOR_EMAIL": comment.author_email,
        "POST_DATE": call.wire_time(comment.posted),
        "POST_MESSAGE": comment.message,
        "ATTACHED_OBJECTS": {},
    }


def _message(sent: Mapping[str, Any]) -> str:
    message = as_scalar_text(sent.get("POST_MESSAGE")) or ""
    if not message.strip():
        raise ArgumentMissing("POST_MESSAGE")
    return message


def _found(call: Call, task: Task, comment_id: int) -> Comment:
    if not comment_id:
        raise ArgumentMissing("ITEMID")
    comment = call.store.comments.find(comment_id)
    if comment is None or comment.task_id != task.id:
        raise TaskPartNotFound
    return comment


def _own(call: Call, task_id: int, comment_id: int) -> Comment:
    task, _ = task_to_read(call, task_id)
    comment = _found(call, task, comment_id)
    if comment.author_id != call.actor.user_id and not call.actor.is_admin:
        raise TaskPartDenied
    return comment
