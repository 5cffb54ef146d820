"""The clock of a real server: kept through a restart, moved beside it, and through its own door."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

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
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def portal_time(server: ServerProcess) -> str:
    told: str = post(server.ready.webhook + "server.time")["result"]
    return told


def add_task(server: ServerProcess, deadline: str) -> int:
    fields = {"TITLE": "Task", "RESPONSIBLE_ID": 1, "DEADLINE": deadline}
    return int(post(server.ready.webhook + "tasks.task.add", fields=fields)["result"]["task"]["id"])


def test_the_clock_survives_a_restart(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        server.cli_answer("clock", "freeze", "2027-03-01T12:00")
        assert portal_time(server) == "2027-03-01T12:00:00+00:00"
        server.kill()

    with running_server(tmp_path) as server:
        assert portal_time(server) == "2027-03-01T12:00:00+00:00"
        server.cli_answer("clock", "resume")
        assert server.stop() == 0

    with running_server(tmp_path) as server:
        now = datetime.fromisoformat(portal_time(server))
    start = datetime.fromisoformat("2027-03-01T12:00:00+00:00")
    assert start <= now < start + timedelta(hours=1)


def test_time_advances_beside_a_server(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        server.cli_answer("clock", "freeze", "2027-03-01T12:00")
        task_id = add_task(server, "2027-03-02T12:00:00+00:00")

        report = server.cli_answer("clock", "advance", "1d")

        assert [(one["kind"], one["id"], one["due"]) for one in report["ran"]] == [
            ("deadline", task_id, "2027-03-02T12:00:00+00:00")
        ]
        assert portal_time(server) == "2027-03-02T12:00:00+00:00"
        with pytest.raises(urllib.error.HTTPError) as refused:  # the emulator is off
            post(f"{server.ready.url}/_sluice/clock/resume")
        assert refused.value.code == 404


def test_a_handlers_repeats_take_no_waiting(tmp_path: Path, receiver: Receiver) -> None:
    with running_server(
        tmp_path, "--emulator", environment={"SLUICE_HANDLER_REPEATS": "2"}
    ) as server:
        clock = f"{server.ready.url}/_sluice/clock"
        post(f"{clock}/freeze", at="2027-03-01T12:00")
        server.cli_answer(
            "outgoing", "create", "--event", "ontaskadd", "--handler", f"{receiver.address}/fail"
        )
        add_task(server, "2028-01-01T12:00:00+00:00")
        receiver.wait_for(1)

        report = post(f"{clock}/advance", by="1h")

        assert report["kinds"]["delivery of ONTASKADD"] >= 2
        (delivery,) = server.cli_answer("deliveries", "list")
        shown = server.cli_answer("deliveries", "show", str(delivery["id"]))
        assert [one["started"] for one in shown["attempts"]] == [
            "2027-03-01T12:00:00+00:00",
            "2027-03-01T12:01:00+00:00",
            "2027-03-01T12:03:00+00:00",
        ]
        assert shown["state"] == "failed"
        assert post(f"{clock}/resume", system=True)["mode"] == "system"
