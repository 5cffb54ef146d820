"""Tasks and batches through @bitrix24/b24jssdk, the official JavaScript SDK, unmodified in Node."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.clients.portal import ABSENT_TASK, DEMO_TEAM, Portal, TaskGroup
from tests.clients.scripts import run_node
from tests.server_process import ServerProcess

ResultOf = Callable[..., Any]
Act = Callable[..., Any]

# What the SDK has to be told of a list of tasks, whose rows say `id` and whose filters say `ID`.
TASK_LIST = {
    "method": "tasks.task.list",
    "idKey": "id",
    "cursorIdKey": "ID",
    "customKeyForResult": "tasks",
}


@pytest.fixture
def result_of(server: ServerProcess) -> ResultOf:
    """The result of an administrator's call that must succeed."""

    def result_of(method: str, **parameters: Any) -> Any:
        arguments = (server.ready.webhook, method, json.dumps(parameters))
        answer = run_node(server, "call.mjs", *arguments)
        assert list(answer) == ["result"], answer
        return answer["result"]

    return result_of


@pytest.fixture
def act(server: ServerProcess) -> Act:
    """One of the SDK's actions of many calls: what it returns, and the errors it tells."""

    def act(action: str, **options: Any) -> Any:
        arguments = (server.ready.webhook, action, json.dumps(options))
        told = run_node(server, "action.mjs", *arguments)
        return told["data"], told["errors"]

    return act


# Tasks


def test_b24jssdk_adds_a_task_that_the_flow_deals_out(
    result_of: ResultOf, demo_flow: int, task_title: str
) -> None:
    fields = {"TITLE": task_title, "FLOW_ID": demo_flow, "TASK_CONTROL": True}

    task = result_of("tasks.task.add", fields=fields)["task"]

    assert (task["title"], task["flowId"]) == (task_title, str(demo_flow))
    assert task["responsibleId"] in DEMO_TEAM
    assert task["deadline"] is not None


def test_b24jssdk_reads_a_task(result_of: ResultOf, portal: Portal, task_title: str) -> None:
    task_id = portal.add_task(task_title)

    answer = result_of("tasks.task.get", taskId=task_id, select=["*"])

    assert answer["task"] == portal.task(task_id)


def test_b24jssdk_starts_pauses_and_completes_a_task(
    result_of: ResultOf, portal: Portal, task_title: str
) -> None:
    task_id = portal.add_task(task_title)

    statuses = [
        result_of(f"tasks.task.{move}", taskId=task_id)["task"]["status"]
        for move in ("start", "pause", "complete")
    ]

    assert statuses == ["3", "2", "5"]


def test_b24jssdk_reads_a_page_of_tasks(result_of: ResultOf, full_group: TaskGroup) -> None:
    page = result_of(
        "tasks.task.list",
        filter={"GROUP_ID": full_group.id},
        order={"ID": "ASC"},
        select=["ID"],
        start=150,
    )

    assert [task["id"] for task in page["tasks"]] == full_group.task_ids[150:]


# Lists


def test_b24jssdk_calls_for_all_tasks(act: Act, full_group: TaskGroup) -> None:
    asked = {"filter": {"GROUP_ID": full_group.id}, "select": ["ID", "TITLE"]}

    tasks, errors = act("callList", params=asked, **TASK_LIST)

    assert errors == {}
    assert [task["id"] for task in tasks] == full_group.task_ids


def test_b24jssdk_fetches_all_tasks_page_by_page(act: Act, full_group: TaskGroup) -> None:
    asked = {"filter": {"GROUP_ID": full_group.id}, "select": ["ID", "TITLE"]}

    pages, _ = act("fetchList", params=asked, **TASK_LIST)

    assert [len(page) for page in pages] == [50, 50, 50, 10]
    assert [task["id"] for page in pages for task in page] == full_group.task_ids


# Batches


def test_a_command_of_a_batch_of_b24jssdk_refers_to_answers_before_it(
    act: Act, demo_flow: int, task_title: str
) -> None:
    fields = {"TITLE": task_title, "FLOW_ID": demo_flow}
    calls = {
        "add": {"method": "tasks.task.add", "params": {"fields": fields}},
        "person": ["user.get", {"ID": "$result[add][task][responsibleId]"}],
    }

    answers, errors = act("batch", calls=calls)

    assert errors == {}
    assert answers["add"]["task"]["title"] == task_title
    assert [person["ID"] for person in answers["person"]] == [
        answers["add"]["task"]["responsibleId"]
    ]


def test_commands_of_a_batch_of_b24jssdk_fail_alone(act: Act, full_group: TaskGroup) -> None:
    calls = [
        ["tasks.task.start", {"taskId": ABSENT_TASK}],
        ["tasks.task.get", {"taskId": full_group.task_ids[0]}],
        ["tasks.task.get", {"taskId": ABSENT_TASK}],
        ["tasks.task.explode", {}],
        ["batch", {}],
    ]

    answers, errors = act("batch", calls=calls, options={"isHaltOnError": False})

    assert answers[0]["task"]["id"] == full_group.task_ids[0]
    assert answers[1:] == [[]]
    assert {command: error["message"] for command, error in errors.items()} == {
        "0": "Action on the task is not allowed",
        "3": "Method not found!",
        "4": "Method is not allowed for batch usage",
    }


def test_a_batch_of_b24jssdk_halts_at_the_first_error(act: Act, full_group: TaskGroup) -> None:
    read = ["tasks.task.get", {"taskId": full_group.task_ids[0]}]
    calls = [read, ["tasks.task.start", {"taskId": ABSENT_TASK}], read]

    answers, errors = act("batch", calls=calls, options={"isHaltOnError": True})

    assert len(answers) == 1
    assert [error["message"] for error in errors.values()] == ["Action on the task is not allowed"]


def test_b24jssdk_adds_120_tasks_in_batches(act: Act, portal: Portal) -> None:
    group = portal.add_group("Group of 120 tasks for b24jssdk")
    fields = {"RESPONSIBLE_ID": 1, "GROUP_ID": group}
    titles = [f"Task {number}" for number in range(120)]

    answers, errors = act(
        "batchByChunk",
        calls=[["tasks.task.add", {"fields": {"TITLE": title, **fields}}] for title in titles],
    )

    assert errors == {}
    assert [answer["task"]["title"] for answer in answers] == titles
    assert portal.count_tasks(GROUP_ID=group) == 120
