"""`department.add`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portals import Person
from tests.provenance import assumed, documented, observed

METHOD = "department.add"
PAGE = "departments/department-add"


@observed("DepartmentTest::testAdd: the id is above 1")
def test_a_department_is_added(admin: Person) -> None:
    reply = admin.call(METHOD, NAME="Support", PARENT=1)

    assert isinstance(reply.result, int)
    assert reply.result > 1
    assert admin.call("department.get", ID=reply.result).result == [
        {"ID": str(reply.result), "NAME": "Support", "SORT": 500, "PARENT": "1"}
    ]


@documented(f"{PAGE}#parameters")
def test_a_place_in_the_order_and_a_head_are_kept(admin: Person, anna: Person) -> None:
    reply = admin.call(METHOD, name="Support", parent="1", sort="100", uf_head=anna.id)

    [added] = admin.call("department.get", ID=reply.result).result
    assert (added["SORT"], added["UF_HEAD"]) == (100, str(anna.id))


@observed("DepartmentTest adds the same name again and again")
def test_a_name_need_not_be_unique(admin: Person) -> None:
    first = admin.call(METHOD, NAME="Test depart", PARENT=1).result

    assert admin.call(METHOD, NAME="Test depart", PARENT=1).result != first


@documented(f"{PAGE}#error-handling")
@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"PARENT": 1}, "Department name not provided.<br>"),
        ({"NAME": " ", "PARENT": 1}, "Department name not provided.<br>"),
        ({"NAME": ["x"], "PARENT": 1}, "Department name not provided.<br>"),
        ({"NAME": "Support"}, "Only one top-level department is allowed.<br>"),
        ({"NAME": "Support", "PARENT": 0}, "Only one top-level department is allowed.<br>"),
        ({"NAME": "Support", "PARENT": 99}, "Parent department not found.<br>"),
        ({"NAME": "Support", "PARENT": "abc"}, "Parent department not found.<br>"),
        ({"NAME": "Support", "PARENT": 1, "UF_HEAD": 99}, "Department head not found.<br>"),
        ({"NAME": "Support", "PARENT": 1, "UF_HEAD": "abc"}, "Department head not found.<br>"),
    ],
    ids=str,
)
def test_a_department_that_cannot_be(admin: Person, sent: dict[str, Any], words: str) -> None:
    reply = admin.call(METHOD, **sent)

    assert reply.refusal == (400, "ERROR_CORE", words)
    assert admin.call("department.get").total == 1


@assumed("flows.md 11.3: access denied, here for whoever is no administrator")
@pytest.mark.parametrize("who", ["anna", "guest"])
def test_only_administrators_add_departments(
    request: pytest.FixtureRequest, admin: Person, who: str
) -> None:
    caller: Person = request.getfixturevalue(who)

    reply = caller.call(METHOD, NAME="Support", PARENT=1)

    assert reply.refusal == (400, "ERROR_CORE", "Access denied.<br>")
    assert admin.call("department.get").total == 1
