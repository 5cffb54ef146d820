"""Several servers on one portal, killed while clients call: some order explains every answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.history.checker import impossible
from tests.history.operation import written
from tests.history.storm import ADMINISTRATOR, TEAM, Storm
from tests.history.subjects import model_of
from tests.server_process import ServerProcess, running_server

SERVERS = 2
CLIENTS = 8
KILLS = 4


class Portal:
    """One portal and the servers on it."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self.directory = directory
        self._stack = stack
        self.servers = [self._start(number) for number in range(SERVERS)]
        first = self.servers[0]
        self.paths = {
            ADMINISTRATOR: urlsplit(first.ready.webhook).path,
            **{user: urlsplit(first.webhook_for(user)).path for user in TEAM},
        }

    def _start(self, number: int) -> ServerProcess:
        own = self.directory / str(number)
        own.mkdir(exist_ok=True)
        database = f"sqlite:///{self.directory / 'portal.db'}"
        return self._stack.enter_context(running_server(own, "--database", database))

    def addresses(self) -> list[str]:
        return [server.ready.url for server in self.servers]

    def kill_and_start_again(self, number: int) -> None:
        self.servers[number].kill()
        self.servers[number] = self._start(number)

    def add_flow(self, name: str, distribution: str) -> int:
        made = self.servers[0].cli_answer(
            "call",
            "tasks.flow.Flow.create",
            f'flowData={{"name": "{name}", "plannedCompletionTime": 3600,'
            f' "distributionType": "{distribution}",'
            f' "responsibleList": [["user", 4], ["user", 5], ["user", 6]]}}',
        )
        return int(made["result"]["id"])


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    with ExitStack() as stack:
        yield Portal(tmp_path, stack)


def judged(storm: Storm, directory: Path) -> list[Any]:
    """Return what no order explains; the history is kept where the message says."""
    found = impossible(storm.history, model_of)
    if found:
        written(storm.history, directory / "history.jsonl")
    return found


def test_servers_killed_under_load_lose_nothing_and_do_nothing_twice(portal: Portal) -> None:
    queues = [portal.add_flow(f"Queue {number}", "queue") for number in range(4)]
    storm = Storm(portal.addresses, portal.paths, queues, portal.add_flow("To take", "himself"))

    killed = count()

    storm.run(CLIENTS, KILLS, 60, lambda: portal.kill_and_start_again(next(killed) % SERVERS))
    storm.look()

    assert judged(storm, portal.directory) == []
    assert next(killed) == KILLS
    asked = {name.split()[0] for name in storm.calls}
    assert {"activate", "add", "take", "update", "get"} <= asked
    assert sum(count for name, count in storm.calls.items() if name.endswith("ok")) > 200
