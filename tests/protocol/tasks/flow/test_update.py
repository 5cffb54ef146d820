"""`tasks.flow.Flow.update`."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.domain.access import DEPARTMENT, Member
from sluice.domain.flow import Distribution
from sluice.domain.people import Role
from tests.portals import EVERYBODY, Person, PortalInTest
from tests.protocol.tasks.flow.wire import (
    ACCESS_DENIED,
    NAME_TAKEN,
    NOT_FOUND,
    at_once,
    create,
    flow_data,
    read,
    refused,
    send_form,
    update,
    without,
)
from tests.provenance import assumed, documented, observed

METHOD = "tasks.flow.Flow.update"
PAGE = "tasks-flow-flow-update"


@observed("FlowTest::testUpdate sends id and name alone")
def test_only_what_is_sent_changes(portal: PortalInTest, anna: Person) -> None:
    before = create(anna, flow_data(anna, description="Kept", notifyOnQueueOverflow=9)).result
    portal.clock.advance(hours=1)

    reply = update(anna, before["id"], name="Renamed")

    assert reply.result == {**before, "name": "Renamed"}
    assert read(anna, before["id"]) == reply.result


@documented(f"{PAGE}#parameters")
@pytest.mark.parametrize(
    ("field", "sent", "shown"),
    [
        ("plannedCompletionTime", "3600", 3600),
        ("name", "Renamed", "Renamed"),
        ("description", "<b>", "<b>"),
        ("distributionType", "himself", "himself"),
        ("responsibleList", [{"department": "1:F"}], [["department", "1:F"]]),
        ("responsibleCanChangeDeadline", 1, True),
        ("matchWorkTime", 0, False),
        ("taskControl", True, True),
        ("notifyAtHalfTime", "1", True),
        ("notifyOnQueueOverflow", 7, 7),
        ("notifyOnTasksInProgressOverflow", "8", 8),
        ("notifyWhenEfficiencyDecreases", 70, 70),
        ("taskCreators", [["meta-user", "all-users"]], [["meta-user", "all-users"]]),
    ],
)
def test_one_field_changes(anna: Person, field: str, sent: object, shown: object) -> None:
    before = create(anna, flow_data(anna)).result

    reply = update(anna, before["id"], **{field: sent})

    assert without(reply.result, "team") == without({**before, field: shown}, "team")
    assert read(anna, before["id"]) == reply.result


@documented(f"{PAGE}#parameters: ownerId, groupId, templateId")
def test_owner_group_and_template_change(portal: PortalInTest, anna: Person, boris: Person) -> None:
    flow = portal.add_flow("Intake", anna)
    new = {
        "ownerId": boris.id,
        "groupId": portal.add_group("Support", anna),
        "templateId": portal.in_store(lambda store: store.templates.add("Checklist", anna.id)),
    }

    reply = update(anna, flow.id, **new)

    assert {name: reply.result[name] for name in new} == new


@assumed("flows.md 2.0: JSON and form are equivalent")
def test_a_form_changes_the_same_as_json(portal: PortalInTest, anna: Person, boris: Person) -> None:
    flow = portal.add_flow("Intake", anna)
    changes = {
        "id": flow.id,
        "name": "Renamed & more",
        "matchWorkTime": False,
        "notifyOnQueueOverflow": 5,
        "responsibleList": [["user", boris.id], {"department": "1:F"}],
    }

    reply = send_form(anna, METHOD, {"flowData": changes})

    assert reply.result["name"] == "Renamed & more"
    assert reply.result["matchWorkTime"] is False
    assert reply.result["notifyOnQueueOverflow"] == 5
    assert reply.result["responsibleList"] == [["user", str(boris.id)], ["department", "1:F"]]


@documented(f"{PAGE}#parameters: read-only fields")
def test_what_the_server_decides_does_not_change(anna: Person, boris: Person) -> None:
    before = create(anna, flow_data(anna)).result

    reply = update(
        anna,
        before["id"],
        creatorId=boris.id,
        efficiency=3,
        active=False,
        activity="2001-01-01T00:00:00+00:00",
        demo=True,
        team=[],
        trialFeatureEnabled=True,
    )

    assert reply.result == before


@observed("flows.md 3.2: null and 0 switch an alert off")
@pytest.mark.parametrize("sent", [None, 0, "0", ""])
@pytest.mark.parametrize(
    "field",
    ["notifyOnQueueOverflow", "notifyOnTasksInProgressOverflow", "notifyWhenEfficiencyDecreases"],
)
def test_an_alert_is_switched_off(anna: Person, field: str, sent: object) -> None:
    flow = create(anna, flow_data(anna, **{field: 50})).result

    assert update(anna, flow["id"], **{field: sent}).result[field] is None


@observed("flows.md 2.1: a value of a wrong kind is as if it had not been sent")
@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ("ownerId", 0),
        ("ownerId", "x"),
        ("groupId", "x"),
        ("templateId", None),
        ("plannedCompletionTime", "soon"),
        ("name", {"x": "y"}),
        ("description", None),
        ("distributionType", 3),
        ("matchWorkTime", None),
        ("notifyOnQueueOverflow", "many"),
        ("taskCreators", None),
    ],
)
def test_a_value_of_a_wrong_kind_changes_nothing(anna: Person, field: str, sent: object) -> None:
    before = create(
        anna, flow_data(anna, notifyOnQueueOverflow=5, taskCreators=[["user", anna.id]])
    ).result

    assert update(anna, before["id"], **{field: sent}).result == before


@assumed("settled 3: a group of 0 is as if not sent")
@pytest.mark.parametrize("sent", [0, "0"])
def test_no_group_leaves_the_group(portal: PortalInTest, anna: Person, sent: object) -> None:
    flow = portal.add_flow("Intake", anna)

    assert update(anna, flow.id, groupId=sent).result["groupId"] == flow.group_id


# Refusals


@observed("flows.md 3.0: update without id")
@pytest.mark.parametrize("sent", [{}, {"id": None}, {"id": "x"}, {"id": [1]}], ids=repr)
def test_without_an_id_there_is_nothing_to_update(anna: Person, sent: dict[str, object]) -> None:
    reply = anna.call(METHOD, flowData={"name": "Renamed", **sent})

    assert reply.refusal == refused("Primary: field id not found")


@observed("flows.md 3.0: permission is evaluated before the flow is loaded")
def test_who_hears_that_a_flow_does_not_exist(admin: Person, anna: Person) -> None:
    assert update(admin, 999, name="x").refusal == NOT_FOUND
    assert update(anna, 999, name="x").refusal == ACCESS_DENIED


@documented(f"{PAGE}#error-handling")
def test_a_stranger_cannot_change_a_flow(portal: PortalInTest, anna: Person, boris: Person) -> None:
    flow = portal.add_flow("Intake", anna)

    assert update(boris, flow.id, name="").refusal == ACCESS_DENIED
    assert portal.flow(flow.id) == flow


@observed("flows.md 3.0: the shape of lists is looked at before permission")
def test_a_list_of_another_shape_is_told_to_anybody(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    flow = portal.add_flow("Intake", anna)

    reply = update(boris, flow.id, responsibleList="nobody")

    assert reply.refusal == refused("responsibleList: unexpected value")


@observed("flows.md 3.2: the rules of create, for the fields that are sent")
@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"name": None}, "Property name cannot be null"),
        ({"distributionType": None}, "Property distributionType cannot be null"),
        ({"plannedCompletionTime": None}, "Property plannedCompletionTime cannot be null"),
        ({"responsibleList": None}, "Property responsibleList cannot be null"),
        ({"groupId": -1}, "'groupId': field's value must be greater than 0"),
        ({"templateId": -1}, "'templateId': field's value must be greater than 0"),
        (
            {"plannedCompletionTime": 0},
            "'plannedCompletionTime': field's value must be greater than 3600",
        ),
        ({"name": ""}, "'name': field's length must be greater than 1 and less than 255"),
        ({"distributionType": ""}, "'distributionType': field's value has an invalid value"),
        ({"responsibleList": []}, "'responsibleList': field's value must not be empty"),
        (
            {"responsibleList": [["user", "x"]]},
            "'responsibleList': field's value has an invalid value",
        ),
        (
            {"distributionType": "manually", "responsibleList": [["department", 1]]},
            "'responsibleList': field's value has an invalid value",
        ),
        (
            {"notifyOnQueueOverflow": 100000, "name": ""},
            "'name': field's length must be greater than 1 and less than 255",
        ),
        (
            {"notifyWhenEfficiencyDecreases": 101},
            "'notifyWhenEfficiencyDecreases': field's value must be less than 100",
        ),
        ({"taskCreators": [["x", 1]]}, "'taskCreators': field's value has an invalid value"),
        ({"ownerId": 801}, "User 801 doesn't exists"),
        ({"groupId": 804}, "Project 804 doesn't exists or cannot be used"),
        ({"templateId": 804}, "Template 804 doesn't exists"),
        ({"responsibleList": [["department", 805]]}, "Department 805 doesn't exist"),
    ],
    ids=repr,
)
def test_a_value_that_cannot_be(
    portal: PortalInTest, admin: Person, sent: dict[str, Any], words: str
) -> None:
    flow = portal.add_flow("Intake", admin)

    assert update(admin, flow.id, **sent).refusal == refused(words)
    assert portal.flow(flow.id) == flow


@assumed("flows.md 2.1 row 13: the first element of a manual flow's list is its moderator")
def test_a_department_cannot_become_moderator(portal: PortalInTest, anna: Person) -> None:
    flow = portal.add_flow("Intake", anna, distribution_type=Distribution.MANUALLY)

    reply = update(anna, flow.id, responsibleList=[["department", 1]], notifyOnQueueOverflow=100000)

    assert reply.refusal == refused("'responsibleList': field's value has an invalid value")


# Names


@observed("flows.md 3.2: uniqueness excludes the flow itself")
@pytest.mark.parametrize("name", ["Intake", "INTAKE", "intake"])
def test_a_flow_may_keep_its_name(portal: PortalInTest, anna: Person, name: str) -> None:
    flow = portal.add_flow("Intake", anna)

    assert update(anna, flow.id, name=name).result["name"] == name


@documented(f"{PAGE}#error-handling")
def test_a_flow_cannot_take_the_name_of_another(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    portal.add_flow("Taken", boris)
    flow = portal.add_flow("Intake", anna)

    assert update(anna, flow.id, name="TAKEN").refusal == NAME_TAKEN
    assert portal.flow(flow.id) == flow


@observed("flows.md 3.1: the group keeps its name when the flow is renamed")
def test_a_new_name_is_not_the_groups(portal: PortalInTest, anna: Person) -> None:
    flow = create(anna, flow_data(anna)).result

    update(anna, flow["id"], name="Renamed")

    group = portal.group_named("Intake")
    assert group is not None
    assert group.id == flow["groupId"]
    assert portal.group_named("Renamed") is None


@assumed("flows.md 3.2: of two at once that want one name, the constraint decides")
def test_of_two_that_take_a_name_at_once_one_gets_it(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    flows = [portal.add_flow(who, person) for who, person in (("A", anna), ("B", boris))]
    calls = [
        (who, {"flowData": {"id": flow.id, "name": "Wanted"}})
        for who, flow in zip((anna, boris), flows, strict=True)
    ]

    won, lost = at_once(portal, METHOD, calls)

    assert won.result["name"] == "Wanted"
    assert lost.refusal == NAME_TAKEN
    assert portal.flow(flows[1].id).name == "B"


# Distribution


@assumed("flows.md 3.2: the first person of the expanded list moderates")
def test_a_queue_that_becomes_manual_is_moderated_by_its_first_person(
    portal: PortalInTest, anna: Person
) -> None:
    department = portal.add_department("Support")
    carla = portal.add_user("Carla", departments=(department,))
    portal.add_user("Dora", departments=(department,))
    team = (anna.member, Member(DEPARTMENT, department))
    flow = portal.add_flow("Intake", anna, responsible_list=team)

    reply = update(anna, flow.id, distributionType="manually")

    # Departments are expanded before single users (flows.md 6.1).
    assert reply.result["responsibleList"] == [["user", str(carla.id)]]
    assert carla.id in portal.group_members(flow.group_id)


@assumed("flows.md 6.7: where nobody is left, the owner moderates")
def test_a_queue_of_nobody_that_becomes_manual_is_moderated_by_its_owner(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    empty = portal.add_department("Nobody")
    flow = portal.add_flow(
        "Intake", anna, owner_id=boris.id, responsible_list=(Member(DEPARTMENT, empty),)
    )

    reply = update(anna, flow.id, distributionType="manually")

    assert reply.result["responsibleList"] == [["user", str(boris.id)]]


@assumed("flows.md 3.2: the team is then the moderator alone")
@pytest.mark.parametrize("distribution", ["queue", "himself"])
def test_a_manual_flow_that_becomes_another_has_its_moderator_as_team(
    anna: Person, boris: Person, distribution: str
) -> None:
    flow = create(anna, flow_data(boris, distributionType="manually")).result

    reply = update(anna, flow["id"], distributionType=distribution)

    assert reply.result["responsibleList"] == [["user", str(boris.id)]]
    assert reply.result["team"] == [["user", str(boris.id)]]


@documented(f"{PAGE}#parameters: responsibleList")
def test_type_and_list_change_together(anna: Person, boris: Person) -> None:
    flow = create(anna, flow_data(anna, distributionType="manually")).result

    queue = update(
        anna,
        flow["id"],
        distributionType="queue",
        responsibleList=[["user", boris.id], ["department", 1]],
    ).result
    manual = update(
        anna,
        flow["id"],
        distributionType="manually",
        responsibleList=[["user", anna.id], ["user", boris.id]],
    ).result

    assert queue["responsibleList"] == [["user", str(boris.id)], ["department", "1"]]
    assert manual["responsibleList"] == [["user", str(anna.id)]]


# The group


@observed("flows.md 3.2: new people join the group, nobody leaves it")
def test_new_people_join_the_group(portal: PortalInTest, anna: Person, boris: Person) -> None:
    carla = portal.add_user("Carla")
    flow = create(anna, flow_data(anna)).result

    update(anna, flow["id"], ownerId=carla.id, responsibleList=[["user", boris.id]])

    assert portal.group_members(flow["groupId"]) == {
        anna.id: Role.OWNER,
        boris.id: Role.MEMBER,
        carla.id: Role.MEMBER,
    }


@assumed("flows.md 3.2: only a change of people or group brings people into the group")
def test_a_new_name_brings_nobody_into_the_group(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    flow = portal.add_flow("Intake", anna, responsible_list=(boris.member,))

    update(anna, flow.id, name="Renamed")

    assert list(portal.group_members(flow.group_id)) == [anna.id]


@observed("flows.md 3.2: the group rules of create, for another group")
def test_which_group_the_creator_may_choose(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    flow = portal.add_flow("Intake", anna)
    own = portal.add_group("Own", boris, [anna])
    strange = portal.add_group("Strange", boris)
    archived = portal.add_group("Archived", anna, closed=True)

    assert update(anna, flow.id, groupId=strange).refusal == ACCESS_DENIED
    assert update(anna, flow.id, groupId=archived).refusal == ACCESS_DENIED
    assert update(anna, flow.id, groupId=804, name="").refusal == ACCESS_DENIED
    assert update(anna, flow.id, groupId=own).result["groupId"] == own


@assumed("flows.md 4 SAVE speaks of a new groupId, 10 of an archived one that stays")
def test_the_group_a_flow_has_may_be_sent_again(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    archived = portal.add_group("Archived", boris, closed=True)
    flow = portal.add_flow("Intake", anna, group_id=archived)

    reply = update(anna, flow.id, groupId=archived, name="Renamed")

    assert reply.result["name"] == "Renamed"


# The template


@observed("flows.md 4 SAVE; 2.8: task creators get read right on it")
def test_which_template_the_creator_may_choose(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    flow = portal.add_flow("Intake", anna, task_creators=(EVERYBODY,))
    boris_flow = portal.add_flow("Boris's", boris)
    template = portal.in_store(lambda store: store.templates.add("Checklist", anna.id))

    before = update(boris, boris_flow.id, templateId=template)
    own = update(anna, flow.id, templateId=template)
    after = update(boris, boris_flow.id, templateId=template)

    assert before.refusal == ACCESS_DENIED
    assert own.result["templateId"] == template
    assert after.result["templateId"] == template


@documented(f"{PAGE}#parameters: templateId, 0 means none")
def test_a_template_is_taken_off(portal: PortalInTest, anna: Person) -> None:
    template = portal.in_store(lambda store: store.templates.add("Checklist", anna.id))
    flow = portal.add_flow("Intake", anna, template_id=template)

    assert update(anna, flow.id, templateId=0).result["templateId"] == 0
