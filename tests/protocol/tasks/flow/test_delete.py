"""`tasks.flow.Flow.delete`."""

from __future__ import annotations

import pytest

from tests.places import look
from tests.portals import Person, PortalInTest
from tests.protocol.tasks.flow.wire import (
    ACCESS_DENIED,
    NOT_FOUND,
    create,
    flow_data,
    refused,
    send_form,
)
from tests.provenance import assumed, documented, observed

METHOD = "tasks.flow.Flow.delete"
PAGE = "tasks-flow-flow-delete"


@documented(PAGE)
def test_delete_removes_the_flow(portal: PortalInTest, anna: Person) -> None:
    flow = portal.add_flow("Intake", anna)

    reply = anna.call(METHOD, flowData={"id": flow.id})

    assert reply.result == {"deleted": True}
    assert not portal.has_flow(flow.id)


@observed("FlowTest::testUpdate passes the name too")
def test_further_fields_are_tolerated(portal: PortalInTest, anna: Person) -> None:
    flow = portal.add_flow("Intake", anna)

    reply = send_form(anna, METHOD, {"flowData": {"id": flow.id, "name": "Renamed"}})

    assert reply.result == {"deleted": True}


@observed("flows.md 3.4: the group, its members and the template stay")
def test_the_group_stays(portal: PortalInTest, anna: Person, boris: Person) -> None:
    flow = create(anna, flow_data(boris)).result

    anna.call(METHOD, flowData={"id": flow["id"]})

    assert portal.group_named("Intake") is not None
    assert set(portal.group_members(flow["groupId"])) == {anna.id, boris.id}


@observed("flows.md 3.4, 3.7: pins and members go with the flow")
def test_nothing_of_the_flow_stays(portal: PortalInTest, anna: Person) -> None:
    flow = portal.add_flow("Intake", anna)
    anna.call("tasks.flow.Flow.pin", flowId=flow.id)

    anna.call(METHOD, flowData={"id": flow.id})

    left = [
        look(portal.place, f"SELECT COUNT(*) FROM {table}")
        for table in ("flow", "flow_member", "flow_pin")
    ]
    assert left == [[(0,)]] * 3


@observed("flows.md 3.4: repeat delete")
def test_a_flow_is_deleted_once(portal: PortalInTest, admin: Person, anna: Person) -> None:
    flow = portal.add_flow("Intake", anna)
    anna.call(METHOD, flowData={"id": flow.id})

    assert admin.call(METHOD, flowData={"id": flow.id}).refusal == NOT_FOUND
    assert anna.call(METHOD, flowData={"id": flow.id}).refusal == ACCESS_DENIED


@assumed("flows.md 2.0: ids are not used twice")
def test_an_id_is_not_used_again(portal: PortalInTest, anna: Person) -> None:
    first = portal.add_flow("Intake", anna)
    anna.call(METHOD, flowData={"id": first.id})

    second = create(anna, flow_data(anna)).result

    assert second["id"] > first.id


@documented(f"{PAGE}#error-handling")
def test_a_stranger_cannot_delete_a_flow(portal: PortalInTest, anna: Person, boris: Person) -> None:
    flow = portal.add_flow("Intake", anna)

    assert boris.call(METHOD, flowData={"id": flow.id}).refusal == ACCESS_DENIED
    assert portal.has_flow(flow.id)


@assumed("flows.md 3.4: as update")
@pytest.mark.parametrize("sent", [{}, {"id": None}, {"id": "x"}, {"name": "Intake"}], ids=repr)
def test_without_an_id_there_is_nothing_to_delete(admin: Person, sent: dict[str, object]) -> None:
    assert admin.call(METHOD, flowData=sent).refusal == refused("Primary: field id not found")


@assumed("flows.md 3.0: the binding text is documented for sibling controllers")
def test_flow_data_is_needed(admin: Person) -> None:
    words = "Could not find value for parameter {flowData}"

    assert admin.call(METHOD, id=517).refusal == (400, "100", words)


@observed("flows.md 10: a group that a flow depends on stays, afterwards it can go")
def test_the_group_can_go_after_the_flow(anna: Person) -> None:
    flow = create(anna, flow_data(anna)).result
    group = {"GROUP_ID": flow["groupId"]}

    before = anna.call("sonet_group.delete", **group)
    anna.call(METHOD, flowData={"id": flow["id"]})
    after = anna.call("sonet_group.delete", **group)

    assert before.refusal == refused("Cannot delete workgroup because it has a dependent flow.")
    assert after.result is True
