"""Several processes on one portal in PostgreSQL: what one does, all others know at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from sluice.store.engine import address_of
from tests.clients.portal import Portal
from tests.places import empty_place
from tests.server_process import ServerProcess, running_server

Two = tuple[ServerProcess, ServerProcess]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """Two servers on one demo portal."""
    directories = [tmp_path_factory.mktemp(name) for name in ("one", "two")]
    with (
        empty_place("postgresql", directories[0]) as place,
        running_server(directories[0], database=address_of(place)) as one,
        running_server(directories[1], database=address_of(place)) as two,
    ):
        yield one, two


def test_a_webhook_that_is_revoked_here_is_refused_there_at_once(servers: Two) -> None:
    here, there = servers
    webhook = here.cli_answer("webhook", "create", "--user", "3")
    path = f"rest/3/{webhook['code']}/"
    calls = [Portal(f"{server.ready.url.rstrip('/')}/{path}") for server in servers]
    for portal in calls:
        for _ in range(3):  # known to every connection from here on
            assert portal.ask("profile")["result"]["ID"] == "3"

    here.cli_answer("webhook", "revoke", str(webhook["id"]))

    for _ in range(10):
        for portal in calls:
            assert portal.ask("profile")["error"] == "INVALID_CREDENTIALS"
    assert there.process.poll() is None


def test_a_change_here_is_read_there(servers: Two) -> None:
    here, there = (Portal(server.ready.webhook) for server in servers)

    for number in range(20):
        task = here.ask("tasks.task.add", fields={"TITLE": f"T{number}", "RESPONSIBLE_ID": 1})
        task_id = task["result"]["task"]["id"]
        found = there.ask("tasks.task.get", taskId=task_id)
        assert found["result"]["task"]["title"] == f"T{number}"


def test_switches_of_one_flow_by_two_processes_are_all_counted(servers: Two) -> None:
    """An odd number of switches leaves a flow the other way round: none was lost."""
    portals = [Portal(server.ready.webhook) for server in servers]
    before = portals[0].ask("tasks.flow.Flow.get", flowId=517)["result"]["active"]
    counts = (40, 41, 40, 40)
    refused: list[object] = []

    def switch(portal: Portal, count: int) -> None:
        for _ in range(count):
            answer = portal.ask("tasks.flow.Flow.activate", flowId=517)
            if answer.get("result") is not True:
                refused.append(answer)

    storms = [
        threading.Thread(target=switch, args=(portals[number % 2], count))
        for number, count in enumerate(counts)
    ]
    for storm in storms:
        storm.start()
    for storm in storms:
        storm.join()

    after = portals[1].ask("tasks.flow.Flow.get", flowId=517)["result"]["active"]
    assert refused == []
    assert after is not before
