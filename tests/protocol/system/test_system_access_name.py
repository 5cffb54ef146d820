"""`access.name`."""

from __future__ import annotations

import pytest

from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented, observed

METHOD = "access.name"
PAGE = "common-users-access-name"


@observed("b24pysdk test_access")
def test_everybody_has_a_name(admin: Person) -> None:
    result = admin.call(METHOD, ACCESS=["G2", "AU"]).result

    assert result == {
        "G2": {"provider": "", "name": "All users", "provider_id": "other"},
        "AU": {"provider": "", "name": "All authorized users", "provider_id": "other"},
    }


@documented(PAGE)
def test_a_user_is_named(portal: PortalInTest, admin: Person) -> None:
    anna = portal.add_user("Anna", last_name="Lindqvist")

    assert admin.call(METHOD, ACCESS=[f"U{anna.id}"]).result == {
        f"U{anna.id}": {"provider": "Users", "name": "Anna Lindqvist", "provider_id": "user"}
    }


@assumed("the recursive code has to read differently from the flat one")
def test_a_department_is_named_alone_and_with_those_below(
    portal: PortalInTest, admin: Person
) -> None:
    support = portal.add_department("Support")

    result = admin.call(METHOD, ACCESS=[f"D{support}", f"DR{support}"]).result

    assert result[f"D{support}"]["name"] == "Support"
    assert result[f"DR{support}"]["name"] == "Support and its subdepartments"


@documented(PAGE)
def test_a_group_is_named(portal: PortalInTest, admin: Person, anna: Person) -> None:
    relaunch = portal.add_group("Relaunch", anna)

    assert admin.call(METHOD, ACCESS=[f"SG{relaunch}"]).result == {
        f"SG{relaunch}": {
            "provider": "Workgroups",
            "name": "Relaunch",
            "provider_id": "socnetgroup",
        }
    }


@documented(PAGE)
def test_names_come_in_the_order_asked_each_once(admin: Person) -> None:
    result = admin.call(METHOD, ACCESS=["UA", "U1", "D1", "UA"]).result

    assert list(result) == ["UA", "U1", "D1"]


@assumed("what names nobody has no name")
@pytest.mark.parametrize(
    "code",
    [
        "U999",
        "D999",
        "DR999",
        "SG999",
        "U0",
        "U01",
        "u1",
        "X1",
        "",
        "U" + "9" * 30,
        1,
        None,
        ["U1"],
    ],
    ids=repr,
)
def test_a_code_that_names_nobody_is_left_out(admin: Person, code: object) -> None:
    assert admin.call(METHOD, ACCESS=[code]).result == []


@assumed("classic methods name the argument they miss (rest-protocol.md 7.2)")
@pytest.mark.parametrize("sent", [{}, {"ACCESS": "U1"}], ids=["missing", "text"])
def test_access_codes_are_a_list(admin: Person, sent: dict[str, object]) -> None:
    reply = admin.call(METHOD, **sent)

    assert reply.body == {
        "error": "ERROR_ARGUMENT",
        "error_description": "Argument 'ACCESS' is null or empty",
        "argument": "ACCESS",
    }
    assert reply.status == 400
