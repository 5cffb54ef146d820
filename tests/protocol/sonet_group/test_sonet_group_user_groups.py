"""`sonet_group.user.groups`."""

from __future__ import annotations

from sluice.domain.people import Role
from tests.portals import Person, PortalInTest
from tests.provenance import documented

METHOD = "sonet_group.user.groups"


@documented("sonet-group-user-groups; flows.md 11.4")
def test_the_callers_groups_and_no_others(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    own = portal.add_group("Own", anna)
    joined = portal.add_group("Joined", boris, [anna], visible=False)
    portal.add_group("Other", boris)

    assert anna.call(METHOD).result == [
        {
            "GROUP_ID": str(own),
            "GROUP_NAME": "Own",
            "ROLE": "A",
            "GROUP_IMAGE_ID": None,
            "GROUP_IMAGE": "",
        },
        {
            "GROUP_ID": str(joined),
            "GROUP_NAME": "Joined",
            "ROLE": "K",
            "GROUP_IMAGE_ID": None,
            "GROUP_IMAGE": "",
        },
    ]


@documented("flows.md 2.7: a request waits, it is no membership")
def test_who_only_asked_is_in_no_group(portal: PortalInTest, anna: Person, boris: Person) -> None:
    group_id = portal.add_group("Support", anna)
    portal.in_store(lambda store: store.groups.set_role(group_id, boris.id, Role.REQUEST))

    assert boris.call(METHOD).result == []
