"""`sonet_group.create`."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sluice.domain.people import Role
from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented

METHOD = "sonet_group.create"


@documented("sonet-group-create; flows.md 11.4")
def test_create_makes_a_group_of_the_caller(portal: PortalInTest, anna: Person) -> None:
    group_id = anna.call(METHOD, NAME="Support").result

    group = portal.group_named("Support")
    assert group is not None
    assert (group.id, group.owner_id) == (group_id, anna.id)
    assert portal.group_members(group_id) == {anna.id: Role.OWNER}


@documented("sonet-group-create#request parameters; flows.md 11.4")
def test_create_keeps_what_was_sent(portal: PortalInTest, anna: Person) -> None:
    anna.call(
        METHOD,
        NAME="Move",
        DESCRIPTION="To the new office",
        KEYWORDS="office, boxes",
        VISIBLE="N",
        OPENED="Y",
        CLOSED="Y",
        PROJECT="Y",
        INITIATE_PERMS="E",
        SUBJECT_ID=2,
        PROJECT_DATE_START="2026-02-01",
        PROJECT_DATE_FINISH="2026-03-01T12:00:00+03:00",
    )

    group = portal.group_named("Move")
    assert group is not None
    assert (group.description, group.keywords) == ("To the new office", "office, boxes")
    assert (group.visible, group.opened, group.closed, group.project) == (False, True, True, True)
    assert (group.initiate_perms, group.subject_id) == ("E", 2)
    assert group.project_start == datetime(2026, 2, 1, tzinfo=UTC)
    assert group.project_finish == datetime(2026, 3, 1, 9, tzinfo=UTC)


@documented("flows.md 11.4: OWNER_ID is for administrators")
def test_an_administrator_names_the_owner(
    portal: PortalInTest, admin: Person, anna: Person
) -> None:
    group_id = admin.call(METHOD, NAME="Support", OWNER_ID=anna.id).result

    assert portal.group_members(group_id) == {anna.id: Role.OWNER}


@documented("flows.md 11.4: OWNER_ID is for administrators")
def test_others_own_what_they_make(portal: PortalInTest, anna: Person, boris: Person) -> None:
    group_id = anna.call(METHOD, NAME="Support", OWNER_ID=boris.id).result

    assert portal.group_members(group_id) == {anna.id: Role.OWNER}


@documented("sonet-group-create#error-handling; settled 1")
def test_a_guest_makes_no_groups(portal: PortalInTest, guest: Person) -> None:
    reply = guest.call(METHOD, NAME="Support")

    assert reply.refusal == (400, "0", "You have no permissions to create a group")
    assert portal.group_named("Support") is None


@documented("sonet-group-create#error-handling; settled 4: group names are unique")
def test_a_name_is_taken_whatever_its_case(portal: PortalInTest, anna: Person) -> None:
    portal.add_group("Support", anna)

    reply = anna.call(METHOD, NAME="SUPPORT")

    assert reply.refusal == (400, "0", "Cannot create group")


@assumed("flows.md 11.4 names the words, not the cases")
@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"NAME": ""},
        {"NAME": "  "},
        {"NAME": ["Support"]},
        {"NAME": "x" * 256},
        {"NAME": "Support", "INITIATE_PERMS": "Z"},
        {"NAME": "Support", "PROJECT_DATE_START": "soon"},
        {"NAME": "Support", "PROJECT_DATE_START": "9999-12-31T23:59:59"},
        {"NAME": "Support", "OWNER_ID": 999},
    ],
    ids=[
        "no name",
        "empty name",
        "blank name",
        "name is a list",
        "long name",
        "permission",
        "date",
        "end of time",
        "owner",
    ],
)
def test_what_cannot_be_is_refused(
    portal: PortalInTest, admin: Person, sent: dict[str, object]
) -> None:
    assert admin.call(METHOD, **sent).refusal == (400, "0", "Incorrect input data")
    assert portal.group_named("Support") is None
