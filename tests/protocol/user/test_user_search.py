"""`user.search`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portals import Person, PortalInTest, Reply
from tests.provenance import assumed, documented, observed

METHOD = "user.search"
PAGE = "user/user-search"


def names(reply: Reply) -> list[str]:
    return [user["NAME"] for user in reply.result]


@pytest.fixture
def caller(portal: PortalInTest, admin: Person) -> Person:
    """The administrator, Maria Keller, managing director; with two others to be found."""
    support = portal.add_department("Customer Support")
    portal.add_user("Anna", (support,), last_name="Test", work_position="Head of support")
    portal.add_user(
        "Åsa", (1,), last_name="Ek", work_position="Night support engineer 7", active=False
    )
    return admin


@documented(f"{PAGE}#parameters")
@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ({"NAME": "nn"}, ["Anna"]),
        ({"NAME": "åSA"}, ["Åsa"]),
        ({"LAST_NAME": "test"}, ["Anna"]),
        ({"=LAST_NAME": "tes"}, []),
        ({"WORK_POSITION": "support"}, ["Anna", "Åsa"]),
        ({"UF_DEPARTMENT_NAME": "customer"}, ["Anna"]),
        ({"USER_TYPE": "employee"}, ["Maria", "Anna", "Åsa"]),
        ({"USER_TYPE": "extranet"}, []),
        ({"NAME": ["Anna", "Maria"]}, ["Maria", "Anna"]),
        ({"NAME": "100%"}, []),
    ],
    ids=str,
)
def test_what_a_field_contains(caller: Person, filter: dict[str, Any], found: list[str]) -> None:
    assert names(caller.call(METHOD, filter=filter)) == found


@observed("UserTest::testUserSearch: the fields stand at top level, in another case")
def test_fields_at_top_level(caller: Person) -> None:
    assert caller.call(METHOD, LAST_NAME="test").total == 1


@observed("b24pysdk test_user search: a whole position finds one person, though inactive")
def test_a_phrase_finds_an_inactive_person(caller: Person) -> None:
    [found] = caller.call(METHOD, filter={"FIND": "Night support engineer 7"}).result

    assert (found["NAME"], found["ACTIVE"]) == ("Åsa", False)


@assumed("a search for people is by words, not by their order")
@pytest.mark.parametrize(
    ("phrase", "found"),
    [
        ("anna", ["Anna"]),
        ("test anna", ["Anna"]),
        ("support", ["Anna", "Åsa"]),
        ("support head", ["Anna"]),
        ("anna ek", []),
        ("", ["Maria", "Anna", "Åsa"]),
        ("%", []),
        ([], []),
    ],
    ids=str,
)
def test_every_word_of_a_phrase_counts(caller: Person, phrase: object, found: list[str]) -> None:
    assert names(caller.call(METHOD, filter={"FIND": phrase})) == found


@assumed("the name of the field says that names alone are searched")
def test_a_name_search_does_not_look_at_positions(caller: Person) -> None:
    assert names(caller.call(METHOD, filter={"NAME_SEARCH": "test ann"})) == ["Anna"]
    assert names(caller.call(METHOD, filter={"NAME_SEARCH": "support"})) == []


@observed("b24pysdk test_user search_as_list: a search without a filter lists everybody")
def test_a_search_for_nothing_lists_everybody(caller: Person) -> None:
    reply = caller.call(METHOD, SORT="ID", ORDER="DESC")

    assert names(reply) == ["Åsa", "Anna", "Maria"]
    assert reply.total == 3


@documented(f"{PAGE}#parameters")
def test_search_selects_and_sorts(caller: Person) -> None:
    reply = caller.call(
        METHOD, filter={"WORK_POSITION": "support"}, sort="NAME", order="desc", select=["NAME"]
    )

    assert [list(user) for user in reply.result] == [["ID", "NAME"], ["ID", "NAME"]]
    assert names(reply) == ["Åsa", "Anna"]


@assumed("flows.md 4: guests know the people they work with, not the company")
def test_a_guest_finds_nobody_outside_their_groups(caller: Person, guest: Person) -> None:
    assert guest.call(METHOD, FIND="Anna").result == []
