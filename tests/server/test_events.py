"""Events of a real server: on their way soon, kept when it is killed, and told by the commands."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sluice.rest.brackets import parse_str
from tests.background.receiver import Receiver, receiving
from tests.server_process import ServerProcess, running_server


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def post(address: str, **parameters: Any) -> Any:
    request = urllib.request.Request(
        address,
        data=json.dumps(parameters).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)["result"]


def add_task(server: ServerProcess) -> str:
    fields = {"TITLE": "Task", "RESPONSIBLE_ID": 1}
    return str(post(server.ready.webhook + "tasks.task.add", fields=fields)["task"]["id"])


def states(server: ServerProcess) -> list[str]:
    return [one["state"] for one in server.cli_answer("deliveries", "list")]


def wait_for_states(server: ServerProcess, expected: list[str]) -> None:
    deadline = time.monotonic() + 20
    while states(server) != expected:
        assert time.monotonic() < deadline, states(server)


def test_a_handler_hears_of_a_change_and_can_call_back(tmp_path: Path, receiver: Receiver) -> None:
    with running_server(tmp_path) as server:
        client = server.cli_answer("app", "create", "--scope", "task")
        whose = ("--client-id", client["client_id"], "--user", "1")
        token = server.cli_answer("app", "token", *whose)["access_token"]
        post(
            f"{server.ready.url}/rest/event.bind",
            auth=token,
            event="ONTASKADD",
            handler=f"{receiver.address}/events",
        )

        task_id = add_task(server)
        receiver.wait_for(1)

        sent: Any = parse_str(receiver.received[0].body, max_parameters=100, max_depth=9)
        assert sent["data"]["FIELDS_AFTER"]["ID"] == task_id
        assert sent["auth"]["client_endpoint"] == f"{server.ready.tls_url}/rest/"
        task = post(
            f"{server.ready.url}/rest/tasks.task.get",
            auth=sent["auth"]["access_token"],
            taskId=task_id,
        )
        assert task["task"]["title"] == "Task"


def test_deliveries_are_shown_and_sent_again(tmp_path: Path, receiver: Receiver) -> None:
    with running_server(tmp_path) as server:
        made = server.cli_answer(
            "outgoing", "create", "--event", "ontaskadd", "--handler", f"{receiver.address}/fail"
        )
        assert server.cli_answer("outgoing", "list") == [made]
        add_task(server)
        receiver.wait_for(1)
        wait_for_states(server, ["failed"])
        (delivery,) = server.cli_answer("deliveries", "list")

        assert server.cli("deliveries", "resend", str(delivery["id"])).returncode == 0
        receiver.wait_for(2)
        wait_for_states(server, ["failed"])

        shown = server.cli_answer("deliveries", "show", str(delivery["id"]))
        assert [one["status"] for one in shown["attempts"]] == [500, 500]
        assert shown["attempts"][0]["answer"] == "out of order"
        told = server.cli("deliveries", "show", str(delivery["id"])).stdout
        assert "the handler answered 500" in told
        assert server.cli("deliveries", "show", "99").returncode == 1
        server.cli_answer("outgoing", "delete", str(made["id"]))
        add_task(server)
        assert states(server) == ["failed"]


def test_what_was_not_sent_when_the_server_was_killed_is_sent_by_the_next_one(
    tmp_path: Path, receiver: Receiver
) -> None:
    with running_server(tmp_path) as server:
        server.cli_answer(
            "outgoing", "create", "--event", "ONTASKADD", "--handler", f"{receiver.address}/hang"
        )
        for _ in range(6):
            add_task(server)
        receiver.wait_for(4)  # so many of one handler at a time; the others wait
        server.kill()

    receiver.release.set()
    with running_server(tmp_path) as server:
        receiver.wait_for(6)
        wait_for_states(server, ["delivered"] * 2 + ["sending"] * 4)
    assert len(receiver.received) == 6  # nothing was sent twice


def test_many_events_arrive_once_each(tmp_path: Path, receiver: Receiver) -> None:
    with running_server(tmp_path) as server:
        server.cli_answer(
            "outgoing", "create", "--event", "ONTASKADD", "--handler", f"{receiver.address}/events"
        )
        cmd = [
            f"tasks.task.add?fields[TITLE]={number}&fields[RESPONSIBLE_ID]=1"
            for number in range(50)
        ]
        for _ in range(4):
            assert post(server.ready.webhook + "batch", cmd=cmd)["result_error"] == []

        receiver.wait_for(200)
        server.stop()

    ids = [
        str(parse_str(one.body, max_parameters=100, max_depth=9)["data"])
        for one in receiver.received
    ]
    assert len(set(ids)) == 200 == len(ids)
    assert receiver.most_at_once <= 4


def test_a_stopping_server_finishes_what_it_is_sending(tmp_path: Path, receiver: Receiver) -> None:
    with running_server(tmp_path) as server:
        server.cli_answer(
            "outgoing", "create", "--event", "ONTASKADD", "--handler", f"{receiver.address}/hang"
        )
        add_task(server)
        receiver.wait_for(1)
        server.process.terminate()
        receiver.release.set()
        assert server.process.wait(20) == 0
    with running_server(tmp_path) as server:
        assert states(server) == ["delivered"]
    assert len(receiver.received) == 1
