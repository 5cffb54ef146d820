"""Tasks through fast-bitrix24, unmodified: batches of fifty, and many batches at once.

Its `call` sends even one item in a batch, with a parameter `__order` beside what was asked. The
batches of a long call are answered in any order, and so are its results.
"""

import asyncio
from collections import Counter
from typing import Any

import pytest

from tests.clients.portal import ABSENT_TASK, DEMO_TEAM, Portal, TaskGroup
from tests.clients.real_part import real_module
from tests.server_process import ServerProcess

# The client only warns when rows of a list are missing.
pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def client(server: ServerProcess) -> Any:
    """Return a fresh client: it pauses after fifty requests, as a real portal wants."""
    return real_module("fast_bitrix24").BitrixAsync(server.ready.webhook, verbose=False)


def add_500_tasks(server: ServerProcess, group: int) -> list[Any]:
    """Add tasks titled 0 to 499 in one call of the client; return them."""
    fields = {"RESPONSIBLE_ID": 1, "GROUP_ID": group}
    items = [{"fields": {"TITLE": str(number), **fields}} for number in range(500)]
    added: list[Any] = asyncio.run(client(server).call("tasks.task.add", items))
    return added


@pytest.fixture(scope="module")
def crowded_group(server: ServerProcess, portal: Portal) -> TaskGroup:
    """A group with five thousand tasks."""
    group = portal.add_group("Group of five thousand tasks")
    added = [task for _ in range(10) for task in add_500_tasks(server, group)]
    return TaskGroup(group, [task["id"] for task in added])


def test_fast_bitrix24_adds_500_tasks(server: ServerProcess, portal: Portal) -> None:
    group = portal.add_group("Group of 500 tasks")

    added = add_500_tasks(server, group)

    assert sorted(int(task["title"]) for task in added) == list(range(500))
    assert len({task["id"] for task in added}) == portal.count_tasks(GROUP_ID=group) == 500


@pytest.mark.parametrize("chosen", [{}, {"select": ["ID", "TITLE"]}], ids=["whole", "in part"])
def test_fast_bitrix24_gets_5000_tasks(
    chosen: dict[str, Any], server: ServerProcess, crowded_group: TaskGroup
) -> None:
    asked = {"filter": {"GROUP_ID": crowded_group.id}, **chosen}

    tasks = asyncio.run(client(server).get_all("tasks.task.list", asked))

    assert len(tasks) == 5000
    assert {task["id"] for task in tasks} == set(crowded_group.task_ids)


def test_the_flow_deals_out_evenly_what_fast_bitrix24_adds_in_parallel(
    server: ServerProcess, demo_flow: int
) -> None:
    items = [{"fields": {"TITLE": f"{number}", "FLOW_ID": demo_flow}} for number in range(200)]

    tasks = asyncio.run(client(server).call("tasks.task.add", items))

    assert Counter(task["responsibleId"] for task in tasks) == dict.fromkeys(DEMO_TEAM, 50)


def test_fast_bitrix24_gets_tasks_by_their_ids(
    server: ServerProcess, full_group: TaskGroup
) -> None:
    wanted = full_group.task_ids[:120]

    answers = asyncio.run(client(server).get_by_ID("tasks.task.get", wanted, "taskId"))

    assert {key: answer["task"]["id"] for key, answer in answers.items()} == dict(
        zip(wanted, wanted, strict=True)
    )


def test_fast_bitrix24_adds_one_task(
    server: ServerProcess, portal: Portal, task_title: str
) -> None:
    item = {"fields": {"TITLE": task_title, "RESPONSIBLE_ID": 1, "AUDITORS": [2, 3]}}

    task = asyncio.run(client(server).call("tasks.task.add", item))

    assert (task["title"], task["auditors"]) == (task_title, ["2", "3"])
    assert portal.task(task["id"]) is not None


def test_fast_bitrix24_starts_completes_and_deletes_60_tasks(
    server: ServerProcess, portal: Portal
) -> None:
    group = portal.add_full_group("Group of 60 tasks for fast-bitrix24", 60)
    items = [{"taskId": task_id} for task_id in group.task_ids]

    started = asyncio.run(client(server).call("tasks.task.start", items))
    completed = asyncio.run(client(server).call("tasks.task.complete", items))
    deleted = asyncio.run(client(server).call("tasks.task.delete", items))

    assert [task["status"] for task in started] == ["3"] * 60
    assert [task["status"] for task in completed] == ["5"] * 60
    assert deleted == [True] * 60
    assert portal.count_tasks(GROUP_ID=group.id) == 0


def test_a_command_of_a_batch_of_fast_bitrix24_refers_to_answers_before_it(
    server: ServerProcess, demo_flow: int
) -> None:
    commands = {
        "add": f"tasks.task.add?fields[TITLE]=Question&fields[FLOW_ID]={demo_flow}",
        "person": "user.get?ID=$result[add][task][responsibleId]",
    }

    answers = asyncio.run(client(server).call_batch({"halt": 0, "cmd": commands}))

    assert [person["ID"] for person in answers["person"]] == [
        answers["add"]["task"]["responsibleId"]
    ]


def test_fast_bitrix24_tells_which_command_of_a_batch_failed(server: ServerProcess) -> None:
    failure = real_module("fast_bitrix24.server_response").ErrorInServerResponseException
    items = [{"taskId": ABSENT_TASK}]

    with pytest.raises(failure) as failed:
        asyncio.run(client(server).call("tasks.task.start", items))

    refusal = {"error": "0", "error_description": "Action on the task is not allowed"}
    assert failed.value.args == ({"order0000000000": refusal},)
