"""`tasks.task.get`. Who may read what: `test_task_rights.py`. flows.md 5.1."""

from __future__ import annotations

import pytest

from tests.portals import Person, PortalInTest
from tests.protocol.tasks.flow.wire import send_form
from tests.protocol.tasks.task.wire import KEYS, NO_ID, WRONG_ID, add_task, change, read
from tests.provenance import assumed, documented, observed


@documented("tasks-task-get")
@pytest.mark.parametrize("select", [None, [], ["*"], [""], ["*", "ID"]], ids=repr)
def test_without_a_choice_everything_is_shown(anna: Person, select: object) -> None:
    task = add_task(anna)

    reply = anna.call("tasks.task.get", taskId=task["id"], select=select)

    shown = reply.result["task"]
    assert [key for key in shown if key != "tags"] == KEYS
    assert shown["tags"] == []


@documented("tasks-task-get")
def test_selected_keys_come_with_what_belongs_to_them(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    group = portal.add_group("Project", anna)
    task = add_task(anna, boris, GROUP_ID=group)

    shown = read(anna, task["id"], "TITLE", "GROUP_ID", "CREATED_BY", "RESPONSIBLE_ID")

    assert list(shown) == [
        "id",
        "title",
        "createdBy",
        "responsibleId",
        "groupId",
        "group",
        "creator",
        "responsible",
        "action",
    ]
    assert (shown["group"]["name"], shown["responsible"]["name"]) == ("Project", "Boris")


@documented("tasks-task-get")
def test_people_come_with_their_data(anna: Person, boris: Person) -> None:
    task = add_task(anna, AUDITORS=[boris.id], ACCOMPLICES=[boris.id])

    shown = read(anna, task["id"], "AUDITORS", "ACCOMPLICES")

    assert list(shown) == [
        "id",
        "auditors",
        "accomplices",
        "accomplicesData",
        "auditorsData",
        "action",
    ]


@assumed("docs write GROUP_ID, answers groupId, and clients copy either")
@pytest.mark.parametrize(
    "name", ["STATUS_CHANGED_DATE", "status_changed_date", "statusChangedDate"]
)
def test_a_key_is_selected_by_either_of_its_names(anna: Person, name: str) -> None:
    task = add_task(anna)

    assert list(read(anna, task["id"], name)) == ["id", "statusChangedDate", "action"]


@assumed("rest-protocol.md 10: unknown names select nothing")
def test_an_unknown_name_selects_nothing(anna: Person) -> None:
    task = add_task(anna)

    assert list(read(anna, task["id"], "NO_SUCH_FIELD", "UF_NOTHING")) == ["id", "action"]


@observed("flows.md 5.1: PHP sends taskId, Python sends id")
def test_a_task_is_found_by_either_name_of_its_id(anna: Person) -> None:
    task_id = add_task(anna)["id"]

    ways = [
        anna.call("tasks.task.get", taskId=task_id),
        anna.call("tasks.task.get", taskId=int(task_id)),
        anna.call("tasks.task.get", id=task_id),
        anna.call("TASKS.TASK.GET", id=f" {task_id}.0"),
        anna.call("tasks.task.get", taskId=task_id, id=999),
        send_form(anna, "tasks.task.get", {"taskId": task_id, "select": ["ID", "TITLE"]}),
    ]

    assert [way.result["task"]["id"] for way in ways] == [task_id] * 6


@documented("tasks-task-get#error-handling")
@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        ({}, NO_ID),
        ({"taskId": None}, NO_ID),
        ({"taskId": ""}, NO_ID),
        ({"taskId": "abc"}, WRONG_ID),
        ({"id": "abc"}, WRONG_ID),
        ({"taskId": []}, WRONG_ID),
        ({"taskId": {"a": 1}}, WRONG_ID),
        ({"taskId": True}, WRONG_ID),
        ({"taskId": 10**30}, WRONG_ID),
    ],
    ids=repr,
)
def test_what_is_no_id_is_refused(
    anna: Person, sent: dict[str, object], refusal: tuple[int, str, str]
) -> None:
    assert anna.call("tasks.task.get", **sent).refusal == refusal


