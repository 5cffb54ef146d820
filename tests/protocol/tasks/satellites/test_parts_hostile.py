"""Whatever is sent to the methods of a task's parts, no answer is a failure of ours."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.methods import method_table
from tests.portals import Person
from tests.protocol.tasks.satellites.wire import add_comment
from tests.protocol.tasks.task.wire import add_task
from tests.provenance import assumed

FAMILIES = (
    "task.checklistitem.",
    "task.commentitem.",
    "task.elapseditem.",
    "task.stages.",
    "task.planner.",
    "task.item.userfield.",
    "tasks.task.result.",
)
METHODS = sorted(method.name for method in method_table() if method.name.startswith(FAMILIES))
HOSTILE: list[Any] = [
    None,
    "",
    "abc",
    "1e400",
    -1,
    2**63,
    2**70,
    1.5,
    True,
    [],
    [[]],
    {},
    {"": ""},
    {"ID": {"a": []}, "TITLE": {"x": 1}, "SECONDS": True, "POST_MESSAGE": [1]},
    {">ID": [1, "x", None], "!AUTHOR_NAME": {"a": 1}},
    {"%ID": "_", "><SECONDS": [2**70, "b"], "=POST_DATE": "never"},
    {"NAV_PARAMS": {"nPageSize": "x", "iNumPage": [1]}},
    {"FIELD_NAME": "UF_'; DROP TABLE task; --", "USER_TYPE_ID": ["string"]},
    {"TITLE": "x" * 70_000, "SORT_INDEX": -(2**62), "PARENT_ID": -1, "AFTER_ID": 2**62},
]


@assumed("no input is our failure")
@pytest.mark.parametrize("method", METHODS)
def test_nothing_that_is_sent_is_a_failure_of_ours(admin: Person, method: str) -> None:
    task_id = add_task(admin)["id"]
    comment_id = add_comment(admin, task_id, "There")
    parameters = [one.wire for one in method_table().find(method).parameters]
    known = {"TASKID": task_id, "taskId": task_id, "commentId": comment_id, "ITEMID": comment_id}

    for name in parameters:
        for value in HOSTILE:
            reply = admin.call(method, **{**known, name: value})
            assert reply.status < 500, (name, value, reply.text)
    assert admin.call("tasks.task.get", taskId=task_id).result["task"]["id"] == task_id


@assumed("no input is our failure")
@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:30])
def test_no_field_of_a_part_is_a_failure_of_ours(admin: Person, value: object) -> None:
    task_id = add_task(admin)["id"]
    names = {
        "task.checklistitem.add": ("FIELDS", "TITLE SORT_INDEX PARENT_ID IS_COMPLETE".split()),
        "task.commentitem.add": ("FIELDS", "POST_MESSAGE AUTHOR_ID".split()),
        "task.elapseditem.add": (
            "ARFIELDS",
            "SECONDS COMMENT_TEXT USER_ID CREATED_DATE".split(),
        ),
        "task.stages.add": ("FIELDS", "TITLE COLOR AFTER_ID ENTITY_ID".split()),
        "task.item.userfield.add": (
            "PARAMS",
            "FIELD_NAME USER_TYPE_ID XML_ID SORT MULTIPLE SHOW_FILTER SETTINGS LABEL"
            " EDIT_FORM_LABEL".split(),
        ),
    }
    for method, (parameter, fields) in names.items():
        for field in fields:
            sent = {
                "TITLE": "x",
                "POST_MESSAGE": "x",
                "SECONDS": 1,
                "FIELD_NAME": f"N{fields.index(field)}",
                "USER_TYPE_ID": "string",
                field: value,
            }
            reply = admin.call(method, TASKID=task_id, **{parameter: sent})
            assert reply.status < 500, (method, field, reply.text)
    for read in ("task.checklistitem", "task.commentitem", "task.elapseditem"):
        assert admin.call(f"{read}.getlist", TASKID=task_id).status == 200
    assert admin.call("task.stages.get").status == 200
    assert admin.call("task.item.userfield.getlist").status == 200
    assert admin.call("tasks.task.getFields").status == 200
