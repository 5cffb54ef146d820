"""`tasks.task.history.list`. flows.md 5.8."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portals import Person, PortalInTest
from tests.protocol.tasks.task.wire import WRONG_ID, add_task, change
from tests.provenance import assumed, documented, observed

METHOD = "tasks.task.history.list"
DENIED = (400, "0", "Access denied. (internal error)")


def told(person: Person, task_id: str, **more: Any) -> list[tuple[str, str | None, str | None]]:
    """Return a task's history as fields with their values before and after."""
    entries = person.call(METHOD, taskId=task_id, **more).result["list"]
    return [(entry["field"], entry["value"]["from"], entry["value"]["to"]) for entry in entries]


@documented("tasks-task-history-list")
def test_the_first_entry_is_the_task_itself(anna: Person) -> None:
    task_id = add_task(anna)["id"]

    (entry,) = anna.call(METHOD, id=task_id).result["list"]

    assert list(entry) == ["id", "createdDate", "field", "value", "user"]
    assert isinstance(entry["id"], int)
    assert entry["createdDate"] == "2026-01-12T09:30:00+00:00"
    assert (entry["field"], entry["value"]) == ("NEW", {"from": None, "to": None})
    assert entry["user"] == {
        "id": anna.id,
        "name": "Anna",
        "lastName": "",
        "secondName": "",
        "login": "anna@example.com",
    }


@documented("tasks-task-history-list")
def test_each_changed_field_is_an_entry(anna: Person, boris: Person) -> None:
    task_id = add_task(anna)["id"]

    change(anna, task_id, TITLE="New", PRIORITY=2, AUDITORS=[boris.id], TAGS=["b", "a"])
    change(anna, task_id, DEADLINE="2026-01-12T12:00:00+00:00", RESPONSIBLE_ID=boris.id)
    boris.call("tasks.task.start", taskId=task_id)

    assert told(anna, task_id) == [
        ("NEW", None, None),
        ("TITLE", "Call back", "New"),
        ("PRIORITY", "1", "2"),
        ("AUDITORS", "", str(boris.id)),
        ("TAGS", "", "a,b"),
        ("RESPONSIBLE_ID", str(anna.id), str(boris.id)),
        ("DEADLINE", None, "1768219200"),
        ("STATUS", "2", "3"),
    ]


@observed("flows.md 5.5: a delegation changes who, and who watches")
def test_a_delegation_is_told(anna: Person, boris: Person) -> None:
    task_id = add_task(anna)["id"]

    anna.call("tasks.task.delegate", taskId=task_id, userId=boris.id)

    assert told(anna, task_id)[1:] == [
        ("RESPONSIBLE_ID", str(anna.id), str(boris.id)),
        ("AUDITORS", "", str(anna.id)),
    ]


@assumed("flows.md 5.8: no entry for what did not change, or belongs to one person alone")
def test_what_is_no_change_is_no_entry(anna: Person) -> None:
    task_id = add_task(anna)["id"]

    change(anna, task_id, TITLE="Call back")
    anna.call("tasks.task.mute", id=task_id)
    anna.call("tasks.task.get", taskId=task_id)

    assert told(anna, task_id) == [("NEW", None, None)]


@documented("tasks-task-history-list")
def test_history_is_filtered_and_turned_around(anna: Person) -> None:
    task_id = add_task(anna)["id"]
    change(anna, task_id, TITLE="Two")
    change(anna, task_id, TITLE="Three", PRIORITY=0)

    titles = [("TITLE", "Call back", "Two"), ("TITLE", "Two", "Three")]
    assert told(anna, task_id, filter={"FIELD": "TITLE"}) == titles
    assert told(anna, task_id, filter={"field": "TITLE"}, order={"ID": "desc"}) == titles[::-1]
    assert told(anna, task_id, order={"ID": "ASC"})[0] == ("NEW", None, None)
    assert len(told(anna, task_id, filter=[])) == 4


@documented("tasks-task-history-list#error-handling")
def test_a_missing_task_has_an_empty_history(admin: Person) -> None:
    assert admin.call(METHOD, taskId=999).result == {"list": []}
    assert admin.call(METHOD, taskId="x").refusal == WRONG_ID


@assumed("documented: access denied; and nobody but an administrator learns which tasks exist")
def test_a_stranger_learns_nothing(anna: Person, boris: Person) -> None:
    task_id = add_task(anna)["id"]

    assert boris.call(METHOD, taskId=task_id).refusal == DENIED
    assert boris.call(METHOD, taskId=999).refusal == DENIED


@pytest.mark.parametrize("method", ["tasks.task.update", "tasks.task.complete"])
@assumed("what was refused did not happen")
def test_a_refused_change_is_no_entry(anna: Person, boris: Person, method: str) -> None:
    task_id = add_task(anna, AUDITORS=[boris.id])["id"]

    boris.call(method, taskId=task_id, fields={"TITLE": "Mine"})

    assert told(anna, task_id) == [("NEW", None, None)]


@assumed("a person's name is as it is now")
def test_who_changed_it_is_told_in_order(portal: PortalInTest, anna: Person, boris: Person) -> None:
    task_id = add_task(anna, boris)["id"]
    boris.call("tasks.task.start", taskId=task_id)
    portal.clock.advance(hours=2)
    portal.admin.call("tasks.task.complete", taskId=task_id)

    entries = anna.call(METHOD, taskId=task_id).result["list"]

    assert [entry["user"]["id"] for entry in entries] == [anna.id, boris.id, 1]
    assert entries[2]["createdDate"] == "2026-01-12T11:30:00+00:00"
    assert [entry["id"] for entry in entries] == sorted(entry["id"] for entry in entries)
