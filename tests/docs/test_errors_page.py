"""docs/errors.md: each row of its table is met, in order, on a real server."""

from __future__ import annotations

import json
import re
import shlex
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server_process import ServerProcess, running_server

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
_TABLE = re.compile(r"<!-- errors: [^\n]*-->\n(.*?)<!-- end -->", re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")


def rows() -> list[tuple[str, int, list[str], str]]:
    """Return code, status, commands and call of every row."""
    table = _TABLE.search(PAGE.read_text("utf-8"))
    assert table is not None
    cells = [line.strip("|").split("|") for line in table[1].splitlines()[2:]]
    return [
        (code.strip(" `"), int(status), _CODE.findall(commands), call)
        for code, status, commands, call in cells
    ]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("errors")) as server:
        yield server


@pytest.fixture(scope="module")
def names(server: ServerProcess) -> dict[str, str]:
    """What stands in capitals on the page."""
    guest = server.cli_answer(
        "user", "create", "--name", "Guest", "--email", "guest@example.com", "--extranet"
    )
    client, weak = (
        server.cli_answer("app", "create", *scope) for scope in ([], ["--scope", "task"])
    )

    def token(made: Any, user: int, *options: str) -> Any:
        whose = ("--client-id", made["client_id"], "--user", str(user))
        return server.cli_answer("app", "token", *whose, *options)

    of_admin = token(client, 1)
    return {
        "PORTAL": server.ready.url,
        "GUEST_HOOK": server.webhook_for(guest["id"]),
        "WEBHOOK": server.ready.webhook,
        "CLIENT_ID": client["client_id"],
        "SECRET": client["client_secret"],
        "EXPIRED": token(client, 1, "--expires-in", "0")["access_token"],
        "TOKEN": of_admin["access_token"],
        "REFRESH": of_admin["refresh_token"],
        "WEAK": token(weak, 1)["access_token"],
        "DISMISSED": token(client, 3)["access_token"],
    }


def filled(text: str, names: dict[str, str]) -> str:
    return re.sub("|".join(names), lambda name: names[name[0]], text)


def answer(address: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(address, timeout=20) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.loads(refusal.read())


def test_every_row_is_met(server: ServerProcess, names: dict[str, str]) -> None:
    for code, status, commands, call in rows():
        for command in commands:
            done = server.cli(*shlex.split(filled(command, names))[1:])
            assert done.returncode == 0, f"{code}: {command}: {done.stdout}{done.stderr}"
        (address,) = _CODE.findall(call)
        times = re.search(r"(\d+) times in a row", call)
        for _ in range(int(times[1]) if times else 1):
            met, body = answer(filled(address, names))
        if "as the error of the command" in call:
            body = next(iter(body["result"]["result_error"]))
        assert (met, body["error"]) == (status, code), f"{code}: {call}"
        assert server.cli("portal", "reset").returncode == 0


def test_the_page_knows_every_state() -> None:
    from sluice.domain.portal import NAMES

    shown = {part.partition("=")[0] for _, _, commands, _ in rows() for part in commands}
    states = {command.split()[-1] for command in shown if " portal set " in command}

    assert states == set(NAMES)
