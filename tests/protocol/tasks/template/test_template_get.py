"""`tasks.template.get`. flows.md 2.8, 11.5."""

from __future__ import annotations

from sluice.methods.tasks.template import template_object
from sluice.store.templates import Template
from tests.portals import EVERYBODY, Person
from tests.protocol.tasks.template.templates import add_template
from tests.provenance import documented, observed


@documented("flows.md 11.5: all strings, ACCOMPLICES a serialised text")
def test_lists_and_maps_are_texts_as_php_serializes_them() -> None:
    sent = {"2": "ä", "a": [None, True, 1.5], "01": {}}
    shown = template_object(Template(7, "Report", 1, 1, {"REPLICATE_PARAMS": sent}))

    assert shown["REPLICATE_PARAMS"] == (
        'a:3:{i:2;s:2:"ä";s:1:"a";a:3:{i:0;N;i:1;b:1;i:2;d:1.5;}s:2:"01";a:0:{}}'
    )


@documented("tasks-template-get: selected fields, and the id")
def test_selected_fields(anna: Person) -> None:
    template = add_template(anna)

    read = anna.call(
        "tasks.template.get", templateId=template, params={"select": ["TITLE", "nothing"]}
    ).result

    assert read == {"ID": str(template), "TITLE": "Report"}


@documented("tasks-template-get: false without access, or without a template")
def test_a_stranger_reads_no_template(anna: Person, boris: Person) -> None:
    template = add_template(anna)

    assert boris.call("tasks.template.get", templateId=template).result is False
    assert anna.call("tasks.template.get", templateId=999).result is False


@observed("flows.md 2.8: a flow's task creators get read right on its template")
def test_task_creators_of_a_flow_read_its_template(anna: Person, boris: Person) -> None:
    template = add_template(anna)
    reply = anna.call(
        "tasks.flow.Flow.create",
        flowData={
            "name": "With a template",
            "plannedCompletionTime": 3600,
            "distributionType": "queue",
            "responsibleList": [anna.member.pair],
            "taskCreators": [EVERYBODY.pair],
            "templateId": template,
        },
    )
    assert reply.status == 200, reply.text

    assert boris.call("tasks.template.get", templateId=template).result["TITLE"] == "Report"
