"""Tasks of a `manually` flow go to its moderator. flows.md 6.2."""

from __future__ import annotations

import pytest

from sluice.domain.flow import Distribution, Flow
from tests.portals import EVERYBODY, Person, PortalInTest
from tests.provenance import assumed, documented, observed


@pytest.fixture
def boss(portal: PortalInTest) -> Person:
    return portal.add_user("Boss")


@pytest.fixture
def mona(portal: PortalInTest) -> Person:
    """The moderator."""
    return portal.add_user("Mona")


@pytest.fixture
def flow(portal: PortalInTest, boss: Person, mona: Person) -> Flow:
    return portal.add_flow(
        "By hand",
        boss,
        distribution_type=Distribution.MANUALLY,
        responsible_list=(mona.member,),
        task_creators=(EVERYBODY,),
    )


def receiver(caller: Person, flow: Flow) -> int:
    reply = caller.call("tasks.task.add", fields={"TITLE": "Help", "FLOW_ID": flow.id})
    return int(reply.result["task"]["responsibleId"])


@documented("tasks/flow/index#types-of-distribution")
def test_the_moderator_gets_every_task_and_is_told(
    portal: PortalInTest, anna: Person, mona: Person, flow: Flow
) -> None:
    assert [receiver(anna, flow), receiver(anna, flow)] == [mona.id, mona.id]
    assert portal.told(flow.id) == [("new_to_distribute", mona.id)] * 2


@documented("tasks-task-delegate: the sample keeps flowId after delegation")
def test_the_moderator_hands_a_task_on_and_it_stays_in_the_flow(
    portal: PortalInTest, anna: Person, boris: Person, mona: Person, flow: Flow
) -> None:
    task = anna.call("tasks.task.add", fields={"TITLE": "Help", "FLOW_ID": flow.id}).result["task"]

    handed = mona.call("tasks.task.delegate", taskId=task["id"], userId=boris.id).result["task"]

    assert (handed["responsibleId"], handed["flowId"]) == (str(boris.id), str(flow.id))
    assert handed["auditors"] == [str(mona.id)]


@observed("flows.md 6.2: the owner becomes the moderator, for good")
def test_an_absent_moderator_is_replaced_by_the_owner(
    portal: PortalInTest, anna: Person, boss: Person, mona: Person, flow: Flow
) -> None:
    portal.add_absence(mona, days=1)

    assert receiver(anna, flow) == boss.id
    assert portal.flow(flow.id).moderator_id == boss.id
    assert ("moderator_changed", boss.id) in portal.told(flow.id)

    portal.clock.advance(days=3)
    assert receiver(anna, flow) == boss.id


@observed("flows.md 6.2, 6.6: the owner takes the place of a moderator who left")
def test_a_dismissed_moderator_is_replaced_shortly_after(
    portal: PortalInTest, admin: Person, boss: Person, mona: Person, flow: Flow
) -> None:
    admin.call("user.update", ID=mona.id, ACTIVE="N")

    portal.run_due()

    assert portal.flow(flow.id).moderator_id == boss.id


@assumed("flows.md 6.2: an administrator with the lowest id, when the owner left too")
def test_an_administrator_stands_in_for_an_owner_who_left(
    portal: PortalInTest, admin: Person, anna: Person, boss: Person, mona: Person, flow: Flow
) -> None:
    for person in (boss, mona):
        admin.call("user.update", ID=person.id, ACTIVE="N")

    assert receiver(anna, flow) == admin.id
