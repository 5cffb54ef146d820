"""`tasks.flow.Flow.pin`. Who may pin which flow: `test_permissions.py`."""

from __future__ import annotations

import pytest

from tests.portals import EVERYBODY, Person, PortalInTest
from tests.protocol.tasks.flow.wire import ACCESS_DENIED, NOT_FOUND, at_once, read
from tests.provenance import assumed, documented, observed

METHOD = "tasks.flow.Flow.pin"
PAGE = "tasks-flow-flow-pin"


@documented(PAGE)
def test_pin_says_whether_the_flow_is_pinned_now(portal: PortalInTest, anna: Person) -> None:
    flow = portal.add_flow("Intake", anna)

    answers = [anna.call(METHOD, flowId=flow.id).result for _ in range(3)]

    assert answers == [True, False, True]


@observed("flows.md 3.7: pins are private per user")
def test_everybody_has_their_own_pin(portal: PortalInTest, anna: Person, boris: Person) -> None:
    flow = portal.add_flow("Intake", anna, task_creators=(EVERYBODY,))
    anna.call(METHOD, flowId=flow.id)

    assert boris.call(METHOD, flowId=flow.id).result is True
    assert anna.call(METHOD, flowId=flow.id).result is False


@observed("flows.md 3.7: every flow is pinned by itself")
def test_another_flow_has_another_pin(portal: PortalInTest, anna: Person) -> None:
    first, second = portal.add_flow("Intake", anna), portal.add_flow("Outlet", anna)
    anna.call(METHOD, flowId=first.id)

    assert anna.call(METHOD, flowId=second.id).result is True


@observed("flows.md 3.7: pins appear nowhere in the flow object")
def test_a_pin_does_not_show(portal: PortalInTest, anna: Person) -> None:
    flow = portal.add_flow("Intake", anna)
    before = read(anna, flow.id)

    anna.call(METHOD, flowId=flow.id)

    assert read(anna, flow.id) == before


@observed("flows.md 3.7: the toggle is atomic")
def test_pins_at_once_take_turns(portal: PortalInTest, anna: Person) -> None:
    flow = portal.add_flow("Intake", anna)

    replies = at_once(portal, METHOD, [(anna, {"flowId": flow.id})] * 6)

    assert [reply.result for reply in replies] == [True, False] * 3


@documented(f"{PAGE}#error-handling")
def test_a_stranger_cannot_pin_a_flow(portal: PortalInTest, anna: Person, boris: Person) -> None:
    flow = portal.add_flow("Intake", anna)

    assert boris.call(METHOD, flowId=flow.id).refusal == ACCESS_DENIED


@assumed("flows.md 3.7: the documentation lists no `Flow not found`")
def test_who_hears_that_a_flow_does_not_exist(admin: Person, anna: Person) -> None:
    assert admin.call(METHOD, flowId=999).refusal == NOT_FOUND
    assert anna.call(METHOD, flowId=999).refusal == ACCESS_DENIED


@assumed("flows.md 3.0: the binding texts are documented for sibling controllers")
@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({}, "Could not find value for parameter {flowId}"),
        (
            {"flowId": {}},
            "Invalid value {Array} to match with parameter {flowId}. Should be value of type int.",
        ),
    ],
    ids=["missing", "map"],
)
def test_a_flow_id_that_is_none(anna: Person, sent: dict[str, object], words: str) -> None:
    assert anna.call(METHOD, **sent).refusal == (400, "100", words)
