"""`sonet_group.delete`."""

from __future__ import annotations

import pytest

from tests.portals import Person, PortalInTest
from tests.provenance import documented, observed

METHOD = "sonet_group.delete"


@documented("sonet-group-delete; flows.md 11.4")
def test_delete_removes_the_group_and_frees_its_name(portal: PortalInTest, anna: Person) -> None:
    group_id = anna.call("sonet_group.create", NAME="Support").result

    reply = anna.call(METHOD, GROUP_ID=group_id)

    assert reply.result is True
    assert portal.group_named("Support") is None
    assert portal.group_members(group_id) == {}
    assert anna.call("sonet_group.create", NAME="Support").result > group_id


@observed("flows.md 10: group hooks")
@pytest.mark.parametrize(
    ("project", "words"),
    [
        (False, "Cannot delete workgroup because it has a dependent flow."),
        (True, "Cannot delete project because it has a dependent flow."),
    ],
    ids=["workgroup", "project"],
)
def test_a_group_that_a_flow_depends_on_stays(
    portal: PortalInTest, admin: Person, anna: Person, project: bool, words: str
) -> None:
    group_id = portal.add_group("Support", anna, project=project)
    portal.add_flow("Intake", anna, group_id=group_id)

    reply = admin.call(METHOD, GROUP_ID=group_id)

    assert reply.refusal == (400, "0", words)
    assert portal.group_named("Support") is not None


@observed("b24phpsdk FlowTest::testUpdate: flow first, then its group by the old name")
def test_the_group_of_a_renamed_flow_goes_by_the_old_name_after_the_flow(admin: Person) -> None:
    flow = admin.call(
        "tasks.flow.Flow.create",
        flowData={
            "name": "Test flow 1",
            "plannedCompletionTime": 8400,
            "distributionType": "manually",
            "responsibleList": [["user", 1]],
        },
    ).result
    admin.call("tasks.flow.Flow.update", flowData={"id": flow["id"], "name": "New name"})
    admin.call("tasks.flow.Flow.delete", flowData={"id": flow["id"], "name": "New name"})

    (group,) = admin.call("sonet_group.get", FILTER={"=NAME": "Test flow 1"}).result

    assert group["ID"] == str(flow["groupId"])
    assert admin.call(METHOD, GROUP_ID=group["ID"]).result is True
    assert admin.call("sonet_group.get", FILTER={"=NAME": "Test flow 1"}).total == 0


@documented("sonet-group-delete#error-handling; flows.md 11.4")
def test_a_member_cannot_delete_the_group(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    group_id = portal.add_group("Support", anna, [boris])

    reply = boris.call(METHOD, GROUP_ID=group_id)

    assert reply.refusal == (400, "0", "User has no permissions to delete group")
    assert portal.group_named("Support") is not None


@documented("sonet-group-delete#error-handling; flows.md 11.4")
def test_a_stranger_does_not_learn_of_a_hidden_group(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    group_id = portal.add_group("Secret", anna, visible=False)

    reply = boris.call(METHOD, GROUP_ID=group_id)

    assert reply.refusal == (400, "0", "Socialnetwork group not found")


@documented("sonet-group-delete#error-handling; flows.md 11.4")
@pytest.mark.parametrize(
    ("group_id", "words"),
    [(None, "Wrong group ID"), ("x", "Wrong group ID"), (999, "Socialnetwork group not found")],
    ids=["missing", "text", "unknown"],
)
def test_a_group_id_that_is_none(admin: Person, group_id: object, words: str) -> None:
    assert admin.call(METHOD, GROUP_ID=group_id).refusal == (400, "0", words)
