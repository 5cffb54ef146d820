"""`tasks.task.add` without a flow; with one: `tests/protocol/tasks/intake`. flows.md 5.1, 5.3."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.portals import Person, PortalInTest
from tests.protocol.tasks.flow.wire import send_form
from tests.protocol.tasks.task.wire import (
    ACTIONS,
    DENIED_WITH_SUFFIX,
    KEYS,
    add_task,
    core_error,
    read,
)
from tests.provenance import assumed, documented, observed

NOW = "2026-01-12T09:30:00+00:00"


@documented("tasks-task-add")
def test_the_answer_is_the_whole_task(anna: Person) -> None:
    task = add_task(anna)

    assert list(task) == KEYS
    assert list(task["action"]) == ACTIONS
    assert all(isinstance(allowed, bool) for allowed in task["action"].values())


@documented("tasks-task-add")
def test_what_a_new_task_holds(portal: PortalInTest, anna: Person) -> None:
    task = add_task(anna)

    uuid = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    assert re.fullmatch(rf"\{{{uuid}\}}", task.pop("guid"))
    me = {
        "id": str(anna.id),
        "name": "Anna",
        "link": f"/company/personal/user/{anna.id}/",
        "icon": "/bitrix/images/tasks/default_avatar.png",
        "workPosition": "",
    }
    told = {key: value for key, value in task.items() if key not in ("action", "checkListTree")}
    assert told == {
        "id": "2",
        "parentId": None,
        "title": "Call back",
        "description": "",
        "mark": None,
        "priority": "1",
        "multitask": "N",
        "notViewed": "N",
        "replicate": "N",
        "stageId": "0",
        "sprintId": None,
        "backlogId": None,
        "createdBy": str(anna.id),
        "createdDate": NOW,
        "responsibleId": str(anna.id),
        "changedBy": str(anna.id),
        "changedDate": NOW,
        "statusChangedBy": None,
        "closedBy": None,
        "closedDate": None,
        "activityDate": NOW,
        "dateStart": None,
        "deadline": None,
        "startDatePlan": None,
        "endDatePlan": None,
        "xmlId": None,
        "commentsCount": None,
        "serviceCommentsCount": None,
        "allowChangeDeadline": "N",
        "allowTimeTracking": "N",
        "taskControl": "N",
        "addInReport": "N",
        "forkedByTemplateId": None,
        "timeEstimate": "0",
        "timeSpentInLogs": None,
        "matchWorkTime": "N",
        "forumTopicId": None,
        "forumId": None,
        "siteId": "s1",
        "subordinate": "Y",
        "exchangeModified": None,
        "exchangeId": None,
        "outlookVersion": "1",
        "viewedDate": NOW,
        "sorting": None,
        "durationFact": None,
        "isMuted": "N",
        "isPinned": "N",
        "isPinnedInGroup": "N",
        "flowId": None,
        "descriptionInBbcode": "Y",
        "status": "2",
        "statusChangedDate": NOW,
        "durationPlan": None,
        "durationType": "days",
        "favorite": "N",
        "groupId": "0",
        "auditors": [],
        "accomplices": [],
        "checklist": [],
        "group": [],
        "creator": me,
        "responsible": me,
        "accomplicesData": [],
        "auditorsData": [],
        "newCommentsCount": 0,
        "checkListCanAdd": True,
    }
    assert portal.task(2).title == "Call back"


@documented("tasks-task-add#checkListTree")
def test_a_new_tasks_check_list_is_an_empty_tree(anna: Person) -> None:
    tree = add_task(anna)["checkListTree"]

    assert list(tree) == ["nodeId", "fields", "action", "descendants"]
    assert (tree["nodeId"], tree["action"], tree["descendants"]) == (0, [], [])
    fields = tree["fields"]
    assert (fields["userId"], fields["completedCount"]) == (anna.id, 0)
    assert (fields["isComplete"], fields["members"], fields["attachments"]) == (False, [], [])


@documented("tasks-task-add")
def test_every_field_is_kept(portal: PortalInTest, anna: Person, boris: Person) -> None:
    group = portal.add_group("Project", anna)
    parent = add_task(anna)
    fields = {
        "DESCRIPTION": "[b]soon[/b]",
        "PRIORITY": "2",
        "MARK": "P",
        "GROUP_ID": group,
        "STAGE_ID": 7,
        "PARENT_ID": parent["id"],
        "DEADLINE": "2026-02-01T12:00:00+03:00",
        "START_DATE_PLAN": "2026-01-20T10:00:00+00:00",
        "END_DATE_PLAN": "2026-01-21T10:00:00+00:00",
        "ACCOMPLICES": [boris.id],
        "AUDITORS": [str(boris.id), anna.id],
        "ALLOW_CHANGE_DEADLINE": "Y",
        "ALLOW_TIME_TRACKING": True,
        "TASK_CONTROL": 1,
        "ADD_IN_REPORT": "y",
        "MATCH_WORK_TIME": "Y",
        "TIME_ESTIMATE": 3600,
        "DURATION_PLAN": 3,
        "DURATION_TYPE": "hours",
        "XML_ID": "crm-17",
        "SITE_ID": "s2",
    }
    task = add_task(anna, **fields)

    expected = {
        "description": "[b]soon[/b]",
        "priority": "2",
        "mark": "P",
        "groupId": str(group),
        "stageId": "7",
        "parentId": parent["id"],
        "deadline": "2026-02-01T09:00:00+00:00",
        "startDatePlan": "2026-01-20T10:00:00+00:00",
        "endDatePlan": "2026-01-21T10:00:00+00:00",
        "accomplices": [str(boris.id)],
        "auditors": [str(anna.id), str(boris.id)],
        "allowChangeDeadline": "Y",
        "allowTimeTracking": "Y",
        "taskControl": "Y",
        "addInReport": "Y",
        "matchWorkTime": "Y",
        "timeEstimate": "3600",
        "durationPlan": "3",
        "durationType": "hours",
        "xmlId": "crm-17",
        "siteId": "s2",
    }
    assert {key: task[key] for key in expected} == expected
    assert {key: read(anna, task["id"])[key] for key in expected} == expected


@documented("tasks-task-add")
def test_the_group_and_the_people_are_shown(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    group = portal.add_group("Project", anna, [boris], opened=True)
    task = add_task(anna, GROUP_ID=group, ACCOMPLICES=[boris.id], AUDITORS=[boris.id])

    assert task["group"] == {
        "id": str(group),
        "name": "Project",
        "opened": True,
        "membersCount": 2,
        "image": "",
        "additionalData": [],
    }
    assert list(task["accomplicesData"]) == list(task["auditorsData"]) == [str(boris.id)]
    assert task["auditorsData"][str(boris.id)]["name"] == "Boris"


@observed("flows.md 5.3 step 7: the first kanban column of the group")
def test_a_task_starts_in_the_first_column(portal: PortalInTest, anna: Person) -> None:
    made = anna.call(
        "tasks.flow.Flow.create",
        flowData={
            "name": "Intake",
            "plannedCompletionTime": 7200,
            "distributionType": "queue",
            "responsibleList": [["user", anna.id]],
        },
    ).result

    task = add_task(anna, GROUP_ID=made["groupId"])

    first = portal.in_store(lambda store: store.groups.first_stage(made["groupId"]))
    assert task["stageId"] == str(first) != "0"


@observed("rest-protocol.md 2.2: a form is as good as JSON")
def test_a_form_adds_as_json_does(anna: Person, boris: Person) -> None:
    reply = send_form(
        anna,
        "tasks.task.add",
        {
            "fields": {
                "TITLE": "Приём & ответ",
                "RESPONSIBLE_ID": boris.id,
                "AUDITORS": [anna.id],
                "TASK_CONTROL": "Y",
                "DEADLINE": "2026-02-01T12:00:00+00:00",
                "TAGS": ["one", "two"],
            }
        },
    )

    task = reply.result["task"]
    assert (task["title"], task["responsibleId"]) == ("Приём & ответ", str(boris.id))
    assert (task["auditors"], task["taskControl"]) == ([str(anna.id)], "Y")
    assert task["deadline"] == "2026-02-01T12:00:00+00:00"
    tags = read(anna, task["id"], "TAGS")["tags"]
    assert [tag["title"] for tag in tags.values()] == ["one", "two"]


@assumed("flows.md 2.0: names count in any case, because SDKs do not agree on one")
def test_field_names_count_in_any_case(anna: Person) -> None:
    reply = anna.call("tasks.task.add", fields={"title": "Lower", "Responsible_Id": str(anna.id)})

    assert reply.result["task"]["title"] == "Lower"


@documented("tasks-task-add#error-handling")
@pytest.mark.parametrize("sent", [{}, {"fields": None}, {"fields": []}, {"fields": {}}], ids=repr)
def test_fields_are_needed(anna: Person, sent: dict[str, Any]) -> None:
    assert anna.call("tasks.task.add", **sent).refusal == (
        400,
        "100",
        "Could not find value for parameter {fields} (internal error)",
    )


@documented("tasks-task-add#error-handling")
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"TITLE": ""}, "Title not specified"),
        ({"TITLE": "  "}, "Title not specified"),
        ({"TITLE": None}, "Title not specified"),
        ({"TITLE": []}, "Title not specified"),
        ({"RESPONSIBLE_ID": None}, "Responsible not specified"),
        ({"RESPONSIBLE_ID": ""}, "Responsible not specified"),
        ({"RESPONSIBLE_ID": 0}, "Responsible not specified"),
        ({"RESPONSIBLE_ID": "somebody"}, "Responsible not specified"),
        ({"RESPONSIBLE_ID": 999}, "The user in the Responsible field was not found"),
        ({"RESPONSIBLE_ID": -1}, "The user in the Responsible field was not found"),
        ({"STATUS": 7}, "Incorrect status"),
        ({"STATUS": -1}, "Incorrect status"),
        ({"PRIORITY": 3}, "Incorrect priority"),
        ({"PARENT_ID": 999}, "The parent task was not found"),
        ({"PARENT_ID": -5}, "The parent task was not found"),
        (
            {"START_DATE_PLAN": "2026-02-02", "END_DATE_PLAN": "2026-02-01"},
            "The end date is earlier than the start date",
        ),
        ({"TIME_ESTIMATE": 2**31}, "The planned duration is too long"),
        ({"TIME_ESTIMATE": -1}, "The planned duration is too long"),
        ({"DEADLINE": "tomorrow-ish"}, "Incorrect date in DEADLINE"),
        ({"DEADLINE": ["2026-02-01"]}, "Incorrect date in DEADLINE"),
        ({"AUDITORS": [999]}, "User 999 was not found"),
        ({"ACCOMPLICES": [999]}, "User 999 was not found"),
        ({"CREATED_BY": 999}, "User 999 was not found"),
        ({"GROUP_ID": 999}, "The group was not found"),
    ],
    ids=repr,
)
def test_what_cannot_be_is_refused(
    portal: PortalInTest, admin: Person, fields: dict[str, Any], words: str
) -> None:
    reply = admin.call("tasks.task.add", fields={"TITLE": "T", "RESPONSIBLE_ID": 1, **fields})

    assert reply.refusal == core_error(words)
    assert admin.call("tasks.task.list").total == 0


@assumed("flows.md 2.9: 1 is pending under another name")
def test_status_new_is_pending(anna: Person) -> None:
    assert add_task(anna, STATUS=1)["status"] == "2"


@observed("flows.md 5.3: a status of one's own choice, with its marks")
def test_a_task_may_begin_completed(anna: Person) -> None:
    task = add_task(anna, STATUS=5)

    assert (task["status"], task["closedBy"], task["closedDate"]) == ("5", str(anna.id), NOW)


@observed("flows.md 5.3 step 7: a flow's task is inserted with status 2")
def test_a_flows_task_begins_pending(portal: PortalInTest, anna: Person) -> None:
    flow = portal.add_flow("Intake", anna)

    reply = anna.call("tasks.task.add", fields={"TITLE": "T", "FLOW_ID": flow.id, "STATUS": 5})

    assert reply.result["task"]["status"] == "2"


@observed("flows.md 5.3: 0 and nothing are no flow and no parent")
@pytest.mark.parametrize("nothing", [0, "0", "", None], ids=repr)
def test_nothing_is_no_reference(anna: Person, nothing: object) -> None:
    task = add_task(anna, FLOW_ID=nothing, PARENT_ID=nothing, DEADLINE=nothing)

    assert (task["flowId"], task["parentId"], task["deadline"]) == (None, None, None)


@assumed("flows.md 5.3: CREATED_BY within rights, and that is an administrator's")
def test_only_an_administrator_adds_in_anothers_name(
    admin: Person, anna: Person, boris: Person
) -> None:
    task = add_task(admin, anna, CREATED_BY=boris.id)
    refused = anna.call(
        "tasks.task.add",
        fields={"TITLE": "T", "RESPONSIBLE_ID": anna.id, "CREATED_BY": boris.id},
    )

    assert (task["createdBy"], task["changedBy"]) == (str(boris.id), "1")
    assert refused.refusal == DENIED_WITH_SUFFIX


@observed("flows.md 4, last rule: the group's right to create tasks")
def test_a_group_takes_tasks_of_its_members(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    group = portal.add_group("Project", anna)
    fields = {"TITLE": "T", "RESPONSIBLE_ID": boris.id, "GROUP_ID": group}

    assert boris.call("tasks.task.add", fields=fields).refusal == DENIED_WITH_SUFFIX
    portal.admin.call("sonet_group.user.add", GROUP_ID=group, USER_ID=boris.id)
    assert boris.call("tasks.task.add", fields=fields).status == 200


@assumed("flows.md 11.4: who only asks to be let in is no member yet")
def test_a_request_to_join_opens_no_group(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    group = portal.add_group("Project", anna)
    boris.call("sonet_group.user.request", GROUP_ID=group, MESSAGE="Let me in")
    fields = {"TITLE": "T", "RESPONSIBLE_ID": boris.id, "GROUP_ID": group}

    assert boris.call("tasks.task.add", fields=fields).refusal == DENIED_WITH_SUFFIX


@assumed("settled 2: which groups exist is not for strangers")
def test_a_group_that_is_not_there_is_refused_like_a_foreign_one(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    group = portal.add_group("Project", anna)

    refusals = {
        boris.call(
            "tasks.task.add",
            fields={"TITLE": "T", "RESPONSIBLE_ID": boris.id, "GROUP_ID": group_id},
        ).refusal
        for group_id in (group, 999)
    }

    assert refusals == {DENIED_WITH_SUFFIX}


@assumed("flows.md 5.9: a parent that the caller may not read is not told from a missing one")
def test_a_foreign_parent_is_no_parent(anna: Person, boris: Person) -> None:
    parent = add_task(anna)

    reply = boris.call(
        "tasks.task.add",
        fields={"TITLE": "T", "RESPONSIBLE_ID": boris.id, "PARENT_ID": parent["id"]},
    )

    assert reply.refusal == core_error("The parent task was not found")


@observed("flows.md 12.1, TaskTest::testAdd, testCountByFilter")
def test_each_added_task_raises_the_total_by_one(admin: Person, anna: Person) -> None:
    before = admin.call("tasks.task.list", filter=[]).total

    task = add_task(anna)

    assert int(task["id"]) > 1
    assert before is not None
    assert admin.call("tasks.task.list", filter=[]).total == before + 1


@assumed("one task, one tag of a name; names are compared as everywhere")
def test_tags_are_kept_once(anna: Person) -> None:
    task = add_task(anna, TAGS=["b", " a ", "A", "", "b"])
    listed = add_task(anna, TAGS="x, y,x")

    titles = [
        [tag["title"] for tag in read(anna, one["id"], "TAGS")["tags"].values()]
        for one in (task, listed)
    ]
    assert [len(names) for names in titles] == [2, 2]
    assert titles[1] == ["x", "y"]
