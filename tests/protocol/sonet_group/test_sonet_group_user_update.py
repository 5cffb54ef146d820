"""`sonet_group.user.update`."""

from __future__ import annotations

import pytest

from sluice.domain.people import Role
from tests.portals import Person, PortalInTest
from tests.provenance import documented

METHOD = "sonet_group.user.update"


@documented("sonet-group-user-update; flows.md 11.4")
def test_the_owner_makes_a_moderator_and_unmakes_one(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    group_id = portal.add_group("Support", anna, [boris])

    up = anna.call(METHOD, GROUP_ID=group_id, USER_ID=[boris.id], ROLE="E")
    promoted = portal.group_members(group_id)
    down = anna.call(METHOD, GROUP_ID=group_id, USER_ID=boris.id, ROLE="K")

    assert up.result == down.result == [str(boris.id)]
    assert promoted[boris.id] == Role.MODERATOR
    assert portal.group_members(group_id)[boris.id] == Role.MEMBER


@documented("flows.md 11.4: [] if only the owner was named")
def test_the_owner_stays_owner(portal: PortalInTest, admin: Person, anna: Person) -> None:
    group_id = portal.add_group("Support", anna)

    reply = admin.call(METHOD, GROUP_ID=group_id, USER_ID=anna.id, ROLE="K")

    assert reply.result == []
    assert portal.group_members(group_id) == {anna.id: Role.OWNER}


@documented("flows.md 11.4: the ids affected")
def test_strangers_and_requests_get_no_role(
    portal: PortalInTest, anna: Person, boris: Person, guest: Person
) -> None:
    group_id = portal.add_group("Support", anna)
    portal.in_store(lambda store: store.groups.set_role(group_id, guest.id, Role.REQUEST))

    reply = anna.call(METHOD, GROUP_ID=group_id, USER_ID=[boris.id, guest.id], ROLE="E")

    assert reply.result == []
    assert portal.group_members(group_id) == {anna.id: Role.OWNER}


@documented("sonet-group-user-update#error-handling; flows.md 11.4")
def test_a_member_gives_no_roles(portal: PortalInTest, anna: Person, boris: Person) -> None:
    group_id = portal.add_group("Support", anna, [boris])

    reply = boris.call(METHOD, GROUP_ID=group_id, USER_ID=boris.id, ROLE="E")

    assert reply.refusal == (400, "0", "No permissions to update users role")
    assert portal.group_members(group_id)[boris.id] == Role.MEMBER


@documented("sonet-group-user-update#error-handling; flows.md 11.4")
@pytest.mark.parametrize("role", [None, "", "A", "Z", "e", 1], ids=repr)
def test_a_role_must_be_e_or_k(
    portal: PortalInTest, anna: Person, boris: Person, role: object
) -> None:
    group_id = portal.add_group("Support", anna, [boris])

    reply = anna.call(METHOD, GROUP_ID=group_id, USER_ID=boris.id, ROLE=role)

    assert reply.refusal == (400, "0", "Incorrect role code")
