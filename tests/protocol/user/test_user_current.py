"""`user.current`."""

from __future__ import annotations

from tests.portals import Person, PortalInTest
from tests.provenance import documented, observed

METHOD = "user.current"
PAGE = "user/user-current"


@documented(PAGE)
def test_the_caller_is_told_in_full(portal: PortalInTest) -> None:
    department = portal.add_department("Support")
    anna = portal.add_user(
        "Anna",
        (department, 1),
        last_name="Lindqvist",
        personal_gender="F",
        personal_birthday="1990-05-17",
        time_zone="Europe/Stockholm",
        work_position="Head of support",
        uf_phone_inner="103",
    )

    assert anna.call(METHOD).result == {
        "ID": str(anna.id),
        "XML_ID": "",
        "ACTIVE": True,
        "NAME": "Anna",
        "LAST_NAME": "Lindqvist",
        "SECOND_NAME": "",
        "TITLE": "",
        "EMAIL": "anna@example.com",
        "LAST_LOGIN": "",
        "DATE_REGISTER": "2026-01-12T09:30:00+00:00",
        "TIME_ZONE": "Europe/Stockholm",
        "IS_ONLINE": "N",
        "TIMESTAMP_X": "2026-01-12T09:30:00+00:00",
        "LAST_ACTIVITY_DATE": "",
        "PERSONAL_GENDER": "F",
        "PERSONAL_PROFESSION": "",
        "PERSONAL_WWW": "",
        "PERSONAL_BIRTHDAY": "1990-05-17T00:00:00+00:00",
        "PERSONAL_PHONE": "",
        "PERSONAL_MOBILE": "",
        "PERSONAL_STREET": "",
        "PERSONAL_CITY": "",
        "PERSONAL_STATE": "",
        "PERSONAL_ZIP": "",
        "PERSONAL_COUNTRY": "",
        "PERSONAL_NOTES": "",
        "WORK_COMPANY": "",
        "WORK_DEPARTMENT": "",
        "WORK_POSITION": "Head of support",
        "WORK_PHONE": "",
        "WORK_CITY": "",
        "WORK_COUNTRY": "",
        "UF_EMPLOYMENT_DATE": "",
        "UF_DEPARTMENT": [department, 1],
        "UF_INTERESTS": "",
        "UF_SKILLS": "",
        "UF_PHONE_INNER": "103",
        "USER_TYPE": "employee",
    }


@observed("rest-protocol.md 3.4: the scopes user_basic and user_brief are enough")
def test_a_smaller_scope_is_enough(portal: PortalInTest, anna: Person) -> None:
    brief = portal.person(anna.id, ["user_brief"])

    assert brief.call(METHOD).result["NAME"] == "Anna"


@documented(f"{PAGE}#scope")
def test_another_scope_is_not_enough(portal: PortalInTest, anna: Person) -> None:
    reply = portal.person(anna.id, ["task"]).call(METHOD)

    assert (reply.status, reply.error) == (401, "insufficient_scope")


@documented(PAGE)
def test_a_guest_has_no_department(guest: Person) -> None:
    told = guest.call(METHOD).result

    assert (told["UF_DEPARTMENT"], told["USER_TYPE"]) == ([], "extranet")
