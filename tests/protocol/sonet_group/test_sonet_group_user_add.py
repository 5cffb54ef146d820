"""`sonet_group.user.add`."""

from __future__ import annotations

import pytest

from sluice.domain.people import Role
from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented

METHOD = "sonet_group.user.add"


@documented("sonet-group-user-add; flows.md 11.4")
def test_the_owner_adds_people_at_once(
    portal: PortalInTest, anna: Person, boris: Person, guest: Person
) -> None:
    group_id = portal.add_group("Support", anna)

    reply = anna.call(METHOD, GROUP_ID=group_id, USER_ID=[boris.id, str(guest.id)])

    assert reply.result == [str(boris.id), str(guest.id)]
    assert portal.group_members(group_id) == {
        anna.id: Role.OWNER,
        boris.id: Role.MEMBER,
        guest.id: Role.MEMBER,
    }


@documented("flows.md 11.4: USER_ID is an int or a list")
def test_one_user_needs_no_list(portal: PortalInTest, anna: Person, boris: Person) -> None:
    group_id = portal.add_group("Support", anna)

    assert anna.call(METHOD, GROUP_ID=group_id, USER_ID=boris.id).result == [str(boris.id)]


@documented("flows.md 11.4: the ids affected")
def test_members_nobody_and_leavers_are_not_added(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    group_id = portal.add_group("Support", anna, [boris])
    leaver = portal.add_user("Lena", active=False)

    reply = anna.call(METHOD, GROUP_ID=group_id, USER_ID=[anna.id, boris.id, leaver.id, 999])

    assert reply.result == []
    assert portal.group_members(group_id) == {anna.id: Role.OWNER, boris.id: Role.MEMBER}


@assumed("adding answers a request")
def test_who_asked_becomes_a_member(portal: PortalInTest, anna: Person, boris: Person) -> None:
    group_id = portal.add_group("Support", anna)
    boris.call("sonet_group.user.request", GROUP_ID=group_id)

    reply = anna.call(METHOD, GROUP_ID=group_id, USER_ID=boris.id)

    assert reply.result == [str(boris.id)]
    assert portal.group_members(group_id)[boris.id] == Role.MEMBER


@documented("flows.md 2.7, 11.4: INITIATE_PERMS")
@pytest.mark.parametrize(
    ("perms", "role", "may"),
    [
        ("K", Role.MEMBER, True),
        ("K", None, False),
        ("K", Role.REQUEST, False),
        ("E", Role.MODERATOR, True),
        ("E", Role.MEMBER, False),
        ("A", Role.MODERATOR, False),
    ],
    ids=[
        "member where all may",
        "stranger where all may",
        "asker where all may",
        "moderator where moderators may",
        "member where moderators may",
        "moderator where the owner may",
    ],
)
def test_who_may_add(
    portal: PortalInTest,
    anna: Person,
    boris: Person,
    guest: Person,
    perms: str,
    role: Role | None,
    may: bool,
) -> None:
    group_id = portal.add_group("Support", anna, initiate_perms=perms)
    if role is not None:
        portal.in_store(lambda store: store.groups.set_role(group_id, boris.id, role))

    reply = boris.call(METHOD, GROUP_ID=group_id, USER_ID=guest.id)

    assert (guest.id in portal.group_members(group_id)) is may
    if not may:
        assert reply.refusal == (400, "0", "Socialnetwork group not found")


@documented("flows.md 4: the portal's administrators pass every check")
def test_the_administrator_adds_to_any_group(
    portal: PortalInTest, admin: Person, anna: Person, boris: Person
) -> None:
    group_id = portal.add_group("Secret", anna, visible=False, initiate_perms="A")

    assert admin.call(METHOD, GROUP_ID=group_id, USER_ID=boris.id).result == [str(boris.id)]


@documented("sonet-group-user-add#error-handling; flows.md 11.4")
@pytest.mark.parametrize(
    "user_id",
    [None, "", "abc", 0, [], [0, "x"]],
    ids=["none", "empty", "text", "zero", "[]", "bad"],
)
def test_somebody_must_be_named(portal: PortalInTest, anna: Person, user_id: object) -> None:
    group_id = portal.add_group("Support", anna)

    reply = anna.call(METHOD, GROUP_ID=group_id, USER_ID=user_id)

    assert reply.refusal == (400, "0", "Wrong user IDs")
