"""`tasks.flow.Flow.activate`."""

from __future__ import annotations

import pytest

from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented, observed

METHOD = "tasks.flow.Flow.activate"
PAGE = "tasks-flow-flow-activate"


@documented(PAGE)
def test_activate_switches_a_working_flow_off(portal: PortalInTest, anna: Person) -> None:
    flow = portal.add_flow("Intake", anna)

    reply = anna.call(METHOD, flowId=flow.id)

    assert reply.result is True
    assert portal.flow(flow.id).active is False


@documented(PAGE)
def test_activate_switches_a_stopped_flow_on(portal: PortalInTest, anna: Person) -> None:
    flow = portal.add_flow("Intake", anna)
    anna.call(METHOD, flowId=flow.id)

    reply = anna.call(METHOD, flowId=flow.id)

    assert reply.result is True
    assert portal.flow(flow.id).active is True


@observed("flows.md 3.6: activity is unchanged, nothing else moves")
def test_activate_changes_nothing_but_the_switch(portal: PortalInTest, anna: Person) -> None:
    flow = portal.add_flow("Intake", anna)
    portal.clock.advance(hours=1)

    anna.call(METHOD, flowId=flow.id)
    anna.call(METHOD, flowId=flow.id)

    assert portal.flow(flow.id) == flow


@documented(f"{PAGE}#error-handling")
def test_a_stranger_cannot_switch_a_flow(portal: PortalInTest, anna: Person, boris: Person) -> None:
    flow = portal.add_flow("Intake", anna)

    reply = boris.call(METHOD, flowId=flow.id)

    assert reply.refusal == (400, "0", "Access denied or flow not found")
    assert portal.flow(flow.id).active is True


@documented(PAGE)
def test_the_administrator_of_a_flow_switches_it(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    flow = portal.add_flow("Intake", anna, owner_id=boris.id)

    assert boris.call(METHOD, flowId=flow.id).result is True


@observed("flows.md 4: the portal's administrators pass every check")
def test_the_portals_administrator_switches_any_flow(
    portal: PortalInTest, admin: Person, anna: Person
) -> None:
    flow = portal.add_flow("Intake", anna)

    assert admin.call(METHOD, flowId=flow.id).result is True


@observed("flows.md 3.0: permission is evaluated before the flow is loaded")
@pytest.mark.parametrize(
    ("who", "words"),
    [("admin", "Flow not found"), ("anna", "Access denied or flow not found")],
)
def test_who_hears_that_a_flow_does_not_exist(
    request: pytest.FixtureRequest, portal: PortalInTest, who: str, words: str
) -> None:
    caller: Person = request.getfixturevalue(who)

    assert caller.call(METHOD, flowId=999).refusal == (400, "0", words)


@assumed("flows.md 3.0: the binding texts are documented for sibling controllers")
@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({}, "Could not find value for parameter {flowId}"),
        ({"flowId": None}, "Could not find value for parameter {flowId}"),
        ({"FLOWID": 517}, "Could not find value for parameter {flowId}"),
        (
            {"flowId": "abc"},
            "Invalid value {abc} to match with parameter {flowId}. Should be value of type int.",
        ),
        (
            {"flowId": ""},
            "Invalid value {} to match with parameter {flowId}. Should be value of type int.",
        ),
        (
            {"flowId": [517]},
            "Invalid value {Array} to match with parameter {flowId}. Should be value of type int.",
        ),
    ],
    ids=["missing", "null", "other case", "text", "empty", "list"],
)
def test_a_flow_id_that_is_none(admin: Person, sent: dict[str, object], words: str) -> None:
    assert admin.call(METHOD, **sent).refusal == (400, "100", words)


@observed("rest-protocol.md 2.3: numeric strings are numbers, decimals are cut off")
@pytest.mark.parametrize("form", ["{}", " {}", "{}.9", "{}e0"])
def test_a_flow_id_may_be_written_in_many_ways(
    portal: PortalInTest, anna: Person, form: str
) -> None:
    flow = portal.add_flow("Intake", anna)

    assert anna.call(METHOD, flowId=form.format(flow.id)).result is True
