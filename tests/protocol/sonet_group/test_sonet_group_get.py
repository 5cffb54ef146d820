"""`sonet_group.get`."""

from __future__ import annotations

import pytest

from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented

METHOD = "sonet_group.get"


def names(rows: list[dict[str, str]]) -> list[str]:
    return [row["NAME"] for row in rows]


@documented("sonet-group-get#response; flows.md 11.4")
def test_a_group_is_texts_under_these_keys_in_this_order(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    group = portal.add_group("Support", anna, [boris], description="Help", keywords="a, b")

    rows = anna.call(METHOD).result

    assert list(rows[0].items()) == [
        ("ID", str(group)),
        ("SITE_ID", "s1"),
        ("NAME", "Support"),
        ("DESCRIPTION", "Help"),
        ("DATE_CREATE", "2026-01-12T09:30:00+00:00"),
        ("DATE_UPDATE", "2026-01-12T09:30:00+00:00"),
        ("ACTIVE", "Y"),
        ("VISIBLE", "Y"),
        ("OPENED", "N"),
        ("CLOSED", "N"),
        ("SUBJECT_ID", "1"),
        ("OWNER_ID", str(anna.id)),
        ("KEYWORDS", "a, b"),
        ("NUMBER_OF_MEMBERS", "2"),
        ("DATE_ACTIVITY", "2026-01-12T09:30:00+00:00"),
        ("SUBJECT_NAME", "Workgroups"),
        ("PROJECT", "N"),
        ("IS_EXTRANET", "N"),
    ]


@documented("sonet-group-get#response; flows.md 11.4")
def test_a_group_without_description_and_keywords_has_nulls(
    portal: PortalInTest, anna: Person
) -> None:
    portal.add_group("Support", anna)

    (row,) = anna.call(METHOD).result

    assert (row["DESCRIPTION"], row["KEYWORDS"]) == (None, None)


@documented("sonet-group-get#request parameters; flows.md 11.4")
@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"=NAME": "Support"}, ["Support"]),
        ({"NAME": "support"}, ["Support"]),
        ({"=name": "Support"}, ["Support"]),
        ({"%NAME": "upp"}, ["Support", "Supply"]),
        ({"?NAME": "upp"}, ["Support", "Supply"]),
        ({"!%NAME": "upp"}, ["Design"]),
        ({"!NAME": "Design"}, ["Support", "Supply"]),
        ({"!=NAME": "Design"}, ["Support", "Supply"]),
        ({"=NAME": "Sup"}, []),
        ({"PROJECT": "Y"}, ["Supply"]),
        ({"CLOSED": "Y"}, ["Design"]),
        ({"ID": [1, 3]}, ["Support", "Design"]),
        ({"><ID": [2, 3]}, ["Supply", "Design"]),
        ({"!><ID": [2, 3]}, ["Support"]),
        ({"><ID": 2}, []),
        ({">ID": 1, "<ID": "3"}, ["Supply"]),
        ({">=DATE_CREATE": "2026-01-12T09:30:00+00:00"}, ["Support", "Supply", "Design"]),
        ({">DATE_CREATE": "2026-01-12T09:30:00+00:00"}, []),
        ([], ["Support", "Supply", "Design"]),
        ("", ["Support", "Supply", "Design"]),
    ],
    ids=repr,
)
def test_the_filter(
    portal: PortalInTest, anna: Person, condition: object, found: list[str]
) -> None:
    portal.add_group("Support", anna)
    portal.add_group("Supply", anna, project=True)
    portal.add_group("Design", anna, closed=True)

    reply = anna.call(METHOD, FILTER=condition, ORDER={"ID": "ASC"})

    assert names(reply.result) == found
    assert reply.total == len(found)


@assumed("rest-protocol.md 10: the complaint of the shared helper")
def test_an_unknown_field_in_the_filter_is_refused(anna: Person) -> None:
    reply = anna.call(METHOD, FILTER={"COLOUR": "red"})

    assert reply.refusal == (400, "ERROR_ARGUMENT", "Filter field not allowed: COLOUR")


@documented("sonet-group-get#request parameters; flows.md 11.4")
def test_the_order_may_be_turned_around(portal: PortalInTest, anna: Person) -> None:
    portal.add_group("Alpha", anna)
    portal.add_group("Beta", anna)

    reply = anna.call(METHOD, order={"NAME": "desc"})

    assert names(reply.result) == ["Beta", "Alpha"]


@documented("sonet-group-get#request parameters; flows.md 11.4")
def test_group_id_asks_for_one_group(portal: PortalInTest, anna: Person) -> None:
    portal.add_group("Alpha", anna)
    beta = portal.add_group("Beta", anna)

    assert names(anna.call(METHOD, GROUP_ID=beta).result) == ["Beta"]


@documented("settings-how-to-call-rest-api-list-methods-pecularities; rest-protocol.md 10")
def test_fifty_groups_are_a_page(portal: PortalInTest, anna: Person) -> None:
    for number in range(52):
        portal.add_group(f"Group {number}", anna)

    first, second = anna.call(METHOD), anna.call(METHOD, start=50)

    assert (len(first.result), first.total, first.next) == (50, 52, 50)
    assert (names(second.result), second.next) == (["Group 50", "Group 51"], None)


@documented("sonet-group-get; flows.md 11.4")
@pytest.mark.parametrize(
    ("who", "found"),
    [
        ("admin", ["Hidden", "Visible"]),
        ("anna", ["Hidden", "Visible"]),
        ("boris", ["Visible"]),
        ("guest", []),
    ],
)
def test_who_sees_which_groups(
    request: pytest.FixtureRequest, portal: PortalInTest, anna: Person, who: str, found: list[str]
) -> None:
    portal.add_group("Hidden", anna, visible=False)
    portal.add_group("Visible", anna)
    caller: Person = request.getfixturevalue(who)

    reply = caller.call(METHOD)

    assert (names(reply.result), reply.total) == (found, len(found))


@assumed("flows.md 2.2: guests see what names them")
def test_a_guest_sees_the_groups_they_are_in(
    portal: PortalInTest, anna: Person, guest: Person
) -> None:
    portal.add_group("Partners", anna, [guest], visible=False)
    portal.add_group("Staff", anna)

    (row,) = guest.call(METHOD).result

    assert (row["NAME"], row["IS_EXTRANET"], row["NUMBER_OF_MEMBERS"]) == ("Partners", "Y", "2")


@assumed("IS_ADMIN is for administrators alone")
def test_is_admin_does_not_open_hidden_groups_to_others(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    portal.add_group("Hidden", anna, visible=False)

    assert boris.call(METHOD, IS_ADMIN="Y").result == []


@documented("flows.md 2.7: a request waits, it is no membership")
def test_who_is_only_invited_is_not_counted(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    group = portal.add_group("Support", anna)
    anna.call("sonet_group.user.invite", GROUP_ID=group, USER_ID=boris.id)

    (row,) = anna.call(METHOD).result

    assert row["NUMBER_OF_MEMBERS"] == "1"
