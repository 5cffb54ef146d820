"""`tasks.task.result.*`: what came of a task, in the words of a comment. flows.md 11.8."""

from __future__ import annotations

import html
from typing import Any

from sluice.domain.task import can_read
from sluice.errors import TaskActionDenied
from sluice.methods.tasks.task_standing import standing
from sluice.rest.call import Call
from sluice.rest.method import method
from sluice.store.comments import Comment, Result

# Nothing closes a result here (rule assumed).
_OPEN = 0


@method("tasks.task.result.addFromComment", scope="task")
def add_from_comment(call: Call, comment_id: int) -> dict[str, Any]:
    """Name a comment a result of its task. One that is a result already stays the same.

    Source: tasks-task-result-add-from-comment; flows.md 11.8.

    Raises:
        TaskActionDenied: there is no such comment, or the caller may not see it, or is neither
            its author nor an administrator (assumed).
    """
    comment = _own(call, comment_id)
    result = call.store.comments.result_of(comment.id)
    if result is None:
        result = call.store.comments.add_result(
            Result(
                id=0,
                task_id=comment.task_id,
                comment_id=comment.id,
                created_by=call.actor.user_id,
                created=call.now,
                updated=call.now,
                text=comment.message,
            )
        )
    return result_object(call, result)


@method("tasks.task.result.list", scope="task", writes=False)
def list_results(call: Call, task_id: int) -> list[dict[str, Any]]:
    """Return the results of a task, the newest first.

    Source: tasks-task-result-list; flows.md 11.8.

    Raises:
        TaskActionDenied: there is no such task, or the caller may not read it.
    """
    task = call.store.tasks.find(task_id)
    if task is None or not can_read(standing(call, task)):
        raise TaskActionDenied
    return [result_object(call, result) for result in call.store.comments.results(task.id)]


@method("tasks.task.result.deleteFromComment", scope="task")
def delete_from_comment(call: Call, comment_id: int) -> None:
    """Let a comment be no result any more; the comment stays.

    Source: tasks-task-result-delete-from-comment; flows.md 11.8.

    Raises:
        TaskActionDenied: as `addFromComment`.
    """
    call.store.comments.delete_result(_own(call, comment_id).id)


def result_object(call: Call, result: Result) -> dict[str, Any]:
    """Return a result as the wire has it."""
    return {
        "id": result.id,
        "taskId": result.task_id,
        "commentId": result.comment_id,
        "createdBy": result.created_by,
        "createdAt": call.wire_time(result.created),
        "updatedAt": call.wire_time(result.updated),
        "status": _OPEN,
        "text": result.text,
        "formattedText": html.escape(result.text).replace("\n", "<br>"),
        "files": None,
    }


def _own(call: Call, comment_id: int) -> Comment:
    comment = call.store.comments.find(comment_id)
    task = call.store.tasks.find(comment.task_id) if comment else None
    if comment is None or task is None or not can_read(standing(call, task)):
        raise TaskActionDenied
    if comment.author_id != call.actor.user_id and not call.actor.is_admin:
        raise TaskActionDenied
    return comment
