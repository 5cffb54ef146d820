"""Tasks and batches in plain PHP over HTTPS: `http_build_query`, `curl_exec`, `json_decode`.

Everything arrives as text, null and empty arrays do not arrive at all, and what is in the
parameters of a batch's commands is encoded twice.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.clients.portal import ABSENT_TASK, DEMO_TEAM, Portal, TaskGroup
from tests.clients.scripts import run_php
from tests.server_process import ServerProcess

Call = Callable[..., Any]
Batch = Callable[..., Any]


@pytest.fixture
def call(server: ServerProcess) -> Call:
    """An administrator's call: the HTTP status and the decoded answer."""

    def call(method: str, **parameters: Any) -> Any:
        arguments = (server.ready.webhook, method, json.dumps(parameters))
        return run_php(server, "call.php", *arguments)

    return call


@pytest.fixture
def result_of(call: Call) -> Call:
    """The result of an administrator's call that must succeed."""

    def result_of(method: str, **parameters: Any) -> Any:
        told = call(method, **parameters)
        assert told["status"] == 200, told
        return told["answer"]["result"]

    return result_of


@pytest.fixture
def batch(server: ServerProcess) -> Batch:
    """The five members of an administrator's batch."""

    def batch(commands: Mapping[str, tuple[str, Mapping[str, Any]]], *, halt: bool = False) -> Any:
        arguments = (server.ready.webhook, json.dumps(commands), "1" if halt else "0")
        told = run_php(server, "batch.php", *arguments)
        assert told["status"] == 200, told
        return told["answer"]["result"]

    return batch


# Tasks


def test_php_adds_a_task_with_nested_fields(
    result_of: Call, portal: Portal, task_title: str
) -> None:
    fields = {
        "TITLE": task_title,
        "RESPONSIBLE_ID": 4,
        "ACCOMPLICES": [5, 6],
        "AUDITORS": [],
        "DEADLINE": "2030-01-02T10:00:00+03:00",
        "TASK_CONTROL": "Y",
        "PARENT_ID": None,
    }

    task_id = result_of("tasks.task.add", fields=fields)["task"]["id"]

    task = portal.task(task_id)
    assert task is not None
    assert (task["title"], task["responsibleId"]) == (task_title, "4")
    assert (task["accomplices"], task["auditors"]) == (["5", "6"], [])
    assert (task["deadline"], task["taskControl"]) == ("2030-01-02T07:00:00+00:00", "Y")
    assert task["parentId"] is None


def test_php_adds_a_task_that_the_flow_deals_out(
    result_of: Call, portal: Portal, demo_flow: int, task_title: str
) -> None:
    fields = {"TITLE": task_title, "FLOW_ID": demo_flow, "RESPONSIBLE_ID": 10}

    task = result_of("tasks.task.add", fields=fields)["task"]

    assert task["flowId"] == str(demo_flow)
    assert task["responsibleId"] in DEMO_TEAM


def test_php_changes_a_task(result_of: Call, portal: Portal, task_title: str) -> None:
    task_id = portal.add_task("To be renamed")

    assert result_of("tasks.task.update", taskId=task_id, fields={"TITLE": task_title})["task"]

    task = portal.task(task_id)
    assert task is not None
    assert task["title"] == task_title


def test_php_changes_the_status_as_the_official_sdks_test_does(
    result_of: Call, call: Call, portal: Portal, task_title: str
) -> None:
    """Source: flows.md 5.5 and 12.1, TaskTest::testChangeStatus."""
    task_id = portal.add_task(task_title)
    moves = {
        "start": "3",
        "pause": "2",
        "defer": "6",
        "startwatch": "6",
        "stopwatch": "6",
        "mute": "6",
        "unmute": "6",
        "favorite.add": True,
        "favorite.remove": True,
        "complete": "5",
        "renew": "2",
        "start again": "3",
        "complete again": "5",
        "approve": "5",
    }

    outcomes = {}
    for move in moves:
        name = "id" if move in ("mute", "unmute") else "taskId"
        result = result_of(f"tasks.task.{move.removesuffix(' again')}", **{name: task_id})
        outcomes[move] = result if result is True else result["task"]["status"]
    assert outcomes == moves

    refused = call("tasks.task.disapprove", taskId=task_id)
    words = "Action on the task is not allowed"
    assert refused == {
        "status": 400,
        "answer": {"error": "1048582", "error_description": words},
    }

    history = result_of("tasks.task.history.list", taskId=task_id)["list"]
    assert (history[0]["field"], history[0]["value"]) == ("NEW", {"from": None, "to": None})


def test_php_finds_a_task_by_its_id(result_of: Call, portal: Portal, task_title: str) -> None:
    """Source: flows.md 12.1, TaskTest::testList."""
    task_id = portal.add_task(task_title)

    found = result_of("tasks.task.list", filter={"ID": task_id}, order={"ID": "ASC"}, select=[])

    assert [task["id"] for task in found["tasks"]] == [task_id]


def test_php_counts_one_task_more_after_adding_it(call: Call, task_title: str) -> None:
    """Source: flows.md 12.1, TaskTest::testCountByFilter."""
    before = call("tasks.task.list", filter=[])["answer"]["total"]

    call("tasks.task.add", fields={"TITLE": task_title, "RESPONSIBLE_ID": 1})

    assert call("tasks.task.list", filter=[])["answer"]["total"] == before + 1


