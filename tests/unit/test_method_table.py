"""The method table: names in any case, scopes that are enough. rest-protocol.md 1.2, 3.4."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.errors import MethodNotFound
from sluice.rest.method import Method, MethodTable, classic, method


@method("tasks.flow.Flow.get", scope="task", writes=False)
def flow_get(call: Any, flow_id: int) -> int:
    """Return a flow.

    More about it.
    """
    return flow_id


@classic("user.get", scope="user")
def user_get(call: Any, id: int = 0) -> int:
    return id


def offered(function: Any) -> Method:
    found = function.offered_as
    assert isinstance(found, Method)
    return found


TABLE = MethodTable([offered(flow_get), offered(user_get)])


@pytest.mark.parametrize(
    "name", ["tasks.flow.Flow.get", "tasks.flow.flow.get", "TASKS.FLOW.FLOW.GET"]
)
def test_a_method_is_found_in_any_case(name: str) -> None:
    assert TABLE.find(name).function is flow_get
    assert name in TABLE


@pytest.mark.parametrize("name", ["", "tasks", "tasks.flow.Flow.gets", "tasks.flow.Flow.get "])
def test_another_name_is_no_method(name: str) -> None:
    assert name not in TABLE
    with pytest.raises(MethodNotFound):
        TABLE.find(name)


def test_a_method_knows_its_style_and_its_summary() -> None:
    assert [one.wire for one in offered(flow_get).parameters] == ["flowId"]
    assert [one.wire for one in offered(user_get).parameters] == ["ID"]
    assert offered(flow_get).summary == "Return a flow."


@pytest.mark.parametrize(
    ("needed", "granted", "enough"),
    [
        ("task", "task", True),
        ("task", "tasks", True),
        ("tasks", "task", True),
        ("task", "tasks_extended", False),
        ("user", "user", True),
        ("user", "user_basic", True),
        ("user", "user_brief", True),
        ("user", "user.userfield", False),
        ("user_basic", "user", False),
        ("sonet_group", "socialnetwork", True),
        ("socialnetwork", "sonet_group", True),
        ("department", "user", False),
        ("department", "DEPARTMENT", False),
        (None, "disk", True),
        (None, "", True),
    ],
)
def test_which_scope_is_enough(needed: str | None, granted: str, enough: bool) -> None:
    kept = offered(method("some.method", scope=needed)(lambda call: None))

    assert kept.allowed(frozenset(["im", granted])) is enough
