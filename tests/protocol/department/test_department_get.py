"""`department.get`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portals import Person, PortalInTest, Reply
from tests.provenance import assumed, documented, observed

METHOD = "department.get"
PAGE = "departments/department-get"


def names(reply: Reply) -> list[str]:
    return [department["NAME"] for department in reply.result]


@pytest.fixture
def tree(portal: PortalInTest, anna: Person) -> None:
    """Departments 2 Support, 3 Engineering, and 4 Backend inside it, which Anna heads."""
    portal.add_department("Support")
    engineering = portal.add_department("Engineering")
    portal.add_department("Backend", engineering, anna.id)


@documented(PAGE)
def test_departments_are_told_in_full(tree: None, anna: Person) -> None:
    reply = anna.call(METHOD)

    assert reply.result == [
        {"ID": "1", "NAME": "Sluice & Co", "SORT": 500, "UF_HEAD": "1"},
        {"ID": "2", "NAME": "Support", "SORT": 500, "PARENT": "1"},
        {"ID": "3", "NAME": "Engineering", "SORT": 500, "PARENT": "1"},
        {"ID": "4", "NAME": "Backend", "SORT": 500, "PARENT": "3", "UF_HEAD": str(anna.id)},
    ]
    assert (reply.total, reply.next) == (4, None)


@observed("DepartmentTest::setUp")
@pytest.mark.parametrize("parent", [0, "0"], ids=repr)
def test_the_root_is_what_has_no_parent(tree: None, anna: Person, parent: object) -> None:
    assert [found["ID"] for found in anna.call(METHOD, PARENT=parent).result] == ["1"]


@documented(f"{PAGE}#parameters")
@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({"ID": 3}, ["Engineering"]),
        ({"ID": ["2", 4]}, ["Support", "Backend"]),
        ({"NAME": "support"}, ["Support"]),
        ({"PARENT": 1}, ["Support", "Engineering"]),
        ({"UF_HEAD": 1}, ["Sluice & Co"]),
        ({"SORT": 500, "NAME": "Backend"}, ["Backend"]),
        ({"SORT": "100"}, []),
        ({">ID": 2}, ["Engineering", "Backend"]),
        ({"FILTER": {">ID": 2, "PARENT": 1}}, ["Engineering"]),
        ({"ID": None, "NAME": "", "PARENT": 1, "sort": None}, ["Support", "Engineering"]),
    ],
    ids=str,
)
def test_a_filter(tree: None, anna: Person, sent: dict[str, Any], found: list[str]) -> None:
    assert names(anna.call(METHOD, **sent)) == found


@documented(f"{PAGE}#parameters")
@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({"sort": "NAME"}, ["Backend", "Engineering", "Sluice & Co", "Support"]),
        (
            {"SORT": "NAME", "ORDER": "DESC"},
            ["Support", "Sluice & Co", "Engineering", "Backend"],
        ),
        ({"order": {"ID": "DESC"}}, ["Backend", "Engineering", "Support", "Sluice & Co"]),
    ],
    ids=str,
)
def test_departments_are_sorted(
    tree: None, anna: Person, sent: dict[str, Any], found: list[str]
) -> None:
    assert names(anna.call(METHOD, **sent)) == found


@observed("b24pysdk Department.get sends START; its fast reader orders by descending ID")
def test_pages_are_asked_for_in_upper_case(portal: PortalInTest, anna: Person) -> None:
    for number in range(50):
        portal.add_department(f"Number {number}")

    first = anna.call(METHOD)
    second = anna.call(METHOD, START=50)
    uncounted = anna.call(METHOD, START=-1, SORT="ID", ORDER="DESC")

    assert (len(first.result), first.total, first.next) == (50, 51, 50)
    assert (names(second), second.next) == (["Number 49"], None)
    assert (uncounted.result[0]["NAME"], uncounted.total) == ("Number 49", None)


@observed("rest-protocol.md 11.4: an unresolved reference ends a chain of pages, without an error")
def test_a_comparison_with_a_list_finds_nothing(anna: Person) -> None:
    assert anna.call(METHOD, FILTER={">ID": [{"ID": "1"}]}).result == []


@observed("rest-protocol.md 10: the shared helper refuses what it does not know")
def test_an_unknown_field_is_refused(anna: Person) -> None:
    reply = anna.call(METHOD, FILTER={"COLOR": "red"})

    assert reply.refusal == (400, "ERROR_ARGUMENT", "Filter field not allowed: COLOR")


@assumed("flows.md 2.2: departments are the employees' affair")
def test_a_guest_sees_no_departments(guest: Person) -> None:
    assert guest.call(METHOD).refusal == (400, "ERROR_CORE", "Access denied.<br>")
