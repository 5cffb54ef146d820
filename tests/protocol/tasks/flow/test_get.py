"""`tasks.flow.Flow.get`. Who may read which flow: `test_permissions.py`."""

from __future__ import annotations

import pytest

from sluice.domain.flow import Distribution
from tests.portals import Person, PortalInTest
from tests.protocol.tasks.flow.wire import ACCESS_DENIED, NOT_FOUND, create, flow_data, send_form
from tests.provenance import assumed, documented, observed

METHOD = "tasks.flow.Flow.get"
PAGE = "tasks-flow-flow-get"


@documented(PAGE)
def test_a_flow_is_shown_as_it_was_made(anna: Person) -> None:
    made = create(anna, flow_data(anna, description="Text", taskControl=1)).result

    assert anna.call(METHOD, flowId=made["id"]).result == made


@documented(PAGE)
def test_a_flow_that_was_switched_off_is_shown_off(portal: PortalInTest, anna: Person) -> None:
    flow = portal.add_flow("Intake", anna)
    anna.call("tasks.flow.Flow.activate", flowId=flow.id)

    assert anna.call(METHOD, flowId=flow.id).result["active"] is False


@documented("tasks-flow#team; flows.md 2.3")
def test_the_team_of_a_manual_flow_follows_its_group(
    portal: PortalInTest, admin: Person, anna: Person, boris: Person
) -> None:
    group = portal.add_group("Support", anna, [boris])
    flow = portal.add_flow("Intake", anna, group_id=group, distribution_type=Distribution.MANUALLY)

    assert anna.call(METHOD, flowId=flow.id).result["team"] == [["user", str(boris.id)]]


@assumed("flows.md 2.0: forms are equivalent to JSON; letter case of methods does not matter")
def test_the_id_may_come_in_a_form(portal: PortalInTest, anna: Person) -> None:
    flow = portal.add_flow("Intake", anna)

    assert send_form(anna, METHOD.lower(), {"flowId": flow.id}).result["id"] == flow.id


@observed("flows.md 3.0: permission is evaluated before the flow is loaded")
def test_who_hears_that_a_flow_does_not_exist(admin: Person, anna: Person) -> None:
    assert admin.call(METHOD, flowId=999).refusal == NOT_FOUND
    assert anna.call(METHOD, flowId=999).refusal == ACCESS_DENIED


@assumed("flows.md 3.0: the binding texts are documented for sibling controllers")
@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({}, "Could not find value for parameter {flowId}"),
        (
            {"flowId": "abc"},
            "Invalid value {abc} to match with parameter {flowId}. Should be value of type int.",
        ),
    ],
    ids=["missing", "text"],
)
def test_a_flow_id_that_is_none(admin: Person, sent: dict[str, object], words: str) -> None:
    assert admin.call(METHOD, **sent).refusal == (400, "100", words)
