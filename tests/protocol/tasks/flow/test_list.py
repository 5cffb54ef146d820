"""`tasks.flow.Flow.list`. Who sees which flow: also `test_permissions.py`."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.domain.access import DEPARTMENT, Member
from sluice.domain.flow import Distribution
from tests.portals import EVERYBODY, Person, PortalInTest, Reply
from tests.protocol.tasks.flow.wire import refused, send_form
from tests.provenance import assumed, observed

METHOD = "tasks.flow.Flow.list"


def names(reply: Reply) -> list[str]:
    return [row["name"] for row in reply.result]


@observed("flows.md 3.8: every field, camelCase, typed as in the flow object")
def test_a_row_has_every_field(portal: PortalInTest, anna: Person) -> None:
    flow = portal.add_flow("Intake", anna, description="Text")

    reply = anna.call(METHOD)

    assert reply.total == 1
    assert list(reply.result[0].items()) == [
        ("id", flow.id),
        ("creatorId", anna.id),
        ("ownerId", anna.id),
        ("groupId", flow.group_id),
        ("templateId", 0),
        ("efficiency", 100),
        ("active", True),
        ("plannedCompletionTime", 3600),
        ("activity", "2026-01-12T09:30:00+00:00"),
        ("name", "Intake"),
        ("description", "Text"),
        ("distributionType", "queue"),
        ("demo", False),
    ]


@observed("flows.md 3.8: ID is always selected; names in any case")
@pytest.mark.parametrize(
    ("select", "shown"),
    [
        (["NAME"], ["id", "name"]),
        (["name", "ACTIVE"], ["id", "name", "active"]),
        (["ACTIVE", "ID"], ["id", "active"]),
    ],
)
def test_fields_are_selected(
    portal: PortalInTest, anna: Person, select: list[str], shown: list[str]
) -> None:
    portal.add_flow("Intake", anna)

    assert list(anna.call(METHOD, select=select).result[0]) == shown


@observed("rest-protocol.md 10: all fields")
@pytest.mark.parametrize("select", [[], ["*"], None, [""]], ids=repr)
def test_all_fields_are_selected(portal: PortalInTest, anna: Person, select: object) -> None:
    portal.add_flow("Intake", anna)

    assert len(anna.call(METHOD, select=select).result[0]) == 13


def varied(portal: PortalInTest, anna: Person, boris: Person) -> None:
    """Add three flows that differ: Alpha, beta and Gamma."""
    portal.add_flow("Alpha", anna, description="first", task_creators=(EVERYBODY,))
    portal.clock.advance(hours=1)
    portal.add_flow(
        "beta",
        boris,
        planned_completion_seconds=7200,
        distribution_type=Distribution.MANUALLY,
        task_creators=(EVERYBODY,),
    )
    portal.clock.advance(hours=1)
    flow = portal.add_flow("Gamma", anna, planned_completion_seconds=9000)
    anna.call("tasks.flow.Flow.activate", flowId=flow.id)


@observed("flows.md 3.8: filter prefixes")
@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"NAME": "alpha"}, ["Alpha"]),
        ({"=NAME": "BETA"}, ["beta"]),
        ({"!=NAME": "beta"}, ["Alpha", "Gamma"]),
        ({"<>NAME": "beta"}, ["Alpha", "Gamma"]),
        ({"%NAME": "ET"}, ["beta"]),
        ({"%=NAME": "%a"}, ["Alpha", "beta", "Gamma"]),
        ({"=%NAME": "g%"}, ["Gamma"]),
        ({"@NAME": ["alpha", "gamma"]}, ["Alpha", "Gamma"]),
        ({"NAME": ["alpha", "gamma"]}, ["Alpha", "Gamma"]),
        ({"!=NAME": ["alpha", "gamma"]}, ["beta"]),
        ({">PLANNED_COMPLETION_TIME": 3600}, ["beta", "Gamma"]),
        ({">=PLANNED_COMPLETION_TIME": "7200"}, ["beta", "Gamma"]),
        ({"<PLANNED_COMPLETION_TIME": 7200}, ["Alpha"]),
        ({"<=PLANNED_COMPLETION_TIME": 7200}, ["Alpha", "beta"]),
        ({"><PLANNED_COMPLETION_TIME": [7000, 8000]}, ["beta"]),
        ({"ACTIVE": True}, ["Alpha", "beta"]),
        ({"ACTIVE": "0"}, ["Gamma"]),
        ({"distribution_type": "manually"}, ["beta"]),
        ({"DESCRIPTION": "first", "ACTIVE": 1}, ["Alpha"]),
        ({">ACTIVITY": "2026-01-12T10:00:00+00:00"}, ["beta", "Gamma"]),
        ({"DEMO": 1}, []),
    ],
    ids=repr,
)
def test_flows_are_filtered(
    portal: PortalInTest,
    admin: Person,
    anna: Person,
    boris: Person,
    condition: dict[str, Any],
    found: list[str],
) -> None:
    varied(portal, anna, boris)

    reply = admin.call(METHOD, filter=condition)

    assert (names(reply), reply.total) == (found, len(found))


@observed("flows.md 3.8: order; names in any case, directions too")
@pytest.mark.parametrize(
    ("order", "found"),
    [
        ({}, ["Alpha", "beta", "Gamma"]),
        ({"ID": "desc"}, ["Gamma", "beta", "Alpha"]),
        ({"name": "ASC"}, ["Alpha", "beta", "Gamma"]),
        ({"NAME": "DESC"}, ["Gamma", "beta", "Alpha"]),
        ({"ACTIVE": "ASC", "NAME": "DESC"}, ["Gamma", "beta", "Alpha"]),
        ({"CREATOR_ID": "DESC", "PLANNED_COMPLETION_TIME": "DESC"}, ["beta", "Gamma", "Alpha"]),
    ],
    ids=repr,
)
def test_flows_are_sorted(
    portal: PortalInTest,
    admin: Person,
    anna: Person,
    boris: Person,
    order: dict[str, str],
    found: list[str],
) -> None:
    varied(portal, anna, boris)

    assert names(admin.call(METHOD, order=order)) == found


@assumed("flows.md 2.0: forms are equivalent to JSON")
def test_a_form_lists_as_json_does(
    portal: PortalInTest, admin: Person, anna: Person, boris: Person
) -> None:
    varied(portal, anna, boris)

    reply = send_form(
        admin,
        METHOD,
        {"filter": {">=PLANNED_COMPLETION_TIME": 7200}, "order": {"ID": "DESC"}, "select": ["ID"]},
    )

    assert len(reply.result) == reply.total == 2
    assert [list(row) for row in reply.result] == [["id"], ["id"]]


@observed("rest-protocol.md 10: pages of fifty, `next` until the last one")
def test_pages_follow_each_other(portal: PortalInTest, anna: Person) -> None:
    for number in range(53):
        portal.add_flow(f"Flow {number}", anna)

    first = anna.call(METHOD, select=["ID"])
    second = anna.call(METHOD, select=["ID"], start=first.next)
    uncounted = anna.call(METHOD, select=["ID"], start=-1)

    assert (len(first.result), first.next, first.total) == (50, 50, 53)
    assert (len(second.result), second.next, second.total) == (3, None, 53)
    assert (len(uncounted.result), uncounted.next, uncounted.total) == (50, None, None)
    ids = [row["id"] for row in (*first.result, *second.result)]
    assert ids == sorted(set(ids))


@observed("flows.md 3.8: the words for fields that there are not")
@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"select": ["TEAM"]}, "Invalid select data"),
        ({"select": [["ID"]]}, "Invalid select data"),
        ({"filter": {"TEAM": 1}}, "Invalid filter data"),
        ({"filter": {"~ID": 1}}, "Invalid filter data"),
        ({"order": {"TEAM": "ASC"}}, "Incorrect sort field"),
        ({"order": {"ID": "sideways"}}, "Incorrect sort field"),
        ({"group": ["TEAM"]}, "Invalid group data"),
    ],
    ids=repr,
)
def test_fields_that_there_are_not(anna: Person, sent: dict[str, object], words: str) -> None:
    assert anna.call(METHOD, **sent).refusal == refused(words)


@assumed("rest-protocol.md 11.4: a condition that no row can meet matches nothing")
@pytest.mark.parametrize(
    "condition",
    [{"ID": "x"}, {"ID": {"deep": ["x"]}}, {"ID": 10**30}, {">ID": [1, 2]}, {"><ID": 1}],
    ids=repr,
)
def test_a_value_that_no_flow_has_finds_none(
    portal: PortalInTest, anna: Person, condition: dict[str, object]
) -> None:
    portal.add_flow("Intake", anna)

    assert anna.call(METHOD, filter=condition).result == []


@assumed("flows.md 3.8 says nothing of its effect; a row is a flow, so nothing is left to group")
def test_rows_are_not_put_together(portal: PortalInTest, anna: Person) -> None:
    portal.add_flow("Intake", anna)
    portal.add_flow("Outlet", anna)

    assert names(anna.call(METHOD, group=["CREATOR_ID"])) == ["Intake", "Outlet"]


@observed("flows.md 3.8: only flows the caller may read; get decides the same")
def test_a_list_shows_what_get_shows(
    portal: PortalInTest, admin: Person, anna: Person, boris: Person, guest: Person
) -> None:
    support = portal.add_department("Support")
    hotline = portal.add_department("Hotline", parent=support)
    carla = portal.add_user("Carla", departments=(support,))
    dora = portal.add_user("Dora", departments=(hotline,))
    manual = {"distribution_type": Distribution.MANUALLY}
    group = portal.add_group("Group", anna, [boris, guest])
    flows = [
        portal.add_flow("Anna's", anna),
        portal.add_flow("Owned", anna, owner_id=boris.id),
        portal.add_flow("Deep", anna, responsible_list=(Member(DEPARTMENT, support),)),
        portal.add_flow("Flat", anna, responsible_list=(Member(DEPARTMENT, support, flat=True),)),
        portal.add_flow("Below", anna, task_creators=(Member(DEPARTMENT, hotline),)),
        portal.add_flow("Everybody's", anna, task_creators=(EVERYBODY,)),
        portal.add_flow("The guest's", anna, task_creators=(guest.member,)),
        portal.add_flow("By hand", anna, group_id=group, **manual),
        portal.add_flow("Dealt out", anna, group_id=group),
    ]

    for reader in (admin, anna, boris, carla, dora, guest):
        shown = [
            flow.name
            for flow in flows
            if reader.call("tasks.flow.Flow.get", flowId=flow.id).status == 200
        ]
        reply = reader.call(METHOD)
        assert (names(reply), reply.total) == (shown, len(shown)), f"reader {reader.id}"


@observed("flows.md 3.8: instants with an offset")
def test_activity_is_an_instant(portal: PortalInTest, anna: Person) -> None:
    portal.clock.advance(hours=5, minutes=30)
    portal.add_flow("Intake", anna)

    reply = anna.call(METHOD, select=["ACTIVITY"])

    assert reply.result[0]["activity"] == "2026-01-12T15:00:00+00:00"
