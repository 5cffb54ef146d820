"""`sonet_group.setowner`."""

from __future__ import annotations

import pytest

from sluice.domain.people import Role
from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented

METHOD = "sonet_group.setowner"


@documented("sonet-group-setowner; flows.md 11.4")
def test_the_owner_hands_the_group_over_and_stays_a_member(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    group_id = portal.add_group("Support", anna)

    reply = anna.call(METHOD, GROUP_ID=group_id, USER_ID=boris.id)

    assert reply.result is True
    group = portal.group_named("Support")
    assert group is not None
    assert group.owner_id == boris.id
    assert portal.group_members(group_id) == {anna.id: Role.MEMBER, boris.id: Role.OWNER}


@assumed("nothing changes hands")
def test_the_owner_may_be_the_owner_again(portal: PortalInTest, anna: Person) -> None:
    group_id = portal.add_group("Support", anna)

    assert anna.call(METHOD, GROUP_ID=group_id, USER_ID=anna.id).result is True
    assert portal.group_members(group_id) == {anna.id: Role.OWNER}


@documented("flows.md 11.4: the owner and the portal's administrators")
def test_an_administrator_names_an_owner(
    portal: PortalInTest, admin: Person, anna: Person, boris: Person
) -> None:
    group_id = portal.add_group("Support", anna, [boris])

    assert admin.call(METHOD, GROUP_ID=group_id, USER_ID=boris.id).result is True
    assert portal.group_members(group_id)[boris.id] == Role.OWNER


@documented("sonet-group-setowner#error-handling; flows.md 11.4")
def test_a_member_cannot_take_the_group(portal: PortalInTest, anna: Person, boris: Person) -> None:
    group_id = portal.add_group("Support", anna, [boris])

    reply = boris.call(METHOD, GROUP_ID=group_id, USER_ID=boris.id)

    assert reply.refusal == (400, "0", "Socialnetwork group not found")
    assert portal.group_members(group_id) == {anna.id: Role.OWNER, boris.id: Role.MEMBER}


@assumed("flows.md 11.4 names the words, not the cases")
@pytest.mark.parametrize("user_id", [None, "abc", 0, 999], ids=["none", "text", "zero", "unknown"])
def test_an_owner_must_work_here(portal: PortalInTest, anna: Person, user_id: object) -> None:
    group_id = portal.add_group("Support", anna)

    reply = anna.call(METHOD, GROUP_ID=group_id, USER_ID=user_id)

    assert reply.refusal == (400, "0", "Wrong user IDs")
    assert portal.group_members(group_id) == {anna.id: Role.OWNER}