def test_php_deletes_a_task(result_of: Call, portal: Portal, task_title: str) -> None:
    task_id = portal.add_task(task_title)

    assert result_of("tasks.task.delete", taskId=task_id) == {"task": True}
    assert portal.task(task_id) is None


# A flow and its group, as FlowTest treats them


def test_php_runs_through_a_flow_as_the_official_sdks_tests_do(
    result_of: Call, flow_name: str
) -> None:
    """Source: flows.md 12.1, FlowTest: testCreate, testUpdate, testActivate, testPin, testGet."""
    data = {
        "name": flow_name,
        "plannedCompletionTime": 8400,
        "distributionType": "manually",
        "responsibleList": [["user", 1]],
    }
    flow_id = result_of("tasks.flow.Flow.create", flowData=data)["id"]
    flow = {"id": flow_id, "name": f"{flow_name} (renamed)"}

    assert result_of("tasks.flow.Flow.update", flowData=flow)["id"] == flow_id
    assert result_of("tasks.flow.Flow.activate", flowId=flow_id) is True
    assert result_of("tasks.flow.Flow.pin", flowId=flow_id) is True
    assert result_of("tasks.flow.Flow.get", flowId=flow_id)["name"] == flow["name"]
    assert result_of("tasks.flow.Flow.delete", flowData=flow) == {"deleted": True}
    groups = result_of("sonet_group.get", FILTER={"=NAME": flow_name})
    assert [group["NAME"] for group in groups] == [flow_name]
    assert result_of("sonet_group.delete", GROUP_ID=groups[0]["ID"]) is True


# Batches


def test_what_a_batch_of_php_sends_encoded_twice_arrives_whole(
    batch: Batch, portal: Portal, demo_flow: int, task_title: str
) -> None:
    fields = {"TITLE": task_title, "FLOW_ID": demo_flow, "ACCOMPLICES": [5, 6]}
    answers = batch(
        {
            "add": ("tasks.task.add", {"fields": fields}),
            "person": ("user.get", {"ID": "$result[add][task][responsibleId]"}),
            "note": (
                "tasks.task.update",
                {
                    "taskId": "$result[add][task][id]",
                    "fields": {"DESCRIPTION": "For $result[person][0][NAME] and all"},
                },
            ),
        }
    )

    assert answers["result_error"] == []
    task, (person,) = answers["result"]["note"]["task"], answers["result"]["person"]
    assert (task["title"], task["accomplices"]) == (task_title, ["5", "6"])
    assert task["responsibleId"] == person["ID"]
    assert task["description"] == f"For {person['NAME']} and all"


def test_php_reads_tasks_in_a_chain_of_commands_that_ends_without_an_error(
    batch: Batch, full_group: TaskGroup
) -> None:
    """Source: rest-protocol.md 10 and 11.4; the official SDK throws at any error in the chain."""
    asked = {"order": {"ID": "ASC"}, "select": ["ID"], "start": -1}
    commands = {
        f"cmd_{number}": (
            "tasks.task.list",
            {
                **asked,
                "filter": {
                    "GROUP_ID": full_group.id,
                    ">ID": f"$result[cmd_{number - 1}][tasks][49][id]" if number else 0,
                },
            },
        )
        for number in range(6)
    }

    answers = batch(commands, halt=True)

    assert answers["result_error"] == answers["result_total"] == []
    assert list(answers["result_time"]) == list(answers["result"]) == list(commands)
    pages = [answer["tasks"] for answer in answers["result"].values()]
    assert [len(page) for page in pages] == [50, 50, 50, 10, 0, 0]
    assert [task["id"] for page in pages for task in page] == full_group.task_ids


def test_php_reads_a_window_of_tasks_by_small_letters_in_a_batch(
    batch: Batch, full_group: TaskGroup
) -> None:
    """Source: flows.md 12.1, BatchTest::testBatchList."""
    ids = full_group.task_ids
    window = {"GROUP_ID": full_group.id, ">=id": ids[10], "<id": ids[20]}
    asked = {"filter": window, "order": {"ID": "DESC"}, "select": ["TITLE"], "start": -1}

    answers = batch({"cmd_0": ("tasks.task.list", asked)})

    tasks = answers["result"]["cmd_0"]["tasks"]
    assert [task["id"] for task in tasks] == ids[10:20][::-1]


def test_a_batch_of_php_halts_at_the_first_error(batch: Batch) -> None:
    commands = {
        "before": ("tasks.task.getFields", {}),
        "wrong": ("tasks.task.complete", {"taskId": ABSENT_TASK}),
        "after": ("tasks.task.getFields", {}),
    }

    answers = batch(commands, halt=True)

    words = "Action on the task is not allowed"
    assert answers["result_error"] == {"wrong": {"error": "0", "error_description": words}}
    assert list(answers["result"]) == list(answers["result_time"]) == ["before"]


def test_the_51st_command_of_a_batch_of_php_is_too_many(batch: Batch, portal: Portal) -> None:
    group = portal.add_group("Group of 50 tasks for PHP")
    fields = {"TITLE": "One of many", "RESPONSIBLE_ID": 1, "GROUP_ID": group}

    answers = batch({f"n{number}": ("tasks.task.add", {"fields": fields}) for number in range(51)})

    refusal = {
        "error": "ERROR_BATCH_LENGTH_EXCEEDED",
        "error_description": "Max batch length exceeded",
    }
    assert answers["result_error"] == {"n50": refusal}
    assert len(answers["result"]) == portal.count_tasks(GROUP_ID=group) == 50
