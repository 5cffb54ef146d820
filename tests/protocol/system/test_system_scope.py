"""`scope`."""

from __future__ import annotations

import pytest

from sluice.rest.method import SCOPES
from tests.portals import PortalInTest
from tests.provenance import assumed, documented, observed

METHOD = "scope"
PAGE = "common-system-scope"


@documented(PAGE)
def test_scope_tells_what_the_webhook_was_granted(portal: PortalInTest) -> None:
    caller = portal.person(1, scopes=("user", "task"))

    assert caller.call(METHOD).result == ["task", "user"]


@documented(PAGE)
@pytest.mark.parametrize("full", [True, "true", 1, "Y"], ids=repr)
def test_scope_with_full_tells_all_there_are(portal: PortalInTest, full: object) -> None:
    caller = portal.person(1, scopes=("task",))

    assert caller.call(METHOD, full=full).result == list(SCOPES)


@documented(PAGE)
@pytest.mark.parametrize("full", [False, "0", 0, None], ids=repr)
def test_scope_without_full_tells_the_granted_ones(portal: PortalInTest, full: object) -> None:
    caller = portal.person(1, scopes=("task",))

    assert caller.call(METHOD, full=full).result == ["task"]


@assumed("flows.md 11.2 writes `scope?full`")
def test_scope_takes_a_bare_full(portal: PortalInTest) -> None:
    path = portal.webhook(1, scopes=("task",))

    assert portal.send(path + METHOD, verb="GET", query="full").result == list(SCOPES)


@observed("rest-protocol.md 16.4: an official client throws on these codes")
def test_scope_lists_nothing_that_a_client_throws_on(portal: PortalInTest) -> None:
    full = portal.admin.call(METHOD, full=True).result

    assert set(full).isdisjoint(("booking", "main", "rest", "vote", "note"))


@documented(PAGE)
def test_scope_needs_no_scope(portal: PortalInTest) -> None:
    caller = portal.person(1, scopes=())

    assert caller.call(METHOD).result == []
