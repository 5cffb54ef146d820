"""`tasks.template.update`. flows.md 2.8, 11.5."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portals import Person
from tests.protocol.tasks.template.templates import DENIED, add_template
from tests.provenance import assumed, documented


@documented("tasks-template-update")
def test_an_update_changes_what_is_sent(anna: Person) -> None:
    template = add_template(anna, DESCRIPTION="Weekly", PRIORITY=2)

    changed = anna.call(
        "tasks.template.update", templateId=template, fields={"TITLE": "Monthly", "PRIORITY": 0}
    )

    read = anna.call("tasks.template.get", templateId=template).result
    assert changed.result is True
    assert (read["TITLE"], read["PRIORITY"], read["DESCRIPTION"]) == ("Monthly", "0", "Weekly")


@documented("tasks-template-update")
def test_a_change_that_changes_nothing_is_done_too(anna: Person) -> None:
    template = add_template(anna)

    reply = anna.call("tasks.template.update", templateId=template, fields={"TITLE": "Report"})

    assert reply.result is True


@assumed("an update that takes a required field away is not done")
@pytest.mark.parametrize(
    "change",
    [{"TITLE": ""}, {"RESPONSIBLE_ID": 0}, {"RESPONSIBLE_ID": 999}, {"CREATED_BY": "x"}],
    ids=str,
)
def test_what_is_required_cannot_be_taken_away(anna: Person, change: dict[str, Any]) -> None:
    template = add_template(anna)
    before = anna.call("tasks.template.get", templateId=template).result

    reply = anna.call(
        "tasks.template.update", templateId=template, fields={**change, "DESCRIPTION": "x"}
    )

    assert reply.result is False
    assert anna.call("tasks.template.get", templateId=template).result == before


@documented("tasks-template-update")
def test_what_is_not_there_is_not_updated(admin: Person) -> None:
    reply = admin.call("tasks.template.update", templateId=99, fields={"TITLE": "x"})

    assert reply.result is False


@assumed("one answer for both, so that a stranger does not learn which templates exist")
@pytest.mark.parametrize("there", [True, False])
def test_a_stranger_does_not_learn_which_templates_exist(
    anna: Person, boris: Person, there: bool
) -> None:
    template = add_template(anna) if there else 99

    change = boris.call("tasks.template.update", templateId=template, fields={"TITLE": "Mine"})
    removal = boris.call("tasks.template.delete", templateId=template)

    assert change.refusal == removal.refusal == DENIED


@assumed("an administrator may give a template to somebody, its creator may not")
def test_only_administrators_give_a_template_away(
    admin: Person, anna: Person, boris: Person
) -> None:
    template = add_template(anna)
    change = {"templateId": template, "fields": {"CREATED_BY": boris.id}}

    assert anna.call("tasks.template.update", **change).refusal == DENIED
    assert admin.call("tasks.template.update", **change).result is True
    assert anna.call("tasks.template.get", templateId=template).result is False


@assumed("a template is its creator's, and the administrators'")
def test_only_its_creator_and_administrators_change_a_template(
    admin: Person, anna: Person, boris: Person
) -> None:
    template = add_template(anna)
    change = {"templateId": template, "fields": {"TITLE": "Mine"}}

    assert boris.call("tasks.template.update", **change).refusal == DENIED
    assert boris.call("tasks.template.delete", templateId=template).refusal == DENIED
    assert admin.call("tasks.template.update", **change).result is True
