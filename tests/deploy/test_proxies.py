"""The examples of reverse proxies, run as they are but for their ports and certificates.

Clients go through the proxy; a process behind it is restarted, and nobody's call fails.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.clients.real_part import real_program
from tests.docs.pages import ROOT
from tests.server_process import ServerProcess, running_server

DEPLOY = ROOT / "deploy"
PATIENCE_SECONDS = 30.0
CLIENTS = 4
# Not the proxies' own address, which is trusted: as far away as a client on this machine can be.
CLIENT = "127.0.0.2"
# What the examples' comments say that Sluice needs.
ENVIRONMENT = {"SLUICE_TRUSTED_PROXIES": "127.0.0.1"}
LOGGED = {"SLUICE_LOG_CALLS": "true", "SLUICE_LOG_FORMAT": "json"}
# Root does not run proxies here: nobody does.
NOBODY: dict[str, Any] = {"user": 65534, "group": 65534} if os.geteuid() == 0 else {}

NGINX_AROUND = """
daemon off;
pid {directory}/nginx.pid;
error_log stderr;
events {{}}
http {{
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    include {directory}/site.conf;
}}
"""


@dataclass
class Running:
    """A proxy that runs, and the processes behind it.

    Attributes:
        port: the proxy's.
        secure: it speaks HTTPS.
        servers: what is behind it.
        log: all that the proxy has printed.
    """

    port: int
    secure: bool
    servers: list[ServerProcess]
    log: Path

    def connect(self, client: str = CLIENT) -> http.client.HTTPConnection:
        """Return a connection to the proxy from this address of the machine."""
        address: dict[str, Any] = {"timeout": PATIENCE_SECONDS, "source_address": (client, 0)}
        if not self.secure:
            return http.client.HTTPConnection("localhost", self.port, **address)
        context = ssl.create_default_context()  # whose certificate it is does not matter here
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection("localhost", self.port, context=context, **address)

    @property
    def webhook(self) -> str:
        return urlsplit(self.servers[0].ready.webhook).path

    def ask(self, path: str, client: str = CLIENT, **headers: str) -> tuple[int, str]:
        """Return status and body of an answer over a new connection."""
        connection = self.connect(client)
        try:
            return ask(connection, path, headers=headers)
        finally:
            connection.close()


def ask(
    connection: http.client.HTTPConnection,
    path: str,
    body: Any = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, str]:
    """Return status and body of an answer."""
    content = {"Content-Type": "application/json"} if body is not None else {}
    named = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
    connection.request(
        "GET" if body is None else "POST",
        path,
        None if body is None else json.dumps(body),
        {**content, **named},
    )
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


@contextmanager
def reserved_port() -> Iterator[int]:
    """Keep a port for a program that is told where to listen.

    A port that was only found free is soon given to some connection. A socket that is bound and
    does not listen keeps the system from giving it away, and a program that listens with
    SO_REUSEADDR, as all these do, may have it.
    """
    with socket.socket() as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("0.0.0.0", 0))  # on every address: clients here come from several
        yield int(kept.getsockname()[1])


def command_of(kind: str, example: str, directory: Path, ports: dict[str, int]) -> list[str]:
    """Write the example with these ports into the directory; return the command that runs it."""
    text = (DEPLOY / example).read_text()
    for before, after in ports.items():
        assert f":{before}" in text
        text = text.replace(f":{before}", f":{after}")
    match kind:
        case "haproxy":
            file = directory / "haproxy.cfg"
            file.write_text(text)
            return [real_program("haproxy"), "-db", "-f", str(file)]
        case "caddy":
            file = directory / "Caddyfile"
            file.write_text(text)
            return [real_program("caddy"), "run", "--adapter", "caddyfile", "--config", str(file)]
        case _:
            made = [*("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost")]
            made += ["-keyout", str(directory / "portal-key.pem")]
            made += ["-out", str(directory / "portal.pem")]
            subprocess.run([real_program("openssl"), *made], check=True, capture_output=True)
            (directory / "portal-key.pem").chmod(0o644)
            (directory / "site.conf").write_text(text.replace("/etc/ssl/sluice", str(directory)))
            file = directory / "nginx.conf"
            file.write_text(NGINX_AROUND.format(directory=directory))
            return [real_program("nginx"), "-p", str(directory), "-c", str(file), "-e", "stderr"]


KINDS = {"haproxy": "haproxy.cfg", "nginx": "nginx.conf", "caddy": "Caddyfile"}


@contextmanager
def behind(kind: str, servers: list[ServerProcess]) -> Iterator[Running]:
    """Run the example of this proxy in front of the servers."""
    with (
        tempfile.TemporaryDirectory() as name,  # where nobody may come, unlike pytest's own
        reserved_port() as port,
    ):
        directory = Path(name)
        directory.chmod(0o777)
        with running_proxy(kind, directory, port, servers) as proxy:
            yield proxy


@contextmanager
def running_proxy(
    kind: str, directory: Path, port: int, servers: list[ServerProcess]
) -> Iterator[Running]:
    secure = kind != "haproxy"
    outside = "8443" if secure else "8080"
    ports = {
        outside: port,
        "8024": urlsplit(servers[0].ready.url).port or 0,
        "8034": urlsplit(servers[1].ready.url).port or 0,
    }
    command = command_of(kind, KINDS[kind], directory, ports)
    log = directory / "log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command,
            stdout=sink,
            stderr=subprocess.STDOUT,
            env={**os.environ, "HOME": str(directory), "XDG_DATA_HOME": str(directory)},
            **NOBODY,
        )
    running = Running(port, secure, servers, log)
    try:
        wait_until_it_answers(running, process)
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_it_answers(proxy: Running, process: subprocess.Popen[bytes]) -> None:
    """Ask until the proxy leads to a process; the pause is a wait for an early end."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            if proxy.ask(proxy.webhook + "profile")[0] == 200:
                return
        except (OSError, http.client.HTTPException):
            pass
        try:
            process.wait(0.05)
            break
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(f"the proxy does not answer: {proxy.log.read_text()}")


