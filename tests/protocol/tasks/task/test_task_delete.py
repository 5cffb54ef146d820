"""`tasks.task.delete`. Who may: `test_task_rights.py`. flows.md 5.7."""

from __future__ import annotations

import pytest

from tests.portals import Person, PortalInTest
from tests.protocol.tasks.flow.wire import send_form
from tests.protocol.tasks.task.wire import DELETE_DENIED, NO_ID, WRONG_ID, add_task, read
from tests.provenance import assumed, documented, observed


@documented("tasks-task-delete")
def test_a_task_is_removed(anna: Person) -> None:
    task_id = add_task(anna)["id"]

    reply = anna.call("tasks.task.delete", taskId=task_id)

    assert reply.result == {"task": True}
    assert read(anna, task_id) == []
    assert anna.call("tasks.task.list").total == 0


@observed("rest-protocol.md 2.2: a form is as good as JSON; flows.md 5.1: id is as good as taskId")
def test_a_form_removes_as_json_does(anna: Person) -> None:
    task_id = add_task(anna)["id"]

    assert send_form(anna, "tasks.task.delete", {"id": task_id}).result == {"task": True}


@documented("tasks-task-delete#error-handling")
@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        ({}, NO_ID),
        ({"taskId": "abc"}, WRONG_ID),
        ({"taskId": 999}, DELETE_DENIED),
        ({"taskId": 0}, DELETE_DENIED),
        ({"taskId": -1}, DELETE_DENIED),
    ],
    ids=repr,
)
def test_what_cannot_be_removed_is_refused(
    admin: Person, sent: dict[str, object], refusal: tuple[int, str, str]
) -> None:
    assert admin.call("tasks.task.delete", **sent).refusal == refusal


@documented("tasks-task-delete#error-handling")
def test_a_task_is_removed_once(anna: Person) -> None:
    task_id = add_task(anna)["id"]
    anna.call("tasks.task.delete", taskId=task_id)

    assert anna.call("tasks.task.delete", taskId=task_id).refusal == DELETE_DENIED


@observed("flows.md 5.9: nobody learns which tasks exist")
def test_a_stranger_is_told_what_a_missing_task_is_told(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    task_id = add_task(anna)["id"]

    refusals = [boris.call("tasks.task.delete", taskId=number).refusal for number in (task_id, 999)]

    assert refusals == [DELETE_DENIED] * 2
    assert portal.task(task_id).title == "Call back"


@assumed("flows.md 5.7 says nothing of subtasks: they stay, without a parent")
def test_subtasks_stay(anna: Person) -> None:
    parent = add_task(anna)["id"]
    child = add_task(anna, PARENT_ID=parent)["id"]

    anna.call("tasks.task.delete", taskId=parent)

    assert read(anna, child)["parentId"] is None


@assumed("a removed task leaves nothing behind that could be counted, found or fall due")
def test_nothing_is_left_of_a_removed_task(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    other = add_task(anna)["id"]
    task_id = add_task(
        anna, boris, TAGS=["x"], AUDITORS=[boris.id], DEADLINE="2026-01-12T12:00:00+00:00"
    )["id"]
    anna.call("task.dependence.add", taskIdFrom=other, taskIdTo=task_id)
    boris.call("tasks.task.favorite.add", taskId=task_id)

    anna.call("tasks.task.delete", taskId=task_id)
    portal.clock.advance(hours=5)

    assert portal.run_due() == []
    assert boris.call("tasks.task.counters.get").result["expired"]["counter"] == 0
    assert boris.call("tasks.task.list").total == 0
    assert anna.call("tasks.task.list", filter={"DEPENDS_ON": other}).total == 0
    assert anna.call("tasks.task.list", filter={"TAG": "x"}).total == 0
    assert portal.differences() == []


@assumed("an id is never given twice, so that a client's old link does not open another's task")
def test_the_id_of_a_removed_task_is_not_used_again(anna: Person) -> None:
    task_id = add_task(anna)["id"]
    anna.call("tasks.task.delete", taskId=task_id)

    assert int(add_task(anna)["id"]) > int(task_id)
