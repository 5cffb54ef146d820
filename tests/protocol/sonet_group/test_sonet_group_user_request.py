"""`sonet_group.user.request`."""

from __future__ import annotations

from sluice.domain.people import Role
from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented

METHOD = "sonet_group.user.request"


@documented("sonet-group-user-request; flows.md 2.7, 11.4")
def test_a_request_waits(portal: PortalInTest, anna: Person, boris: Person) -> None:
    group_id = portal.add_group("Support", anna)

    reply = boris.call(METHOD, GROUP_ID=group_id, MESSAGE="Let me in")

    assert reply.result is True
    assert portal.in_store(lambda store: store.groups.requests(group_id)) == [boris.id]
    assert boris.id not in portal.group_members(group_id)


@assumed("OPENED: anyone may join")
def test_an_open_group_lets_everybody_in(portal: PortalInTest, anna: Person, boris: Person) -> None:
    group_id = portal.add_group("Support", anna, opened=True)

    assert boris.call(METHOD, GROUP_ID=group_id).result is True
    assert portal.group_members(group_id)[boris.id] == Role.MEMBER


@assumed("asking changes nothing for who is in")
def test_the_owner_of_an_open_group_stays_owner(portal: PortalInTest, anna: Person) -> None:
    group_id = portal.add_group("Support", anna, opened=True)

    assert anna.call(METHOD, GROUP_ID=group_id).result is True
    assert portal.group_members(group_id) == {anna.id: Role.OWNER}


@documented("flows.md 11.4: a hidden group is for its members")
def test_nobody_asks_to_be_let_into_a_hidden_group(
    portal: PortalInTest, anna: Person, boris: Person, guest: Person
) -> None:
    hidden = portal.add_group("Secret", anna, visible=False)
    visible = portal.add_group("Support", anna)

    for caller, group_id in ((boris, hidden), (guest, visible)):
        reply = caller.call(METHOD, GROUP_ID=group_id)

        assert reply.refusal == (400, "0", "Socialnetwork group not found")
