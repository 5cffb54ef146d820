"""What a flow fills in and overrides, and who may add to it. flows.md 5.3, 5.4, 6.9."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sluice.domain.access import DEPARTMENT, Member
from sluice.domain.flow import Distribution, Flow
from sluice.domain.task import Status
from tests.portals import EVERYBODY, Person, PortalInTest
from tests.provenance import assumed, documented, observed

METHOD = "tasks.task.add"


@pytest.fixture
def carla(portal: PortalInTest) -> Person:
    return portal.add_user("Carla")


@pytest.fixture
def flow(portal: PortalInTest, boris: Person, carla: Person) -> Flow:
    return portal.add_flow(
        "Intake",
        boris,
        responsible_list=(carla.member,),
        task_creators=(EVERYBODY,),
        planned_completion_seconds=7200,
        task_control=True,
        responsible_can_change_deadline=True,
    )


@documented("tasks/flow/index: a title and the flow are enough")
def test_the_flow_fills_in_the_rest(
    portal: PortalInTest, anna: Person, carla: Person, flow: Flow
) -> None:
    task = anna.call(METHOD, fields={"TITLE": "Help", "FLOW_ID": str(flow.id)}).result["task"]

    assert task["flowId"] == str(flow.id)
    assert task["responsibleId"] == str(carla.id)
    assert task["createdBy"] == str(anna.id)
    assert task["groupId"] == str(flow.group_id)
    assert task["deadline"] == "2026-01-12T11:30:00+00:00"
    assert (task["taskControl"], task["matchWorkTime"]) == ("Y", "Y")
    assert task["allowChangeDeadline"] == "Y"
    assert task["status"] == "2"


@observed("flows.md 5.3 step 6: flow values override whatever the caller sent")
def test_the_flow_overrides_what_was_sent(anna: Person, carla: Person, flow: Flow) -> None:
    sent = {
        "TITLE": "Help",
        "FLOW_ID": flow.id,
        "RESPONSIBLE_ID": anna.id,
        "DEADLINE": "2030-01-01T00:00:00+00:00",
        "GROUP_ID": 0,
        "TASK_CONTROL": "N",
        "ALLOW_CHANGE_DEADLINE": "N",
        "MATCH_WORK_TIME": "N",
        "DESCRIPTION": "mine",
        "PRIORITY": 2,
        "TAGS": ["a"],
    }

    task = anna.call(METHOD, fields=sent).result["task"]

    assert task["responsibleId"] == str(carla.id)
    assert task["deadline"] == "2026-01-12T11:30:00+00:00"
    assert task["groupId"] == str(flow.group_id)
    assert [task[key] for key in ("taskControl", "allowChangeDeadline", "matchWorkTime")] == [
        "Y",
        "Y",
        "Y",
    ]
    assert (task["description"], task["priority"]) == ("mine", "2")


@observed("flows.md 7: the clock of the future responsible person")
def test_the_deadline_is_counted_in_the_responsible_persons_zone(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    portal.clock.advance(hours=8)  # Monday 17:30 UTC, 12:30 in New York
    far = portal.add_user("Farah", time_zone="America/New_York")
    flow = portal.add_flow("Far", boris, responsible_list=(far.member,), task_creators=(EVERYBODY,))

    task = anna.call(METHOD, fields={"TITLE": "Help", "FLOW_ID": flow.id}).result["task"]

    assert task["deadline"] == "2026-01-12T18:30:00+00:00"


@observed("flows.md 5.3: the first kanban column of the flow's group")
def test_the_task_stands_in_the_first_column(portal: PortalInTest, admin: Person) -> None:
    made = admin.call(
        "tasks.flow.Flow.create",
        flowData={
            "name": "With columns",
            "plannedCompletionTime": 3600,
            "distributionType": "queue",
            "responsibleList": [["user", admin.id]],
        },
    ).result

    task = admin.call(METHOD, fields={"TITLE": "Help", "FLOW_ID": made["id"]}).result["task"]

    stages = portal.in_store(lambda store: store.groups.first_stage(made["groupId"]))
    assert task["stageId"] == str(stages) != "0"


@observed("flows.md 5.3 step 3: a validation error of the task")
@pytest.mark.parametrize("method", ["add", "update"])
def test_an_unknown_flow_is_refused(anna: Person, method: str) -> None:
    fields = {"TITLE": "Help", "RESPONSIBLE_ID": anna.id}
    if method == "add":
        reply = anna.call(METHOD, fields={**fields, "FLOW_ID": 999})
    else:
        task = anna.call(METHOD, fields=fields).result["task"]
        reply = anna.call("tasks.task.update", taskId=task["id"], fields={"FLOW_ID": 999})

    assert reply.refusal == (400, "ERROR_CORE", "Flow not found<br>")


@observed("flows.md 5.3 step 4, 13.1 row 17: FLOW_ID is dropped without a word")
def test_an_inactive_flow_takes_no_task(
    portal: PortalInTest, anna: Person, boris: Person, flow: Flow
) -> None:
    boris.call("tasks.flow.Flow.activate", flowId=flow.id)

    alone = anna.call(METHOD, fields={"TITLE": "Help", "FLOW_ID": flow.id})
    ordinary = anna.call(
        METHOD, fields={"TITLE": "Help", "FLOW_ID": flow.id, "RESPONSIBLE_ID": anna.id}
    )

    assert alone.refusal == (400, "ERROR_CORE", "Responsible not specified<br>")
    assert ordinary.result["task"]["flowId"] is None
    assert ordinary.result["task"]["responsibleId"] == str(anna.id)


@observed("flows.md 5.3 step 2")
@pytest.mark.parametrize("nothing", [0, "", None, "0"])
def test_no_flow_is_an_ordinary_task(anna: Person, nothing: object) -> None:
    fields = {"TITLE": "Help", "RESPONSIBLE_ID": anna.id, "FLOW_ID": nothing}

    assert anna.call(METHOD, fields=fields).result["task"]["flowId"] is None


@observed("flows.md 4 (*): any member row, all users, or a listed department")
def test_who_may_add_tasks(
    portal: PortalInTest, admin: Person, anna: Person, boris: Person
) -> None:
    sales = portal.add_department("Sales")
    listed, seller = portal.add_user("Lena"), portal.add_user("Sven", departments=(sales,))
    guest = portal.add_user("Gil", departments=())
    flow = portal.add_flow(
        "Closed",
        anna,
        responsible_list=(boris.member,),
        task_creators=(listed.member, Member(DEPARTMENT, sales)),
    )
    stranger = portal.add_user("Stan")

    def may_add(person: Person) -> bool:
        reply = person.call(METHOD, fields={"TITLE": "Help", "FLOW_ID": flow.id})
        if reply.status != 200:
            words = "Action on the task is not allowed (internal error)"
            assert reply.refusal == (400, "0", words)
        return reply.status == 200

    everybody = (admin, anna, boris, listed, seller, stranger, guest)
    assert [may_add(person) for person in everybody] == [True] * 5 + [False, False]


@observed("flows.md 5.3: with himself the responsible equals CREATED_BY")
def test_created_by_decides_who_waits_with_the_task(
    portal: PortalInTest, admin: Person, anna: Person, boris: Person
) -> None:
    flow = portal.add_flow(
        "Open",
        boris,
        distribution_type=Distribution.HIMSELF,
        responsible_list=(boris.member,),
        task_creators=(EVERYBODY,),
    )

    fields = {"TITLE": "Help", "FLOW_ID": flow.id, "CREATED_BY": anna.id}
    task = admin.call(METHOD, fields=fields).result["task"]

    assert (task["createdBy"], task["responsibleId"]) == (str(anna.id), str(anna.id))


@observed("flows.md 5.4: another FLOW_ID applies the flow's rules; pending tasks are dealt out")
def test_a_pending_task_that_moves_into_a_flow_is_dealt_out(
    portal: PortalInTest, anna: Person, carla: Person, flow: Flow
) -> None:
    task = anna.call(METHOD, fields={"TITLE": "Help", "RESPONSIBLE_ID": anna.id}).result["task"]

    moved = anna.call("tasks.task.update", taskId=task["id"], fields={"FLOW_ID": flow.id}).result[
        "task"
    ]

    assert (moved["flowId"], moved["responsibleId"]) == (str(flow.id), str(carla.id))
    assert moved["groupId"] == str(flow.group_id)


@observed("flows.md 6.9: later statuses keep the responsible person")
def test_a_running_task_keeps_its_responsible_person(
    portal: PortalInTest, anna: Person, flow: Flow
) -> None:
    task = anna.call(METHOD, fields={"TITLE": "Help", "RESPONSIBLE_ID": anna.id}).result["task"]
    anna.call("tasks.task.start", taskId=task["id"])

    anna.call("tasks.task.update", taskId=task["id"], fields={"FLOW_ID": flow.id})

    moved = portal.task(task["id"])
    assert (moved.flow_id, moved.responsible_id) == (flow.id, anna.id)
    assert moved.status == Status.IN_PROGRESS
    assert moved.deadline == datetime(2026, 1, 12, 11, 30, tzinfo=UTC)


@observed("flows.md 5.4: 0 unlinks and nothing else changes")
def test_a_task_leaves_its_flow(portal: PortalInTest, anna: Person, flow: Flow) -> None:
    task = anna.call(METHOD, fields={"TITLE": "Help", "FLOW_ID": flow.id}).result["task"]
    before = portal.task(task["id"])

    anna.call("tasks.task.update", taskId=task["id"], fields={"FLOW_ID": 0})

    after = portal.task(task["id"])
    assert after.flow_id is None
    assert (after.responsible_id, after.deadline, after.group_id) == (
        before.responsible_id,
        before.deadline,
        before.group_id,
    )


@observed("flows.md 5.4: a task that changes its group leaves the flow")
def test_another_group_takes_a_task_out_of_its_flow(
    portal: PortalInTest, anna: Person, flow: Flow
) -> None:
    other = portal.add_group("Other", anna)
    task = anna.call(METHOD, fields={"TITLE": "Help", "FLOW_ID": flow.id}).result["task"]

    anna.call("tasks.task.update", taskId=task["id"], fields={"GROUP_ID": flow.group_id})
    assert portal.task(task["id"]).flow_id == flow.id
    anna.call("tasks.task.update", taskId=task["id"], fields={"GROUP_ID": other})
    assert portal.task(task["id"]).flow_id is None


@documented("tasks-task-history-list: FLOW_ID is a field of the history")
def test_every_change_of_flow_is_in_the_history(anna: Person, flow: Flow) -> None:
    task = anna.call(METHOD, fields={"TITLE": "Help", "FLOW_ID": flow.id}).result["task"]
    anna.call("tasks.task.update", taskId=task["id"], fields={"FLOW_ID": 0})

    history = anna.call("tasks.task.history.list", taskId=task["id"]).result["list"]

    assert [entry["value"] for entry in history if entry["field"] == "FLOW_ID"] == [
        {"from": str(flow.id), "to": None}
    ]


@assumed("flows.md 3.4: tasks of a removed flow are in no flow")
def test_removing_a_flow_keeps_its_tasks(
    portal: PortalInTest, anna: Person, boris: Person, carla: Person, flow: Flow
) -> None:
    task = anna.call(METHOD, fields={"TITLE": "Help", "FLOW_ID": flow.id}).result["task"]

    boris.call("tasks.flow.Flow.delete", flowData={"id": flow.id})

    kept = portal.task(task["id"])
    assert (kept.flow_id, kept.responsible_id, kept.group_id) == (None, carla.id, flow.group_id)
    assert portal.differences() == []


@observed("flows.md 5.3 step 8, 5.5: adding and moving touches the flow's activity")
def test_a_flow_notes_when_something_happened(
    portal: PortalInTest, anna: Person, carla: Person, flow: Flow
) -> None:
    portal.clock.advance(minutes=10)
    task = anna.call(METHOD, fields={"TITLE": "Help", "FLOW_ID": flow.id}).result["task"]
    assert portal.flow(flow.id).activity == portal.clock.now()

    portal.clock.advance(minutes=10)
    anna.call("tasks.task.update", taskId=task["id"], fields={"TITLE": "Help!"})
    assert portal.flow(flow.id).activity < portal.clock.now()

    carla.call("tasks.task.start", taskId=task["id"])
    assert portal.flow(flow.id).activity == portal.clock.now()
