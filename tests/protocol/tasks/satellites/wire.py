"""How the parts of a task are called, and how they refuse. flows.md 11.8."""

from __future__ import annotations

import json
from typing import Any

from tests.portals import Person, Reply

UNAVAILABLE = (400, "ERROR_CORE", "Task not found or not accessible<br>")
NO_ITEM = (400, "ERROR_CORE", "Item not found or not accessible<br>")
DENIED = (400, "ERROR_CORE", "Action on the task is not allowed<br>")


def missing(name: str) -> tuple[int, str, str]:
    """Return how a method says that a parameter was not sent."""
    return 400, "ERROR_ARGUMENT", f"Argument '{name}' is null or empty"


def call_in_order(caller: Person, method: str, *parameters: Any) -> Reply:
    """Call a method with a JSON list: parameters without names."""
    return caller.portal.send(
        caller.path + method, body=json.dumps(parameters), content_type="application/json"
    )


def add_comment(caller: Person, task_id: str, message: str) -> int:
    """Comment on a task by the documented call and return the comment's id."""
    reply = caller.call("task.commentitem.add", TASKID=task_id, FIELDS={"POST_MESSAGE": message})
    comment_id: int = reply.result
    return comment_id
