"""Tasks and batches through b24pysdk, the official Python SDK, unmodified, over HTTPS.

Its `as_list` reads the later pages of a list in a batch; its `as_list_fast` in chains of commands
of which each begins after the last row of the one before.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.clients.portal import ABSENT_TASK, DEMO_TEAM, Portal, TaskGroup
from tests.clients.real_part import real_module
from tests.server_process import ServerProcess

Connect = Callable[[str], Any]


@pytest.fixture
def client(connect_b24pysdk: Connect, server: ServerProcess) -> Any:
    """The SDK in the hands of the administrator."""
    return connect_b24pysdk(server.ready.webhook)


@pytest.fixture
def tasks(client: Any) -> Any:
    """The administrator's `tasks.task`."""
    return client.tasks.task


def refusal_of(request: Any) -> tuple[int, str, str]:
    """Return the HTTP status, the code and the words of a refused request."""
    with pytest.raises(real_module("b24pysdk.errors").BitrixAPIError) as refused:
        _ = request.result
    body = refused.value.json_response
    return refused.value.response.status_code, body["error"], body["error_description"]


# Tasks in a flow


def test_b24pysdk_adds_tasks_that_the_flow_deals_out_in_turn(tasks: Any, demo_flow: int) -> None:
    added = [
        tasks.add({"TITLE": f"Question {number}", "FLOW_ID": demo_flow}).result["task"]
        for number in range(5)
    ]

    first = DEMO_TEAM.index(added[0]["responsibleId"])
    in_turn = [*DEMO_TEAM[first:], *DEMO_TEAM[:first], DEMO_TEAM[first]]
    assert [task["responsibleId"] for task in added] == in_turn


def test_the_flow_fills_in_group_and_deadline_of_a_task_that_b24pysdk_adds(
    tasks: Any, portal: Portal, demo_flow: int, task_title: str
) -> None:
    flow = portal.flow(demo_flow)
    assert flow is not None

    task = tasks.add({"TITLE": task_title, "FLOW_ID": demo_flow, "GROUP_ID": 1}).result["task"]

    created, deadline = (datetime.fromisoformat(task[key]) for key in ("createdDate", "deadline"))
    planned = timedelta(seconds=flow["plannedCompletionTime"])
    assert (task["title"], task["flowId"]) == (task_title, str(demo_flow))
    assert task["groupId"] == str(flow["groupId"])
    assert deadline >= created.replace(second=0) + planned
    assert (deadline.minute % 5, deadline.second) == (0, 0)


def test_a_task_stays_in_its_flow_when_b24pysdk_delegates_it(
    tasks: Any, portal: Portal, demo_flow: int, task_title: str
) -> None:
    task_id = portal.add_task(task_title, FLOW_ID=demo_flow)
    before = portal.task(task_id)
    assert before is not None

    task = tasks.delegate(int(task_id), 7).result["task"]

    assert (task["responsibleId"], task["flowId"]) == ("7", str(demo_flow))
    assert before["responsibleId"] in task["auditors"]


# One task


def test_b24pysdk_reads_a_task(tasks: Any, portal: Portal, task_title: str) -> None:
    task_id = portal.add_task(task_title)

    task = tasks.get(int(task_id)).result["task"]

    assert task["title"] == task_title
    assert task == portal.task(task_id)


def test_b24pysdk_reads_the_chosen_fields_of_a_task(
    tasks: Any, portal: Portal, task_title: str
) -> None:
    task_id = portal.add_task(task_title)

    task = tasks.get(int(task_id), select=["ID", "TITLE"]).result["task"]

    assert (task["id"], task["title"]) == (task_id, task_title)
    assert "description" not in task


def test_b24pysdk_changes_a_task(tasks: Any, portal: Portal, task_title: str) -> None:
    task_id = portal.add_task("To be renamed", DEADLINE="2030-01-02T10:00:00+00:00")
    fields = {"TITLE": task_title, "DEADLINE": None, "AUDITORS": [2, 3], "TASK_CONTROL": "Y"}

    task = tasks.update(int(task_id), fields).result["task"]

    kept = portal.task(task_id)
    assert kept is not None
    for seen in (task, kept):
        assert (seen["title"], seen["auditors"]) == (task_title, ["2", "3"])
        assert (seen["taskControl"], seen["deadline"]) == ("Y", None)


def test_b24pysdk_moves_a_task_from_status_to_status(
    tasks: Any, portal: Portal, task_title: str
) -> None:
    task_id = int(portal.add_task(task_title))
    moves = (
        *(tasks.start, tasks.pause, tasks.defer, tasks.renew),
        *(tasks.start, tasks.complete, tasks.approve),
    )

    statuses = [move(task_id).result["task"]["status"] for move in moves]

    assert statuses == ["3", "2", "6", "2", "3", "5", "5"]


def test_work_under_control_awaits_the_review_that_b24pysdk_sends_it_back_from(
    connect_b24pysdk: Connect, server: ServerProcess, tasks: Any, portal: Portal, task_title: str
) -> None:
    task_id = int(portal.add_task(task_title, RESPONSIBLE_ID=4, TASK_CONTROL="Y"))
    executor = connect_b24pysdk(server.webhook_for(4)).tasks.task

    completed = executor.complete(task_id).result["task"]
    sent_back = tasks.disapprove(task_id).result["task"]

    assert (completed["status"], completed["closedDate"]) == ("4", None)
    assert sent_back["status"] == "2"


