"""Networks between a server and its database, and between clients and a server, that fail."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sluice.clock import stopwatch
from sluice.store.postgres import CONNECT_SECONDS, LOCK_SECONDS, OUTCOME_SECONDS, SILENT_SECONDS
from tests.failures.caller import Caller, refusal
from tests.failures.network import Network, network_to, through
from tests.failures.page import Row
from tests.places import look
from tests.postgres import cluster, fresh_schema
from tests.server_process import ServerProcess, running_server

# What threads and processes need on a machine that does other things too.
BUSY_MACHINE_SECONDS = 10.0


@pytest.fixture
def network() -> Iterator[Network]:
    with network_to(cluster()) as network:
        yield network


def together(server: ServerProcess, calls: int) -> list[int]:
    """Add tasks on connections of their own, at once, and return the statuses."""
    statuses: list[int] = []

    def add(number: int) -> None:
        statuses.append(Caller(server).add_task(f"Task {number}")[0])

    threads = [threading.Thread(target=add, args=(number,)) for number in range(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


@pytest.mark.failure("Slow network to PostgreSQL")
def test_calls_wait_for_a_slow_network_and_share_commits(
    network: Network, row: Row, tmp_path: Path
) -> None:
    assert row.refusals == ()
    with (
        fresh_schema() as schema,
        running_server(
            tmp_path,
            database=through(network, schema.name),
            environment={"SLUICE_METRICS": "all"},
        ) as server,
    ):
        caller = Caller(server)
        caller.add_task("Task")
        network.delay_seconds, network.bytes_per_second = 0.01, 200_000
        commits = server.metric("sluice_commit_calls_count")
        assert together(server, 12) == [200] * 12
        assert server.metric("sluice_commit_calls_count") - commits < 12
        assert caller("tasks.task.list")[1]["total"] >= 12


@pytest.mark.failure("Half-open connection to PostgreSQL")
def test_a_network_that_swallows_everything_is_given_up(
    network: Network, row: Row, tmp_path: Path
) -> None:
    unreachable, cannot_be_told = row.refusals
    with (
        fresh_schema() as schema,
        running_server(tmp_path, database=through(network, schema.name)) as server,
    ):
        callers = [Caller(server) for _ in range(6)]
        assert callers[0].is_active()
        assert callers[0].add_task("Before")[0] == 200
        began = stopwatch()
        network.swallow()
        for number, caller in enumerate(callers):
            if number % 2:
                caller.ask("tasks.task.add", fields={"TITLE": "Lost", "RESPONSIBLE_ID": 1})
            else:
                caller.ask("tasks.flow.Flow.get", flowId=517)
        told = [refusal(caller.answer()) for caller in callers]
        most = SILENT_SECONDS + CONNECT_SECONDS
        assert stopwatch() - began < most + OUTCOME_SECONDS + CONNECT_SECONDS + BUSY_MACHINE_SECONDS
        assert set(told) == {unreachable}
        assert unreachable != cannot_be_told

        began = stopwatch()  # now that this is known, nobody waits so long again
        assert refusal(callers[0]("tasks.flow.Flow.get", flowId=517)) == unreachable
        assert stopwatch() - began < CONNECT_SECONDS + BUSY_MACHINE_SECONDS

        network.recover()
        assert callers[0].is_active()
        until = stopwatch() + LOCK_SECONDS + BUSY_MACHINE_SECONDS
        while callers[1].add_task("After")[0] != 200:
            assert stopwatch() < until
        kept = {title for (title,) in look(schema, "SELECT title FROM task")}
        assert {"Before", "After"} <= kept
        assert "Lost" not in kept
        assert server.stop() == 0


@pytest.mark.failure("Half-open connection to PostgreSQL")
def test_a_network_that_swallows_a_commit_leaves_it_open_what_became_of_it(
    network: Network, row: Row, tmp_path: Path
) -> None:
    _, cannot_be_told = row.refusals
    with (
        fresh_schema() as schema,
        running_server(tmp_path, database=through(network, schema.name)) as server,
    ):
        caller = Caller(server)
        assert caller.add_task("Before")[0] == 200
        network.swallow_from(b"COMMIT")
        assert refusal(caller.add_task("Lost")) == cannot_be_told
        network.recover()
        assert caller.is_active()
        assert look(schema, "SELECT title FROM task WHERE title <> 'Before'") == []


@pytest.mark.failure("Half-open connection of a client")
def test_a_client_that_reads_nothing_is_hung_up_on(tmp_path: Path) -> None:
    settings = {"SLUICE_BODY_TIMEOUT_SECONDS": "2", "SLUICE_METRICS": "all"}
    with running_server(tmp_path, environment=settings) as server:
        caller = Caller(server)
        task = caller.add_task("Large", "x" * 12_000_000)[1]["result"]["task"]
        address = urlsplit(server.ready.webhook)
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
            client.settimeout(60)
            client.connect((address.hostname, address.port))
            path = f"{address.path}tasks.task.get?taskId={task['id']}"
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            client.recv(1)  # the answer has begun
            caller.close()
            until = stopwatch() + 20 + BUSY_MACHINE_SECONDS
            while server.metric("sluice_connections") > 1:  # the one that asks
                assert stopwatch() < until
                threading.Event().wait(0.1)
            left = b""
            while data := client.recv(65_536):
                left += data
            assert len(left) < 12_000_000  # no more than the system had taken before


@pytest.mark.failure("Half-open connection of a client")
def test_a_client_that_reads_slowly_is_given_the_time(tmp_path: Path) -> None:
    with running_server(tmp_path, environment={"SLUICE_BODY_TIMEOUT_SECONDS": "2"}) as server:
        task = Caller(server).add_task("Large", "x" * 12_000_000)[1]["result"]["task"]
        address = urlsplit(server.ready.webhook)
        connection = http.client.HTTPConnection(address.netloc, timeout=60)
        connection.request("GET", f"{address.path}tasks.task.get?taskId={task['id']}")
        answer = connection.getresponse()
        size = 0
        while part := answer.read(800_000):
            size += len(part)
            threading.Event().wait(0.3)  # together longer than one may pause
        assert size > 12_000_000


@pytest.mark.failure("Half-open connection of a client")
def test_a_client_that_is_silent_is_hung_up_on(row: Row, tmp_path: Path) -> None:
    (late,) = row.refusals
    settings = {
        "SLUICE_HEADER_TIMEOUT_SECONDS": "1",
        "SLUICE_BODY_TIMEOUT_SECONDS": "1",
        "SLUICE_IDLE_TIMEOUT_SECONDS": "1",
    }
    with running_server(tmp_path, environment=settings) as server:
        address = urlsplit(server.ready.url)

        def connected(first: bytes) -> socket.socket:
            client = socket.create_connection((address.hostname or "", address.port or 0), 30)
            client.sendall(first)
            return client

        halves = [
            connected(b"POST /rest/1/x/profile HTTP/1.1\r\nHost: a"),
            connected(b"POST /rest/1/x/profile HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{"),
        ]
        for half in halves:
            received = b""
            while data := half.recv(65_536):
                received += data
            assert received.startswith(f"HTTP/1.1 {late[0]} ".encode())
            assert f'"error":"{late[1]}"'.encode() in received
            assert b"did not arrive within 1 seconds" in received
        idle = connected(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        received = b""
        while data := idle.recv(65_536):
            received += data
        assert received.startswith(b"HTTP/1.1 200 ")
        assert Caller(server).is_active()
