"""`tasks.flow.Flow.isExists`."""

from __future__ import annotations

import pytest

from tests.portals import Person, PortalInTest
from tests.protocol.tasks.flow.wire import refused, send_form
from tests.provenance import assumed, documented, observed

METHOD = "tasks.flow.Flow.isExists"
PAGE = "tasks-flow-flow-is-exists"


@documented(PAGE)
@pytest.mark.parametrize(("name", "exists"), [("Intake", True), ("Outlet", False), ("", False)])
def test_a_flow_exists_by_its_name(
    portal: PortalInTest, anna: Person, name: str, exists: bool
) -> None:
    portal.add_flow("Intake", anna)

    assert anna.call(METHOD, flowData={"name": name}).result == {"exists": exists}


@assumed("flows.md 3.5: whole names after NFC, whatever the case, not trimmed")
@pytest.mark.parametrize(
    ("name", "exists"),
    [
        ("ÉTÉ", True),
        ("e\u0301te\u0301", True),
        ("ete", False),
        (" Été", False),
        ("Ét", False),
        ("%", False),
    ],
)
def test_names_are_compared_as_uniqueness_does(
    portal: PortalInTest, anna: Person, name: str, exists: bool
) -> None:
    portal.add_flow("Été", anna)

    assert anna.call(METHOD, flowData={"name": name}).result == {"exists": exists}


@documented(f"{PAGE}: id is the flow to leave out")
def test_the_flow_itself_does_not_count(portal: PortalInTest, anna: Person) -> None:
    flow = portal.add_flow("Intake", anna)
    other = portal.add_flow("Outlet", anna)

    def exists(flow_id: object) -> bool:
        sent = {"name": "Intake", "id": flow_id}
        return bool(anna.call(METHOD, flowData=sent).result["exists"])

    assert [exists(flow.id), exists(str(flow.id))] == [False, False]
    assert [exists(other.id), exists(999), exists(None), exists("x")] == [True] * 4


@observed("flows.md 3.5: anybody may ask, of any flow")
def test_a_guest_may_ask(portal: PortalInTest, anna: Person, guest: Person) -> None:
    portal.add_flow("Intake", anna)

    assert send_form(guest, METHOD, {"flowData": {"name": "Intake"}}).result == {"exists": True}


@observed("flows.md 3.5: when the name is missing")
@pytest.mark.parametrize("sent", [{}, {"name": None}, {"name": ["x"]}, {"id": 1}], ids=repr)
def test_a_name_is_needed(anna: Person, sent: dict[str, object]) -> None:
    assert anna.call(METHOD, flowData=sent).refusal == refused("name: cannot be null")


@assumed("flows.md 3.0: the binding text is documented for sibling controllers")
def test_flow_data_is_needed(anna: Person) -> None:
    words = "Could not find value for parameter {flowData}"

    assert anna.call(METHOD, name="Intake").refusal == (400, "100", words)
