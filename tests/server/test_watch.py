"""What a server tells of its calls: numbers for Prometheus, a line each, and request ids."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.server_process import ServerProcess, running_server

TOKEN = "a-token-for-metrics"


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server in which everything is on."""
    environment = {
        "SLUICE_LOG_FORMAT": "json",
        "SLUICE_LOG_CALLS": "true",
        "SLUICE_SLOW_CALL_MS": "0",
        "SLUICE_METRICS": "local",
        "SLUICE_FREE_GUESSES": "1000",
    }
    with running_server(tmp_path_factory.mktemp("watched"), environment=environment) as server:
        yield server


def ask(address: str, **headers: str) -> tuple[int, str, Mapping[str, str]]:
    """Return status, body and headers of an answer."""
    request = urllib.request.Request(
        address, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode(), dict(refused.headers)


def numbers(server: ServerProcess) -> dict[tuple[str, ...], float]:
    """Return every sample of /metrics: its name and labels, and its value."""
    status, body, _ = ask(server.ready.url + "/metrics")
    assert status == 200
    return {
        (sample.name, *(f"{name}={value}" for name, value in sorted(sample.labels.items()))): (
            sample.value
        )
        for family in text_string_to_metric_families(body)
        for sample in family.samples
    }


def lines(server: ServerProcess) -> list[dict[str, Any]]:
    """Return what was logged, line by line."""
    return [json.loads(line) for line in server.output.splitlines() if line.startswith("{")]


def line_of(server: ServerProcess, headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the line of the call with these headers of its answer."""
    return next(line for line in lines(server) if line.get("request_id") == headers["x-request-id"])


def grown(
    server: ServerProcess, before: dict[tuple[str, ...], float]
) -> dict[tuple[str, ...], float]:
    """Return by how much each sample grew."""
    return {name: value - before.get(name, 0.0) for name, value in numbers(server).items()}


def test_calls_are_counted_by_method_and_outcome(watched: ServerProcess) -> None:
    before = numbers(watched)
    ask(watched.ready.webhook + "profile")
    ask(watched.ready.webhook + "PROFILE.json")
    ask(watched.ready.webhook + "tasks.task.get?taskId=123456")
    ask(watched.ready.webhook + "no.such.method")
    ask(watched.ready.url + "/rest/1/guessed/profile")

    grew = grown(watched, before)

    assert grew["sluice_calls_total", "method=profile", "outcome=ok"] == 2
    assert grew["sluice_calls_total", "method=profile", "outcome=INVALID_CREDENTIALS"] == 1
    assert grew["sluice_calls_total", "method=", "outcome=ERROR_METHOD_NOT_FOUND"] == 1
    assert sum(grew[name] for name in grew if "method=tasks.task.get" in name and len(name) == 3)


def test_durations_are_a_histogram(watched: ServerProcess) -> None:
    before = numbers(watched)
    for _ in range(5):
        ask(watched.ready.webhook + "profile")

    grew = grown(watched, before)

    assert grew["sluice_call_seconds_count", "method=profile"] == 5
    assert grew["sluice_call_seconds_bucket", "le=+Inf", "method=profile"] == 5
    assert 0 < grew["sluice_call_seconds_sum", "method=profile"] < 60


def test_commits_tell_how_many_calls_shared_them(watched: ServerProcess) -> None:
    before = numbers(watched)
    for _ in range(3):
        ask(watched.ready.webhook + "tasks.flow.Flow.activate?flowId=517")

    grew = grown(watched, before)

    assert grew["sluice_commit_calls_count",] >= 3
    assert grew["sluice_commit_calls_sum",] >= 3
    assert grew["sluice_commit_calls_bucket", "le=1.0"] >= 1
    assert grew["sluice_commit_seconds_total",] > 0


def test_what_else_there_is_to_know(watched: ServerProcess) -> None:
    found = numbers(watched)

    assert found["sluice_waiting_calls",] == 0
    assert found["sluice_jobs_late",] == 0
    assert found["sluice_deliveries", "state=waiting"] == 0
    assert found["sluice_limits_refused_total", "limit=requests"] == 0
    assert found["sluice_guesses_delayed_total",] == 0
    assert found["sluice_connections",] >= 1
    assert found["sluice_draining",] == 0
    assert found["process_resident_memory_bytes",] > 1e6
    assert found["process_open_fds",] > 3


def test_a_limit_that_refuses_is_counted(tmp_path: Path) -> None:
    environment = {"SLUICE_METRICS": "all"}
    with running_server(tmp_path, "--plan", "commercial", environment=environment) as server:
        statuses = [ask(server.ready.webhook + "profile")[0] for _ in range(80)]

        found = numbers(server)

    assert statuses.count(503) > 0
    assert found["sluice_limits_refused_total", "limit=requests"] == statuses.count(503)


@pytest.mark.parametrize(
    ("settings", "headers", "status"),
    [
        ({}, {}, 404),
        ({"SLUICE_METRICS": "all"}, {"x_forwarded_for": "192.0.2.1"}, 200),
        ({"SLUICE_METRICS": "local"}, {"x_forwarded_for": "192.0.2.1"}, 403),
        ({"SLUICE_METRICS": "local"}, {"via": "1.1 proxy"}, 403),
        ({"SLUICE_METRICS": "token", "SLUICE_METRICS_TOKEN": TOKEN}, {}, 401),
        (
            {"SLUICE_METRICS": "token", "SLUICE_METRICS_TOKEN": TOKEN},
            {"authorization": "Bearer another"},
            401,
        ),
        (
            {"SLUICE_METRICS": "token", "SLUICE_METRICS_TOKEN": TOKEN},
            {"authorization": f"Bearer {TOKEN}"},
            200,
        ),
    ],
    ids=["off", "all", "through a proxy", "via one", "no token", "another token", "token"],
)
def test_the_numbers_are_for_whom_the_settings_say(
    tmp_path: Path, settings: dict[str, str], headers: dict[str, str], status: int
) -> None:
    with running_server(tmp_path, environment=settings) as server:
        found, body, _ = ask(server.ready.url + "/metrics", **headers)

    assert found == status
    assert ("sluice_calls" in body) is (status == 200)


def test_a_call_is_a_line_and_nothing_of_what_was_sent_is_in_it(watched: ServerProcess) -> None:
    _, body, headers = ask(watched.ready.webhook + "profile?color=purple")

    line = next(
        line for line in lines(watched) if line.get("request_id") == headers["x-request-id"]
    )
    assert line.pop("time")
    assert 0 < line.pop("ms") < 60_000
    assert line == {
        "level": "info",
        "logger": "sluice.calls",
        "message": "call",
        "request_id": headers["x-request-id"],
        "method": "profile",
        "status": 200,
        "outcome": "ok",
        "client": "127.0.0.1",
        "bytes": len(body),
    }


def test_other_doors_are_lines_too(watched: ServerProcess) -> None:
    _, _, headers = ask(watched.ready.url + "/oauth/token/?grant_type=magic&client_id=a")

    line = next(
        line for line in lines(watched) if line.get("request_id") == headers["x-request-id"]
    )
    assert (line["method"], line["status"]) == ("oauth/token", 400)


@pytest.mark.parametrize("given", ["abc-123", "00-4bf92f3577b34da6a3ce929d0e0e4736-01", "a" * 128])
def test_a_request_keeps_its_own_id(watched: ServerProcess, given: str) -> None:
    _, _, headers = ask(watched.ready.webhook + "profile", x_request_id=given)

    assert headers["x-request-id"] == given
    assert any(line.get("request_id") == given for line in lines(watched))


@pytest.mark.parametrize("given", ["a" * 129, "a b", 'x"y', "", "ünsinn"])
def test_an_id_that_is_not_sane_is_replaced(watched: ServerProcess, given: str) -> None:
    _, _, headers = ask(watched.ready.webhook + "profile", x_request_id=given)

    assert headers["x-request-id"] not in ("", given)
    assert not any(line.get("request_id") == given for line in lines(watched))


def test_requests_have_ids_of_their_own(watched: ServerProcess) -> None:
    ids = {ask(watched.ready.webhook + "profile")[2]["x-request-id"] for _ in range(5)}

    assert len(ids) == 5


def test_without_being_asked_nothing_is_logged_or_named(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        _, _, headers = ask(server.ready.webhook + "profile", x_request_id="abc")

        assert "x-request-id" not in headers
        assert "sluice.calls" not in server.output


def test_a_slow_call_is_a_warning(tmp_path: Path) -> None:
    """A batch of fifty writes takes longer than a millisecond; the time of day does not."""
    commands = "&".join(
        f"cmd[{number}]=tasks.task.add%3Ffields[TITLE]=x%26fields[RESPONSIBLE_ID]=1"
        for number in range(50)
    )
    environment = {"SLUICE_SLOW_CALL_MS": "1", "SLUICE_LOG_LEVEL": "error"}
    with running_server(tmp_path, environment=environment) as server:
        ask(f"{server.ready.webhook}batch?{commands}")
        unlogged = server.output
    environment["SLUICE_LOG_LEVEL"] = "warning"
    with running_server(tmp_path, environment=environment) as server:
        ask(f"{server.ready.webhook}batch?{commands}")

        assert "WARNING sluice.slow: slow call" in server.output
        assert "method=batch status=200 outcome=ok" in server.output
    assert "sluice.slow" not in unlogged
