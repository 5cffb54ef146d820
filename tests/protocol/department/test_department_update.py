"""`department.update`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented, observed

METHOD = "department.update"
PAGE = "departments/department-update"


def told(portal: PortalInTest, department_id: int) -> dict[str, Any]:
    [department] = portal.admin.call("department.get", ID=department_id).result
    assert isinstance(department, dict)
    return department


@observed("DepartmentTest::testUpdate")
def test_what_is_sent_changes_and_the_rest_stays(
    portal: PortalInTest, admin: Person, anna: Person
) -> None:
    support = portal.add_department("Support", head=anna.id)

    assert admin.call(METHOD, ID=support, NAME="Help").result is True

    assert told(portal, support) == {
        "ID": str(support),
        "NAME": "Help",
        "SORT": 500,
        "PARENT": "1",
        "UF_HEAD": str(anna.id),
    }


@documented(f"{PAGE}#parameters")
def test_the_other_fields_change(portal: PortalInTest, admin: Person, anna: Person) -> None:
    engineering, backend = portal.add_department("Engineering"), portal.add_department("Backend")

    admin.call(METHOD, id=str(backend), sort="7", parent=engineering, uf_head=anna.id)

    assert told(portal, backend) == {
        "ID": str(backend),
        "NAME": "Backend",
        "SORT": 7,
        "PARENT": str(engineering),
        "UF_HEAD": str(anna.id),
    }


@documented(PAGE)
def test_a_moved_department_counts_from_the_next_call(portal: PortalInTest, admin: Person) -> None:
    engineering, backend = portal.add_department("Engineering"), portal.add_department("Backend")
    boris = portal.add_user("Boris", (backend,))
    assert boris.call("user.access", ACCESS=[f"DR{engineering}"]).result is False

    admin.call(METHOD, ID=backend, PARENT=engineering)

    assert boris.call("user.access", ACCESS=[f"DR{engineering}"]).result is True


@assumed("flows.md 11.3: a department without a head has no UF_HEAD")
@pytest.mark.parametrize("written", [0, "0", None, ""], ids=repr)
def test_a_head_steps_down(
    portal: PortalInTest, admin: Person, anna: Person, written: object
) -> None:
    support = portal.add_department("Support", head=anna.id)

    admin.call(METHOD, ID=support, UF_HEAD=written)

    assert "UF_HEAD" not in told(portal, support)


@documented(PAGE)
def test_the_root_is_renamed(portal: PortalInTest, admin: Person) -> None:
    assert admin.call(METHOD, ID=1, NAME="Acme", PARENT=0).result is True
    assert told(portal, 1) == {"ID": "1", "NAME": "Acme", "SORT": 500, "UF_HEAD": "1"}


@documented(f"{PAGE}#error-handling")
@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({}, "Department not found.<br>"),
        ({"ID": 99}, "Department not found.<br>"),
        ({"ID": "abc"}, "Department not found.<br>"),
        ({"ID": 2, "NAME": ""}, "Department name not provided.<br>"),
        ({"ID": 2, "PARENT": 0}, "Only one top-level department is allowed.<br>"),
        ({"ID": 2, "PARENT": 99}, "Parent department not found.<br>"),
        ({"ID": 2, "UF_HEAD": 99}, "Department head not found.<br>"),
    ],
    ids=str,
)
def test_a_change_that_cannot_be(
    portal: PortalInTest, admin: Person, sent: dict[str, Any], words: str
) -> None:
    portal.add_department("Support")
    before = admin.call("department.get").result

    assert admin.call(METHOD, **sent).refusal == (400, "ERROR_CORE", words)
    assert admin.call("department.get").result == before


@assumed("flows.md 2.6: departments are a tree with one root")
@pytest.mark.parametrize(
    ("department", "parent"),
    [(2, 2), (2, 3), (1, 2), (1, 1)],
    ids=["itself", "its child", "the root below another", "the root below itself"],
)
def test_no_department_is_inside_itself(
    portal: PortalInTest, admin: Person, department: int, parent: int
) -> None:
    portal.add_department("Backend", portal.add_department("Engineering"))

    reply = admin.call(METHOD, ID=department, PARENT=parent)

    assert reply.refusal == (
        400,
        "ERROR_CORE",
        "A department cannot be moved into itself or its sub-departments.<br>",
    )


@assumed("flows.md 11.3: access denied, here for whoever is no administrator")
@pytest.mark.parametrize("department", [1, 99], ids=["there", "not there"])
def test_only_administrators_change_departments(anna: Person, department: int) -> None:
    reply = anna.call(METHOD, ID=department, NAME="Anna's")

    assert reply.refusal == (400, "ERROR_CORE", "Access denied.<br>")
