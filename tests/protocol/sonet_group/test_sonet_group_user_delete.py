"""`sonet_group.user.delete`."""

from __future__ import annotations

from sluice.domain.people import Role
from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented

METHOD = "sonet_group.user.delete"


@documented("sonet-group-user-delete; flows.md 11.4")
def test_the_owner_takes_people_out(
    portal: PortalInTest, anna: Person, boris: Person, guest: Person
) -> None:
    group_id = portal.add_group("Support", anna, [boris])

    reply = anna.call(METHOD, GROUP_ID=group_id, USER_ID=[boris.id, guest.id])

    assert reply.result == [str(boris.id)]
    assert portal.group_members(group_id) == {anna.id: Role.OWNER}


@assumed("a group is never without its owner")
def test_the_owner_stays(portal: PortalInTest, admin: Person, anna: Person) -> None:
    group_id = portal.add_group("Support", anna)

    assert admin.call(METHOD, GROUP_ID=group_id, USER_ID=anna.id).result == []
    assert portal.group_members(group_id) == {anna.id: Role.OWNER}


@assumed("a request can be turned down")
def test_a_request_is_taken_away(portal: PortalInTest, anna: Person, boris: Person) -> None:
    group_id = portal.add_group("Support", anna)
    boris.call("sonet_group.user.request", GROUP_ID=group_id)

    assert anna.call(METHOD, GROUP_ID=group_id, USER_ID=boris.id).result == [str(boris.id)]
    assert portal.in_store(lambda store: store.groups.requests(group_id)) == []


@assumed("moderators look after the members")
def test_a_moderator_takes_people_out(
    portal: PortalInTest, anna: Person, boris: Person, guest: Person
) -> None:
    group_id = portal.add_group("Support", anna, [guest])
    portal.in_store(lambda store: store.groups.set_role(group_id, boris.id, Role.MODERATOR))

    assert boris.call(METHOD, GROUP_ID=group_id, USER_ID=guest.id).result == [str(guest.id)]


@assumed("who may not touch a group hears of none")
def test_a_member_takes_nobody_out(
    portal: PortalInTest, anna: Person, boris: Person, guest: Person
) -> None:
    group_id = portal.add_group("Support", anna, [boris, guest])

    reply = boris.call(METHOD, GROUP_ID=group_id, USER_ID=guest.id)

    assert reply.refusal == (400, "0", "Socialnetwork group not found")
    assert guest.id in portal.group_members(group_id)
