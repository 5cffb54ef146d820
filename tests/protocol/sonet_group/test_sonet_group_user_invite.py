"""`sonet_group.user.invite`."""

from __future__ import annotations

import pytest

from sluice.domain.people import Role
from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented

METHOD = "sonet_group.user.invite"


@documented("sonet-group-user-invite; flows.md 2.7, 11.4")
def test_an_invitation_waits(portal: PortalInTest, anna: Person, boris: Person) -> None:
    group_id = portal.add_group("Support", anna)

    reply = anna.call(METHOD, GROUP_ID=group_id, USER_ID=[boris.id], MESSAGE="Join us")

    assert reply.result == [str(boris.id)]
    assert portal.group_members(group_id) == {anna.id: Role.OWNER}
    assert portal.in_store(lambda store: store.groups.requests(group_id)) == [boris.id]


@documented("flows.md 11.4: the ids affected")
def test_members_and_who_was_invited_before_are_not_invited(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    group_id = portal.add_group("Support", anna)
    anna.call(METHOD, GROUP_ID=group_id, USER_ID=boris.id)

    reply = anna.call(METHOD, GROUP_ID=group_id, USER_ID=[anna.id, boris.id])

    assert reply.result == []
    assert portal.group_members(group_id) == {anna.id: Role.OWNER}


@documented("flows.md 2.7, 11.4: INITIATE_PERMS")
def test_a_member_invites_where_every_member_may(
    portal: PortalInTest, anna: Person, boris: Person, guest: Person
) -> None:
    group_id = portal.add_group("Support", anna, [boris], initiate_perms="K")

    assert boris.call(METHOD, GROUP_ID=group_id, USER_ID=guest.id).result == [str(guest.id)]


@assumed("who may not touch a group hears of none")
def test_a_stranger_invites_nobody(
    portal: PortalInTest, anna: Person, boris: Person, guest: Person
) -> None:
    group_id = portal.add_group("Support", anna)

    reply = boris.call(METHOD, GROUP_ID=group_id, USER_ID=guest.id)

    assert reply.refusal == (400, "0", "Socialnetwork group not found")
    assert portal.in_store(lambda store: store.groups.requests(group_id)) == []


@documented("sonet-group-user-invite#error-handling; flows.md 11.4")
@pytest.mark.parametrize(
    ("sent", "words"),
    [({"USER_ID": 1}, "Wrong group ID"), ({"GROUP_ID": 1}, "Wrong user IDs")],
    ids=["no group", "no user"],
)
def test_group_and_user_must_be_named(admin: Person, sent: dict[str, int], words: str) -> None:
    assert admin.call(METHOD, **sent).refusal == (400, "0", words)
