"""`tasks.template.delete`. flows.md 2.8, 11.5."""

from __future__ import annotations

from tests.portals import Person, PortalInTest
from tests.protocol.tasks.template.templates import add_template
from tests.provenance import assumed, documented, observed


@documented("tasks-template-delete: false, even when it worked")
@observed("flows.md 2.8: flows that used the template have none then")
def test_a_removed_template_leaves_its_flows(portal: PortalInTest, anna: Person) -> None:
    template = add_template(anna)
    flow = portal.add_flow("Intake", anna, template_id=template)

    other = portal.add_flow("Returns", anna, template_id=add_template(anna))

    assert anna.call("tasks.template.delete", templateId=template).result is False

    assert anna.call("tasks.template.get", templateId=template).result is False
    read = anna.call("tasks.flow.Flow.get", flowId=flow.id).result
    assert read["templateId"] == 0
    assert portal.flow(other.id).template_id == other.template_id


@assumed("an administrator is told the same of a template that is not there")
def test_a_template_that_is_not_there_is_removed_without_a_word(admin: Person) -> None:
    assert admin.call("tasks.template.delete", templateId=99).result is False