@contextmanager
def two_servers(directory: Path, **environment: str) -> Iterator[list[ServerProcess]]:
    """Serve one portal with two processes, each at a port that it can come back to."""
    with ExitStack() as running:
        servers = []
        for name in ("first", "second"):
            (directory / name).mkdir()
            port = running.enter_context(reserved_port())
            servers.append(running.enter_context(one_of_two(directory, name, port, **environment)))
        yield servers


@contextmanager
def one_of_two(
    directory: Path, name: str, port: int, **environment: str
) -> Iterator[ServerProcess]:
    """Serve the portal with one of its processes."""
    with running_server(
        directory / name,
        *("--database", f"sqlite:///{directory / 'portal.db'}", "--port", str(port)),
        environment={**ENVIRONMENT, **environment},
    ) as server:
        yield server


def calls_of(server: ServerProcess, beginning: str = "") -> list[dict[str, Any]]:
    """Return the lines of calls whose request id begins so."""
    logged = [json.loads(line) for line in server.output.splitlines() if line.startswith("{")]
    return [line for line in logged if line.get("request_id", "").startswith(beginning)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_proxy_leads_to_the_portal_and_tells_whose_a_call_is(tmp_path: Path, kind: str) -> None:
    required = {} if kind == "haproxy" else {"SLUICE_HTTPS_REQUIRED": "true"}
    claimed = {"x_forwarded_for": "203.0.113.9", "x_request_id": "mine"}
    with two_servers(tmp_path, **LOGGED, **required) as servers, behind(kind, servers) as proxy:
        answers = [proxy.ask(proxy.webhook + "profile", **claimed)[0] for _ in range(10)]
        guessed = proxy.ask("/rest/1/guessed-code/profile")[0]
        lines = [line for server in servers for line in calls_of(server, "mine")]
        for server in servers:
            server.stop()
        lost = proxy.ask(proxy.webhook + "profile")[0]
        printed = proxy.log.read_text()

    assert answers == [200] * 10
    assert [line["client"] for line in lines] == [CLIENT] * 10  # whatever a client claims
    assert guessed == 401
    assert lost in (502, 503, 504)
    assert proxy.webhook.split("/")[3] not in printed
    assert "guessed-code" not in printed


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_for_the_operator_is_not_for_the_world(tmp_path: Path, kind: str) -> None:
    paths = ["/metrics", "/readyz", "/livez", "//metrics", "/metrics/", "///readyz//", "/livez/x"]
    with (
        two_servers(tmp_path, SLUICE_METRICS="all") as servers,
        behind(kind, servers) as proxy,
    ):
        hidden = {path: proxy.ask(path) for path in paths}

    assert {status for status, _ in hidden.values()} == {404}
    assert not any("sluice_" in body or "ready" in body for _, body in hidden.values())


def test_a_plan_counts_the_clients_behind_a_proxy_each_for_itself(tmp_path: Path) -> None:
    with two_servers(tmp_path) as servers, behind("haproxy", servers) as proxy:
        assert servers[0].cli("portal", "set", "plan=commercial").returncode == 0

        many = [proxy.ask(proxy.webhook + "profile")[0] for _ in range(150)]
        other = proxy.ask(proxy.webhook + "profile", client="127.0.0.3")[0]

    assert 503 in many
    assert other == 200


class Client(threading.Thread):
    """Adds tasks through the proxy until it is told to stop; every call must be answered."""

    def __init__(self, proxy: Running, number: int) -> None:
        super().__init__()
        self._proxy, self._number = proxy, number
        self.stopping = threading.Event()
        self.added: list[int] = []
        self.failed: list[str] = []

    def run(self) -> None:
        connection = self._proxy.connect()
        path = self._proxy.webhook + "tasks.task.add"
        while not self.stopping.is_set():
            title = f"{self._number}.{len(self.added)}"
            try:
                status, body = ask(
                    connection, path, {"fields": {"TITLE": title, "RESPONSIBLE_ID": 1}}
                )
            except (OSError, http.client.HTTPException) as problem:
                self.failed.append(repr(problem))
                connection.close()
                continue
            if status == 200:
                self.added.append(int(json.loads(body)["result"]["task"]["id"]))
            else:
                self.failed.append(f"{status} {body}")
        connection.close()


@pytest.mark.parametrize("kind", ["haproxy", "caddy"])
def test_processes_are_restarted_one_after_the_other_and_no_call_fails(
    tmp_path: Path, kind: str
) -> None:
    environment = {"SLUICE_DRAIN_DELAY_SECONDS": "3", **LOGGED}
    with (
        ExitStack() as restarted,
        two_servers(tmp_path, **environment) as servers,
        behind(kind, servers) as proxy,
    ):
        clients = [Client(proxy, number) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        for name, server in zip(("first", "second"), servers, strict=True):
            port = urlsplit(server.ready.url).port or 0
            assert server.stop() == 0
            (tmp_path / name / "server.log").unlink()
            again = restarted.enter_context(one_of_two(tmp_path, name, port, **environment))
            wait_until_it_is_called(again)
        for client in clients:
            client.stopping.set()
        for client in clients:
            client.join()
        doctor = again.cli("doctor", "--deep")
        kept = again.cli_answer("call", "tasks.task.list", "select[]=ID")["total"]

    added = [task for client in clients for task in client.added]
    assert [client.failed for client in clients] == [[]] * CLIENTS
    assert len(added) == len(set(added)) == kept > 0
    assert "every kept number is what a count gives" in doctor.stdout


def wait_until_it_is_called(server: ServerProcess) -> None:
    """Wait until the proxy leads clients to a process again."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not calls_of(server):
        assert time.monotonic() < until, "the proxy does not come back to a restarted process"
        with suppress(subprocess.TimeoutExpired):
            server.process.wait(0.05)
