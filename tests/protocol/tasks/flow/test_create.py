"""`tasks.flow.Flow.create`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.clock import VirtualClock
from sluice.domain.flow import SETTINGS
from sluice.domain.people import Role
from sluice.store.engine import Place
from tests.places import look
from tests.portals import Person, PortalInTest
from tests.protocol.conftest import MONDAY
from tests.protocol.tasks.flow.wire import (
    ACCESS_DENIED,
    NAME_TAKEN,
    PROJECT_NAME_TAKEN,
    at_once,
    create,
    flow_data,
    refused,
    send_form,
    without,
)
from tests.provenance import assumed, documented, observed

METHOD = "tasks.flow.Flow.create"
PAGE = "tasks-flow-flow-create"


# What comes back


@observed("FlowTest::testCreate; flows.md 2.1: keys, their order, types and defaults")
def test_the_least_that_makes_a_flow(portal: PortalInTest, admin: Person) -> None:
    reply = create(
        admin,
        {
            "name": "Test flow 1",
            "plannedCompletionTime": 8400,
            "distributionType": "manually",
            "responsibleList": [["user", 1]],
        },
    )

    group = portal.group_named("Test flow 1")
    assert group is not None
    # As text, so that neither the order of keys nor 1 for true goes unseen.
    assert json.dumps(reply.result) == json.dumps(
        {
            "id": reply.result["id"],
            "creatorId": 1,
            "ownerId": 1,
            "groupId": group.id,
            "templateId": 0,
            "efficiency": 100,
            "active": True,
            "plannedCompletionTime": 8400,
            "activity": "2026-01-12T09:30:00+00:00",
            "name": "Test flow 1",
            "description": "",
            "distributionType": "manually",
            "responsibleList": [["user", "1"]],
            "demo": False,
            "responsibleCanChangeDeadline": False,
            "matchWorkTime": True,
            "taskControl": False,
            "notifyAtHalfTime": False,
            "notifyOnQueueOverflow": None,
            "notifyOnTasksInProgressOverflow": None,
            "notifyWhenEfficiencyDecreases": None,
            "taskCreators": [],
            "team": [],
            "trialFeatureEnabled": False,
        }
    )


def everything(portal: PortalInTest, anna: Person, boris: Person) -> dict[str, Any]:
    """Return a value other than the default for every field that can be set."""
    return {
        "ownerId": boris.id,
        "groupId": portal.add_group("Designers", anna),
        "templateId": portal.in_store(lambda store: store.templates.add("Design", anna.id)),
        "plannedCompletionTime": 3600,
        "name": "Design requests",
        "description": "Logos & more",
        "distributionType": "himself",
        "responsibleList": [["user", str(boris.id)], ["department", "1"]],
        "responsibleCanChangeDeadline": True,
        "matchWorkTime": False,
        "taskControl": True,
        "notifyAtHalfTime": True,
        "notifyOnQueueOverflow": 99999,
        "notifyOnTasksInProgressOverflow": 1,
        "notifyWhenEfficiencyDecreases": 100,
        "taskCreators": [["meta-user", "all-users"], ["department", "1:F"]],
    }


@documented(f"{PAGE}#parameters")
def test_every_field_is_kept_as_it_was_sent(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    sent = everything(portal, anna, boris)

    reply = create(anna, sent)

    shown = anna.call("tasks.flow.Flow.get", flowId=reply.result["id"]).result
    assert reply.result == shown
    assert json.dumps({name: shown[name] for name in sent}) == json.dumps(sent)
    assert shown["team"] == sent["responsibleList"]


@assumed("flows.md 2.0: JSON, form and query are equivalent")
def test_a_form_says_the_same_as_json(portal: PortalInTest, anna: Person, boris: Person) -> None:
    sent = everything(portal, anna, boris)
    from_json = create(anna, sent)
    anna.call("tasks.flow.Flow.delete", flowData={"id": from_json.result["id"]})

    from_form = send_form(anna, METHOD, {"flowData": sent})

    assert without(from_form.result, "id") == without(from_json.result, "id")


@assumed("flows.md 2.0: the query string is equivalent too")
def test_a_flow_can_be_made_by_an_address_alone(portal: PortalInTest, admin: Person) -> None:
    reply = portal.send(
        admin.path + METHOD,
        verb="GET",
        query="flowData[name]=Intake&flowData[plannedCompletionTime]=7200"
        "&flowData[distributionType]=queue&flowData[responsibleList][][user]=1",
    )

    assert reply.result["responsibleList"] == [["user", "1"]]


@documented(f"{PAGE}#parameters: read-only fields")
def test_what_the_server_decides_is_not_taken_from_the_client(
    admin: Person, anna: Person, boris: Person
) -> None:
    plain = create(anna, flow_data(anna)).result
    sent = {
        "id": 900,
        "creatorId": boris.id,
        "efficiency": 7,
        "active": False,
        "activity": "2001-01-01T00:00:00+00:00",
        "demo": True,
        "team": [["user", boris.id]],
        "trialFeatureEnabled": True,
        "unheardOf": {"deep": [1]},
    }

    reply = create(anna, flow_data(anna, name="Another", **sent))

    assert without(reply.result, "id", "groupId", "name") == without(plain, "id", "groupId", "name")
    assert reply.result["id"] == plain["id"] + 1


# Members


@documented(f"{PAGE}#parameters: responsibleList")
@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ([["user", "1"]], [["user", "1"]]),
        ([["user", 1]], [["user", "1"]]),
        ([{"user": 1}], [["user", "1"]]),
        ([{"user": "1"}], [["user", "1"]]),
        ([["department", "1"]], [["department", "1"]]),
        ([["department", 1]], [["department", "1"]]),
        ([["department", "1:F"]], [["department", "1:F"]]),
        ([{"department": "1:F"}], [["department", "1:F"]]),
        ({"0": {"0": "user", "1": 1}}, [["user", "1"]]),
        ([["user", 1], ["department", 1], {"user": "1"}], [["user", "1"], ["department", "1"]]),
        ([["department", 1], {"department": "1:F"}], [["department", "1"], ["department", "1:F"]]),
    ],
    ids=[
        "a pair",
        "a number",
        "an object",
        "an object with text",
        "a department",
        "a department's number",
        "a flat department",
        "a flat department as object",
        "maps with number keys",
        "each once, in order",
        "flat and deep differ",
    ],
)
def test_members_are_written_in_many_ways_and_shown_in_one(
    admin: Person, sent: object, shown: list[list[str]]
) -> None:
    reply = create(admin, flow_data(responsibleList=sent, taskCreators=sent))

    assert reply.result["responsibleList"] == shown
    assert reply.result["taskCreators"] == shown
    assert reply.result["team"] == shown


@documented(f"{PAGE}#parameters: taskCreators")
@pytest.mark.parametrize("sent", [["meta-user", "all-users"], {"meta-user": "all-users"}], ids=repr)
def test_everybody_may_be_task_creators(admin: Person, sent: object) -> None:
    reply = create(admin, flow_data(taskCreators=[sent]))

    assert reply.result["taskCreators"] == [["meta-user", "all-users"]]


@assumed("rest-protocol.md 11.5: how some clients send an empty list in a form")
def test_a_list_of_one_empty_text_is_empty(admin: Person) -> None:
    reply = create(admin, flow_data(taskCreators=[""]))

    assert reply.result["taskCreators"] == []


@observed("flows.md 3.0: the shape of lists is looked at before permission")
@pytest.mark.parametrize("field", ["responsibleList", "taskCreators"])
@pytest.mark.parametrize(
    "sent",
    [
        "user",
        7,
        True,
        {"user": "1"},
        ["user", "1"],
        [["user"]],
        [["user", "1", "2"]],
        [[]],
        [{}],
        [{"user": 1, "department": 1}],
        [["user", "1"], None],
    ],
    ids=repr,
)
def test_a_list_of_another_shape(guest: Person, field: str, sent: object) -> None:
    reply = create(guest, flow_data(**{field: sent}))

    assert reply.refusal == refused(f"{field}: unexpected value")


@observed("flows.md 2.2: an unknown type or an id that is none")
@pytest.mark.parametrize("field", ["responsibleList", "taskCreators"])
@pytest.mark.parametrize(
    "entry",
    [
        ["robot", "1"],
        ["USER", "1"],
        [1, 1],
        ["user", "x"],
        ["user", ""],
        ["user", "0"],
        ["user", "-1"],
        ["user", "1.5"],
        ["user", "1:F"],
        ["user", True],
        ["user", None],
        ["user", ["1"]],
        ["user", "9" * 40],
        ["department", ":F"],
        ["department", "1:f"],
        ["meta-user", "1"],
    ],
    ids=repr,
)
def test_a_member_that_is_nobody(admin: Person, field: str, entry: object) -> None:
    reply = create(admin, flow_data(**{field: [["user", "1"], entry]}))

    assert reply.refusal == refused(f"'{field}': field's value has an invalid value")


@assumed("flows.md 2.2: everybody is not a sensible team")
def test_everybody_cannot_be_the_team(admin: Person) -> None:
    reply = create(admin, flow_data(responsibleList=[["meta-user", "all-users"]]))

    assert reply.refusal == refused("'responsibleList': field's value has an invalid value")


# Distribution


@assumed("flows.md 3.1 step 5: extra elements are ignored, the stored list is the moderator")
def test_a_manual_flow_keeps_only_its_moderator(admin: Person, anna: Person) -> None:
    team = [["user", anna.id], ["user", 1], ["department", "1"]]

    reply = create(admin, flow_data(distributionType="manually", responsibleList=team))

    assert reply.result["responsibleList"] == [["user", str(anna.id)]]


@assumed("flows.md 3.1 step 5: clearer than the product's `Unknown error`")
def test_a_department_cannot_moderate(admin: Person) -> None:
    team = [["department", "1"], ["user", 1]]

    reply = create(admin, flow_data(distributionType="manually", responsibleList=team))

    assert reply.refusal == refused("'responsibleList': field's value has an invalid value")


@documented("tasks-flow#team: the members of the group but the moderator; flows.md 2.3")
def test_the_team_of_a_manual_flow_is_its_group(
    portal: PortalInTest, admin: Person, anna: Person, boris: Person
) -> None:
    group = portal.add_group("Support", admin, [anna, boris])
    data = flow_data(anna, distributionType="manually", groupId=group)

    reply = create(admin, data)

    assert reply.result["team"] == [["user", "1"], ["user", str(boris.id)]]


# Values of fields


@assumed("flows.md 2.1: digits are numbers; rest-protocol.md 2.3: what clients send for a flag")
@pytest.mark.parametrize(
    ("field", "sent", "kept"),
    [
        ("plannedCompletionTime", "3600", 3600),
        ("plannedCompletionTime", 2145398400, 2145398400),
        ("notifyOnQueueOverflow", "0", None),
        ("notifyOnQueueOverflow", 0, None),
        ("notifyOnQueueOverflow", "", None),
        ("notifyOnQueueOverflow", "99999", 99999),
        ("notifyOnTasksInProgressOverflow", 0, None),
        ("notifyOnTasksInProgressOverflow", 99999, 99999),
        ("notifyWhenEfficiencyDecreases", None, None),
        ("notifyWhenEfficiencyDecreases", "100", 100),
        ("taskControl", 1, True),
        ("taskControl", "1", True),
        ("taskControl", "Y", True),
        ("taskControl", "True", True),
        ("matchWorkTime", 0, False),
        ("matchWorkTime", "0", False),
        ("matchWorkTime", "N", False),
        ("matchWorkTime", "False", False),
        ("matchWorkTime", "", False),
        ("templateId", "0", 0),
    ],
)
def test_values_are_typed(admin: Person, field: str, sent: object, kept: object) -> None:
    reply = create(admin, flow_data(**{field: sent}))

    assert reply.result[field] == kept
    assert type(reply.result[field]) is type(kept)


@observed("flows.md 2.1: a value of a wrong kind is as if it had not been sent")
@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ("description", ["x"]),
        ("description", None),
        ("ownerId", "somebody"),
        ("ownerId", [1]),
        ("ownerId", True),
        ("groupId", {"id": 1}),
        ("templateId", "x"),
        ("matchWorkTime", "maybe"),
        ("matchWorkTime", None),
        ("taskControl", [1]),
        ("taskControl", 2),
        ("notifyOnQueueOverflow", "many"),
        ("notifyOnTasksInProgressOverflow", [5]),
        ("notifyWhenEfficiencyDecreases", {"x": 5}),
        ("taskCreators", None),
    ],
)
def test_an_optional_value_of_a_wrong_kind_is_left_out(
    admin: Person, field: str, sent: object
) -> None:
    plain = create(admin, flow_data(name="Plain")).result

    reply = create(admin, flow_data(**{field: sent}))

    assert without(reply.result, "id", "groupId", "name") == without(plain, "id", "groupId", "name")


@observed("flows.md 2.1: so a required one is missing")
@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ("plannedCompletionTime", "soon"),
        ("plannedCompletionTime", True),
        ("plannedCompletionTime", [7200]),
        ("name", {"x": "y"}),
        ("name", 7),
        ("distributionType", ["queue"]),
        ("distributionType", 1),
    ],
)
def test_a_required_value_of_a_wrong_kind_is_missing(
    admin: Person, field: str, sent: object
) -> None:
    reply = create(admin, flow_data(**{field: sent}))

    assert reply.refusal == refused(f"Property {field} cannot be null")


@assumed("flows.md 3.1 step 3: an owner of 0 or less is none")
@pytest.mark.parametrize("sent", [0, "0", -3])
def test_without_an_owner_the_creator_is_it(anna: Person, sent: object) -> None:
    reply = create(anna, flow_data(anna, ownerId=sent))

    assert reply.result["ownerId"] == anna.id


@assumed("flows.md 2.1: texts are stored as sent; length is counted in characters")
@pytest.mark.parametrize(
    "name",
    ["  padded  ", " ", "<b>&amp;</b>", "Ёлки", "e\u0301te\u0301", "🦆" * 255, "line\nbreak"],
    ids=ascii,
)
def test_a_name_is_kept_as_it_was_sent(admin: Person, name: str) -> None:
    reply = create(admin, flow_data(name=name))

    assert reply.result["name"] == name


# Refusals


# Rows 2 to 13 of the table of fields, then 19 to 22: a bad value and what is said of it.
BAD_FIELDS: list[tuple[str, object, str]] = [
    ("groupId", -1, "'groupId': field's value must be greater than 0"),
    ("templateId", -1, "'templateId': field's value must be greater than 0"),
    (
        "plannedCompletionTime",
        3599,
        "'plannedCompletionTime': field's value must be greater than 3600",
    ),
    ("name", "", "'name': field's length must be greater than 1 and less than 255"),
    (
        "distributionType",
        "immutable",
        "'distributionType': field's value has an invalid value",
    ),
    ("responsibleList", [], "'responsibleList': field's value must not be empty"),
    (
        "notifyOnQueueOverflow",
        100000,
        "'notifyOnQueueOverflow': field's value must be less than 99999",
    ),
    (
        "notifyOnTasksInProgressOverflow",
        -1,
        "'notifyOnTasksInProgressOverflow': field's value must be greater than 0",
    ),
    (
        "notifyWhenEfficiencyDecreases",
        101,
        "'notifyWhenEfficiencyDecreases': field's value must be less than 100",
    ),
    ("taskCreators", [["x", "1"]], "'taskCreators': field's value has an invalid value"),
]


@observed("flows.md 3.0: the first failing field is reported alone, in this order")
@pytest.mark.parametrize("first", range(len(BAD_FIELDS)), ids=[row[0] for row in BAD_FIELDS])
def test_the_first_bad_field_is_told(admin: Person, first: int) -> None:
    bad = {field: value for field, value, _ in reversed(BAD_FIELDS[first:])}

    reply = create(admin, flow_data(**bad))

    assert reply.refusal == refused(BAD_FIELDS[first][2])


@observed("flows.md 3.0, validation texts")
@pytest.mark.parametrize(
    ("field", "sent", "words"),
    [
        (
            "plannedCompletionTime",
            2145398401,
            "'plannedCompletionTime': field's value must be less than 2145398400",
        ),
        ("name", "x" * 256, "'name': field's length must be greater than 1 and less than 255"),
        ("distributionType", "", "'distributionType': field's value has an invalid value"),
        ("distributionType", "Queue", "'distributionType': field's value has an invalid value"),
        ("responsibleList", {}, "'responsibleList': field's value must not be empty"),
        ("responsibleList", [""], "'responsibleList': field's value must not be empty"),
        (
            "notifyOnQueueOverflow",
            -1,
            "'notifyOnQueueOverflow': field's value must be greater than 0",
        ),
        (
            "notifyOnTasksInProgressOverflow",
            100000,
            "'notifyOnTasksInProgressOverflow': field's value must be less than 99999",
        ),
        (
            "notifyWhenEfficiencyDecreases",
            "-1",
            "'notifyWhenEfficiencyDecreases': field's value must be greater than 0",
        ),
    ],
)
def test_a_value_that_cannot_be(admin: Person, field: str, sent: object, words: str) -> None:
    assert create(admin, flow_data(**{field: sent})).refusal == refused(words)


REQUIRED = ["plannedCompletionTime", "name", "distributionType", "responsibleList"]


@observed("flows.md 3.0: required fields, missing or null, in the same order")
@pytest.mark.parametrize("first", range(len(REQUIRED)), ids=REQUIRED)
@pytest.mark.parametrize("null", [False, True], ids=["missing", "null"])
def test_the_first_missing_field_is_told(admin: Person, first: int, null: bool) -> None:
    lacking = without(flow_data(), *REQUIRED[first:])
    if null:
        lacking |= dict.fromkeys(REQUIRED[first:])

    reply = create(admin, lacking)

    assert reply.refusal == refused(f"Property {REQUIRED[first]} cannot be null")


# The cross-field checks in their order: a reference to what is not there, and the words.
MISSING: list[tuple[str, object, str]] = [
    ("name", "Taken", NAME_TAKEN[2]),
    ("ownerId", 801, "User 801 doesn't exists"),
    ("responsibleList", [["department", 805], ["user", 802]], "User 802 doesn't exists"),
    ("taskCreators", [["user", 803]], "User 803 doesn't exists"),
    ("groupId", 804, "Project 804 doesn't exists or cannot be used"),
    ("templateId", 804, "Template 804 doesn't exists"),
    ("responsibleList", [["department", 805]], "Department 805 doesn't exist"),
    ("taskCreators", [["department", "806:F"]], "Department 806 doesn't exist"),
]


@observed("flows.md 3.0, cross-field order: name, users, group, template, departments")
@pytest.mark.parametrize("first", range(len(MISSING)), ids=[row[2] for row in MISSING])
def test_the_first_reference_to_nothing_is_told(
    portal: PortalInTest, admin: Person, first: int
) -> None:
    portal.add_flow("Taken", admin)
    # Of two rows for one field the earlier one counts.
    bad = {field: value for field, value, _ in reversed(MISSING[first:])}

    reply = create(admin, flow_data(**bad))

    assert reply.refusal == refused(MISSING[first][2])


@observed("flows.md 3.0: per-field rules come before what needs the portal's data")
def test_a_bad_value_is_told_before_a_taken_name(portal: PortalInTest, admin: Person) -> None:
    portal.add_flow("Taken", admin)

    reply = create(admin, flow_data(name="Taken", notifyWhenEfficiencyDecreases=101))

    assert reply.refusal == refused(
        "'notifyWhenEfficiencyDecreases': field's value must be less than 100"
    )


@observed("flows.md 3.1: extranet guests hear the access text, before any validation")
def test_a_guest_makes_no_flows(guest: Person) -> None:
    assert create(guest, {}).refusal == ACCESS_DENIED


@observed("flows.md 2.2: users may be inactive at validation time")
def test_somebody_who_has_left_may_be_listed(portal: PortalInTest, admin: Person) -> None:
    left = portal.add_user("Leo", active=False)

    reply = create(admin, flow_data(left, ownerId=left.id))

    assert reply.result["responsibleList"] == [["user", str(left.id)]]


@assumed("flows.md 3.0: the binding texts are documented for sibling controllers")
@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({}, "Could not find value for parameter {flowData}"),
        ({"flowData": None}, "Could not find value for parameter {flowData}"),
        ({"FLOWDATA": {"name": "x"}}, "Could not find value for parameter {flowData}"),
        (
            {"flowData": "x"},
            "Invalid value {x} to match with parameter {flowData}. Should be value of type array.",
        ),
    ],
    ids=["missing", "null", "other case", "text"],
)
def test_flow_data_that_is_none(admin: Person, sent: dict[str, object], words: str) -> None:
    assert admin.call(METHOD, **sent).refusal == (400, "100", words)


# Names


@assumed("flows.md 3.5: names are compared after NFC, whatever the case")
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Intake", "Intake"),
        ("Intake", "INTAKE"),
        ("Приём", "ПРИЁМ"),
        ("Été", "E\u0301te\u0301"),
        ("Straße", "STRASSE"),
    ],
    ids=["the same", "another case", "Cyrillic", "decomposed", "sharp s"],
)
def test_a_name_is_used_once(
    portal: PortalInTest, admin: Person, anna: Person, first: str, second: str
) -> None:
    portal.add_flow(first, admin)

    assert create(anna, flow_data(anna, name=second)).refusal == NAME_TAKEN


@assumed("flows.md 2.1: names are not trimmed")
def test_white_space_makes_another_name(portal: PortalInTest, admin: Person) -> None:
    portal.add_flow("Intake", admin)

    assert create(admin, flow_data(name="Intake ")).result["name"] == "Intake "


@observed("flows.md 3.1: of two at once with one name, one wins, the loser hears the name error")
def test_of_two_creates_at_once_one_wins(portal: PortalInTest, anna: Person, boris: Person) -> None:
    calls = [(who, {"flowData": flow_data(who)}) for who in (anna, boris)]

    won, lost = at_once(portal, METHOD, calls)

    assert won.result["creatorId"] == anna.id
    assert lost.refusal == NAME_TAKEN
    assert groups(portal) == [won.result["groupId"]]


# The group


def groups(portal: PortalInTest) -> list[int]:
    """Return the ids of all groups, straight from the table."""
    return [row[0] for row in look(portal.place, "SELECT id FROM workgroup ORDER BY id")]


@documented(f"{PAGE}#parameters: groupId")
@pytest.mark.parametrize("sent", [{}, {"groupId": 0}, {"groupId": None}, {"groupId": ""}], ids=repr)
def test_without_a_group_one_is_made(
    portal: PortalInTest, anna: Person, boris: Person, sent: dict[str, object]
) -> None:
    department = portal.add_department("Support")
    carla = portal.add_user("Carla", departments=(department,))
    left = portal.add_user("Leo", departments=(department,), active=False)
    team = [["user", left.id], ["department", department]]

    reply = create(anna, flow_data(ownerId=boris.id, responsibleList=team, **sent))

    group = portal.group_named("Intake")
    assert group is not None
    assert reply.result["groupId"] == group.id
    assert (group.name, group.owner_id, group.initiate_perms) == ("Intake", anna.id, "K")
    assert (group.visible, group.opened, group.project, group.closed) == (True, False, False, False)
    assert group.tasks_enabled
    assert portal.group_members(group.id) == {
        anna.id: Role.OWNER,
        boris.id: Role.MEMBER,
        carla.id: Role.MEMBER,
    }


@observed("flows.md 3.1 step 6: the columns of the kanban")
def test_the_group_gets_four_stages(portal: PortalInTest, admin: Person) -> None:
    group = create(admin, flow_data()).result["groupId"]

    stages = look(
        portal.place, f"SELECT title, system_type FROM stage WHERE group_id = {group} ORDER BY sort"
    )
    assert stages == [
        ("New", "NEW"),
        ("In progress", "WORK"),
        ("Review", "REVIEW"),
        ("Completed", "FINISH"),
    ]


@observed("flows.md 3.1 step 6: no second group of the same name")
def test_a_group_of_the_same_name_stands_in_the_way(portal: PortalInTest, anna: Person) -> None:
    portal.add_group("INTAKE", anna)

    reply = create(anna, flow_data(anna))

    assert reply.refusal == PROJECT_NAME_TAKEN
    assert anna.call("tasks.flow.Flow.isExists", flowData={"name": "Intake"}).result == {
        "exists": False
    }


@assumed("settled 4: the group of a deleted flow must be given, or deleted")
def test_a_flow_made_again_takes_the_group_that_is_still_there(
    portal: PortalInTest, anna: Person
) -> None:
    first = create(anna, flow_data(anna)).result
    anna.call("tasks.flow.Flow.delete", flowData={"id": first["id"]})

    refused_reply = create(anna, flow_data(anna))
    given_reply = create(anna, flow_data(anna, groupId=first["groupId"]))

    assert refused_reply.refusal == PROJECT_NAME_TAKEN
    assert given_reply.result["groupId"] == first["groupId"]


@observed("flows.md 3.1 step 6: owner and team join the given group")
def test_the_people_of_a_flow_join_its_group(
    portal: PortalInTest, admin: Person, anna: Person, boris: Person
) -> None:
    group = portal.add_group("Support", anna)

    create(anna, flow_data(boris, ownerId=admin.id, groupId=group))

    assert portal.group_members(group) == {
        anna.id: Role.OWNER,
        admin.id: Role.MEMBER,
        boris.id: Role.MEMBER,
    }


@assumed("flows.md 3.1 step 6: who only waits to be let in is missing; who has a role keeps it")
def test_a_waiting_request_is_granted_and_roles_are_kept(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    carla = portal.add_user("Carla")
    group = portal.add_group("Support", anna)
    for person, role in ((boris, Role.REQUEST), (carla, Role.MODERATOR)):
        portal.in_store(
            lambda store, user=person.id, role=role: store.groups.add_member(group, user, role)
        )
    team = [["user", boris.id], ["user", carla.id]]

    create(anna, flow_data(responsibleList=team, groupId=group))

    assert portal.group_members(group) == {
        anna.id: Role.OWNER,
        boris.id: Role.MEMBER,
        carla.id: Role.MODERATOR,
    }


GROUPS: list[tuple[str, dict[str, Any], bool, bool]] = [
    # group, its facts, whether Anna is in it, whether it can be used
    ("usable", {}, True, True),
    ("of others", {}, False, True),
    ("archived", {"closed": True}, True, False),
    ("without tasks", {"tasks_enabled": False}, True, False),
]


@observed("flows.md 3.1 step 2; settled 2: administrators hear the validation's words")
@pytest.mark.parametrize(
    ("facts", "usable"), [(row[1], row[3]) for row in GROUPS], ids=[row[0] for row in GROUPS]
)
def test_which_group_an_administrator_may_choose(
    portal: PortalInTest, admin: Person, boris: Person, facts: dict[str, Any], usable: bool
) -> None:
    group = portal.add_group("Support", boris, **facts)

    reply = create(admin, flow_data(groupId=group))

    if usable:
        assert reply.result["groupId"] == group
    else:
        assert reply.refusal == refused(f"Project {group} doesn't exists or cannot be used")


@observed("flows.md 3.1 step 2; settled 2: others hear the access text")
@pytest.mark.parametrize(
    ("facts", "member", "usable"), [row[1:] for row in GROUPS], ids=[row[0] for row in GROUPS]
)
def test_which_group_an_employee_may_choose(
    portal: PortalInTest,
    anna: Person,
    boris: Person,
    facts: dict[str, Any],
    member: bool,
    usable: bool,
) -> None:
    group = portal.add_group("Support", boris, [anna] if member else [], **facts)

    reply = create(anna, flow_data(anna, groupId=group))

    if member and usable:
        assert reply.result["groupId"] == group
    else:
        assert reply.refusal == ACCESS_DENIED


@assumed("settled 2: permission comes before the fields")
@pytest.mark.parametrize("reference", [{"groupId": 804}, {"groupId": -1}, {"templateId": 804}])
def test_an_employee_hears_the_access_text_before_bad_fields(
    anna: Person, reference: dict[str, int]
) -> None:
    assert create(anna, {**reference, "name": ""}).refusal == ACCESS_DENIED


# The template


@observed("flows.md 3.1 step 2: the caller must be able to read the template")
def test_only_readers_of_a_template_may_choose_it(
    portal: PortalInTest, admin: Person, anna: Person, boris: Person
) -> None:
    template = portal.in_store(lambda store: store.templates.add("Checklist", anna.id))

    by_author = create(anna, flow_data(anna, name="Anna's", templateId=template))
    by_stranger = create(boris, flow_data(boris, name="Boris's", templateId=template))
    by_admin = create(admin, flow_data(name="Admin's", templateId=template))

    assert by_author.result["templateId"] == template
    assert by_stranger.refusal == ACCESS_DENIED
    assert by_admin.result["templateId"] == template


@observed("flows.md 2.8: the flow's task creators get read right on the template")
def test_task_creators_may_read_the_template(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    template = portal.in_store(lambda store: store.templates.add("Checklist", anna.id))
    creators = [["user", boris.id]]
    create(anna, flow_data(anna, templateId=template, taskCreators=creators))

    reply = create(boris, flow_data(boris, name="Boris's", templateId=template))

    assert reply.result["templateId"] == template


# Nothing half made


@assumed("flows.md 3.0: on any error nothing remains, an auto-made group included")
@pytest.mark.parametrize(
    "bad",
    [{"name": ""}, {"ownerId": 801}, {"templateId": 804}, {"taskCreators": [["department", 805]]}],
    ids=repr,
)
def test_a_refused_create_leaves_nothing(
    portal: PortalInTest, admin: Person, bad: dict[str, Any]
) -> None:
    reply = create(admin, flow_data(**bad))

    assert reply.status == 400
    assert groups(portal) == []
    assert admin.call("tasks.flow.Flow.list").total == 0


# Anything at all

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "1", "user", "department", "1:F", "meta-user", "all-users", "queue"])
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def lasting_portal(lasting_place: Place) -> Iterator[PortalInTest]:
    portal = PortalInTest(lasting_place, VirtualClock(MONDAY))
    yield portal
    portal.close()


@assumed("bad input is refused, it is never our mistake")
@given(sent=st.dictionaries(st.sampled_from(list(SETTINGS.values())), JSON, max_size=3))
@settings(max_examples=150, deadline=None)
def test_any_value_is_taken_or_refused(lasting_portal: PortalInTest, sent: dict[str, Any]) -> None:
    reply = create(lasting_portal.admin, {**flow_data(), **sent})

    assert reply.status == 200 or (reply.status, reply.error) in [
        (400, "0"),
        (400, "WRONG_ENCODING"),
    ]
