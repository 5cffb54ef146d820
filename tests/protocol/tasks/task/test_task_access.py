"""`tasks.task.getAccess`: the action map under its other names. flows.md 5.2, 5.8."""

from __future__ import annotations

import pytest

from tests.portals import Person, PortalInTest
from tests.protocol.tasks.flow.wire import send_form
from tests.protocol.tasks.task.wire import DENIED, NO_ID, WRONG_ID, add_task, read
from tests.provenance import assumed, documented, observed

UPPER = (
    "ACCEPT DECLINE COMPLETE APPROVE DISAPPROVE START PAUSE DELEGATE REMOVE EDIT DEFER RENEW CREATE"
    " CHANGE_DEADLINE CHECKLIST_ADD_ITEMS ADD_FAVORITE DELETE_FAVORITE RATE TAKE EDIT.ORIGINATOR"
    " CHECKLIST.REORDER ELAPSEDTIME.ADD DAYPLAN.TIMER.TOGGLE EDIT.PLAN CHECKLIST.ADD FAVORITE.ADD"
    " FAVORITE.DELETE"
).split()


@documented("tasks-task-getaccess")
def test_without_users_it_is_the_callers_own(anna: Person) -> None:
    task_id = add_task(anna)["id"]

    allowed = anna.call("tasks.task.getAccess", taskId=task_id).result["allowedActions"]

    assert list(allowed) == [str(anna.id)]
    assert list(allowed[str(anna.id)]) == UPPER
    assert list(allowed[str(anna.id)].values()) == list(read(anna, task_id)["action"].values())


@documented("tasks-task-getaccess")
def test_each_user_is_told_of_as_they_themselves_would_be(
    portal: PortalInTest, anna: Person, boris: Person, guest: Person
) -> None:
    task_id = add_task(anna, boris, AUDITORS=[guest.id])["id"]

    reply = anna.call(
        "tasks.task.getaccess", id=task_id, users=[boris.id, str(guest.id), anna.id, boris.id]
    )

    allowed = reply.result["allowedActions"]
    assert list(allowed) == [str(person.id) for person in (boris, guest, anna)]
    for person in (boris, guest, anna):
        own = read(person, task_id)["action"]
        assert list(allowed[str(person.id)].values()) == list(own.values())


@observed("flows.md 12.1, TaskTest::testGetAccess: keyed by user id")
def test_a_form_asks_as_json_does(admin: Person) -> None:
    task_id = add_task(admin)["id"]

    reply = send_form(admin, "tasks.task.getaccess", {"taskId": task_id, "users": [1]})

    assert list(reply.result["allowedActions"]) == ["1"]


@assumed("who is nobody, or has left, may do nothing and is not told of")
def test_nobody_is_left_out(portal: PortalInTest, admin: Person) -> None:
    task_id = add_task(admin)["id"]
    gone = portal.add_user("Gone", active=False)

    reply = admin.call("tasks.task.getAccess", taskId=task_id, users=[999, gone.id, "x", 1, -1])

    assert list(reply.result["allowedActions"]) == ["1"]


@assumed("a stranger may do nothing with the task but make a new one")
def test_a_stranger_may_do_nothing(anna: Person, boris: Person) -> None:
    task_id = add_task(anna)["id"]

    reply = anna.call("tasks.task.getAccess", taskId=task_id, users=[boris.id])

    allowed = reply.result["allowedActions"][str(boris.id)]
    assert [name for name in UPPER if allowed[name]] == ["CREATE"]


@documented("tasks-task-getaccess#error-handling")
@pytest.mark.parametrize(
    ("sent", "refusal"),
    [({"taskId": 2}, DENIED), ({"taskId": 999}, DENIED), ({"taskId": "x"}, WRONG_ID), ({}, NO_ID)],
    ids=repr,
)
def test_how_it_refuses(
    anna: Person, boris: Person, sent: dict[str, object], refusal: tuple[int, str, str]
) -> None:
    assert add_task(anna)["id"] == "2"

    assert boris.call("tasks.task.getAccess", **sent).refusal == refusal
