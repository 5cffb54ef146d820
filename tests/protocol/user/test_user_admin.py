"""`user.admin`."""

from __future__ import annotations

import pytest

from tests.portals import Person, PortalInTest
from tests.provenance import documented

METHOD = "user.admin"
PAGE = "common/users/user-admin"


@documented(PAGE)
@pytest.mark.parametrize(("who", "answer"), [("admin", True), ("anna", False), ("guest", False)])
def test_who_is_an_administrator(
    request: pytest.FixtureRequest, portal: PortalInTest, who: str, answer: bool
) -> None:
    caller: Person = request.getfixturevalue(who)

    assert caller.call(METHOD).result is answer


@documented(f"{PAGE}#scope")
def test_no_scope_is_needed(portal: PortalInTest, anna: Person) -> None:
    assert portal.person(anna.id, ["task"]).call(METHOD).result is False
