"""`tasks.task.add` into a `queue` flow: in turn, skipping who is away. flows.md 6.3, 6.4."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.domain.access import DEPARTMENT, Member
from sluice.domain.flow import Distribution, Flow
from tests.portals import EVERYBODY, Person, PortalInTest
from tests.provenance import assumed, documented, observed


@pytest.fixture
def boss(portal: PortalInTest) -> Person:
    """Creates and owns the flow, and is not in its team."""
    return portal.add_user("Boss")


@pytest.fixture
def team(portal: PortalInTest) -> list[Person]:
    return [portal.add_user(name) for name in ("Carla", "Dmitri", "Eva")]


@pytest.fixture
def flow(portal: PortalInTest, boss: Person, team: list[Person]) -> Flow:
    members = tuple(person.member for person in team)
    return portal.add_flow("Intake", boss, responsible_list=members, task_creators=(EVERYBODY,))


def add(caller: Person, flow: Flow, **fields: Any) -> dict[str, Any]:
    reply = caller.call("tasks.task.add", fields={"TITLE": "Help", "FLOW_ID": flow.id, **fields})
    task: dict[str, Any] = reply.result["task"]
    return task


def receivers(caller: Person, flow: Flow, number: int) -> list[int]:
    return [int(add(caller, flow)["responsibleId"]) for _ in range(number)]


@documented("tasks/flow/index#types-of-distribution")
def test_tasks_go_in_turn_to_each_team_member(anna: Person, flow: Flow, team: list[Person]) -> None:
    carla, dmitri, eva = (person.id for person in team)

    assert receivers(anna, flow, 4) == [carla, dmitri, eva, carla]


@documented("tasks/flow/index#types-of-distribution")
def test_who_is_absent_is_skipped_and_owed_nothing(
    portal: PortalInTest, anna: Person, flow: Flow, team: list[Person]
) -> None:
    carla, dmitri, eva = team
    portal.add_absence(dmitri, days=1)

    assert receivers(anna, flow, 3) == [carla.id, eva.id, carla.id]

    portal.clock.advance(days=2)
    assert receivers(anna, flow, 2) == [dmitri.id, eva.id]


@observed("flows.md 6.4: the ring goes on with who is left")
def test_who_was_dismissed_gets_no_more_tasks(
    portal: PortalInTest, admin: Person, anna: Person, flow: Flow, team: list[Person]
) -> None:
    carla, dmitri, eva = team
    assert receivers(anna, flow, 1) == [carla.id]
    admin.call("user.update", ID=carla.id, ACTIVE="N")

    assert receivers(anna, flow, 3) == [dmitri.id, eva.id, dmitri.id]


@observed("flows.md 6.4: nobody present, the flow becomes manual and its owner the moderator")
def test_a_flow_whose_people_are_all_away_is_given_to_its_owner(
    portal: PortalInTest, anna: Person, boss: Person, flow: Flow, team: list[Person]
) -> None:
    for person in team:
        portal.add_absence(person, days=1)

    task = add(anna, flow)

    assert int(task["responsibleId"]) == boss.id
    switched = portal.flow(flow.id)
    assert switched.distribution_type == Distribution.MANUALLY
    assert switched.responsible_list == (boss.member,)
    assert switched.active is True
    assert ("switched_to_manual", boss.id) in portal.told(flow.id)


@observed("flows.md 6.7: once per switch")
def test_a_switch_to_manual_is_told_once(
    portal: PortalInTest, anna: Person, boss: Person, flow: Flow, team: list[Person]
) -> None:
    for person in team:
        portal.add_absence(person, days=1)

    receivers(anna, flow, 3)

    assert portal.told(flow.id).count(("switched_to_manual", boss.id)) == 1


@assumed("flows.md 6.1: newcomers join at the end of the ring, nobody else moves")
def test_a_newcomer_of_a_listed_department_joins_at_the_end(
    portal: PortalInTest, anna: Person, boss: Person
) -> None:
    support = portal.add_department("Support")
    first, second = (portal.add_user(name, departments=(support,)) for name in ("Pia", "Quin"))
    flow = portal.add_flow(
        "Support",
        boss,
        responsible_list=(Member(DEPARTMENT, support),),
        task_creators=(EVERYBODY,),
    )
    assert receivers(anna, flow, 1) == [first.id]
    third = portal.add_user("Rosa", departments=(support,))

    assert receivers(anna, flow, 3) == [second.id, third.id, first.id]


@observed("flows.md 6.4: a task that is reassigned or removed does not move the turn")
def test_reassigning_and_removing_tasks_does_not_move_the_turn(
    admin: Person, anna: Person, flow: Flow, team: list[Person]
) -> None:
    _, dmitri, eva = team
    task = add(anna, flow)
    admin.call("tasks.task.delegate", taskId=task["id"], userId=eva.id)
    admin.call("tasks.task.delete", taskId=task["id"])

    assert receivers(anna, flow, 1) == [dmitri.id]


@assumed("flows.md 6.4: choice, turn and task are one transaction")
def test_a_refused_task_does_not_move_the_turn(
    anna: Person, flow: Flow, team: list[Person]
) -> None:
    refused = anna.call(
        "tasks.task.add", fields={"TITLE": "Help", "FLOW_ID": flow.id, "PARENT_ID": 9999}
    )

    assert refused.error == "ERROR_CORE"
    assert receivers(anna, flow, 1) == [team[0].id]


@observed("flows.md 3.2: sending the list forgets whose turn it was")
def test_saving_the_list_starts_the_queue_anew(
    anna: Person, boss: Person, flow: Flow, team: list[Person]
) -> None:
    receivers(anna, flow, 1)
    pairs = [person.member.pair for person in team]
    boss.call("tasks.flow.Flow.update", flowData={"id": flow.id, "responsibleList": pairs})

    assert receivers(anna, flow, 1) == [team[0].id]


@observed("flows.md 6.4: no exclusion of the task's creator")
def test_a_task_may_come_back_to_who_added_it(flow: Flow, team: list[Person]) -> None:
    assert receivers(team[0], flow, 1) == [team[0].id]


@observed("flows.md 6.6: handled in the background")
def test_a_queue_that_lost_everybody_becomes_manual_without_a_task(
    portal: PortalInTest, admin: Person, boss: Person, flow: Flow, team: list[Person]
) -> None:
    for person in team:
        admin.call("user.update", ID=person.id, ACTIVE="N")

    portal.run_due()

    assert portal.flow(flow.id).moderator_id == boss.id
    assert portal.told(flow.id) == [("switched_to_manual", boss.id)]


@observed("flows.md 6.6: its code is removed from the lists of flows, in the background")
def test_a_removed_department_leaves_the_lists_of_flows(
    portal: PortalInTest, admin: Person, anna: Person
) -> None:
    sales = portal.add_department("Sales")
    listed = Member(DEPARTMENT, sales)
    flow = portal.add_flow(
        "Intake", anna, responsible_list=(anna.member, listed), task_creators=(listed,)
    )
    admin.call("department.delete", ID=sales)

    portal.run_due()

    after = portal.flow(flow.id)
    assert (after.responsible_list, after.task_creators) == ((anna.member,), ())
