"""A PostgreSQL that goes away under a running server, and comes back: no restart, nothing lost."""

from __future__ import annotations

import json
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from sluice.store.place import Schema, schema_at
from tests.places import look
from tests.postgres import Cluster
from tests.server_process import ServerProcess, running_server

WAYS = [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL]


@pytest.fixture(scope="module")
def engine_of_its_own() -> Iterator[Cluster]:
    """A PostgreSQL that no other test needs, so that it can be stopped."""
    cluster = Cluster()
    yield cluster
    cluster.remove()


@pytest.fixture
def schema(engine_of_its_own: Cluster, request: pytest.FixtureRequest) -> Schema:
    name = f"portal_{abs(hash(request.node.name))}"
    schema = schema_at(engine_of_its_own.address(name))
    assert schema is not None
    return schema


def ask(server: ServerProcess, method: str, **parameters: Any) -> tuple[int, dict[str, Any]]:
    """Return the status and the body of an answer of the administrator's call."""
    request = urllib.request.Request(
        server.ready.webhook + method,
        data=json.dumps(parameters).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


@pytest.mark.failure("PostgreSQL stopped or crashed")
@pytest.mark.parametrize("how", WAYS, ids=["stopped", "crashed", "killed"])
def test_calls_are_refused_while_the_database_is_away_and_answered_when_it_is_back(
    engine_of_its_own: Cluster, schema: Schema, how: signal.Signals, tmp_path_factory: Any
) -> None:
    directory = tmp_path_factory.mktemp("server")
    with running_server(directory, database=schema.address) as server:
        assert ask(server, "tasks.flow.Flow.activate", flowId=517)[0] == 200

        engine_of_its_own.stop(how)
        away = [
            ask(server, method, flowId=517)
            for method in ("tasks.flow.Flow.activate", "tasks.flow.Flow.get") * 2
        ]
        engine_of_its_own.start()

        for status, body in away:
            assert (status, body["error"]) == (503, "INTERNAL_SERVER_ERROR")
            assert body["error_description"] == (
                "Nothing was changed. The database cannot be reached. Try again."
            )
        status, body = ask(server, "tasks.flow.Flow.get", flowId=517)
        assert (status, body["result"]["active"]) == (200, False)  # switched once
        assert ask(server, "tasks.flow.Flow.activate", flowId=517)[0] == 200


@pytest.mark.parametrize("how", WAYS, ids=["stopped", "crashed", "killed"])
def test_no_answered_call_is_lost_when_the_database_dies_under_load(
    engine_of_its_own: Cluster, schema: Schema, how: signal.Signals, tmp_path_factory: Any
) -> None:
    added: list[str] = []
    refused: list[str] = []
    unclear: list[str] = []
    enough, may_end = threading.Event(), threading.Event()

    def storm(server: ServerProcess, who: int) -> None:
        number = 0
        while not may_end.is_set():
            number += 1
            title = f"{who}-{number}"
            status, body = ask(
                server, "tasks.task.add", fields={"TITLE": title, "RESPONSIBLE_ID": 1}
            )
            if status == 200:
                added.append(title)
            elif "Nothing was changed" in body["error_description"]:
                refused.append(title)
                may_end.wait(0.01)
            else:
                unclear.append(title)
            if len(added) > 40:
                enough.set()

    with running_server(tmp_path_factory.mktemp("server"), database=schema.address) as server:
        storms = [threading.Thread(target=storm, args=(server, who)) for who in range(8)]
        for thread in storms:
            thread.start()
        assert enough.wait(60)
        engine_of_its_own.stop(how)
        engine_of_its_own.start()
        known = len(added)
        for _ in range(600):
            if len(added) > known + 20:
                break
            may_end.wait(0.1)
        may_end.set()
        for thread in storms:
            thread.join(60)
        assert len(added) > known + 20  # it goes on without a restart
        kept = [row[0] for row in look(schema, "SELECT title FROM task")]

    assert len(kept) == len(set(kept))  # none twice
    assert set(added) <= set(kept)
    assert not set(refused) & set(kept)
    assert set(kept) <= {*added, *unclear}


def test_a_server_does_not_start_without_its_database_and_says_why(
    engine_of_its_own: Cluster, schema: Schema, tmp_path_factory: Any
) -> None:
    engine_of_its_own.stop()
    try:
        with (
            pytest.raises(AssertionError, match="Cannot open the portal at"),
            running_server(tmp_path_factory.mktemp("server"), database=schema.address),
        ):
            pass
    finally:
        engine_of_its_own.start()
