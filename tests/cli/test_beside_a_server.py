"""Commands beside a running server: it sees what they did at its next call."""

from __future__ import annotations

import http.server
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sluice.cli import sluice
from tests.server_process import ServerProcess, running_server

pytestmark = pytest.mark.usefixtures("_no_proxy")


@pytest.fixture(scope="module")
def _no_proxy() -> Iterator[None]:
    """Keep a proxy that the machine may use away from the test's own look at the server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("server")) as server:
        yield server


def ask(webhook: str, method: str) -> Any:
    """Return the body of the server's answer to a call without parameters."""
    try:
        with urllib.request.urlopen(webhook + method) as response:
            return json.load(response)
    except urllib.error.HTTPError as refusal:
        return json.load(refusal)


def call(method: str, webhook: str, **environment: str) -> Result:
    """Run `sluice call METHOD --webhook URL` in this process."""
    return CliRunner().invoke(sluice, ["call", method, "--webhook", webhook], env=environment)


def test_a_webhook_made_beside_the_server_works_at_once(server: ServerProcess) -> None:
    made = server.cli_answer("webhook", "create", "--user", "3")

    assert made["webhook"].startswith(server.ready.url)
    assert ask(made["webhook"], "user.current")["result"]["ID"] == "3"


def test_a_revoked_webhook_is_refused_at_the_next_call(server: ServerProcess) -> None:
    made = server.cli_answer("webhook", "create", "--user", "3")
    assert "result" in ask(made["webhook"], "user.current")

    server.cli_answer("webhook", "revoke", str(made["id"]))

    assert ask(made["webhook"], "user.current")["error"] == "INVALID_CREDENTIALS"


def test_a_user_made_beside_the_server_can_call_at_once(server: ServerProcess) -> None:
    boris = server.cli_answer(
        *("user", "create", "--name", "Boris", "--last-name", "Reed"),
        *("--email", "boris.reed@example.test", "--department", "17", "--admin"),
    )

    webhook = server.webhook_for(boris["id"])
    assert ask(webhook, "user.current")["result"]["LAST_NAME"] == "Reed"
    assert ask(webhook, "user.admin")["result"] is True


def test_what_a_local_call_changes_the_server_answers(server: ServerProcess) -> None:
    made = server.cli_answer("call", "department.add", "NAME=Legal", "PARENT=1")

    found = ask(server.ready.webhook, f"department.get?ID={made['result']}")
    assert found["result"][0]["NAME"] == "Legal"


def test_a_call_over_https_trusts_the_own_authority(server: ServerProcess) -> None:
    done = call("profile", server.ready.tls_webhook, **server.environment)

    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["ID"] == "1"


def test_a_call_goes_past_a_proxy_to_this_machine(server: ServerProcess) -> None:
    proxy = {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}

    assert call("profile", server.ready.webhook, **proxy).exit_code == 0


def test_a_certificate_of_another_authority_is_not_trusted(server: ServerProcess) -> None:
    done = call("profile", server.ready.tls_webhook)

    assert done.exit_code == 1
    assert "is not trusted" in done.stderr
    assert "SSL_CERT_FILE" in done.stderr


def test_a_remote_refusal_is_told_in_the_portals_words(server: ServerProcess) -> None:
    done = call("profile", f"{server.ready.url}/rest/1/none")

    assert done.exit_code == 1
    assert done.stderr == "Error: INVALID_CREDENTIALS: Invalid request credentials\n"


def test_nobody_listening_is_told() -> None:
    with socket.socket() as taken:  # bound, not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        done = call("profile", f"http://{where}/rest/1/code/")

    assert done.exit_code == 1
    assert done.stderr == f"Error: {where} does not answer: Connection refused\n"


@contextmanager
def answering(status: int, location: str) -> Iterator[str]:
    """Serve one fixed answer at the far side of the network; yield its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            self.send_header("Location", location)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as far:
        serving = threading.Thread(target=far.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{far.server_port}"
        far.shutdown()
        serving.join()


@pytest.mark.parametrize("status", [302, 307])
def test_a_webhook_does_not_follow_a_redirect(server: ServerProcess, status: int) -> None:
    with answering(status, server.ready.webhook + "profile") as address:
        done = call("profile", f"{address}/rest/1/code/")

    assert done.exit_code == 1
    assert f"The answer (HTTP {status}) is not one of a portal's REST" in done.stderr


def test_an_answer_of_another_kind_is_told() -> None:
    with answering(200, "") as address:
        done = call("profile", f"{address}/rest/1/code/")

    assert done.exit_code == 1
    assert "The answer (HTTP 200) is not one of a portal's REST in JSON." in done.stderr


def test_the_doctor_finds_the_server_at_its_ports(server: ServerProcess) -> None:
    ports = {
        "SLUICE_PORT": server.ready.url.rpartition(":")[2],
        "SLUICE_TLS_PORT": server.ready.tls_url.rpartition(":")[2],
    }

    done = CliRunner().invoke(
        sluice, ["doctor", "--database", server.ready.database], env={**server.environment, **ports}
    )

    assert done.exit_code == 0, done.output
    assert f"a portal answers at {server.ready.url}" in done.stdout
    assert f"a portal answers at {server.ready.tls_url}" in done.stdout
