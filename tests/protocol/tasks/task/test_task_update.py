"""`tasks.task.update` of tasks without a flow; with one: `tests/protocol/tasks/intake`. 5.4."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portals import Person, PortalInTest
from tests.protocol.tasks.flow.wire import send_form
from tests.protocol.tasks.task.wire import (
    DENIED_WITH_SUFFIX,
    KEYS,
    WRONG_ID,
    add_task,
    boss_of,
    change,
    core_error,
    read,
)
from tests.provenance import assumed, documented, observed


@observed("flows.md 12.1, TaskTest::testUpdate")
def test_a_title_is_changed(portal: PortalInTest, anna: Person) -> None:
    task = add_task(anna)
    portal.clock.advance(hours=1)

    changed = change(anna, task["id"], TITLE="Call again")

    assert list(changed) == KEYS
    differing = {key: changed[key] for key in KEYS if changed[key] != task[key]}
    assert differing == {
        "title": "Call again",
        "changedDate": "2026-01-12T10:30:00+00:00",
        "activityDate": "2026-01-12T10:30:00+00:00",
        "closedBy": "0",
        "outlookVersion": "2",
    }
    assert read(anna, task["id"], "TITLE")["title"] == "Call again"


@assumed("flows.md 5.1: outlookVersion +1 per change, and nothing changed")
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"TITLE": "Call back"},
        {"NO_SUCH_FIELD": 1},
        {"STATUS": 2},
        {"TAGS": ["two", "one"], "AUDITORS": [3, 2]},
        {"FLOW_ID": 0, "GROUP_ID": 0},
    ],
    ids=repr,
)
def test_what_is_as_before_is_no_change(
    anna: Person, boris: Person, fields: dict[str, object]
) -> None:
    task = add_task(anna, TAGS=["one", "two"], AUDITORS=[anna.id, boris.id])

    changed = change(anna, task["id"], **fields)

    assert changed["outlookVersion"] == "1"


@documented("tasks-task-update")
def test_people_and_tags_are_replaced_and_cleared(anna: Person, boris: Person) -> None:
    task_id = add_task(anna, AUDITORS=[boris.id], ACCOMPLICES=[boris.id], TAGS=["x"])["id"]

    change(anna, task_id, AUDITORS=[anna.id], ACCOMPLICES=[], TAGS=["y", "z"])

    task = read(anna, task_id)
    assert (task["auditors"], task["accomplices"]) == ([str(anna.id)], [])
    assert [tag["title"] for tag in task["tags"].values()] == ["y", "z"]


@observed("rest-protocol.md 11.5: py-sdk sends an empty container as one empty string")
@pytest.mark.parametrize("empty", [[], [""], "", None], ids=repr)
def test_a_list_is_emptied(anna: Person, boris: Person, empty: object) -> None:
    task_id = add_task(anna, AUDITORS=[boris.id], TAGS=["x"])["id"]

    change(anna, task_id, AUDITORS=empty, TAGS=empty)

    task = read(anna, task_id)
    assert (task["auditors"], task["tags"]) == ([], [])


@documented("tasks-task-update")
def test_a_form_changes_as_json_does(anna: Person) -> None:
    task_id = add_task(anna)["id"]

    reply = send_form(
        anna, "tasks.task.update", {"id": task_id, "fields": {"PRIORITY": 2, "MARK": "N"}}
    )

    assert (reply.result["task"]["priority"], reply.result["task"]["mark"]) == ("2", "N")


@documented("tasks-task-update")
@pytest.mark.parametrize(
    ("field", "key", "value", "empty"),
    [
        ("DEADLINE", "deadline", "2026-03-01T10:00:00+00:00", None),
        ("START_DATE_PLAN", "startDatePlan", "2026-03-01T10:00:00+00:00", None),
        ("MARK", "mark", "P", None),
        ("XML_ID", "xmlId", "x", None),
        ("DESCRIPTION", "description", "x", ""),
        ("DURATION_PLAN", "durationPlan", "5", None),
    ],
)
def test_a_field_is_set_and_cleared(
    anna: Person, field: str, key: str, value: str, empty: object
) -> None:
    task_id = add_task(anna)["id"]

    was_set = change(anna, task_id, **{field: value})
    cleared = change(anna, task_id, **{field: ""})

    assert (was_set[key], cleared[key]) == (value, empty)


@documented("tasks-task-update#error-handling")
@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        ({"taskId": "abc", "fields": {"TITLE": "x"}}, WRONG_ID),
        (
            {"fields": {"TITLE": "x"}},
            (
                400,
                "100",
                "CTaskItem All parameters in the constructor must have real class type"
                " (internal error)",
            ),
        ),
        (
            {"taskId": 2},
            (400, "100", "Could not find value for parameter {fields} (internal error)"),
        ),
        ({"taskId": 999, "fields": {"TITLE": "x"}}, DENIED_WITH_SUFFIX),
        ({"taskId": 2, "fields": {"TITLE": ""}}, core_error("Title not specified")),
        ({"taskId": 2, "fields": {"STATUS": 9}}, core_error("Incorrect status")),
        (
            {"taskId": 2, "fields": {"RESPONSIBLE_ID": 999}},
            core_error("The user in the Responsible field was not found"),
        ),
        (
            {"taskId": 2, "fields": {"RESPONSIBLE_ID": 0}},
            core_error("The user in the Responsible field was not found"),
        ),
        ({"taskId": 2, "fields": {"GROUP_ID": 999}}, core_error("The group was not found")),
        (
            {"taskId": 2, "fields": {"PARENT_ID": 2}},
            core_error("Cannot bind the node to itself"),
        ),
        (
            {"taskId": 2, "fields": {"END_DATE_PLAN": "2026-01-01"}},
            core_error("The end date is earlier than the start date"),
        ),
    ],
    ids=repr,
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    admin: Person, sent: dict[str, Any], refusal: tuple[int, str, str]
) -> None:
    task = add_task(admin, START_DATE_PLAN="2026-02-01")

    reply = admin.call("tasks.task.update", **sent)

    assert reply.refusal == refusal
    assert read(admin, "2")["changedDate"] == task["changedDate"]
    assert read(admin, "2")["outlookVersion"] == "1"


@documented("tasks-task-update#error-handling")
def test_a_task_does_not_become_its_own_descendant(anna: Person) -> None:
    top = add_task(anna)["id"]
    middle = add_task(anna, PARENT_ID=top)["id"]
    bottom = add_task(anna, PARENT_ID=middle)["id"]

    reply = anna.call("tasks.task.update", taskId=top, fields={"PARENT_ID": bottom})

    assert reply.refusal == core_error("Cannot bind the node to its own descendant")
    assert change(anna, bottom, PARENT_ID=top)["parentId"] == top
    assert change(anna, bottom, PARENT_ID=0)["parentId"] is None


@observed("flows.md 5.9: nobody learns which tasks exist")
def test_a_stranger_is_told_what_a_missing_task_is_told(anna: Person, boris: Person) -> None:
    task_id = add_task(anna)["id"]

    replies = [
        boris.call("tasks.task.update", taskId=number, fields={"TITLE": "Mine"})
        for number in (task_id, 999)
    ]

    assert [reply.refusal for reply in replies] == [DENIED_WITH_SUFFIX] * 2
    assert read(anna, task_id)["title"] == "Call back"


def _may(person: Person, task_id: str, field: str, value: object) -> bool:
    reply = person.call("tasks.task.update", taskId=task_id, fields={field: value})
    assert reply.status == 200 or reply.refusal == DENIED_WITH_SUFFIX, reply.text
    return reply.status == 200


@observed("flows.md 4, 5.4, 5.9: who may change what")
@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("TITLE", "New", "admin director editor"),
        ("DESCRIPTION", "New", "admin director editor"),
        ("GROUP_ID", 0, "admin director editor"),
        ("ACCOMPLICES", [], "admin director editor"),
        ("TASK_CONTROL", "Y", "admin director editor"),
        ("DEADLINE", "2026-03-01", "admin director editor"),
        ("CREATED_BY", 1, "admin director"),
        ("RESPONSIBLE_ID", 1, "admin director editor responsible"),
        ("STATUS", 3, "admin director editor responsible accomplice superior"),
        ("STATUS", 6, "admin director editor responsible accomplice"),
        ("STATUS", 5, "admin director editor responsible accomplice superior"),
    ],
)
def test_who_may_change_what(
    portal: PortalInTest, admin: Person, field: str, value: object, allowed: str
) -> None:
    people = {"admin": admin}
    for name in ("director", "responsible", "accomplice", "auditor", "editor", "member"):
        people[name] = portal.add_user(name.title())
    people["superior"] = boss_of(portal, people["responsible"])
    people["stranger"] = portal.add_user("Stranger")
    group = portal.add_group("Project", admin, [people["director"], people["member"]])
    admin.call("sonet_group.user.add", GROUP_ID=group, USER_ID=people["editor"].id)
    admin.call("sonet_group.user.update", GROUP_ID=group, USER_ID=people["editor"].id, ROLE="E")

    may = []
    for name, person in people.items():
        task = add_task(
            people["director"],
            people["responsible"],
            GROUP_ID=group,
            ACCOMPLICES=[people["accomplice"].id],
            AUDITORS=[people["auditor"].id],
        )
        if _may(person, task["id"], field, value):
            may.append(name)

    assert sorted(may) == sorted(allowed.split())


@observed("flows.md 5.4: DEADLINE, allowed per ALLOW_CHANGE_DEADLINE")
def test_the_responsible_moves_a_deadline_that_may_be_moved(anna: Person, boris: Person) -> None:
    fixed = add_task(anna, boris)["id"]
    free = add_task(anna, boris, ALLOW_CHANGE_DEADLINE="Y")["id"]

    assert _may(boris, fixed, "DEADLINE", "2026-03-01") is False
    assert _may(boris, free, "DEADLINE", "2026-03-01") is True


@observed("flows.md 5.4: STATUS, accepted like the status methods")
def test_a_status_is_set_with_its_marks(portal: PortalInTest, anna: Person) -> None:
    task_id = add_task(anna)["id"]

    started = change(anna, task_id, STATUS=3)
    completed = change(anna, task_id, STATUS="5")
    renewed = change(anna, task_id, STATUS=2)

    assert (started["status"], started["dateStart"]) == ("3", "2026-01-12T09:30:00+00:00")
    assert (completed["status"], completed["closedBy"]) == ("5", str(anna.id))
    assert completed["closedDate"] == completed["statusChangedDate"]
    assert (renewed["status"], renewed["closedBy"], renewed["closedDate"]) == ("2", "0", None)


@observed("flows.md 5.4, 5.5: completing under task control asks for review, however it is done")
def test_a_status_that_is_set_does_not_evade_review(anna: Person, boris: Person) -> None:
    task_id = add_task(anna, boris, TASK_CONTROL="Y")["id"]

    assert change(boris, task_id, STATUS=5)["status"] == "4"
    assert _may(boris, task_id, "STATUS", 5) is False
    assert change(anna, task_id, STATUS=5)["status"] == "5"


@assumed("flows.md 5.4: no way leads from completed to in progress but over renewed")
def test_the_responsible_sets_no_status_that_no_method_leads_to(
    anna: Person, boris: Person
) -> None:
    task_id = add_task(anna, boris, STATUS=5)["id"]

    assert _may(boris, task_id, "STATUS", 3) is False
    assert _may(boris, task_id, "STATUS", 2) is True


@assumed("flows.md 4, last rule: moving into a group is adding to it")
def test_a_task_is_not_moved_into_a_foreign_group(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    task_id = add_task(anna)["id"]
    foreign = portal.add_group("Foreign", boris)
    own = portal.add_group("Own", anna)

    assert _may(anna, task_id, "GROUP_ID", foreign) is False
    assert change(anna, task_id, GROUP_ID=own)["groupId"] == str(own)
    assert change(anna, task_id, GROUP_ID=0)["groupId"] == "0"


@observed("flows.md 5.3 step 7: a column is the group's own")
def test_a_moved_task_is_in_the_first_column_of_its_new_group(
    portal: PortalInTest, admin: Person
) -> None:
    made = admin.call(
        "tasks.flow.Flow.create",
        flowData={
            "name": "Intake",
            "plannedCompletionTime": 7200,
            "distributionType": "queue",
            "responsibleList": [["user", 1]],
        },
    ).result
    task_id = add_task(admin)["id"]

    moved = change(admin, task_id, GROUP_ID=made["groupId"])

    first = portal.in_store(lambda store: store.groups.first_stage(made["groupId"]))
    assert moved["stageId"] == str(first) != "0"
