"""`methods`."""

from __future__ import annotations

import pytest

from sluice.methods import method_table
from tests.portals import PortalInTest
from tests.provenance import assumed, documented

METHOD = "methods"
PAGE = "common-system-methods"
ACTIVATE = "tasks.flow.flow.activate"


@documented(PAGE)
def test_methods_are_those_the_webhook_may_call(portal: PortalInTest) -> None:
    names = portal.person(1, scopes=("task",)).call(METHOD).result

    assert {ACTIVATE, "server.time"} <= set(names)


@documented(PAGE)
def test_methods_of_a_scope_not_granted_are_left_out(portal: PortalInTest) -> None:
    names = portal.person(1, scopes=("disk",)).call(METHOD).result

    assert "server.time" in names
    assert ACTIVATE not in names


@documented(PAGE)
def test_methods_with_full_are_all_documented_ones(portal: PortalInTest) -> None:
    names = portal.person(1, scopes=()).call(METHOD, full=True).result

    assert names == sorted(known.name.lower() for known in method_table() if known.listed)


@documented("rest-protocol.md 16.1: a list of lower-case names")
def test_methods_are_lower_case_and_each_once(portal: PortalInTest) -> None:
    names = portal.admin.call(METHOD).result

    assert names == sorted({name.lower() for name in names})


@documented(PAGE)
def test_methods_of_one_scope(portal: PortalInTest) -> None:
    names = portal.admin.call(METHOD, scope="task").result

    assert ACTIVATE in names
    assert "server.time" not in names


@documented(PAGE)
def test_methods_of_the_empty_scope_need_none(portal: PortalInTest) -> None:
    names = portal.admin.call(METHOD, SCOPE="").result

    assert "server.time" in names
    assert ACTIVATE not in names


@documented(PAGE)
def test_methods_of_an_unknown_scope_are_none(portal: PortalInTest) -> None:
    assert portal.admin.call(METHOD, scope="telepathy").result == []


@assumed("the documentation does not have them, so clients that list methods do not either")
@pytest.mark.parametrize("full", [True, False], ids=["all", "own"])
def test_methods_the_documentation_does_not_have_are_not_told(
    portal: PortalInTest, full: bool
) -> None:
    names = portal.admin.call(METHOD, full=full).result

    assert "tasks.flow.flow.list" not in names
