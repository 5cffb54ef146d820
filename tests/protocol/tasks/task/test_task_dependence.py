"""`task.dependence.add` and `task.dependence.delete`. flows.md 5.8."""

from __future__ import annotations

import pytest

from tests.portals import Person
from tests.protocol.tasks.flow.wire import send_form
from tests.protocol.tasks.task.wire import DENIED, add_task
from tests.provenance import assumed, documented, observed

ADD, DELETE = "task.dependence.add", "task.dependence.delete"


def depending_on(person: Person, task_id: str) -> list[str]:
    reply = person.call("tasks.task.list", filter={"DEPENDS_ON": task_id}, select=["ID"])
    return [task["id"] for task in reply.result["tasks"]]


@observed("flows.md 12.1, TaskTest::testAddRemoveDependence: linkType 0, an array each time")
def test_a_dependence_comes_and_goes(anna: Person) -> None:
    first, second = add_task(anna)["id"], add_task(anna)["id"]

    added = anna.call(ADD, taskIdFrom=first, taskIdTo=second, linkType=0)
    assert (added.result, depending_on(anna, first)) == ([], [second])

    removed = anna.call(DELETE, taskIdFrom=first, taskIdTo=second)
    assert (removed.result, depending_on(anna, first)) == ([], [])


@documented("task-dependence-add: a classic method, whose names count in any case")
def test_a_form_with_other_names_is_as_good(anna: Person) -> None:
    first, second = add_task(anna)["id"], add_task(anna)["id"]

    reply = send_form(anna, ADD, {"TASKIDFROM": first, "TaskIdTo": second, "LINKTYPE": 3})

    assert (reply.result, depending_on(anna, first)) == ([], [second])


@assumed("asking twice is asking once")
def test_a_dependence_is_one_whatever_its_type(anna: Person) -> None:
    first, second = add_task(anna)["id"], add_task(anna)["id"]

    for link_type in (0, 3):
        anna.call(ADD, taskIdFrom=first, taskIdTo=second, linkType=link_type)
    for _ in range(2):
        assert anna.call(DELETE, taskIdFrom=first, taskIdTo=second).result == []

    assert depending_on(anna, first) == []


@assumed("no task waits for itself, not by way of others either")
def test_a_circle_is_refused(anna: Person) -> None:
    first, second, third = (add_task(anna)["id"] for _ in range(3))
    anna.call(ADD, taskIdFrom=first, taskIdTo=second)
    anna.call(ADD, taskIdFrom=second, taskIdTo=third)

    itself = anna.call(ADD, taskIdFrom=first, taskIdTo=first)
    circle = anna.call(ADD, taskIdFrom=third, taskIdTo=first)

    assert (itself.status, itself.error) == (400, "ERROR_ARGUMENT")
    assert (circle.status, circle.error) == (400, "ERROR_ARGUMENT")
    assert depending_on(anna, third) == []


@assumed("flows.md 5.8 names no errors; the classic words for a missing or wrong argument")
@pytest.mark.parametrize("method", [ADD, DELETE])
def test_both_tasks_are_needed(anna: Person, method: str) -> None:
    task_id = add_task(anna)["id"]

    for sent in ({}, {"taskIdFrom": task_id}, {"taskIdTo": task_id}, {"taskIdFrom": "x"}):
        reply = anna.call(method, **sent)
        assert (reply.status, reply.error) == (400, "ERROR_ARGUMENT")
        assert reply.words.endswith("is null or empty")


@assumed("flows.md 5.8: four link types")
@pytest.mark.parametrize("link_type", [-1, 4, 99])
def test_an_unknown_link_type_is_refused(anna: Person, link_type: int) -> None:
    first, second = add_task(anna)["id"], add_task(anna)["id"]

    reply = anna.call(ADD, taskIdFrom=first, taskIdTo=second, linkType=link_type)

    assert (reply.error, depending_on(anna, first)) == ("ERROR_ARGUMENT", [])


@assumed("flows.md 5.9: linking changes both tasks; nobody learns which tasks exist")
def test_who_may_not_change_both_links_none(admin: Person, anna: Person, boris: Person) -> None:
    own, foreign = add_task(boris)["id"], add_task(anna)["id"]
    watched = add_task(anna, AUDITORS=[boris.id])["id"]

    for other in (foreign, watched, 999):
        assert boris.call(ADD, taskIdFrom=own, taskIdTo=other).refusal == DENIED
        assert boris.call(ADD, taskIdFrom=other, taskIdTo=own).refusal == DENIED
        assert boris.call(DELETE, taskIdFrom=own, taskIdTo=other).refusal == DENIED
    assert depending_on(admin, own) == []
