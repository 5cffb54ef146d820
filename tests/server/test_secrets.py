"""What is secret stays out of logs, and whoever guesses secrets is held back."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.server_process import ServerProcess, running_server


@pytest.fixture(params=["text", "json"])
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """A server that says all it can say, and whose patience with guesses is short."""
    environment = {
        "SLUICE_LOG_LEVEL": "debug",
        "SLUICE_LOG_FORMAT": request.param,
        "SLUICE_LOG_CALLS": "true",
        "SLUICE_SLOW_CALL_MS": "1",
        "SLUICE_METRICS": "all",
        "SLUICE_FREE_GUESSES": "1",
    }
    with running_server(tmp_path, environment=environment) as server:
        yield server


def ask(address: str, **form: str) -> Any:
    body = urlencode(form).encode() if form else None
    try:
        with urllib.request.urlopen(address, body, timeout=20) as response:
            return json.loads(response.read())
    except urllib.error.HTTPError as refusal:
        text = refusal.read()
        return json.loads(text) if text[:1] == b"{" else {}


def test_no_secret_is_logged(server: ServerProcess) -> None:
    url = server.ready.url
    client = server.cli_answer("app", "create", "--redirect-uri", "https://app.example/")
    tokens = server.cli_answer("app", "token", client["client_id"], "--user", "1")
    password = server.cli_answer("user", "password", "3", "--generate")["password"]

    ask(f"{url}/rest/1/guessed-code/profile")
    ask(f"{url}/rest/profile?auth=guessed-token")
    ask(f"{url}/rest/profile", auth=tokens["access_token"])
    ask(f"{server.ready.webhook}profile")
    ask(f"{server.ready.webhook}no.such.method")
    refreshed = ask(
        f"{url}/oauth/token/",
        grant_type="refresh_token",
        client_id=client["client_id"],
        client_secret=client["client_secret"],
        refresh_token=tokens["refresh_token"],
    )
    ask(
        f"{url}/oauth/authorize/?client_id={client['client_id']}", step="sign in", password=password
    )
    with urllib.request.urlopen(f"{url}/metrics", timeout=20) as answer:
        metrics = answer.read().decode()
    server.stop()

    told_once = server.ready.webhook.rstrip("/").rpartition("/")[2]
    assert "sluice.calls" in server.output
    log = metrics + server.output.replace(server.ready.webhook, "").replace(
        server.ready.tls_webhook, ""
    )
    for secret in (
        told_once,
        "guessed-code",
        "guessed-token",
        password,
        client["client_secret"],
        tokens["access_token"],
        tokens["refresh_token"],
        refreshed["access_token"],
        refreshed["refresh_token"],
    ):
        assert secret not in log + metrics


def test_whoever_guesses_is_delayed_and_logged(server: ServerProcess) -> None:
    for _ in range(3):
        assert ask(f"{server.ready.url}/rest/1/guessed/profile")["error"] == "INVALID_CREDENTIALS"

    assert "127.0.0.1 keeps sending wrong codes or tokens" in server.output
    assert "result" in ask(f"{server.ready.webhook}profile")


def test_no_secret_stands_in_the_servers_command_line(server: ServerProcess) -> None:
    code = server.ready.webhook.rstrip("/").rpartition("/")[2]

    command = Path(f"/proc/{server.ready.pid}/cmdline").read_bytes()

    assert code.encode() not in command
    assert b"serve" in command
