"""Killed at any moment, a portal has every acknowledged call, and nothing half made."""

from __future__ import annotations

import http.client
import json
import socket
import sqlite3
import ssl
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.server_process import ServerProcess, running_server

ROUNDS = 6
CLIENTS = 6
LOAD_SECONDS = 0.4


class Client(threading.Thread):
    """Toggles a flow of its own, pins it, and creates flows, until the server is gone.

    `told` counts what was acknowledged, `sent` what was asked for.
    """

    def __init__(self, webhook: str, number: int, flow_id: int, round_number: int) -> None:
        super().__init__()
        self._address = urlsplit(webhook)
        self._number, self._round = number, round_number
        self.flow_id = flow_id
        self.sent: Counter[str] = Counter()
        self.told: Counter[str] = Counter()
        self.created: list[str] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection(self._address.netloc, timeout=10)
        try:
            for turn in range(1_000_000):
                self._call(connection, "activate", {"flowId": self.flow_id})
                if turn % 3 == 0:
                    self._call(connection, "pin", {"flowId": self.flow_id})
                if turn % 5 == 0:
                    self._create(connection, turn)
        except (OSError, http.client.HTTPException):
            pass  # the server was killed: what was not told is not known
        finally:
            connection.close()

    def _create(self, connection: http.client.HTTPConnection, turn: int) -> None:
        name = f"Flow {self._round}.{self._number}.{turn}"
        flow_data = {
            "name": name,
            "plannedCompletionTime": 3600,
            "distributionType": "queue",
            "responsibleList": [["user", 3], ["department", "17"]],
        }
        self._call(connection, "create", {"flowData": flow_data})
        self.created.append(name)

    def _call(self, connection: http.client.HTTPConnection, method: str, parameters: Any) -> None:
        self.sent[method] += 1
        connection.request(
            "POST",
            f"{self._address.path}tasks.flow.Flow.{method}",
            json.dumps(parameters),
            {"Content-Type": "application/json"},
        )
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        self.told[method] += 1


def test_a_portal_killed_under_load_has_every_acknowledged_call(tmp_path: Path) -> None:
    flows: list[int] = []
    for round_number in range(ROUNDS):
        with running_server(tmp_path) as server:
            if not flows:
                flows = [create_flow(server, f"Client {number}") for number in range(CLIENTS)]
            before = {flow_id: state_of(tmp_path, flow_id) for flow_id in flows}
            clients = [
                Client(server.ready.webhook, number, flow_id, round_number)
                for number, flow_id in enumerate(flows)
            ]
            for client in clients:
                client.start()
            threading.Event().wait(LOAD_SECONDS)  # load, for as long as the round lasts
            server.kill()
            for client in clients:
                client.join()
        assert sum(client.told["activate"] for client in clients) > CLIENTS
        check_everything_is_there(tmp_path, clients, before)


def create_flow(server: ServerProcess, name: str) -> int:
    flow_data = {
        "name": name,
        "plannedCompletionTime": 3600,
        "distributionType": "queue",
        "responsibleList": [["user", 3]],
    }
    answer = server.cli_answer(
        "call", "tasks.flow.Flow.create", f"flowData={json.dumps(flow_data)}"
    )
    return int(answer["result"]["id"] if "result" in answer else answer["id"])


def state_of(directory: Path, flow_id: int) -> tuple[int, int]:
    """Return whether the flow is on, and whether user 1 has pinned it."""
    with closing(sqlite3.connect(directory / "portal.db")) as database:
        active = database.execute("SELECT active FROM flow WHERE id = ?", [flow_id]).fetchone()
        pins = database.execute("SELECT COUNT(*) FROM flow_pin WHERE flow_id = ?", [flow_id])
        return active[0], pins.fetchone()[0]


