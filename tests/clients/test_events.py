"""A captured delivery in the hands of the clients: each parses it in its own way, unmodified."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.background.receiver import Receiver, receiving
from tests.clients.portal import Portal
from tests.clients.real_part import (
    NODE_DIRECTORY,
    real_module,
    real_node_package,
    real_program,
)
from tests.clients.scripts import PHP_DIRECTORY
from tests.server_process import ServerProcess


@dataclass(frozen=True)
class Captured:
    """What a handler was sent about a new task."""

    body: bytes
    task_id: str
    client: Any


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def captured(
    server: ServerProcess, portal: Portal, receiver: Receiver, task_title: str
) -> Captured:
    client = server.cli_answer("app", "create", "--scope", "task")
    whose = ("--client-id", client["client_id"], "--user", "1")
    token = server.cli_answer("app", "token", *whose)["access_token"]
    bound = subprocess.run(
        [
            *(real_program("curl"), "-sS", f"{server.ready.url}/rest/event.bind"),
            *("-d", f"auth={token}&event=ONTASKADD&handler={receiver.address}/events"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(bound.stdout)["result"] is True
    task_id = portal.add_task(task_title)
    receiver.wait_for(1)
    return Captured(receiver.received[0].body, task_id, client)


def test_b24pysdk_parses_an_event(server: ServerProcess, captured: Captured) -> None:
    event_data = real_module("b24pysdk.credentials").OAuthEventData

    event = event_data.from_dict(dict(parse_qsl(captured.body.decode())))

    assert event.event == "ONTASKADD"
    assert event.data["FIELDS_AFTER"]["ID"] == captured.task_id
    assert event.is_system is False
    assert event.auth.application_token == captured.client["application_token"]
    assert event.auth.domain == urlsplit(server.ready.tls_url).netloc
    assert event.auth.oauth_token.expires_in == 3600


def test_php_parses_an_event(captured: Captured) -> None:
    done = subprocess.run(
        [real_program("php"), str(PHP_DIRECTORY / "event.php")],
        input=captured.body,
        capture_output=True,
        check=True,
    )

    sent = json.loads(done.stdout)

    assert list(sent) == ["event", "event_handler_id", "data", "ts", "auth"]
    assert sent["data"] == {
        "FIELDS_BEFORE": "undefined",
        "FIELDS_AFTER": {"ID": captured.task_id},
        "IS_ACCESSIBLE_BEFORE": "N",
        "IS_ACCESSIBLE_AFTER": "undefined",
    }
    assert sent["auth"]["application_token"] == captured.client["application_token"]


def test_b24jssdk_calls_back_with_what_an_event_brings(
    server: ServerProcess, captured: Captured, task_title: str
) -> None:
    real_node_package("@bitrix24/b24jssdk")

    done = subprocess.run(
        [real_program("node"), "event.mjs"],
        cwd=NODE_DIRECTORY,
        env={**os.environ, "NODE_EXTRA_CA_CERTS": str(server.ready.ca_file)},
        input=captured.body,
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "event": "ONTASKADD",
        "id": captured.task_id,
        "title": task_title,
    }
