"""The drill: a server under load, a backup, a kill, and a restore elsewhere."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sluice.settings import Settings
from sluice.store.engine import Place, address_of, place_of, read_portal
from sluice.store.recount import differences
from tests.places import chosen_engines, empty_place
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


@pytest.fixture
def target(engine: str, tmp_path: Path) -> Iterator[str]:
    """The address of an empty place on the other engine than the portal's."""
    (tmp_path / "there").mkdir()
    others = [other for other in chosen_engines() if other != engine] or [engine]
    with empty_place(others[0], tmp_path / "there") as place:
        yield address_of(place)


def test_every_call_that_was_answered_before_the_backup_is_in_it(
    place: Place, target: str, tmp_path: Path
) -> None:
    backup = tmp_path / "drill.sluice"
    with running_server(tmp_path, "--database", address_of(place)) as server:
        clients = [Client(server.ready.webhook, number) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            assert client.has_many.wait(60)
        told_before = {task for client in clients for task in list(client.told)}

        made = server.cli_answer("backup", str(backup))

        told_after = {task for client in clients for task in list(client.told)}
        server.kill()
        for client in clients:
            client.join()
    assert told_after > told_before  # clients went on meanwhile

    restored = subprocess.run(
        [sys.executable, "-m", "sluice", "restore", str(backup), "--database", target],
        capture_output=True,
        text=True,
        check=False,
    )
    assert restored.returncode == 0, restored.stderr
    with running_server(tmp_path, "--database", target) as again:
        found = task_ids(again)
        wrong = read_portal(
            place_of(Settings(database=target)), lambda store: list(differences(store, UTC))
        )
        refused = again.cli("restore", str(backup))

    assert found >= told_before
    assert len(found) == made["tables"]["task"]
    assert wrong == []  # every kept number is what a count gives
    assert "a restore never overwrites" in refused.stderr