def check_everything_is_there(
    directory: Path, clients: list[Client], before: dict[int, tuple[int, int]]
) -> None:
    for client in clients:
        for method, was, now in zip(
            ("activate", "pin"),
            before[client.flow_id],
            state_of(directory, client.flow_id),
            strict=True,
        ):
            flips = (now - was) % 2
            # The last call may have been kept without its answer: one flip more, never one less.
            possible = {client.told[method] % 2, client.sent[method] % 2}
            assert flips in possible, f"{method} of flow {client.flow_id}"
    with closing(sqlite3.connect(directory / "portal.db")) as database:
        names = {row[0] for row in database.execute("SELECT name FROM flow")}
        lost = [name for client in clients for name in client.created if name not in names]
        assert lost == []
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        half_made = {
            "flows without their group": "SELECT name FROM flow WHERE demo = 0 AND group_id NOT IN"
            " (SELECT id FROM workgroup)",
            "groups without their flow": "SELECT name FROM workgroup WHERE name LIKE 'Flow %'"
            " AND id NOT IN (SELECT group_id FROM flow)",
            "groups without their owner": "SELECT name FROM workgroup w WHERE NOT EXISTS"
            " (SELECT 1 FROM workgroup_member m WHERE m.group_id = w.id AND m.role = 'A')",
            "groups without their columns": "SELECT name FROM workgroup w WHERE (SELECT COUNT(*)"
            " FROM stage s WHERE s.group_id = w.id) <> 4",
            "flows that nobody finds": "SELECT name FROM flow WHERE id NOT IN"
            " (SELECT flow_id FROM flow_member)",
            "members and pins of no flow": "SELECT flow_id FROM flow_member WHERE flow_id NOT IN"
            " (SELECT id FROM flow) UNION SELECT flow_id FROM flow_pin WHERE flow_id NOT IN"
            " (SELECT id FROM flow)",
            "members and columns of no group": "SELECT group_id FROM workgroup_member"
            " WHERE group_id NOT IN (SELECT id FROM workgroup) UNION SELECT group_id FROM stage"
            " WHERE group_id NOT IN (SELECT id FROM workgroup)",
        }
        for what, query in half_made.items():
            assert database.execute(query).fetchall() == [], what


class Toggle:
    """A call of `activate` on flow 517, on a connection that the server knows already."""

    def __init__(self, server: ServerProcess) -> None:
        address = urlsplit(server.ready.webhook)
        self._connection = http.client.HTTPConnection(address.netloc, timeout=20)
        self._connection.request("GET", f"{address.path}server.time")
        assert self._connection.getresponse().read()
        body = json.dumps({"flowId": 517}).encode()
        self._connection.putrequest("POST", f"{address.path}tasks.flow.Flow.activate")
        self._connection.putheader("Content-Type", "application/json")
        self._connection.putheader("Content-Length", str(len(body)))
        self._connection.endheaders(body[:5])
        self._rest = body[5:]

    def send_rest(self) -> None:
        self._connection.send(self._rest)

    def result(self) -> Any:
        return json.loads(self._connection.getresponse().read())["result"]


def wait_until_nobody_is_let_in(server: ServerProcess) -> None:
    """Return when the server has begun to stop: new connections are refused."""
    address = urlsplit(server.ready.url)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection((address.hostname or "", address.port or 0)).close()
        except ConnectionRefusedError:
            return
        except ConnectionResetError:  # it was in the line of a listener that closed
            continue
    raise AssertionError("the server still takes connections")


def test_a_server_that_is_asked_to_stop_waits_for_half_a_call(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        toggle = Toggle(server)

        server.process.terminate()
        wait_until_nobody_is_let_in(server)
        toggle.send_rest()

        assert toggle.result() is True
        assert server.process.wait(20) == 0
    assert state_of(tmp_path, 517) == (0, 0)


def test_a_server_that_is_asked_to_stop_answers_what_is_in_flight(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        toggles = [Toggle(server) for _ in range(63)]

        for toggle in toggles:
            toggle.send_rest()
        server.process.terminate()

        assert [toggle.result() for toggle in toggles] == [True] * 63
        assert server.process.wait(20) == 0
    assert state_of(tmp_path, 517) == (0, 0)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_idle_connection_does_not_keep_a_server_from_stopping(
    tmp_path: Path, scheme: str
) -> None:
    with running_server(tmp_path) as server:
        address = urlsplit(server.ready.url if scheme == "http" else server.ready.tls_url)
        if scheme == "http":
            connection = http.client.HTTPConnection(address.netloc)
        else:
            context = ssl.create_default_context(cafile=server.ready.ca_file)
            connection = http.client.HTTPSConnection(address.netloc, context=context)
        connection.request("GET", "/rest/nothing")
        connection.getresponse().read()

        began = time.monotonic()
        assert server.stop() == 0
        # Far below the drain timeout of 20 s, and far above what a slow machine needs.
        assert time.monotonic() - began < 10


def test_an_acknowledged_call_is_in_the_file_when_it_is_acknowledged(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        address = urlsplit(server.ready.webhook)
        connection = http.client.HTTPConnection(address.netloc, timeout=20)
        for turn in range(50):
            connection.request("POST", f"{address.path}tasks.flow.Flow.activate", "flowId=517")
            assert json.loads(connection.getresponse().read())["result"] is True
            assert state_of(tmp_path, 517)[0] == turn % 2
