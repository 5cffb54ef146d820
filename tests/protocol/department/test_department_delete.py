"""`department.delete`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented, observed

METHOD = "department.delete"
PAGE = "departments/department-delete"


def departments_of(person: Person) -> Any:
    return person.call("user.current").result["UF_DEPARTMENT"]


@observed("DepartmentTest::testDelete")
def test_a_department_is_removed(portal: PortalInTest, admin: Person) -> None:
    support = portal.add_department("Support")

    assert admin.call(METHOD, ID=support).result is True
    assert admin.call("department.get", ID=support).result == []


@assumed("flows.md 2.6: there is one root, so nothing may be left without a parent")
def test_what_is_inside_moves_up(portal: PortalInTest, admin: Person) -> None:
    engineering = portal.add_department("Engineering")
    backend = portal.add_department("Backend", engineering)
    storage = portal.add_department("Storage", backend)

    admin.call(METHOD, ID=backend)

    [moved] = admin.call("department.get", ID=storage).result
    assert moved["PARENT"] == str(engineering)


@assumed("flows.md 2.5: an employee has at least one department")
def test_people_move_up(portal: PortalInTest, admin: Person) -> None:
    engineering = portal.add_department("Engineering")
    backend = portal.add_department("Backend", engineering)
    support = portal.add_department("Support")
    only = portal.add_user("Anna", (backend,))
    first_of_two = portal.add_user("Boris", (backend, support))
    already_there = portal.add_user("Chiara", (engineering, backend))
    elsewhere = portal.add_user("Dora", (support,))

    admin.call(METHOD, ID=backend)

    assert departments_of(only) == [engineering]
    assert departments_of(first_of_two) == [engineering, support]
    assert departments_of(already_there) == [engineering]
    assert departments_of(elsewhere) == [support]


@assumed("a right that comes with a department goes with it")
def test_the_codes_of_a_removed_department_end_with_it(portal: PortalInTest, admin: Person) -> None:
    board = portal.add_department("Board")
    anna = portal.add_user("Anna", (board,))
    assert anna.call("user.access", ACCESS=[f"D{board}"]).result is True

    admin.call(METHOD, ID=board)

    assert anna.call("user.access", ACCESS=[f"D{board}"]).result is False
    assert anna.call("user.access", ACCESS=["D1"]).result is True


@documented(f"{PAGE}#error-handling")
@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({}, "Department not found.<br>"),
        ({"ID": 99}, "Department not found.<br>"),
        ({"ID": 1}, "The top-level department cannot be deleted.<br>"),
    ],
    ids=str,
)
def test_what_cannot_be_removed(admin: Person, sent: dict[str, Any], words: str) -> None:
    assert admin.call(METHOD, **sent).refusal == (400, "ERROR_CORE", words)
    assert admin.call("department.get").total == 1


@assumed("flows.md 11.3: access denied, here for whoever is no administrator")
def test_only_administrators_remove_departments(
    portal: PortalInTest, admin: Person, anna: Person
) -> None:
    support = portal.add_department("Support")

    reply = anna.call(METHOD, ID=support)

    assert reply.refusal == (400, "ERROR_CORE", "Access denied.<br>")
    assert admin.call("department.get", ID=support).total == 1
