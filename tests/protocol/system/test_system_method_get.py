"""`method.get`."""

from __future__ import annotations

import pytest

from tests.portals import Person, PortalInTest
from tests.provenance import documented, observed

METHOD = "method.get"
PAGE = "common-system-method-get"
NOWHERE = {"isExisting": False, "isAvailable": False}


@observed("b24pysdk test_method")
@pytest.mark.parametrize(
    "name",
    ["server.time", "tasks.flow.Flow.activate", "tasks.flow.flow.activate", "tasks.flow.Flow.list"],
    ids=["global", "as documented", "as methods lists it", "not documented"],
)
def test_a_method_that_can_be_called(admin: Person, name: str) -> None:
    assert admin.call(METHOD, name=name).result == {"isExisting": True, "isAvailable": True}


@documented(PAGE)
def test_a_method_beyond_the_granted_scopes_exists_and_is_not_available(
    portal: PortalInTest,
) -> None:
    caller = portal.person(1, scopes=("disk",))

    assert caller.call(METHOD, name="tasks.flow.Flow.activate").result == {
        "isExisting": True,
        "isAvailable": False,
    }


@observed("MainTest testMethodGetInformationForNonExistsMethod")
def test_a_method_that_does_not_exist(admin: Person) -> None:
    assert admin.call(METHOD, name="no.such.method").result == NOWHERE


@observed("rest-protocol.md 16.1: both false without a name; the parameter is lower-case")
@pytest.mark.parametrize(
    "sent",
    [{}, {"name": ""}, {"name": None}, {"NAME": "server.time"}],
    ids=["missing", "empty", "null", "upper case"],
)
def test_no_name(admin: Person, sent: dict[str, object]) -> None:
    assert admin.call(METHOD, **sent).result == NOWHERE


@observed("rest-protocol.md 16.1: the value is matched as given")
@pytest.mark.parametrize("name", ["SERVER.TIME", " server.time", "server.time.json"], ids=repr)
def test_a_name_written_in_another_way_is_another_name(admin: Person, name: str) -> None:
    assert admin.call(METHOD, name=name).result == NOWHERE
