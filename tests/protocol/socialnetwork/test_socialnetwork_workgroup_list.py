"""`socialnetwork.api.workgroup.list`."""

from __future__ import annotations

import pytest

from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented

METHOD = "socialnetwork.api.workgroup.list"


@documented("socialnetwork-api-workgroup-list; flows.md 11.4")
def test_a_list_has_ids_and_a_total(portal: PortalInTest, anna: Person) -> None:
    group_id = portal.add_group("Support", anna)

    reply = anna.call(METHOD)

    assert reply.result == {"workgroups": [{"id": str(group_id)}]}
    assert reply.total == 1


@documented("socialnetwork-api-workgroup-list; flows.md 11.4")
def test_selected_fields_are_camel_case(portal: PortalInTest, anna: Person) -> None:
    group_id = portal.add_group("Support", anna, project_start=portal.clock.now())

    reply = anna.call(
        METHOD,
        select=["NAME", "NUMBER_OF_MEMBERS", "INITIATE_PERMS", "PROJECT_DATE_START", "COLOUR"],
    )

    assert reply.result["workgroups"] == [
        {
            "id": str(group_id),
            "name": "Support",
            "numberOfMembers": "1",
            "initiatePerms": "K",
            "projectDateStart": "2026-01-12T09:30:00+00:00",
        }
    ]


@assumed("rest-protocol.md 10: a star selects everything")
def test_a_star_selects_everything(portal: PortalInTest, anna: Person) -> None:
    portal.add_group("Support", anna)

    (row,) = anna.call(METHOD, select=["*"]).result["workgroups"]

    assert {"id", "name", "dateCreate", "ownerId", "projectDateFinish"} <= row.keys()


@documented("socialnetwork-api-workgroup-list; flows.md 11.4, 12.3")
@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"ACTIVE": "Y"}, ["2", "1"]),
        ({"=NAME": "Support"}, ["1"]),
        ({"%NAME": "sign"}, ["2"]),
        ({">ID": 1}, ["2"]),
        ([], ["2", "1"]),
    ],
    ids=repr,
)
def test_filter_and_order(
    portal: PortalInTest, anna: Person, condition: object, found: list[str]
) -> None:
    portal.add_group("Support", anna)
    portal.add_group("Design", anna)

    reply = anna.call(METHOD, filter=condition, order={"ID": "DESC"}, params={"IS_ADMIN": "Y"})

    assert [row["id"] for row in reply.result["workgroups"]] == found


@documented("flows.md 11.4: hidden groups are for members")
def test_a_stranger_sees_no_hidden_group(portal: PortalInTest, anna: Person, boris: Person) -> None:
    portal.add_group("Secret", anna, visible=False)

    reply = boris.call(METHOD)

    assert (reply.result, reply.total) == ({"workgroups": []}, 0)


@documented("rest-protocol.md 3.4: the scope socialnetwork opens these methods too")
@pytest.mark.parametrize("scope", ["sonet_group", "socialnetwork"])
def test_either_scope_is_enough(portal: PortalInTest, anna: Person, scope: str) -> None:
    caller = portal.person(anna.id, [scope])

    assert caller.call(METHOD).result == {"workgroups": []}
