"""`sonet_group.user.get`."""

from __future__ import annotations

import pytest

from sluice.domain.people import Role
from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented

METHOD = "sonet_group.user.get"


@documented("sonet-group-user-get; flows.md 11.4")
def test_members_are_listed_with_their_roles(
    portal: PortalInTest, anna: Person, boris: Person, guest: Person
) -> None:
    group_id = portal.add_group("Support", anna, [boris])
    portal.in_store(lambda store: store.groups.set_role(group_id, boris.id, Role.MODERATOR))
    portal.in_store(lambda store: store.groups.set_role(group_id, guest.id, Role.MEMBER))

    assert anna.call(METHOD, ID=group_id).result == [
        {"USER_ID": str(anna.id), "ROLE": "A"},
        {"USER_ID": str(boris.id), "ROLE": "E"},
        {"USER_ID": str(guest.id), "ROLE": "K"},
    ]


@documented("flows.md 11.4: the roles are A, E and K")
def test_a_request_is_no_membership(portal: PortalInTest, anna: Person, boris: Person) -> None:
    group_id = portal.add_group("Support", anna)
    portal.in_store(lambda store: store.groups.set_role(group_id, boris.id, Role.REQUEST))

    assert anna.call(METHOD, ID=group_id).result == [{"USER_ID": str(anna.id), "ROLE": "A"}]


@assumed("a hidden group is one that is not there")
def test_a_stranger_does_not_see_who_is_in_a_hidden_group(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    group_id = portal.add_group("Secret", anna, visible=False)

    reply = boris.call(METHOD, ID=group_id)

    assert reply.refusal == (400, "0", "Socialnetwork group not found")


@documented("sonet-group-user-get#error-handling; flows.md 11.4")
@pytest.mark.parametrize("group_id", [None, "abc", 0], ids=["missing", "text", "zero"])
def test_a_group_id_that_is_none(admin: Person, group_id: object) -> None:
    assert admin.call(METHOD, ID=group_id).refusal == (400, "0", "Wrong group ID")
