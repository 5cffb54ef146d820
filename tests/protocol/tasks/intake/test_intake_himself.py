"""Tasks of a `himself` flow wait until somebody takes them. flows.md 6.5."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.domain.flow import Distribution, Flow
from sluice.domain.task import Status
from tests.portals import EVERYBODY, Person, PortalInTest
from tests.provenance import assumed, documented, observed

DENIED = (400, "0", "Action on the task is not allowed")


@pytest.fixture
def boss(portal: PortalInTest) -> Person:
    return portal.add_user("Boss")


@pytest.fixture
def carla(portal: PortalInTest) -> Person:
    return portal.add_user("Carla")


@pytest.fixture
def dmitri(portal: PortalInTest) -> Person:
    return portal.add_user("Dmitri")


@pytest.fixture
def flow(portal: PortalInTest, boss: Person, carla: Person, dmitri: Person) -> Flow:
    return portal.add_flow(
        "Open",
        boss,
        distribution_type=Distribution.HIMSELF,
        responsible_list=(carla.member, dmitri.member),
        task_creators=(EVERYBODY,),
    )


@pytest.fixture
def task_id(anna: Person, flow: Flow) -> str:
    reply = anna.call("tasks.task.add", fields={"TITLE": "Help", "FLOW_ID": flow.id})
    task: dict[str, Any] = reply.result["task"]
    return str(task["id"])


@documented("tasks/flow/index#types-of-distribution")
def test_a_task_waits_with_its_creator(portal: PortalInTest, anna: Person, task_id: str) -> None:
    task = portal.task(task_id)

    assert (task.responsible_id, task.status) == (anna.id, Status.PENDING)


@observed("flows.md 9: every active member is told, but not who added it")
def test_everybody_who_may_take_a_task_is_told(
    portal: PortalInTest, carla: Person, dmitri: Person, flow: Flow
) -> None:
    carla.call("tasks.task.add", fields={"TITLE": "Mine", "FLOW_ID": flow.id})

    assert portal.told(flow.id) == [("new_to_take", dmitri.id)]


@assumed("flows.md 6.5: start by somebody who may take the task takes it")
@pytest.mark.parametrize("method", ["tasks.task.start", "tasks.task.take"])
def test_a_member_takes_a_task(
    portal: PortalInTest, carla: Person, anna: Person, task_id: str, method: str
) -> None:
    reply = carla.call(method, taskId=task_id)

    assert reply.result["task"]["responsibleId"] == str(carla.id)
    task = portal.task(task_id)
    assert (task.responsible_id, task.status) == (carla.id, Status.IN_PROGRESS)
    assert task.started == portal.clock.now()
    assert anna.id not in task.auditors


@assumed("flows.md 6.5: exactly one of two takers wins")
def test_a_task_is_taken_once(carla: Person, dmitri: Person, task_id: str) -> None:
    carla.call("tasks.task.take", taskId=task_id)

    assert dmitri.call("tasks.task.take", taskId=task_id).refusal == DENIED


@observed("flows.md 5.2, 6.5: `take` tells who may")
def test_the_action_map_tells_who_may_take(
    anna: Person, boss: Person, carla: Person, task_id: str
) -> None:
    def may_take(person: Person) -> bool:
        task = person.call("tasks.task.get", taskId=task_id).result["task"]
        return bool(task["action"]["take"])

    assert [may_take(person) for person in (anna, boss, carla)] == [False, False, True]


@observed("flows.md 4, 6.5: only the team takes")
def test_a_stranger_cannot_take_a_task(boris: Person, task_id: str) -> None:
    assert boris.call("tasks.task.take", taskId=task_id).refusal == DENIED
    assert boris.call("tasks.task.start", taskId=task_id).refusal == DENIED


@observed("flows.md 6.5: a creator in the team just starts his own task")
def test_a_creator_starts_and_does_not_take(
    portal: PortalInTest, carla: Person, flow: Flow
) -> None:
    task = carla.call("tasks.task.add", fields={"TITLE": "Mine", "FLOW_ID": flow.id}).result["task"]

    assert carla.call("tasks.task.take", taskId=task["id"]).refusal == DENIED
    carla.call("tasks.task.start", taskId=task["id"])
    assert portal.task(task["id"]).status == Status.IN_PROGRESS


@observed("flows.md 9: still untaken one day after entering")
def test_the_owner_hears_of_a_task_that_nobody_took(
    portal: PortalInTest, boss: Person, anna: Person, flow: Flow
) -> None:
    boss.call("tasks.flow.Flow.update", flowData={"id": flow.id, "plannedCompletionTime": 864000})
    anna.call("tasks.task.add", fields={"TITLE": "Help", "FLOW_ID": flow.id})
    portal.clock.advance(days=1)

    portal.run_due()

    assert ("untaken", boss.id) in portal.told(flow.id)


@observed("flows.md 6.5: taking cancels the reminder")
def test_a_task_that_was_taken_is_not_reminded_of(
    portal: PortalInTest, boss: Person, carla: Person, flow: Flow, task_id: str
) -> None:
    carla.call("tasks.task.take", taskId=task_id)
    portal.clock.advance(days=1)

    portal.run_due()

    assert ("untaken", boss.id) not in portal.told(flow.id)


@documented("tasks/flow/index: switch to manual, the administrator becomes moderator")
def test_a_flow_without_people_becomes_manual(
    portal: PortalInTest,
    admin: Person,
    anna: Person,
    boss: Person,
    carla: Person,
    dmitri: Person,
    flow: Flow,
) -> None:
    for person in (carla, dmitri):
        admin.call("user.update", ID=person.id, ACTIVE="N")

    reply = anna.call("tasks.task.add", fields={"TITLE": "Help", "FLOW_ID": flow.id})

    assert reply.result["task"]["responsibleId"] == str(boss.id)
    assert portal.flow(flow.id).moderator_id == boss.id
