"""`tasks.flow.Flow.activateDemo`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from sluice.domain.flow import Distribution, Flow, created
from sluice.domain.people import Role
from tests.portals import EVERYBODY, Person, PortalInTest
from tests.protocol.tasks.flow.wire import (
    ACCESS_DENIED,
    NAME_TAKEN,
    NOT_FOUND,
    PROJECT_NAME_TAKEN,
    read,
    refused,
    send_form,
)
from tests.provenance import assumed, observed

METHOD = "tasks.flow.Flow.activateDemo"
SEEN = "flows.md 3.9: the product has it, the documentation does not"


def add_sample(portal: PortalInTest, creator: Person, **settings: Any) -> Flow:
    """Add a sample flow as a portal brings it along: off, without a group, last used long ago."""
    flow = created(
        {
            "planned_completion_seconds": 3600,
            "name": "Sample",
            "distribution_type": Distribution.MANUALLY,
            "responsible_list": (creator.member,),
            "task_creators": (EVERYBODY,),
            **settings,
        },
        creator_id=creator.id,
        now=datetime(2025, 1, 1, tzinfo=UTC),
    )
    sample = replace(flow, active=False, demo=True)
    return portal.flow(portal.in_store(lambda store: store.flows.add(sample)))


def activate_demo(caller: Person, flow_id: object, **fields: Any) -> Any:
    return caller.call(METHOD, flowData={"id": flow_id, **fields})


@observed(SEEN)
def test_a_sample_becomes_a_real_flow(portal: PortalInTest, anna: Person) -> None:
    sample = add_sample(portal, anna)
    before = read(anna, sample.id)

    reply = activate_demo(anna, sample.id)

    group = portal.group_named("Sample")
    assert group is not None
    assert portal.group_members(group.id) == {anna.id: Role.OWNER}
    assert reply.result == {
        **before,
        "active": True,
        "demo": False,
        "activity": "2026-01-12T09:30:00+00:00",
        "groupId": group.id,
    }
    assert read(anna, sample.id) == reply.result


@observed(SEEN)
def test_fields_are_applied_as_update_does(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    sample = add_sample(portal, anna)

    reply = activate_demo(
        anna,
        sample.id,
        name="Design requests",
        ownerId=boris.id,
        distributionType="queue",
        responsibleList=[["user", boris.id]],
        notifyOnQueueOverflow=0,
    )

    group = portal.group_named("Design requests")
    assert group is not None
    assert portal.group_members(group.id) == {anna.id: Role.OWNER, boris.id: Role.MEMBER}
    assert reply.result["name"] == "Design requests"
    assert reply.result["ownerId"] == boris.id
    assert reply.result["team"] == [["user", str(boris.id)]]


@observed(SEEN)
def test_a_given_group_is_joined(portal: PortalInTest, anna: Person, boris: Person) -> None:
    sample = add_sample(portal, anna, responsible_list=(boris.member,))
    group = portal.add_group("Support", anna)

    reply = activate_demo(anna, sample.id, groupId=group)

    assert reply.result["groupId"] == group
    assert portal.group_members(group) == {anna.id: Role.OWNER, boris.id: Role.MEMBER}
    assert portal.group_named("Sample") is None


@observed("flows.md 3.9: the owner is the creator if there is none")
def test_a_sample_without_an_owner_gets_its_creator(portal: PortalInTest, anna: Person) -> None:
    sample = add_sample(portal, anna, owner_id=0)

    assert activate_demo(anna, sample.id).result["ownerId"] == anna.id


@assumed("flows.md 3.12: idempotent")
def test_a_real_flow_is_switched_on(portal: PortalInTest, anna: Person) -> None:
    sample = add_sample(portal, anna)
    first = activate_demo(anna, sample.id).result
    anna.call("tasks.flow.Flow.activate", flowId=sample.id)

    second = send_form(anna, METHOD, {"flowData": {"id": sample.id}}).result

    assert second == first


@assumed("flows.md 3.6: activate merely toggles a sample")
def test_activate_leaves_a_sample_a_sample(portal: PortalInTest, anna: Person) -> None:
    sample = add_sample(portal, anna)

    anna.call("tasks.flow.Flow.activate", flowId=sample.id)

    assert portal.flow(sample.id) == replace(sample, active=True)


@observed("flows.md 3.9: permission and validation of update")
def test_refusals_are_those_of_update(
    portal: PortalInTest, admin: Person, anna: Person, boris: Person
) -> None:
    portal.add_flow("Taken", anna)
    sample = add_sample(portal, anna)

    assert anna.call(METHOD, flowData={}).refusal == refused("Primary: field id not found")
    assert activate_demo(boris, sample.id).refusal == ACCESS_DENIED
    assert activate_demo(anna, 999).refusal == ACCESS_DENIED
    assert activate_demo(admin, 999).refusal == NOT_FOUND
    assert activate_demo(anna, sample.id, name="taken").refusal == NAME_TAKEN
    assert activate_demo(anna, sample.id, taskCreators=1).refusal == refused(
        "taskCreators: unexpected value"
    )
    assert portal.flow(sample.id) == sample


@observed("flows.md 3.9, 3.1 step 6: no second group of the same name, and nothing half made")
def test_a_group_of_the_same_name_stands_in_the_way(portal: PortalInTest, anna: Person) -> None:
    sample = add_sample(portal, anna)
    portal.add_group("Sample", anna)

    assert activate_demo(anna, sample.id, ownerId=1).refusal == PROJECT_NAME_TAKEN
    assert portal.flow(sample.id) == sample


@assumed("flows.md 13.2: reachable, but not told of, because it is not documented")
@pytest.mark.parametrize(
    "method", [METHOD, "tasks.flow.Flow.list", "tasks.flow.Flow.getDepartmentsMemberCount"]
)
def test_undocumented_methods_are_not_told_of(admin: Person, method: str) -> None:
    assert method not in admin.call("methods").result
