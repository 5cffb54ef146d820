"""`user.update`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented, observed

METHOD = "user.update"
PAGE = "user/user-update"


def told(portal: PortalInTest, person: Person) -> dict[str, Any]:
    [user] = portal.admin.call("user.get", ID=person.id).result
    assert isinstance(user, dict)
    return user


@observed("UserTest::testUpdate")
def test_what_is_sent_changes_and_the_rest_stays(
    portal: PortalInTest, admin: Person, anna: Person
) -> None:
    before = told(portal, anna)
    portal.clock.advance(hours=1)

    reply = admin.call(METHOD, ID=anna.id, NAME="Anne")

    assert reply.result is True
    assert told(portal, anna) == {
        **before,
        "NAME": "Anne",
        "TIMESTAMP_X": "2026-01-12T10:30:00+00:00",
    }


@documented(PAGE)
def test_a_changed_name_is_found(admin: Person, anna: Person) -> None:
    admin.call(METHOD, ID=anna.id, NAME="Anne", WORK_POSITION="Diver")

    assert admin.call("user.search", NAME="Anna").total == 0
    assert admin.call("user.search", FIND="anne diver").total == 1


@observed("b24pysdk test_user update: ACTIVE false is accepted")
@pytest.mark.parametrize("written", [False, "N", "0", 0], ids=repr)
def test_somebody_dismissed_can_no_longer_call(
    portal: PortalInTest, admin: Person, anna: Person, written: object
) -> None:
    assert anna.call("user.current").status == 200

    assert admin.call(METHOD, ID=anna.id, ACTIVE=written).result is True

    assert told(portal, anna)["ACTIVE"] is False
    reply = anna.call("user.current")
    assert (reply.status, reply.error) == (401, "authorization_error")


@documented(PAGE)
def test_somebody_is_taken_back(portal: PortalInTest, admin: Person) -> None:
    boris = portal.add_user("Boris", active=False)

    admin.call(METHOD, ID=boris.id, ACTIVE="Y")

    assert boris.call("user.current").status == 200


@documented(PAGE)
def test_a_move_to_a_department_counts_from_the_next_call(
    portal: PortalInTest, admin: Person, anna: Person
) -> None:
    support = portal.add_department("Support")
    assert anna.call("user.access", ACCESS=[f"D{support}"]).result is False

    admin.call(METHOD, ID=anna.id, UF_DEPARTMENT=[support])

    assert told(portal, anna)["UF_DEPARTMENT"] == [support]
    assert anna.call("user.access", ACCESS=[f"D{support}"]).result is True
    assert anna.call("user.access", ACCESS=["D1"]).result is False


@assumed("flows.md 2.2: whoever has a department is an employee")
def test_a_guest_who_gets_a_department_becomes_an_employee(
    portal: PortalInTest, admin: Person, guest: Person
) -> None:
    admin.call(METHOD, ID=guest.id, UF_DEPARTMENT=[1])

    assert told(portal, guest)["USER_TYPE"] == "employee"
    assert guest.call("user.access", ACCESS=["UA"]).result is True


@assumed("flows.md 2.5: an employee has at least one department")
@pytest.mark.parametrize("written", [[], [""], None, ""], ids=repr)
def test_an_employee_keeps_a_department(
    portal: PortalInTest, admin: Person, anna: Person, written: object
) -> None:
    reply = admin.call(METHOD, ID=anna.id, UF_DEPARTMENT=written)

    assert (reply.status, reply.error) == (400, "ERROR_ARGUMENT")
    assert told(portal, anna)["UF_DEPARTMENT"] == [1]


@documented(f"{PAGE}#parameters")
def test_null_and_an_empty_text_empty_a_field(portal: PortalInTest, admin: Person) -> None:
    anna = portal.add_user("Anna", last_name="Ek", personal_birthday="1990-05-17")

    admin.call(METHOD, ID=anna.id, LAST_NAME=None, PERSONAL_BIRTHDAY="")

    user = told(portal, anna)
    assert (user["LAST_NAME"], user["PERSONAL_BIRTHDAY"]) == ("", "")


@documented(f"{PAGE}#error-handling")
def test_an_address_that_somebody_else_has(
    portal: PortalInTest, admin: Person, anna: Person, boris: Person
) -> None:
    reply = admin.call(METHOD, ID=anna.id, EMAIL="BORIS@example.com")

    assert reply.refusal == (
        400,
        "ERROR_ARGUMENT",
        "A user with the e-mail address BORIS@example.com already exists",
    )
    assert told(portal, anna)["EMAIL"] == "anna@example.com"


@documented(f"{PAGE}#error-handling")
@pytest.mark.parametrize("email", ["", "anna", None])
def test_an_address_that_is_none(admin: Person, anna: Person, email: str | None) -> None:
    reply = admin.call(METHOD, ID=anna.id, EMAIL=email)

    assert reply.refusal == (400, "ERROR_ARGUMENT", f"Wrong e-mail address: {email or ''}")


@documented(PAGE)
def test_an_address_may_change_its_case(portal: PortalInTest, admin: Person, anna: Person) -> None:
    assert admin.call(METHOD, ID=anna.id, EMAIL="Anna@Example.com").result is True
    assert told(portal, anna)["EMAIL"] == "Anna@Example.com"


@documented(f"{PAGE}#error-handling")
def test_nobody_has_this_id(admin: Person) -> None:
    assert admin.call(METHOD, ID=999, NAME="X").refusal == (400, "ERROR_CORE", "User not found.")


@assumed("rest-protocol.md 6: a missing argument is an ERROR_ARGUMENT of classic methods")
@pytest.mark.parametrize("sent", [{}, {"ID": ""}, {"ID": "abc"}, {"ID": [1]}], ids=str)
def test_an_id_is_needed(admin: Person, sent: dict[str, Any]) -> None:
    reply = admin.call(METHOD, NAME="X", **sent)

    assert reply.refusal == (400, "ERROR_ARGUMENT", "Argument 'ID' is null or empty")


@assumed("flows.md 11.1: everybody keeps their own profile")
def test_people_change_their_own_profile(portal: PortalInTest, anna: Person) -> None:
    mine = anna.call("user.current").result

    assert anna.call(METHOD, **{**mine, "PERSONAL_CITY": "Umeå"}).result is True
    assert told(portal, anna)["PERSONAL_CITY"] == "Umeå"


@assumed("rights follow from being here and from departments, so nobody gives them to themselves")
@pytest.mark.parametrize("change", [{"ACTIVE": False}, {"UF_DEPARTMENT": [1, 2]}], ids=str)
def test_people_do_not_change_their_own_place(
    portal: PortalInTest, anna: Person, change: dict[str, Any]
) -> None:
    portal.add_department("Board")
    before = told(portal, anna)

    reply = anna.call(METHOD, ID=anna.id, NAME="Anne", **change)

    assert reply.refusal == (400, "ERROR_CORE", "Access denied.")
    assert told(portal, anna) == before


@documented(f"{PAGE}#error-handling")
@pytest.mark.parametrize("missing", [False, True], ids=["somebody else", "nobody"])
def test_people_do_not_change_others(
    portal: PortalInTest, anna: Person, boris: Person, missing: bool
) -> None:
    reply = anna.call(METHOD, ID=999 if missing else boris.id, NAME="Bob")

    assert reply.refusal == (400, "ERROR_CORE", "Access denied.")
    assert told(portal, boris)["NAME"] == "Boris"


@assumed("so that a portal always has an administrator who can call")
def test_administrators_do_not_deactivate_themselves(admin: Person) -> None:
    reply = admin.call(METHOD, ID=admin.id, ACTIVE="N")

    assert reply.refusal == (400, "ERROR_CORE", "You cannot deactivate yourself.")
    assert admin.call("user.current").result["ACTIVE"] is True
