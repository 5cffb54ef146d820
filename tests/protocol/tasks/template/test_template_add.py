"""`tasks.template.add`. flows.md 2.8, 11.5."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portals import Person, PortalInTest
from tests.protocol.tasks.template.templates import DENIED, add_template
from tests.provenance import assumed, documented, observed


@documented("tasks-template-add")
def test_a_template_is_made_and_read(anna: Person) -> None:
    template = add_template(
        anna, DESCRIPTION="Weekly", PRIORITY="2", TASK_CONTROL="Y", ACCOMPLICES=[1, "2"], TAGS=["a"]
    )

    read = anna.call("tasks.template.get", templateId=template).result

    assert list(read)[:4] == ["ID", "TITLE", "CREATED_BY", "RESPONSIBLE_ID"]
    assert all(isinstance(value, str) for value in read.values())
    assert (read["ID"], read["TITLE"]) == (str(template), "Report")
    assert (read["PRIORITY"], read["TASK_CONTROL"]) == ("2", "Y")
    assert read["ACCOMPLICES"] == "a:2:{i:0;i:1;i:1;i:2;}"
    assert read["TAGS"] == 'a:1:{i:0;s:1:"a";}'
    assert read["DEADLINE_AFTER"] == ""


@assumed("a preset of another kind is left out, as with tasks")
@pytest.mark.parametrize(
    ("name", "sent", "shown"),
    [
        ("PRIORITY", "high", ""),
        ("TASK_CONTROL", True, "Y"),
        ("TASK_CONTROL", "maybe", ""),
        ("AUDITORS", "", "a:0:{}"),
        ("AUDITORS", ["2", "x", 2], "a:1:{i:0;i:2;}"),
        ("AUDITORS", "x", ""),
        ("TAGS", "a, b", 'a:2:{i:0;s:1:"a";i:1;s:1:"b";}'),
        ("TAGS", {"a": 1}, ""),
        ("DESCRIPTION", 5, "5"),
        ("DESCRIPTION", ["x"], ""),
        ("REPLICATE_PARAMS", "x", ""),
        ("deadline_after", "3600", "3600"),
    ],
    ids=str,
)
def test_presets_are_read_as_their_kind(anna: Person, name: str, sent: Any, shown: str) -> None:
    template = add_template(anna, **{name: sent})

    read = anna.call("tasks.template.get", templateId=template).result
    assert read[name.upper()] == shown


@documented("tasks-template-add: 0 when a required field is missing")
@pytest.mark.parametrize("name", ["TITLE", "CREATED_BY", "RESPONSIBLE_ID"])
@pytest.mark.parametrize("value", ["", None, " ", ["x"]], ids=repr)
def test_a_template_without_a_required_field_is_none(anna: Person, name: str, value: Any) -> None:
    assert add_template(anna, **{name: value}) == 0


@assumed("a template of nobody, or for nobody, has a required field missing")
@pytest.mark.parametrize("name", ["CREATED_BY", "RESPONSIBLE_ID"])
def test_a_template_that_names_nobody_is_none(admin: Person, name: str) -> None:
    assert add_template(admin, **{name: 999}) == 0


@documented("tasks-template-add#error-handling")
@pytest.mark.parametrize("method", ["add", "update"])
def test_fields_must_be_sent(anna: Person, method: str) -> None:
    reply = anna.call(f"tasks.template.{method}", templateId=1)

    assert reply.refusal == (400, "100", "Could not find value for parameter {fields}")


@assumed("nobody speaks in another's name")
def test_nobody_makes_a_template_of_somebody_else(admin: Person, anna: Person) -> None:
    fields = {"TITLE": "Report", "CREATED_BY": admin.id, "RESPONSIBLE_ID": anna.id}

    assert anna.call("tasks.template.add", fields=fields).refusal == DENIED


@observed("flows.md 2.8, 13.1 row 26: adding through the API does not merge the template")
def test_a_flows_template_is_not_merged_into_its_tasks(portal: PortalInTest, anna: Person) -> None:
    template = add_template(anna, DESCRIPTION="Weekly", PRIORITY=2)
    flow = portal.add_flow("Intake", anna, template_id=template)

    task = anna.call("tasks.task.add", fields={"TITLE": "Help", "FLOW_ID": flow.id}).result["task"]

    assert (task["description"], task["priority"]) == ("", "1")
