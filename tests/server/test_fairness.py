"""Tasks dealt out fairly, whoever asks at the same time: a real server, 64 connections."""

from __future__ import annotations

import http.client
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.server_process import ServerProcess, running_server

CONNECTIONS = 64
TASKS = 610
RING = (4, 5, 6, 7, 8, 9, 10)


class Caller:
    """A connection that calls methods as the administrator."""

    def __init__(self, webhook: str) -> None:
        self._address = urlsplit(webhook)
        self._connection = http.client.HTTPConnection(self._address.netloc, timeout=30)

    def __call__(self, method: str, **parameters: Any) -> tuple[int, Any]:
        self._connection.request(
            "POST",
            self._address.path + method,
            json.dumps(parameters),
            {"Content-Type": "application/json"},
        )
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("fair")) as server:
        yield server


def at_once(server: ServerProcess, number: int, work: Callable[[Caller, int], Any]) -> list[Any]:
    """Do the work `number` times, shared by 64 connections, and return what each gave."""

    def share(first: int) -> list[Any]:
        call = Caller(server.ready.webhook)
        return [work(call, turn) for turn in range(first, number, CONNECTIONS)]

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return [result for part in pool.map(share, range(CONNECTIONS)) for result in part]


def make_flow(server: ServerProcess, name: str, distribution: str, people: tuple[int, ...]) -> int:
    status, body = Caller(server.ready.webhook)(
        "tasks.flow.Flow.create",
        flowData={
            "name": name,
            "plannedCompletionTime": 7200,
            "distributionType": distribution,
            "responsibleList": [["user", person] for person in people],
            "taskCreators": [["meta-user", "all-users"]],
        },
    )
    assert status == 200, body
    return int(body["result"]["id"])


def test_a_queue_deals_evenly_and_in_ring_order(server: ServerProcess) -> None:
    flow = make_flow(server, "Fair", "queue", RING)

    def add(call: Caller, turn: int) -> tuple[int, int] | None:
        # Every tenth cannot be: its parent does not exist. It must not move the turn.
        parent = {"PARENT_ID": 999_999} if turn % 10 == 0 else {}
        status, body = call(
            "tasks.task.add", fields={"TITLE": f"Task {turn}", "FLOW_ID": flow, **parent}
        )
        if parent:
            assert (status, body["error"]) == (400, "ERROR_CORE")
            return None
        assert status == 200, body
        task = body["result"]["task"]
        return int(task["id"]), int(task["responsibleId"])

    added = sorted(task for task in at_once(server, TASKS, add) if task)

    receivers = [responsible for _, responsible in added]
    assert receivers == [RING[turn % len(RING)] for turn in range(len(receivers))]
    assert set(Counter(receivers).values()) <= {len(receivers) // 7, len(receivers) // 7 + 1}


def test_toggles_at_once_give_back_the_first_state(server: ServerProcess) -> None:
    flow = make_flow(server, "Toggled", "queue", (4,))

    answers = at_once(server, 200, lambda call, _: call("tasks.flow.Flow.activate", flowId=flow))

    assert all(status == 200 and body["result"] is True for status, body in answers)
    _, body = Caller(server.ready.webhook)("tasks.flow.Flow.get", flowId=flow)
    assert body["result"]["active"] is True


def test_names_claimed_at_once_have_one_winner(server: ServerProcess) -> None:
    def create(call: Caller, _: int) -> int:
        status, body = call(
            "tasks.flow.Flow.create",
            flowData={
                "name": "Wanted by all",
                "plannedCompletionTime": 3600,
                "distributionType": "queue",
                "responsibleList": [["user", 4]],
            },
        )
        assert status == 200 or body["error_description"] == "A flow with this name already exists"
        return status

    assert Counter(at_once(server, 64, create)) == {200: 1, 400: 63}
    with closing(sqlite3.connect(Path(server.ready.database.removeprefix("sqlite:///")))) as file:
        groups = file.execute("SELECT COUNT(*) FROM workgroup WHERE name = 'Wanted by all'")
        assert groups.fetchone() == (1,)


def test_a_task_that_many_take_at_once_has_one_taker(server: ServerProcess) -> None:
    flow = make_flow(server, "Open", "himself", RING)
    webhooks = {person: server.webhook_for(person) for person in RING}
    admin = Caller(server.ready.webhook)
    for turn in range(5):
        _, body = admin("tasks.task.add", fields={"TITLE": f"Help {turn}", "FLOW_ID": flow})
        task = body["result"]["task"]["id"]

        def take(person: int, task: str = task) -> int:
            return Caller(webhooks[person])("tasks.task.take", taskId=task)[0]

        with ThreadPoolExecutor(len(RING)) as pool:
            statuses = dict(zip(RING, pool.map(take, RING), strict=True))

        assert sorted(statuses.values()) == [200, *[400] * 6]
        winner = next(person for person, status in statuses.items() if status == 200)
        _, body = admin("tasks.task.get", taskId=task)
        assert body["result"]["task"]["responsibleId"] == str(winner)


def test_what_is_kept_agrees_with_a_count_afterwards(server: ServerProcess) -> None:
    done = server.cli("doctor", "--deep", "--json")

    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert checks["numbers"]["ok"] is True, checks["numbers"]["words"]
