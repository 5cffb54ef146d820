"""`sluice serve` as a process: ready when it says so, clear when it cannot, gone when told."""

from __future__ import annotations

import json
import os
import socket
import ssl
import stat
import subprocess
import sys
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from sluice.server.http import PortTaken, bind
from tests.server_process import running_server


def serve(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a `sluice serve` that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "sluice", "serve", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_both_listeners_answer_when_the_ready_file_is_there(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        trust = ssl.create_default_context(cafile=server.ready.ca_file)
        direct = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust)
        )
        answers = [
            json.load(direct.open(webhook + "profile"))["result"]["ID"]
            for webhook in (server.ready.webhook, server.ready.tls_webhook)
        ]
        mode = stat.S_IMODE((tmp_path / "ready.json").stat().st_mode)

    assert answers == ["1", "1"]
    assert mode == 0o600  # it holds a secret


def test_the_terminal_shows_what_people_paste(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        shown = server.output

    ready = server.ready
    assert all(fact in shown for fact in (ready.url, ready.tls_url, ready.database))
    assert str(ready.ca_file) in shown
    assert f"{ready.webhook}tasks.flow.Flow.activate" in shown


def test_sigterm_ends_the_server_with_success(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        assert server.stop() == 0


def test_a_restarted_server_tells_the_same_webhook(tmp_path: Path) -> None:
    with running_server(tmp_path) as first:
        first.stop()
    with running_server(tmp_path) as second:
        assert (
            second.ready.webhook.partition("/rest/")[2]
            == (first.ready.webhook.partition("/rest/")[2])
        )


def test_a_restarted_server_replaces_a_webhook_that_was_revoked(tmp_path: Path) -> None:
    with running_server(tmp_path) as first:
        (webhook,) = first.cli_answer("webhook", "list")
        first.cli_answer("webhook", "revoke", str(webhook["id"]))
        first.stop()
    with running_server(tmp_path) as second:
        done = second.cli("call", "profile", "--webhook", second.ready.webhook)

    assert done.returncode == 0, done.stderr


def test_an_empty_portal_has_its_administrator_alone(tmp_path: Path) -> None:
    with running_server(tmp_path, "--empty") as server:
        people = server.cli_answer("user", "list")

    assert [user["id"] for user in people] == [1]


def test_the_terminal_of_an_empty_portal_shows_a_call_that_works_there(tmp_path: Path) -> None:
    with running_server(tmp_path, "--empty") as server:
        shown = server.output

    assert f"{server.ready.webhook}profile" in shown
    assert "tasks.flow.Flow.activate" not in shown  # there is no flow to switch


def test_a_port_is_taken_from_the_moment_it_is_bound() -> None:
    # Two programs that start at once: before either accepts, the second is told.
    with closing(bind("127.0.0.1", 0, "port")) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortTaken, match=f"Cannot listen on 127.0.0.1:{port}"):
            bind("127.0.0.1", port, "port")


@pytest.mark.parametrize("option", ["--port", "--tls-port"])
def test_a_taken_port_is_told(tmp_path: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ports = {"--port": "0", "--tls-port": "0", option: str(port)}
        done = serve(*(word for pair in ports.items() for word in pair))

    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}: Address already in use." in done.stderr
    assert f"choose another port with {option}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_cannot_start_leaves_no_ready_file(tmp_path: Path) -> None:
    stale = tmp_path / "ready.json"
    stale.write_text("{}")

    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        serve("--port", port, "--tls-port", "0", "--ready-file", str(stale))

    assert not stale.exists()


def test_a_ready_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    file = tmp_path / "missing" / "ready.json"

    done = serve("--port", "0", "--tls-port", "0", "--ready-file", str(file))

    assert done.returncode == 1
    assert "No such file or directory" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_default_database_is_in_the_users_data_directory(tmp_path: Path) -> None:
    home = tmp_path / "home"
    # An empty --database is as if none were given, see `Settings.database`.
    with running_server(
        tmp_path,
        "--database",
        "",
        environment={"HOME": str(home), "XDG_DATA_HOME": "", "SLUICE_DATA_DIR": ""},
    ) as server:
        place = home / ".local" / "share" / "sluice"

        assert server.ready.database == f"sqlite:///{place / 'portal.db'}"
        assert server.ready.ca_file == place / "ca" / "ca.pem"


def test_a_home_that_cannot_be_written_is_told() -> None:
    done = serve(HOME="/dev/null", XDG_DATA_HOME="", SLUICE_DATA_DIR="")

    assert done.returncode == 1
    assert "Cannot make the directory of /dev/null/.local/share/sluice/portal.db" in done.stderr
    assert "Choose another place with --database." in done.stderr
    assert "Traceback" not in done.stderr


def test_a_plan_is_set_at_start_and_stays(tmp_path: Path) -> None:
    with running_server(tmp_path, "--plan", "commercial") as server:
        assert server.cli_answer("portal", "show")["plan"] == "commercial"

    with running_server(tmp_path) as server:
        assert server.cli_answer("portal", "show")["plan"] == "commercial"
        server.cli_answer("portal", "set", "plan=box")

    with running_server(tmp_path, "--plan", "none") as server:
        assert server.cli_answer("portal", "show")["plan"] == "none"
