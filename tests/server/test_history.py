"""Servers and databases killed while clients call: some order explains every answer.

What was acknowledged is there afterwards, and once. The judge is `tests/history`.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from sluice.store.engine import Place, address_of
from tests.history.checker import Impossible, impossible
from tests.history.operation import written
from tests.history.storm import ADMINISTRATOR, TEAM, Storm
from tests.history.subjects import model_of
from tests.places import only_postgresql
from tests.postgres import Cluster, Pair
from tests.server_process import ServerProcess, running_server

SERVERS = 2
CLIENTS = 8
TROUBLES = 4
CALLS_BETWEEN = 60


class Portal:
    """One portal and the servers on it."""

    def __init__(self, directory: Path, database: str, stack: ExitStack) -> None:
        self.directory = directory
        self._database = database
        self._stack = stack
        self.servers = [self._start(number) for number in range(SERVERS)]
        first = self.servers[0]
        self.paths = {
            ADMINISTRATOR: urlsplit(first.ready.webhook).path,
            **{user: urlsplit(first.webhook_for(user)).path for user in TEAM},
        }
        queues = [self._add_flow(f"Queue {number}", "queue") for number in range(4)]
        to_take = self._add_flow("To take", "himself")
        self.storm = Storm(self.addresses, self.paths, queues, to_take)

    def _start(self, number: int) -> ServerProcess:
        own = self.directory / str(number)
        own.mkdir(exist_ok=True)
        return self._stack.enter_context(running_server(own, database=self._database))

    def addresses(self) -> list[str]:
        return [server.ready.url for server in self.servers]

    def kill_and_start_again(self, number: int) -> None:
        self.servers[number].kill()
        self.servers[number] = self._start(number)

    def _add_flow(self, name: str, distribution: str) -> int:
        made = self.servers[0].cli_answer(
            "call",
            "tasks.flow.Flow.create",
            f'flowData={{"name": "{name}", "plannedCompletionTime": 3600,'
            f' "distributionType": "{distribution}",'
            f' "responsibleList": [["user", 4], ["user", 5], ["user", 6]]}}',
        )
        return int(made["result"]["id"])

    def suffer(self, trouble: Callable[[], None], troubles: int = TROUBLES) -> None:
        """Let clients call through some troubles, and judge what they were told."""
        self.storm.run(CLIENTS, troubles, CALLS_BETWEEN, trouble)
        self.storm.look()
        assert self._unexplained() == []
        asked = {name.split()[0] for name in self.storm.calls}
        assert {"activate", "add", "take", "update", "get"} <= asked
        told = sum(times for name, times in self.storm.calls.items() if name.endswith(" ok"))
        assert told > troubles * CALLS_BETWEEN / 2

    def _unexplained(self) -> list[Impossible]:
        """Return what no order explains; such a history is kept, to be looked at."""
        found = impossible(self.storm.history, model_of)
        if found:
            written(self.storm.history, self.directory / "history.jsonl")
        return found


@contextmanager
def portal_at(directory: Path, database: str) -> Iterator[Portal]:
    with ExitStack() as stack:
        yield Portal(directory, database, stack)


def test_servers_killed_under_load_lose_nothing_and_do_nothing_twice(
    place: Place, tmp_path: Path
) -> None:
    turn = count()
    with portal_at(tmp_path, address_of(place)) as portal:
        portal.suffer(lambda: portal.kill_and_start_again(next(turn) % SERVERS))

        assert next(turn) == TROUBLES


@only_postgresql
def test_a_database_killed_under_load_loses_nothing(engine: str, tmp_path: Path) -> None:
    cluster = Cluster(durable=True)
    try:
        with portal_at(tmp_path, cluster.address("killed")) as portal:

            def kill() -> None:
                cluster.stop(signal.SIGKILL)
                cluster.start()

            portal.suffer(kill)

            assert portal.storm.calls["not kept"] > 0  # clients met it while it was away
    finally:
        cluster.remove()


@only_postgresql
def test_a_standby_that_takes_over_under_load_has_everything(engine: str, tmp_path: Path) -> None:
    pair = Pair()
    try:
        with portal_at(tmp_path, pair.address("passed_on")) as portal:
            portal.suffer(pair.fail_over, troubles=1)

            assert pair.is_passed_on
            assert portal.storm.calls["not kept"] > 0
    finally:
        pair.remove()