@documented("tasks-task-get#error-handling")
@pytest.mark.parametrize("task_id", [999, 0, -1, "-1", 2**63 - 1, 1], ids=repr)
def test_a_missing_task_is_an_empty_list(admin: Person, anna: Person, task_id: object) -> None:
    add_task(anna)

    reply = admin.call("tasks.task.get", taskId=task_id)

    assert (reply.status, reply.result) == (200, [])


@documented("tasks-task-get#error-handling")
def test_a_foreign_task_is_an_empty_list(anna: Person, boris: Person) -> None:
    task = add_task(anna)

    reply = boris.call("tasks.task.get", taskId=task["id"])

    assert (reply.status, reply.result) == (200, [])


@observed("flows.md 5.1: subordinate, Y if the caller is or outranks the responsible")
def test_subordinate_is_told_of_whom_the_caller_outranks(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    head = portal.add_user("Head")
    team = portal.add_department("Team", head=head.id)
    carla = portal.add_user("Carla", departments=(team,))
    task_id = add_task(anna, carla, AUDITORS=[boris.id])["id"]

    told = {
        person.id: read(person, task_id, "SUBORDINATE") for person in (anna, carla, boris, head)
    }

    assert {user: task["subordinate"] for user, task in told.items()} == {
        anna.id: "N",
        carla.id: "Y",
        boris.id: "N",
        head.id: "Y",
    }


@assumed("flows.md 5.1: a task is new to its people until they read it")
def test_reading_marks_a_task_as_seen(portal: PortalInTest, anna: Person, boris: Person) -> None:
    task_id = add_task(anna, boris)["id"]
    portal.clock.advance(minutes=10)

    first = read(boris, task_id)
    second = read(boris, task_id)

    assert (first["notViewed"], first["viewedDate"]) == ("Y", None)
    assert (second["notViewed"], second["viewedDate"]) == ("N", "2026-01-12T09:40:00+00:00")
    assert read(anna, task_id)["notViewed"] == "N"


@assumed("flows.md 5.1: seen, and then something happened")
def test_what_was_seen_is_seen_again_after_a_change(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    task_id = add_task(anna, boris)["id"]
    read(boris, task_id)
    portal.clock.advance(minutes=10)
    read(boris, task_id)
    unchanged = read(boris, task_id, "VIEWED_DATE")["viewedDate"]
    change(anna, task_id, TITLE="Now!")
    portal.clock.advance(minutes=10)
    read(boris, task_id)

    assert unchanged == "2026-01-12T09:30:00+00:00"
    assert read(boris, task_id, "VIEWED_DATE")["viewedDate"] == "2026-01-12T09:50:00+00:00"


@documented("tasks-task-get")
def test_tags_are_a_map_by_id(anna: Person) -> None:
    task = add_task(anna, TAGS=["urgent", "call"])

    tags = read(anna, task["id"], "TAGS")["tags"]

    assert [tag["title"] for tag in tags.values()] == ["call", "urgent"]
    assert all(isinstance(tag["id"], int) and key == str(tag["id"]) for key, tag in tags.items())


@documented("tasks-task-get")
def test_action_and_rights_are_the_readers_own(anna: Person, boris: Person) -> None:
    task_id = add_task(anna, AUDITORS=[boris.id])["id"]

    assert read(anna, task_id)["action"]["edit"] is True
    assert read(anna, task_id)["checkListCanAdd"] is True
    watched = read(boris, task_id)
    assert [name for name, allowed in watched["action"].items() if allowed] == [
        "create",
        "addFavorite",
        "deleteFavorite",
        "favorite.add",
        "favorite.delete",
    ]
    assert watched["checkListCanAdd"] is False
    assert watched["checkListTree"]["fields"]["userId"] == boris.id
