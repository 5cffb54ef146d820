"""The drill: a server under load, a backup, a kill, and a restore elsewhere."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.server_process import ServerProcess, running_server

CLIENTS = 4
MANY = 25


class Client(threading.Thread):
    """Adds tasks until the server is gone; knows which were acknowledged."""

    def __init__(self, webhook: str, number: int) -> None:
        super().__init__()
        self._address, self._number = urlsplit(webhook), number
        self.told: list[int] = []
        self.has_many = threading.Event()

    def run(self) -> None:
        connection = http.client.HTTPConnection(self._address.netloc, timeout=10)
        try:
            for turn in range(100_000):
                fields = {"TITLE": f"{self._number}.{turn}", "RESPONSIBLE_ID": 1}
                answer = ask(connection, self._address.path + "tasks.task.add", {"fields": fields})
                self.told.append(int(answer["result"]["task"]["id"]))
                if len(self.told) >= MANY:
                    self.has_many.set()
        except (OSError, http.client.HTTPException):
            pass  # the server was killed
        finally:
            connection.close()


def ask(connection: http.client.HTTPConnection, path: str, parameters: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/json"}
    connection.request("POST", path, json.dumps(parameters), headers)
    return json.loads(connection.getresponse().read())


def task_ids(server: ServerProcess) -> set[int]:
    """Return every task the server knows, page by page."""
    address = urlsplit(server.ready.webhook)
    connection = http.client.HTTPConnection(address.netloc, timeout=10)
    ids: set[int] = set()
    start: int | None = 0
    try:
        while start is not None:
            page = ask(
                connection,
                address.path + "tasks.task.list",
                {"select": ["ID"], "order": {"ID": "asc"}, "start": start},
            )
            ids |= {int(task["id"]) for task in page["result"]["tasks"]}
            start = page.get("next")
    finally:
        connection.close()
    return ids


def test_every_call_that_was_answered_before_the_backup_is_in_it(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    backup = tmp_path / "drill.sluice"
    with running_server(here) as server:
        clients = [Client(server.ready.webhook, number) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            assert client.has_many.wait(30)
        told_before = {task for client in clients for task in list(client.told)}

        made = server.cli_answer("backup", str(backup))

        told_after = {task for client in clients for task in list(client.told)}
        server.kill()
        for client in clients:
            client.join()
    assert told_after > told_before  # clients went on meanwhile

    restored = subprocess.run(
        [
            *(sys.executable, "-m", "sluice", "restore", str(backup)),
            *("--database", f"sqlite:///{there / 'portal.db'}"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert restored.returncode == 0, restored.stderr
    with running_server(there) as again:
        found = task_ids(again)
        doctor = again.cli("doctor", "--deep")

    assert found >= told_before
    assert len(found) == made["tables"]["task"]
    assert "every kept number is what a count gives" in doctor.stdout
