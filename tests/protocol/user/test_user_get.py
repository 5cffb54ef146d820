"""`user.get`."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from tests.portals import Person, PortalInTest, Reply
from tests.provenance import assumed, documented, observed

METHOD = "user.get"
PAGE = "user/user-get"
# One field in 512 spellings, which are one name.
SAME_NAME = ["".join(letters) for letters in product(*zip("last_name", "LAST_NAME", strict=True))]


def names(reply: Reply) -> list[str]:
    return [user["NAME"] for user in reply.result]


@pytest.fixture
def team(portal: PortalInTest) -> dict[str, Person]:
    """Beside the administrator, Maria Keller: three people in two departments."""
    support = portal.add_department("Support")
    return {
        "anna": portal.add_user(
            "Anna",
            (support,),
            last_name="Lindqvist",
            uf_phone_inner="103",
            personal_birthday="1990-05-17",
        ),
        "boris": portal.add_user("Boris", (1, support), last_name="Novak", active=False),
        "chiara": portal.add_user("Chiara", (1,), last_name="Rossi", personal_city="Turin"),
    }


@documented(PAGE)
def test_everybody_is_listed_and_counted(team: dict[str, Person]) -> None:
    reply = team["anna"].call(METHOD)

    assert names(reply) == ["Maria", "Anna", "Boris", "Chiara"]
    assert (reply.total, reply.next) == (4, None)


@observed("UserTest::testGetWithDefaultArguments")
def test_arguments_that_nobody_gave_are_no_arguments(team: dict[str, Person]) -> None:
    reply = team["anna"].call(METHOD, sort=None, order=None, filter=[], ADMIN_MODE=False, start=0)

    assert reply.total == 4


@documented(f"{PAGE}#parameters")
@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ({"NAME": "Anna"}, ["Anna"]),
        ({"NAME": "aNNA"}, ["Anna"]),
        ({"NAME": "Ann"}, []),
        ({"%LAST_NAME": "OV"}, ["Boris"]),
        ({"!NAME": ["Anna", "Maria"]}, ["Boris", "Chiara"]),
        ({"ACTIVE": False}, ["Boris"]),
        ({"ACTIVE": "Y", ">ID": 1}, ["Anna", "Chiara"]),
        ({"EMAIL": "Anna@Example.com"}, ["Anna"]),
        ({"PERSONAL_CITY": "Turin"}, ["Chiara"]),
        ({"PERSONAL_BIRTHDAY": "1990-05-17T00:00:00+00:00"}, ["Anna"]),
        ({"<PERSONAL_BIRTHDAY": "2000-01-01"}, ["Anna"]),
        ({"USER_TYPE": "extranet"}, []),
        ({"name": "Anna", "last_name": "Lindqvist"}, ["Anna"]),
    ],
    ids=str,
)
def test_a_filter(team: dict[str, Person], filter: dict[str, Any], found: list[str]) -> None:
    assert names(team["anna"].call(METHOD, filter=filter)) == found


@documented(f"{PAGE}#parameters")
@pytest.mark.parametrize("write", ["name", "NAME", "Name"])
def test_a_field_at_top_level_filters_too(team: dict[str, Person], write: str) -> None:
    assert names(team["anna"].call(METHOD, **{write: "Chiara"})) == ["Chiara"]


@observed("UserTest::testGetByIdTypehints: the id of a user is looked for at top level")
def test_a_user_is_found_by_id(team: dict[str, Person]) -> None:
    [found] = team["anna"].call(METHOD, ID=str(team["chiara"].id)).result

    assert found["ID"] == str(team["chiara"].id)


@observed("UserTest::testGetWithInternalPhone: a field that is not null has a value")
def test_who_has_an_extension_number(team: dict[str, Person]) -> None:
    assert names(team["anna"].call(METHOD, filter={"!UF_PHONE_INNER": None})) == ["Maria", "Anna"]


@documented(f"{PAGE}#parameters")
@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("UF_DEPARTMENT", ["Anna", "Boris"]),
        ("!UF_DEPARTMENT", ["Maria", "Chiara"]),
    ],
)
def test_people_are_found_by_their_departments(
    portal: PortalInTest, team: dict[str, Person], key: str, found: list[str]
) -> None:
    support = portal.in_store(lambda store: max(store.departments.parents()))

    assert names(team["anna"].call(METHOD, filter={key: support})) == found
    assert names(team["anna"].call(METHOD, filter={key: [str(support)]})) == found


@assumed("flows.md 2.2: somebody in no department is a guest")
def test_who_is_in_no_department(team: dict[str, Person], admin: Person, guest: Person) -> None:
    assert names(admin.call(METHOD, filter={"UF_DEPARTMENT": None})) == ["Gustavo"]


@documented(f"{PAGE}#parameters")
@pytest.mark.parametrize(
    "sorting",
    [
        {"sort": "LAST_NAME", "order": "DESC"},
        {"SORT": "last_name", "ORDER": "desc"},
        {"order": {"LAST_NAME": "DESC"}},
        {"sort": {"LAST_NAME": "DESC"}, "order": None},
    ],
    ids=["field and direction", "other case", "map as order", "map as sort"],
)
def test_users_are_sorted(team: dict[str, Person], sorting: dict[str, Any]) -> None:
    assert names(team["anna"].call(METHOD, **sorting)) == ["Chiara", "Boris", "Anna", "Maria"]


@assumed("rest-protocol.md 10: readers of long lists order by ID; a direction alone means it")
def test_a_direction_alone_is_that_of_the_id(team: dict[str, Person]) -> None:
    assert names(team["anna"].call(METHOD, order="DESC")) == ["Chiara", "Boris", "Anna", "Maria"]


@documented(f"{PAGE}#parameters")
def test_only_the_selected_fields_and_the_id_are_told(team: dict[str, Person]) -> None:
    reply = team["anna"].call(METHOD, ID=1, select=["NAME", "no_such_field"])

    assert reply.result == [{"ID": "1", "NAME": "Maria"}]


@observed("rest-protocol.md 10: pages of fifty, next only when more follow")
def test_the_second_page(portal: PortalInTest, admin: Person) -> None:
    for number in range(50):
        portal.add_user(f"Number{number}")

    first, second = admin.call(METHOD), admin.call(METHOD, start=50)

    assert (len(first.result), first.next, first.total) == (50, 50, 51)
    assert (names(second), second.next, second.total) == (["Number49"], None, 51)


@observed("rest-protocol.md 10: a negative start does not count")
def test_an_uncounted_page(admin: Person) -> None:
    reply = admin.call(METHOD, start=-1, filter={">ID": 0}, order={"ID": "ASC"})

    assert (names(reply), reply.total) == (["Maria"], None)


@observed("rest-protocol.md 11.4: an unresolved reference ends a chain of pages, without an error")
def test_a_comparison_with_a_list_finds_nobody(admin: Person) -> None:
    reply = admin.call(METHOD, start=-1, filter={">ID": [{"ID": "1"}]})

    assert reply.result == []


@observed("rest-protocol.md 10: the shared helper refuses what it does not know")
@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"filter": {"SHOE_SIZE": 43}}, "Filter field not allowed: SHOE_SIZE"),
        ({"filter": {"~NAME": "x"}}, "Filter operation not allowed: ~"),
        ({"sort": "SHOE_SIZE"}, "Order field not allowed: SHOE_SIZE"),
        ({"sort": "UF_DEPARTMENT"}, "Order field not allowed: UF_DEPARTMENT"),
        ({"sort": "ID", "order": "up"}, "Order direction should be one of {ASC|DESC}"),
    ],
    ids=str,
)
def test_what_users_cannot_be_listed_by(admin: Person, sent: dict[str, Any], words: str) -> None:
    assert admin.call(METHOD, **sent).refusal == (400, "ERROR_ARGUMENT", words)


@assumed("bad input is an answer of some kind, never an error of ours")
@pytest.mark.parametrize(
    "sent",
    [
        {"filter": {"%NAME": "x" * 60_000}},
        {"filter": {f"{sign}{name}": "a" for sign in ("", "!", "%", "<") for name in SAME_NAME}},
    ],
    ids=["long text", "one name in every case"],
)
def test_a_filter_beyond_reason_finds_nobody(admin: Person, sent: dict[str, Any]) -> None:
    assert admin.call(METHOD, **sent).result == []


@assumed("flows.md 4: guests know the people they work with, not the company")
def test_a_guest_sees_the_people_of_shared_groups_alone(
    portal: PortalInTest, anna: Person, boris: Person, guest: Person
) -> None:
    portal.add_group("Launch", anna, [guest])
    portal.add_group("Board", boris)

    reply = guest.call(METHOD)

    assert (names(reply), reply.total) == (["Anna", "Gustavo"], 2)


@assumed("flows.md 4: guests know the people they work with, not the company")
def test_a_guest_without_a_group_sees_nobody_else(guest: Person, anna: Person) -> None:
    assert names(guest.call(METHOD, filter={"ID": [anna.id, guest.id]})) == ["Gustavo"]
