"""`user.add`."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.domain.people import Role
from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented, observed

METHOD = "user.add"
PAGE = "user/user-add"

NEWCOMER = {"EMAIL": "dora@example.com", "NAME": "Dora", "UF_DEPARTMENT": [1]}
NO_PLACE = (
    "An employee has at least one department (UF_DEPARTMENT);"
    " an extranet user (EXTRANET=Y) has at least one group (SONET_GROUP_ID)"
)


def told(portal: PortalInTest, user_id: int) -> dict[str, Any]:
    [user] = portal.admin.call("user.get", ID=user_id).result
    assert isinstance(user, dict)
    return user


@observed("UserTest::testAdd")
def test_an_employee_is_added(portal: PortalInTest, admin: Person) -> None:
    reply = admin.call(METHOD, **NEWCOMER, EXTRANET="N", MESSAGE_TEXT="Welcome!")

    assert isinstance(reply.result, int)
    user = told(portal, reply.result)
    assert (user["NAME"], user["EMAIL"]) == ("Dora", "dora@example.com")
    assert (user["ACTIVE"], user["UF_DEPARTMENT"], user["USER_TYPE"]) == (True, [1], "employee")


@documented(f"{PAGE}#parameters")
def test_every_field_of_the_profile_is_kept(portal: PortalInTest, admin: Person) -> None:
    profile = {
        "LAST_NAME": "Ek",
        "SECOND_NAME": "M",
        "TITLE": "Dr",
        "XML_ID": "hr-7",
        "TIME_ZONE": "Europe/Berlin",
        "PERSONAL_GENDER": "F",
        "PERSONAL_PROFESSION": "Engineer",
        "PERSONAL_CITY": "Bonn",
        "PERSONAL_MOBILE": "+49 1",
        "WORK_POSITION": "Lead",
        "WORK_PHONE": "+49 2",
        "UF_PHONE_INNER": "204",
        "UF_SKILLS": "Gothic 𐌰",
    }

    reply = admin.call(METHOD, **NEWCOMER, **profile)

    assert told(portal, reply.result).items() >= profile.items()


@observed("b24pysdk test_user: a birthday comes back as the same date")
@pytest.mark.parametrize(
    "written", ["1990-05-17", "1990-05-17T00:00:00+03:00", "1990-05-17 23:59:59"]
)
def test_a_birthday_is_the_same_everywhere(
    portal: PortalInTest, admin: Person, written: str
) -> None:
    reply = admin.call(METHOD, **NEWCOMER, PERSONAL_BIRTHDAY=written)

    assert told(portal, reply.result)["PERSONAL_BIRTHDAY"] == "1990-05-17T00:00:00+00:00"


@observed("rest-protocol.md 2.3, 11.5: clients write a list in many ways")
@pytest.mark.parametrize("written", [[1], ["1"], {"0": "1"}, 1, "1", [1, 1]], ids=repr)
def test_departments_may_be_written_in_many_ways(
    portal: PortalInTest, admin: Person, written: object
) -> None:
    reply = admin.call(METHOD, **{**NEWCOMER, "UF_DEPARTMENT": written})

    assert told(portal, reply.result)["UF_DEPARTMENT"] == [1]


@documented(f"{PAGE}#parameters")
def test_a_guest_is_added_to_groups(portal: PortalInTest, admin: Person, anna: Person) -> None:
    group = portal.add_group("Launch", anna)

    reply = admin.call(METHOD, EMAIL="eve@partner.example", EXTRANET="Y", SONET_GROUP_ID=[group])

    user = told(portal, reply.result)
    assert (user["USER_TYPE"], user["UF_DEPARTMENT"]) == ("extranet", [])
    assert portal.group_members(group)[reply.result] == Role.MEMBER


@assumed("flows.md 11.1: either departments or groups, so one of them counts")
def test_a_guest_gets_no_department(portal: PortalInTest, admin: Person, anna: Person) -> None:
    group = portal.add_group("Launch", anna)

    reply = admin.call(METHOD, **NEWCOMER, EXTRANET="Y", SONET_GROUP_ID=group)

    assert told(portal, reply.result)["UF_DEPARTMENT"] == []


@documented(f"{PAGE}#error-handling")
@pytest.mark.parametrize(
    ("changes", "argument", "words"),
    [
        ({"EMAIL": None}, "EMAIL", "Argument 'EMAIL' is null or empty"),
        ({"EMAIL": " "}, "EMAIL", "Argument 'EMAIL' is null or empty"),
        ({"EMAIL": "dora"}, "EMAIL", "Wrong e-mail address: dora"),
        ({"EMAIL": "d@e@x.com"}, "EMAIL", "Wrong e-mail address: d@e@x.com"),
        ({"EMAIL": "dora@example"}, "EMAIL", "Wrong e-mail address: dora@example"),
        ({"EMAIL": "d ora@x.com"}, "EMAIL", "Wrong e-mail address: d ora@x.com"),
        (
            {"EMAIL": "ADMIN@sluice.example"},
            "EMAIL",
            "A user with the e-mail address ADMIN@sluice.example already exists",
        ),
        (
            {"UF_DEPARTMENT": [1, 99]},
            "UF_DEPARTMENT",
            "Wrong value of UF_DEPARTMENT: it should be ids of departments",
        ),
        (
            {"UF_DEPARTMENT": "Support"},
            "UF_DEPARTMENT",
            "Wrong value of UF_DEPARTMENT: it should be ids of departments",
        ),
        (
            {"EXTRANET": "Y", "SONET_GROUP_ID": [99]},
            "SONET_GROUP_ID",
            "Wrong value of SONET_GROUP_ID: it should be ids of groups",
        ),
        (
            {"PERSONAL_BIRTHDAY": "1990-02-30"},
            "PERSONAL_BIRTHDAY",
            "Wrong value of PERSONAL_BIRTHDAY: it should be a date such as 1990-05-17, or empty",
        ),
        (
            {"PERSONAL_GENDER": "x"},
            "PERSONAL_GENDER",
            "Wrong value of PERSONAL_GENDER: it should be F, M or empty",
        ),
        (
            {"TIME_ZONE": "../Berlin"},
            "TIME_ZONE",
            "Wrong value of TIME_ZONE: it should be an IANA name such as Europe/Berlin, or empty",
        ),
    ],
    ids=str,
)
def test_a_field_whose_value_cannot_be(
    admin: Person, changes: dict[str, Any], argument: str, words: str
) -> None:
    reply = admin.call(METHOD, **{**NEWCOMER, **changes})

    assert reply.refusal == (400, "ERROR_ARGUMENT", words)
    assert reply.body["argument"] == argument
    assert admin.call("user.get").total == 1


@assumed("flows.md 11.1: departments, or EXTRANET and groups")
@pytest.mark.parametrize(
    "sent",
    [{}, {"UF_DEPARTMENT": []}, {"UF_DEPARTMENT": [1], "EXTRANET": "Y"}],
    ids=["nothing", "no department", "a guest without groups"],
)
def test_a_newcomer_belongs_somewhere(admin: Person, sent: dict[str, Any]) -> None:
    reply = admin.call(METHOD, EMAIL="dora@example.com", **sent)

    assert reply.refusal == (400, "ERROR_ARGUMENT", NO_PLACE)


@assumed("the product lets administrators decide who invites; here they alone do")
@pytest.mark.parametrize("who", ["anna", "guest"])
def test_only_administrators_invite(
    request: pytest.FixtureRequest, admin: Person, who: str
) -> None:
    caller: Person = request.getfixturevalue(who)

    reply = caller.call(METHOD, **NEWCOMER)

    assert reply.refusal == (400, "ERROR_CORE", "Access denied.")
    assert admin.call("user.get", EMAIL="dora@example.com").total == 0
