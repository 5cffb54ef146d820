"""The parts of a task through b24pysdk, the official Python SDK, unmodified, over HTTPS.

What b24phpsdk's own tests do with them (flows.md 12.1, rows of the task's parts), in its words.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.server_process import ServerProcess

Connect = Callable[[str], Any]


@pytest.fixture
def client(connect_b24pysdk: Connect, server: ServerProcess) -> Any:
    """The SDK in the hands of the administrator."""
    return connect_b24pysdk(server.ready.webhook)


@pytest.fixture
def task_id(client: Any) -> Iterator[int]:
    """A task of the administrator's own, removed afterwards."""
    fields = {"TITLE": "A task with parts", "RESPONSIBLE_ID": 1}
    task_id = int(client.tasks.task.add(fields).result["task"]["id"])
    yield task_id
    client.tasks.task.delete(task_id).result  # noqa: B018 - the SDK calls when asked for it


def test_b24pysdk_keeps_a_checklist(client: Any, task_id: int) -> None:
    items = client.task.checklistitem
    first = items.add(task_id, {"TITLE": "First", "SORT_INDEX": 10}).result
    second = items.add(task_id, {"TITLE": "Second", "SORT_INDEX": 20}).result

    assert items.moveafteritem(task_id, first, second).result is None
    assert items.complete(task_id, first).result is True

    listed = items.getlist(task_id, order={"SORT_INDEX": "asc"}).result
    assert [item["TITLE"] for item in listed][1:] == ["Second", "First"]
    assert items.get(task_id, first).result["IS_COMPLETE"] == "Y"
    assert items.isactionallowed(task_id, first, 4).result is True
    assert "REST: available methods" in items.getmanifest().result
    assert items.delete(task_id, first).result is True


def test_b24pysdk_comments_and_names_a_result(client: Any, task_id: int) -> None:
    comments, results = client.task.commentitem, client.tasks.task.result
    first = comments.add(task_id, {"POST_MESSAGE": "First", "AUTHOR_ID": 1}).result
    second = comments.add(task_id, {"POST_MESSAGE": "Second"}).result

    listed = comments.getlist(task_id, order={"ID": "asc"}, filter={}).result
    named = [results.add_from_comment(one).result["id"] for one in (first, second)]

    assert listed[1]["ID"] == str(second)
    assert [result["id"] for result in results.list(task_id).result] == named[::-1]
    assert results.delete_from_comment(first).result is None
    assert comments.update(task_id, first, {"POST_MESSAGE": "Once more"}).result is True
    assert comments.delete(task_id, first).result is True


def test_b24pysdk_keeps_the_time(client: Any, task_id: int) -> None:
    times = client.task.elapseditem
    items = [times.add(task_id, {"SECONDS": 60, "COMMENT_TEXT": "Read"}).result for _ in "ab"]

    listed = times.getlist(task_id=task_id, order={"ID": "desc"}, select=["ID"]).result

    assert [entry["ID"] for entry in listed] == [str(item) for item in items[::-1]]
    assert times.update(task_id, items[0], {"COMMENT_TEXT": "Wrote"}).result is None
    assert times.get(task_id, items[0]).result["COMMENT_TEXT"] == "Wrote"
    assert [times.isactionallowed(task_id, items[0], one).result for one in (1, 2, 3)] == [True] * 3
    assert times.delete(task_id, items[0]).result is None


def test_b24pysdk_moves_a_task_in_a_plan(client: Any, task_id: int) -> None:
    stages = client.task.stages
    first = next(iter(stages.get(0).result))

    added = stages.add({"TITLE": "Soon", "COLOR": "FF00AA", "AFTER_ID": first}).result

    assert stages.canmovetask(1, "U").result is True
    assert stages.movetask(task_id, added).result is True
    assert stages.movetask(task_id, int(first)).result is True
    assert stages.update(added, {"TITLE": "Sooner"}).result is True
    assert stages.get(0).result[str(added)]["TITLE"] == "Sooner"
    assert stages.delete(added, is_admin=True).result is True
    assert isinstance(client.task.planner.getlist().result, list)


def test_b24pysdk_gives_tasks_a_field(client: Any) -> None:
    fields, tasks = client.task.item.userfield, client.tasks.task
    field_id = fields.add({"FIELD_NAME": "SDK_ROOM", "USER_TYPE_ID": "string"}).result
    added = tasks.add({"TITLE": "x", "RESPONSIBLE_ID": 1, "UF_SDK_ROOM": "17"}).result["task"]

    task = tasks.get(int(added["id"]), select=["*", "UF_SDK_ROOM"]).result["task"]

    assert task["ufSdkRoom"] == "17"
    assert fields.update(field_id, {"EDIT_FORM_LABEL": "Room"}).result is True
    assert fields.get(field_id).result["EDIT_FORM_LABEL"]["en"] == "Room"
    assert len(fields.getlist(filter={"FIELD_NAME": "UF_SDK_ROOM"}).result) == 1
    assert fields.delete(field_id).result is True
    assert tasks.delete(int(added["id"])).result["task"] is True
