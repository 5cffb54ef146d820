"""`tasks.task.getFields`. flows.md 5.8; 12.1, TaskTest::testAllSystemFields..."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portals import Person
from tests.provenance import documented, observed

TYPES = {
    "integer": (
        "ID PARENT_ID GROUP_ID STAGE_ID SPRINT_ID BACKLOG_ID CREATED_BY RESPONSIBLE_ID CHANGED_BY"
        " STATUS_CHANGED_BY CLOSED_BY COMMENTS_COUNT SERVICE_COMMENTS_COUNT NEW_COMMENTS_COUNT"
        " TIME_ESTIMATE TIME_SPENT_IN_LOGS MATCH_WORK_TIME FORUM_TOPIC_ID FORUM_ID EXCHANGE_ID"
        " OUTLOOK_VERSION DURATION_PLAN DURATION_FACT FLOW_ID"
    ),
    "string": "TITLE DESCRIPTION GUID XML_ID SITE_ID",
    "enum": (
        "MARK PRIORITY STATUS MULTITASK NOT_VIEWED REPLICATE ALLOW_CHANGE_DEADLINE"
        " ALLOW_TIME_TRACKING TASK_CONTROL ADD_IN_REPORT FORKED_BY_TEMPLATE_ID SUBORDINATE FAVORITE"
        " DURATION_TYPE IS_MUTED IS_PINNED IS_PINNED_IN_GROUP"
    ),
    "array": "ACCOMPLICES AUDITORS CHECKLIST",
    "datetime": (
        "CREATED_DATE CHANGED_DATE STATUS_CHANGED_DATE CLOSED_DATE ACTIVITY_DATE DATE_START"
        " DEADLINE START_DATE_PLAN END_DATE_PLAN EXCHANGE_MODIFIED VIEWED_DATE"
    ),
    "double": "SORTING",
    "crm": "UF_CRM_TASK",
    "disk_file": "UF_TASK_WEBDAV_FILES",
    "mail_message": "UF_MAIL_MESSAGE",
}
ORDER = (
    "ID PARENT_ID TITLE DESCRIPTION MARK PRIORITY STATUS MULTITASK NOT_VIEWED REPLICATE GROUP_ID"
    " STAGE_ID SPRINT_ID BACKLOG_ID CREATED_BY CREATED_DATE RESPONSIBLE_ID ACCOMPLICES AUDITORS"
    " CHANGED_BY CHANGED_DATE STATUS_CHANGED_BY STATUS_CHANGED_DATE CLOSED_BY CLOSED_DATE"
    " ACTIVITY_DATE DATE_START DEADLINE START_DATE_PLAN END_DATE_PLAN GUID XML_ID COMMENTS_COUNT"
    " SERVICE_COMMENTS_COUNT NEW_COMMENTS_COUNT ALLOW_CHANGE_DEADLINE ALLOW_TIME_TRACKING"
    " TASK_CONTROL ADD_IN_REPORT FORKED_BY_TEMPLATE_ID TIME_ESTIMATE TIME_SPENT_IN_LOGS"
    " MATCH_WORK_TIME FORUM_TOPIC_ID FORUM_ID SITE_ID SUBORDINATE FAVORITE EXCHANGE_MODIFIED"
    " EXCHANGE_ID OUTLOOK_VERSION VIEWED_DATE SORTING DURATION_PLAN DURATION_FACT CHECKLIST"
    " DURATION_TYPE IS_MUTED IS_PINNED IS_PINNED_IN_GROUP FLOW_ID UF_CRM_TASK UF_TASK_WEBDAV_FILES"
    " UF_MAIL_MESSAGE"
).split()


@pytest.fixture
def fields(anna: Person) -> Any:
    return anna.call("tasks.task.getFields").result["fields"]


@observed("flows.md 12.1, TaskTest::testAllSystemFieldsAnnotated: exactly these 64")
def test_the_fields_of_a_task(fields: Any) -> None:
    assert list(fields) == ORDER
    assert len(ORDER) == 64


@observed("flows.md 12.1, TaskTest::testAllSystemFieldsHasValidTypeAnnotation")
@pytest.mark.parametrize(("kind", "names"), TYPES.items())
def test_the_type_of_each_field(fields: Any, kind: str, names: str) -> None:
    assert sorted(name for name in fields if fields[name]["type"] == kind) == sorted(names.split())


@documented("tasks-task-get-fields")
@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("MARK", ["N", "P"]),
        ("PRIORITY", ["2", "1", "0"]),
        ("STATUS", ["2", "3", "4", "5", "6"]),
        ("TASK_CONTROL", ["Y", "N"]),
        ("FORKED_BY_TEMPLATE_ID", ["Y", "N"]),
        ("DURATION_TYPE", ["secs", "mins", "hours", "days", "weeks", "months", "years"]),
    ],
)
def test_an_enumeration_names_its_values(fields: Any, name: str, values: list[str]) -> None:
    assert list(fields[name]["values"]) == values


@documented("tasks-task-get-fields")
def test_what_is_said_of_a_field(fields: Any) -> None:
    assert fields["FLOW_ID"] == {"title": "Flow", "type": "integer", "default": 0}
    assert fields["ID"]["primary"] is True
    assert [name for name in fields if fields[name].get("required")] == [
        "TITLE",
        "CREATED_BY",
        "RESPONSIBLE_ID",
    ]
    assert all(isinstance(field["title"], str) and field["title"] for field in fields.values())
