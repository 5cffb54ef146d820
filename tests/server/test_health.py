"""`/livez` and `/readyz`, and a server that is asked to stop: nobody's call fails."""

from __future__ import annotations

import http.client
import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.server_process import ServerProcess, running_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with running_server(tmp_path) as server:
        yield server


def connect(server: ServerProcess) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(server.ready.url).netloc, timeout=20)


def get(connection: http.client.HTTPConnection, path: str) -> tuple[int, str]:
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read().decode().strip()


@pytest.mark.parametrize(
    ("path", "word"), [("/livez", "alive"), ("/readyz", "ready"), ("/readyz/", "ready")]
)
def test_a_portal_that_is_served_is_alive_and_ready(
    server: ServerProcess, path: str, word: str
) -> None:
    assert get(connect(server), path) == (200, word)


def test_a_portal_whose_database_is_gone_is_alive_and_not_ready(server: ServerProcess) -> None:
    connection = connect(server)
    path = Path(server.ready.database.removeprefix("sqlite:///"))
    whole = path.read_bytes()
    for file in (path, path.with_name(path.name + "-wal")):
        file.write_bytes(b"\7" * file.stat().st_size)

    unready = get(connection, "/readyz")
    alive = get(connection, "/livez")
    path.write_bytes(whole)

    assert unready == (503, "the database does not answer")
    assert alive == (200, "alive")
    assert "the database does not answer" in server.output


def test_a_stopping_server_says_so_first_and_goes_on_answering(tmp_path: Path) -> None:
    with running_server(tmp_path, environment={"SLUICE_DRAIN_DELAY_SECONDS": "600"}) as server:
        kept, call = connect(server), urlsplit(server.ready.webhook).path + "profile"
        assert get(kept, call)[0] == 200

        server.process.send_signal(signal.SIGTERM)
        told = wait_for(server, (503, "draining"))
        kept.request("GET", call)
        last = kept.getresponse()

        assert told
        assert (last.status, last.getheader("connection")) == (200, "close")
        assert json.loads(last.read())["result"]["ID"] == "1"
        assert get(connect(server), call)[0] == 200  # others may not know yet
        assert get(connect(server), "/livez") == (200, "alive")
        assert server.stop() == 0  # asked twice, it does not wait


def wait_for(server: ServerProcess, expected: tuple[int, str]) -> bool:
    """Ask /readyz until it answers so: a signal takes a moment to arrive."""
    return any(get(connect(server), "/readyz") == expected for _ in range(1000))


def test_a_server_that_has_stopped_refuses_connections(server: ServerProcess) -> None:
    assert server.stop() == 0

    with pytest.raises(ConnectionRefusedError):
        get(connect(server), "/readyz")


def test_a_call_that_is_running_when_the_server_stops_is_answered(server: ServerProcess) -> None:
    """The request is half sent when the signal comes; the server waits for the rest of it."""
    address = urlsplit(server.ready.webhook)
    body = json.dumps({"fields": {"TITLE": "The last one", "RESPONSIBLE_ID": 1}})
    connection = connect(server)
    connection.putrequest("POST", address.path + "tasks.task.add")
    connection.putheader("content-type", "application/json")
    connection.putheader("content-length", str(len(body)))
    connection.endheaders(body[:10].encode())
    assert get(connect(server), "/readyz") == (200, "ready")  # so it has read what was sent before
    stopped = threading.Thread(target=server.stop)

    stopped.start()
    while server.process.poll() is None:
        try:
            connect(server).connect()
        except ConnectionError:
            break  # nobody new gets in any more
    connection.send(body[10:].encode())
    answer = connection.getresponse()
    stopped.join()

    assert answer.status == 200
    assert json.loads(answer.read())["result"]["task"]["title"] == "The last one"
    assert server.process.returncode == 0
