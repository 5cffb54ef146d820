"""Who may do what with a flow: the matrix of flows.md 4, for the actions that exist.

A flow of each distribution is made by its creator, administered by its owner, and names a team
and task creators; every role then tries every action.
"""

from __future__ import annotations

from typing import Any

import pytest

from sluice.domain.access import DEPARTMENT, USER, Member
from sluice.domain.flow import Distribution, Flow
from tests.portals import EVERYBODY, Person, PortalInTest, Reply
from tests.protocol.tasks.flow.wire import ACCESS_DENIED, create, flow_data
from tests.provenance import assumed, documented, observed


def call(action: str, caller: Person, flow: Flow) -> Reply:
    """Let somebody try an action on a flow."""
    name = f"tasks.flow.Flow.{action}"
    match action:
        case "create":
            return create(caller, flow_data(caller, name=f"Another {flow.name}"))
        case "get" | "pin" | "activate":
            return caller.call(name, flowId=flow.id)
        case "isExists":
            return caller.call(name, flowData={"name": flow.name})
    return caller.call(name, flowData={"id": flow.id, "description": "Changed"})


READ = ("get", "pin")
MANAGE = ("update", "activate", "activateDemo", "delete")
ACTIONS = ("create", *READ, *MANAGE, "isExists")

# The rows of the matrix, turned: a role and what it may do. A queue has no moderator.
MATRIX: dict[str, tuple[str, ...]] = {
    "portal's administrator": ("create", *READ, *MANAGE, "isExists"),
    "creator": ("create", *READ, *MANAGE, "isExists"),
    "owner": ("create", *READ, *MANAGE, "isExists"),
    "moderator": ("create", *READ, "isExists"),
    "team member": ("create", *READ, "isExists"),
    "task creator": ("create", *READ, "isExists"),
    "other employee": ("create", "isExists"),
    "listed guest": (*READ, "isExists"),
    "guest": ("isExists",),
}


def people(portal: PortalInTest) -> dict[str, Person]:
    """Return somebody for every role of the matrix."""
    guests = ("listed guest", "guest")
    return {
        role: portal.add_user(f"{number}", departments=() if role in guests else (1,))
        for number, role in enumerate(MATRIX)
    } | {"portal's administrator": portal.admin}


def add_flow(
    portal: PortalInTest, name: str, who: dict[str, Person], distribution: Distribution
) -> Flow:
    team = (who["moderator"].member, who["team member"].member)
    manual = distribution == Distribution.MANUALLY
    return portal.add_flow(
        name,
        who["creator"],
        owner_id=who["owner"].id,
        distribution_type=distribution,
        responsible_list=team[:1] if manual else team,
        task_creators=(who["task creator"].member, who["listed guest"].member),
        group_id=portal.add_group(name, who["moderator"], [who["team member"]]),
    )


@observed("flows.md 4, the matrix")
@pytest.mark.parametrize("distribution", Distribution)
def test_the_matrix(portal: PortalInTest, distribution: Distribution) -> None:
    who = people(portal)
    done: dict[str, tuple[str, ...]] = dict.fromkeys(MATRIX, ())
    for role, caller in who.items():
        for action in ACTIONS:
            flow = add_flow(portal, f"{action} by {role}", who, distribution)

            reply = call(action, caller, flow)

            if reply.status == 200:
                done[role] += (action,)
            else:
                assert reply.refusal == ACCESS_DENIED, (role, action)
                assert portal.flow(flow.id) == flow, (role, action)

    assert done == MATRIX


@documented("tasks-flow-flow-get: those who may create tasks; flows.md 4 READ")
@pytest.mark.parametrize("field", ["responsible_list", "task_creators"])
@pytest.mark.parametrize(
    ("flat", "readers"),
    [(False, {"in it", "below it"}), (True, {"in it"})],
    ids=["with sub-departments", "flat"],
)
def test_people_of_a_listed_department_may_read(
    portal: PortalInTest, anna: Person, field: str, flat: bool, readers: set[str]
) -> None:
    support = portal.add_department("Support")
    hotline = portal.add_department("Hotline", parent=support)
    who = {
        "in it": portal.add_user("Carla", departments=(support,)),
        "below it": portal.add_user("Dora", departments=(hotline,)),
        "above it": portal.add_user("Boss", departments=(1,)),
        "beside it": portal.add_user("Emil", departments=(portal.add_department("Sales"),)),
    }
    listed: dict[str, Any] = {field: (Member(DEPARTMENT, support, flat=flat),)}
    flow = portal.add_flow("Intake", anna, **listed)

    assert {role for role in who if call("get", who[role], flow).status == 200} == readers


@observed("flows.md 4: everybody does not include guests")
def test_everybody_is_every_employee(
    portal: PortalInTest, anna: Person, boris: Person, guest: Person
) -> None:
    flow = portal.add_flow("Intake", anna, task_creators=(EVERYBODY,))

    assert call("get", boris, flow).status == 200
    assert call("pin", boris, flow).status == 200
    assert call("update", boris, flow).refusal == ACCESS_DENIED
    assert call("get", guest, flow).refusal == ACCESS_DENIED


@observed("flows.md 4: the group is the team of a manual flow alone; a guest must be listed")
@pytest.mark.parametrize(
    ("distribution", "employee_reads"),
    [(Distribution.MANUALLY, True), (Distribution.QUEUE, False), (Distribution.HIMSELF, False)],
)
def test_members_of_the_group(
    portal: PortalInTest,
    anna: Person,
    boris: Person,
    guest: Person,
    distribution: Distribution,
    employee_reads: bool,
) -> None:
    group = portal.add_group("Support", anna, [boris, guest])
    flow = portal.add_flow("Intake", anna, group_id=group, distribution_type=distribution)

    assert (call("get", boris, flow).status == 200) is employee_reads
    assert call("get", guest, flow).refusal == ACCESS_DENIED


@observed("flows.md 4: all roles that apply are united")
def test_a_guest_who_owns_a_flow_manages_it(
    portal: PortalInTest, anna: Person, guest: Person
) -> None:
    flow = portal.add_flow("Intake", anna, owner_id=guest.id)

    assert call("update", guest, flow).status == 200


@observed("flows.md 3.2: the former owner is but a stranger, the creator stays")
def test_a_new_owner_replaces_the_old_one(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    carla = portal.add_user("Carla")
    flow = portal.add_flow("Intake", anna, owner_id=boris.id, responsible_list=(anna.member,))

    boris.call("tasks.flow.Flow.update", flowData={"id": flow.id, "ownerId": carla.id})

    assert call("get", boris, flow).refusal == ACCESS_DENIED
    assert call("update", carla, flow).status == 200
    assert call("update", anna, flow).status == 200


@observed("flows.md 4 READ follows the lists as they are now")
def test_who_is_taken_off_the_lists_cannot_read(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    flow = portal.add_flow("Intake", anna, task_creators=(Member(USER, boris.id),))

    anna.call("tasks.flow.Flow.update", flowData={"id": flow.id, "taskCreators": []})

    assert call("get", boris, flow).refusal == ACCESS_DENIED
    assert boris.call("tasks.flow.Flow.list").result == []


@assumed("flows.md 4: a head of department has no special right over flows")
def test_the_head_of_somebody_cannot_read_their_flow(portal: PortalInTest) -> None:
    head = portal.add_user("Hanna")
    department = portal.add_department("Support", head=head.id)
    carla = portal.add_user("Carla", departments=(department,))
    flow = portal.add_flow("Intake", carla)

    assert call("get", head, flow).refusal == ACCESS_DENIED
