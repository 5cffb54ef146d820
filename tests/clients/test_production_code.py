"""Programs with production host names in their code, unmodified, under `sluice exec`.

Each holds a token that has expired: it is told so, refreshes it at the cloud's authorization
server, and repeats its call.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.real_part import (
    NODE_DIRECTORY,
    real_module,
    real_node_package,
    real_php_extension,
    real_program,
)
from tests.clients.scripts import PHP_DIRECTORY
from tests.server_process import ServerProcess, running_server

HERE = Path(__file__).parent
ORIGIN = "https://acme.bitrix24.com"
DEMO_FLOW_NAME = "Support requests"

Told = Callable[..., Any]


@pytest.fixture(scope="module")
def ready_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cloud") / "ready.json"


@pytest.fixture(scope="module")
def cloud(ready_file: Path) -> Iterator[ServerProcess]:
    """A server with a proxy."""
    with running_server(ready_file.parent, "--proxy-port", "0") as server:
        yield server


@pytest.fixture
def told(cloud: ServerProcess, ready_file: Path) -> Told:
    """Run a program with an application's expired token; return what it prints as JSON."""
    client = cloud.cli_answer("app", "create", "--scope", "task,user")
    tokens = cloud.cli_answer(
        *("app", "token", "--client-id", client["client_id"], "--user", "1"),
        *("--expires-in", "0", "--origin", ORIGIN),
    )
    given = {
        "APP_CLIENT_ID": client["client_id"],
        "APP_CLIENT_SECRET": client["client_secret"],
        "APP_APPLICATION_TOKEN": client["application_token"],
        "APP_ACCESS_TOKEN": tokens["access_token"],
        "APP_REFRESH_TOKEN": tokens["refresh_token"],
        "APP_MEMBER_ID": tokens["member_id"],
    }

    def told(*words: str, directory: Path = HERE) -> Any:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "sluice", "exec", "--ready-file", str(ready_file)),
                *("--domain", "acme.bitrix24.com", "--", *words),
            ],
            env={**os.environ, **given},
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr + cloud.output
        return json.loads(done.stdout.splitlines()[-1])

    return told


def test_php_renews_its_token_at_a_host_name_in_its_code(told: Told) -> None:
    php = real_php_extension("curl")

    assert told(php, str(PHP_DIRECTORY / "refresh.php")) == {
        "name": DEMO_FLOW_NAME,
        "steps": ["expired_token", "renewed", "tasks.flow.Flow.get"],
        "endpoint": f"{ORIGIN}/rest/",
    }


def test_b24pysdk_renews_its_token_at_its_own_authorization_server(told: Told) -> None:
    real_module("b24pysdk")

    assert told(sys.executable, str(HERE / "b24pysdk_refresh.py")) == {
        "name": DEMO_FLOW_NAME,
        "renewed": True,
        "app_info": "acme.bitrix24.com",
    }


def test_b24jssdk_renews_its_token(told: Told) -> None:
    real_node_package("@bitrix24/b24jssdk")

    assert told(real_program("node"), "refresh.mjs", directory=NODE_DIRECTORY) == {
        "name": DEMO_FLOW_NAME,
        "errors": [],
        "renewed": 1,
    }


@pytest.mark.parametrize(
    "address",
    [
        "https://acme.bitrix24.com/rest/server.time",
        "https://acme.bitrix24.com.br/rest/server.time",
        "http://acme.bitrix24.de/rest/server.time",
        "https://oauth.bitrix.info/rest/server.time",
        "https://oauth.bitrix24.tech/rest/server.time",
    ],
)
def test_curl_reaches_the_portal_at(address: str, told: Told) -> None:
    assert told(real_program("curl"), "-sS", address)["error"] == "NO_AUTH_FOUND"


def test_the_webhook_of_the_environment_has_the_production_host(told: Told) -> None:
    shown = "import json, os; print(json.dumps(os.environ['SLUICE_WEBHOOK']))"

    assert told(sys.executable, "-c", shown).startswith("https://acme.bitrix24.com/rest/1/")
    assert told("sh", "-c", f"{real_program('curl')} -sS ${{SLUICE_WEBHOOK}}profile")["result"]
