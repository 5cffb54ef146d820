"""`tasks.template.fields`. flows.md 2.8, 11.5."""

from __future__ import annotations

from tests.portals import Person
from tests.protocol.tasks.template.templates import add_template
from tests.provenance import documented


@documented("tasks-template-fields")
def test_fields_are_described(anna: Person) -> None:
    fields = anna.call("tasks.template.fields").result["fields"]

    template = add_template(anna)
    assert list(fields) == list(anna.call("tasks.template.get", templateId=template).result)
    required = [name for name, facts in fields.items() if facts.get("required")]
    assert required == ["TITLE", "CREATED_BY", "RESPONSIBLE_ID"]
    assert (fields["ACCOMPLICES"]["type"], fields["DEADLINE_AFTER"]["type"]) == ("array", "integer")
    assert all(facts["title"] for facts in fields.values())
