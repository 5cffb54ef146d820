"""`sluice user`: employees, administrators and guests are made and listed."""

from __future__ import annotations

import pytest

from sluice.domain.password import is_password
from sluice.store.sqlite import read_file
from tests.cli.portal import PortalInFile

BORIS = (*("--name", "Boris", "--last-name", "Reed"), *("--email", "boris.reed@example.test"))


def test_an_employee_is_made_in_departments(portal: PortalInFile) -> None:
    made = portal.answer("user", "create", *BORIS, "--department", "17", "--department", "3")

    assert made == {
        "id": 13,
        "name": "Boris",
        "last_name": "Reed",
        "email": "boris.reed@example.test",
        "departments": [17, 3],
        "admin": False,
        "extranet": False,
        "active": True,
        "language": "",
    }
    (told,) = portal.answer("call", "user.get", "ID=13")["result"]
    assert (told["NAME"], told["UF_DEPARTMENT"], told["USER_TYPE"]) == (
        "Boris",
        [17, 3],
        "employee",
    )


def test_a_department_named_twice_counts_once(portal: PortalInFile) -> None:
    made = portal.answer("user", "create", *BORIS, "--department", "3", "--department", "3")

    assert made["departments"] == [3]


def test_an_administrator_is_one_on_the_wire(portal: PortalInFile) -> None:
    made = portal.answer("user", "create", *BORIS, "--department", "1", "--admin")

    webhook = portal.answer("webhook", "create", "--user", str(made["id"]))
    assert portal.call(webhook["path"], "user.admin")["result"] is True


def test_an_employee_is_no_administrator(portal: PortalInFile) -> None:
    made = portal.answer("user", "create", *BORIS, "--department", "1")

    webhook = portal.answer("webhook", "create", "--user", str(made["id"]))
    assert portal.call(webhook["path"], "user.admin")["result"] is False


def test_a_guest_takes_no_department(portal: PortalInFile) -> None:
    made = portal.answer("user", "create", *BORIS, "--extranet")

    assert (made["extranet"], made["departments"]) == (True, [])
    (told,) = portal.answer("call", "user.get", f"ID={made['id']}")["result"]
    assert told["USER_TYPE"] == "extranet"


@pytest.mark.parametrize(
    "membership",
    [(), ("--extranet", "--department", "3"), ("--extranet", "--admin")],
    ids=["neither employee nor guest", "a guest in a department", "a guest who administers"],
)
def test_what_cannot_be_is_a_wrong_command_line(
    portal: PortalInFile, membership: tuple[str, ...]
) -> None:
    done = portal.run("user", "create", *BORIS, *membership)

    assert done.exit_code == 2
    assert len(portal.answer("user", "list")) == 12


def test_an_unknown_department_is_answered_with_those_there_are(portal: PortalInFile) -> None:
    done = portal.run("user", "create", *BORIS, "--department", "99")

    assert done.exit_code == 1
    assert "There is no department 99." in done.stderr
    assert "3 Support, 17 Engineering" in done.stderr


def test_an_email_address_belongs_to_one_user(portal: PortalInFile) -> None:
    portal.answer("user", "create", *BORIS, "--department", "17")

    again = portal.run(
        *("user", "create", "--name", "Bo", "--email", "Boris.Reed@Example.test", "--extranet")
    )

    assert again.exit_code == 1
    assert "Boris.Reed@Example.test already exists" in again.stderr
    assert len(portal.answer("user", "list")) == 13


def test_a_wrong_email_address_is_refused(portal: PortalInFile) -> None:
    done = portal.run("user", "create", "--name", "Bo", "--email", "bo", "--department", "3")

    assert done.exit_code == 1
    assert "Wrong e-mail address: bo" in done.stderr


def test_the_list_has_everybody(portal: PortalInFile) -> None:
    listed = portal.answer("user", "list")

    assert [user["id"] for user in listed] == list(range(1, 13))
    assert [user["id"] for user in listed if user["admin"]] == [1]
    assert [user["id"] for user in listed if user["extranet"]] == [12]


def test_the_list_is_longer_than_a_page_of_the_wire(portal: PortalInFile) -> None:
    for number in range(40):
        email = f"guest{number}@example.test"
        portal.answer("user", "create", "--name", "Guest", "--email", email, "--extranet")

    assert len(portal.answer("user", "list")) == 52


def test_the_list_says_who_was_dismissed(portal: PortalInFile) -> None:
    portal.answer("call", "user.update", "ID=4", "ACTIVE=N")

    shown = portal.run("user", "list").stdout

    (boris,) = [line for line in shown.splitlines() if "Boris Novak" in line]
    assert boris.endswith("employee, dismissed")


def test_a_password_is_read_from_standard_input(portal: PortalInFile) -> None:
    done = portal.run("user", "password", "3", input="correct horse\n")

    assert done.exit_code == 0, done.output
    assert "correct horse" not in done.output
    assert is_password("correct horse", kept_password(portal, 3))


def test_a_password_is_made_up_on_request(portal: PortalInFile) -> None:
    made = portal.answer("user", "password", "3", "--generate")["password"]

    assert len(made) == 16
    assert is_password(made, kept_password(portal, 3))


@pytest.mark.parametrize("secret", ["short", "x" * 1001])
def test_a_password_that_is_none_is_refused(secret: str, portal: PortalInFile) -> None:
    done = portal.run("user", "password", "3", input=f"{secret}\n")

    assert done.exit_code == 1
    assert "A password has from 8 to 1000 characters." in done.output
    assert kept_password(portal, 3) is None


def kept_password(portal: PortalInFile, user_id: int) -> str | None:
    return read_file(portal.path, lambda store: store.sessions.password_hash(user_id))


def test_the_language_of_a_user_is_set(portal: PortalInFile) -> None:
    made = portal.answer("user", "create", *BORIS, "--department", "17", "--language", "ru")
    assert made["language"] == "ru"

    portal.answer("user", "language", str(made["id"]), "portal")
    everybody = {user["id"]: user["language"] for user in portal.answer("user", "list")}
    assert everybody[made["id"]] == ""
    portal.answer("user", "language", str(made["id"]), "en")
    assert {user["id"]: user["language"] for user in portal.answer("user", "list")} == {
        **everybody,
        made["id"]: "en",
    }