def test_b24pysdk_marks_a_task_as_a_favourite_and_takes_the_mark_away(
    tasks: Any, portal: Portal, task_title: str
) -> None:
    task_id = portal.add_task(task_title)

    marks = []
    for change in (tasks.favorite.add, tasks.favorite.remove):
        assert change(int(task_id)).result is True
        task = portal.task(task_id)
        assert task is not None
        marks.append(task["favorite"])

    assert marks == ["Y", "N"]


def test_b24pysdk_watches_mutes_and_pins_a_task(
    tasks: Any, portal: Portal, task_title: str
) -> None:
    task_id = int(portal.add_task(task_title))

    for change in (tasks.startwatch, tasks.mute, tasks.pin):
        task = change(task_id).result["task"]
    assert (task["auditors"], task["isMuted"], task["isPinned"]) == (["1"], "Y", "Y")

    for change in (tasks.stopwatch, tasks.unmute, tasks.unpin):
        task = change(task_id).result["task"]
    assert (task["auditors"], task["isMuted"], task["isPinned"]) == ([], "N", "N")


def test_b24pysdk_reads_what_happened_to_a_task(
    tasks: Any, portal: Portal, task_title: str
) -> None:
    task_id = int(portal.add_task("To be renamed"))
    assert tasks.update(task_id, {"TITLE": task_title}).result
    assert tasks.start(task_id).result

    entries = tasks.history.list(task_id).as_list().result

    assert [(entry["field"], entry["value"]) for entry in entries] == [
        ("NEW", {"from": None, "to": None}),
        ("TITLE", {"from": "To be renamed", "to": task_title}),
        ("STATUS", {"from": "2", "to": "3"}),
    ]


def test_b24pysdk_asks_what_people_may_do_with_a_task(
    tasks: Any, portal: Portal, task_title: str
) -> None:
    task_id = int(portal.add_task(task_title))

    allowed = tasks.getaccess(task_id, users=[1, 10]).result["allowedActions"]

    assert {user: actions["EDIT"] for user, actions in allowed.items()} == {"1": True, "10": False}


def test_b24pysdk_asks_for_the_counters_of_tasks(tasks: Any) -> None:
    counters = tasks.counters.get(user_id=1).result

    assert next(iter(counters)) == "expired"
    assert set(counters["expired"]) == {"counter", "code"}


def test_b24pysdk_reads_which_fields_a_task_has(tasks: Any) -> None:
    fields = set(tasks.get_fields().result["fields"])

    own = {"UF_CRM_TASK", "UF_TASK_WEBDAV_FILES", "UF_MAIL_MESSAGE"}
    custom = {name for name in fields - own if name.startswith("UF_")}
    assert own < fields
    assert len(fields - custom) == 64


def test_b24pysdk_deletes_a_task(tasks: Any, portal: Portal, task_title: str) -> None:
    task_id = portal.add_task(task_title)

    assert tasks.delete(int(task_id)).result == {"task": True}
    assert portal.task(task_id) is None


# Lists


def test_b24pysdk_reads_a_page_of_tasks(tasks: Any, full_group: TaskGroup) -> None:
    page = tasks.list(
        filter={"GROUP_ID": full_group.id}, order={"ID": "asc"}, select=["ID"], start=50
    ).response

    assert [task["id"] for task in page.result["tasks"]] == full_group.task_ids[50:100]
    assert (page.total, page.next) == (160, 100)


def test_b24pysdk_reads_all_pages_of_tasks(tasks: Any, full_group: TaskGroup) -> None:
    request = tasks.list(filter={"GROUP_ID": full_group.id}, select=["ID", "TITLE"])

    found = [task["id"] for task in request.as_list().result]

    assert found == full_group.task_ids[::-1]


def test_b24pysdk_reads_all_pages_of_tasks_with_an_empty_filter(
    tasks: Any, full_group: TaskGroup
) -> None:
    found = {task["id"] for task in tasks.list(filter={}, order={}, select=["ID"]).as_list().result}

    assert found >= set(full_group.task_ids)


@pytest.mark.parametrize("rows", [0, 49, 50, 51, 150, 160])
def test_b24pysdk_reads_tasks_in_chains_that_end_after(
    rows: int, tasks: Any, full_group: TaskGroup
) -> None:
    wanted = full_group.task_ids[:rows]
    last = wanted[-1] if wanted else 0
    request = tasks.list(filter={"GROUP_ID": full_group.id, "<=ID": last}, select=["ID", "TITLE"])

    found = [task["id"] for task in request.as_list_fast().result]

    assert found == wanted


def test_b24pysdk_reads_tasks_in_chains_from_the_newest_on(
    tasks: Any, full_group: TaskGroup
) -> None:
    request = tasks.list(filter={"GROUP_ID": full_group.id})

    found = [task["id"] for task in request.as_list_fast(descending=True).result]

    assert found == full_group.task_ids[::-1]


def test_b24pysdk_reads_tasks_by_their_ids(tasks: Any, full_group: TaskGroup) -> None:
    wanted = full_group.task_ids[::2]
    request = tasks.list(filter={"ID": [int(task_id) for task_id in wanted]}, select=["ID"])

    found = [task["id"] for task in request.as_list_fast().result]

    assert found == wanted


# Batches


def test_a_command_of_a_batch_of_b24pysdk_refers_to_answers_before_it(
    client: Any, task_title: str
) -> None:
    tasks = client.tasks.task
    part = {"TITLE": "Part of $result[add][task][title]", "PARENT_ID": "$result[add][task][id]"}
    commands = {
        "add": tasks.add({"TITLE": task_title, "RESPONSIBLE_ID": 1, "ACCOMPLICES": []}),
        "part": tasks.add({"RESPONSIBLE_ID": 1, **part}),
        "get": tasks.get("$result[part][task][id]", select=["TITLE", "PARENT_ID"]),
    }

    answers = client.call_batch(commands).result

    assert answers.result_error == []
    assert answers.result["add"]["task"]["title"] == task_title
    found = answers.result["get"]["task"]
    assert found["title"] == f"Part of {task_title}"
    assert found["parentId"] == answers.result["add"]["task"]["id"]


def test_one_command_of_a_batch_of_b24pysdk_fails_alone(client: Any, full_group: TaskGroup) -> None:
    tasks = client.tasks.task
    commands = {
        "list": tasks.list(filter={"GROUP_ID": full_group.id}),
        "start": tasks.start(ABSENT_TASK),
        "fields": tasks.get_fields(),
    }

    answers = client.call_batch(commands).result

    refusal = {"error": "0", "error_description": "Action on the task is not allowed"}
    assert answers.result_error == {"start": refusal}
    assert list(answers.result) == list(answers.result_time) == ["list", "fields"]
    assert (answers.result_total, answers.result_next) == ({"list": 160}, {"list": 50})


def test_a_batch_of_b24pysdk_halts_at_the_first_error(client: Any) -> None:
    tasks = client.tasks.task
    commands = [tasks.get_fields(), tasks.pause(ABSENT_TASK), tasks.get_fields()]

    answers = client.call_batch(commands, halt=True).result

    refusal = {"error": "1048582", "error_description": "Action on the task is not allowed"}
    assert answers.result_error == {"1": refusal}
    assert len(answers.result) == 1


def test_b24pysdk_adds_changes_and_deletes_59_tasks_in_batches(client: Any, portal: Portal) -> None:
    """Source: flows.md 12.1, BatchTest: testBatchAdd, testBatchUpdate, testBatchDelete."""
    tasks = client.tasks.task
    group = portal.add_group("Group of 59 tasks for b24pysdk")
    fields = {"RESPONSIBLE_ID": 1, "GROUP_ID": group}

    added = client.call_batches(
        [tasks.add({"TITLE": f"{number}", **fields}) for number in range(59)]
    ).result.result
    ids = [int(answer["task"]["id"]) for answer in added.values()]
    assert portal.count_tasks(GROUP_ID=group) == len(set(ids)) == 59

    changed = client.call_batches(
        [tasks.update(task_id, {"TITLE": "Changed"}) for task_id in ids]
    ).result.result
    assert [answer["task"]["title"] for answer in changed.values()] == ["Changed"] * 59

    deleted = client.call_batches([tasks.delete(task_id) for task_id in ids]).result.result
    assert list(deleted.values()) == [{"task": True}] * 59
    assert portal.count_tasks(GROUP_ID=group) == 0


# Refusals


def test_b24pysdk_adds_no_task_without_a_responsible(tasks: Any, task_title: str) -> None:
    refusal = refusal_of(tasks.add({"TITLE": task_title}))

    assert refusal == (400, "ERROR_CORE", "Responsible not specified<br>")


def test_b24pysdk_pauses_no_task_that_nobody_works_on(
    tasks: Any, portal: Portal, task_title: str
) -> None:
    refusal = refusal_of(tasks.pause(int(portal.add_task(task_title))))

    assert refusal == (400, "1048582", "Action on the task is not allowed")


def test_b24pysdk_deletes_no_task_that_is_not_there(tasks: Any) -> None:
    refusal = refusal_of(tasks.delete(ABSENT_TASK))

    assert refusal == (400, "1048582", "No access to delete the task")


def test_a_stranger_finds_and_changes_no_task_with_b24pysdk(
    connect_b24pysdk: Connect, strangers_webhook: str, portal: Portal, task_title: str
) -> None:
    task_id = portal.add_task(task_title)
    theirs = connect_b24pysdk(strangers_webhook).tasks.task

    assert theirs.get(int(task_id)).result == []
    assert theirs.list(filter={"ID": task_id}).result == {"tasks": []}
    refusal = refusal_of(theirs.update(int(task_id), {"TITLE": "Stolen"}))
    assert refusal == (400, "0", "Action on the task is not allowed (internal error)")
    task = portal.task(task_id)
    assert task is not None
    assert task["title"] == task_title
