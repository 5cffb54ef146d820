"""Start Sluice and its peers as programs of their own, on free local ports, and stop them."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.load import Request

ROOT = Path(__file__).parent.parent
START_SECONDS = 60  # a program that is not ready by then is given up
STOP_SECONDS = 10
REDMINE = Path("/usr/share/redmine")  # where Debian's package has it
REDMINE_SECONDS = 300  # it makes three hundred migrations, and starts slowly
POLL_SECONDS = 0.001
ACTIVATE = "tasks.flow.Flow.activate"
GET = "tasks.flow.Flow.get"
_starts = count()


class ProgramFailed(Exception):
    """A program ended before it was ready, or was not ready in time."""


@dataclass(frozen=True)
class Answer:
    """An answer as it came."""

    status: int
    headers: list[tuple[str, str]]
    body: str


@dataclass(frozen=True)
class Running:
    """A program that serves. `address` ends with a slash; for Sluice it holds the webhook."""

    address: str
    pid: int
    started: float  # by time.perf_counter()

    def request(self, method: str, **parameters: object) -> Request:
        """Return the call of any method."""
        return Request(self.address + method, json.dumps(parameters))

    def call(self, method: str, flow_id: int | str) -> Request:
        """Return the call of a flow method."""
        return Request(self.address + method, f'{{"flowId": {flow_id}}}')

    def batch(self, method: str, flow_id: int, commands: int) -> Request:
        """Return one call with so many commands, each a call of a flow method."""
        cmd = [f"{method}?flowId={flow_id}"] * commands
        return Request(f"{self.address}batch", json.dumps({"cmd": cmd}))

    def age(self) -> float:
        """Return the seconds since the program was started."""
        return time.perf_counter() - self.started

    def resident_bytes(self) -> int:
        """Return the memory that the program holds now."""
        status = Path(f"/proc/{self.pid}/status")
        if status.exists():
            return int(status.read_text().partition("VmRSS:")[2].split()[0]) * 1024
        told = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self.pid)], check=True, capture_output=True, text=True
        )
        return int(told.stdout) * 1024


def ask(request: Request) -> Answer:
    """Send one call and return its answer."""
    parts = urlsplit(request.url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=START_SECONDS)
    try:
        connection.request(request.method, request.target, request.body, dict(request.headers))
        response = connection.getresponse()
        return Answer(response.status, response.getheaders(), response.read().decode())
    finally:
        connection.close()


@contextmanager
def sluice(
    database: Path | str, data: Path, module: str = "sluice", *options: str
) -> Iterator[Running]:
    """Serve a portal from a database, made on the way when there is none.

    Args:
        database: a file of SQLite, or any address.
    """
    ready = data / f"ready-{next(_starts)}.json"
    address_of = f"sqlite:///{database}" if isinstance(database, Path) else database
    arguments = ["--port", "0", "--tls-port", "0", "--database", address_of]

    def address() -> str | None:
        if not ready.exists():
            return None
        webhook: str = json.loads(ready.read_text())["webhook"]
        return webhook

    command = [module, "serve", *arguments, *options, "--ready-file", str(ready)]
    with _program(command, address, {"SLUICE_DATA_DIR": str(data)}) as running:
        yield running


@contextmanager
def constant(answers: Path) -> Iterator[Running]:
    """Serve recorded answers: peer (a)."""
    with _peer("constant", str(answers)) as running:
        yield running


@contextmanager
def call_by_call(database: Path) -> Iterator[Running]:
    """Serve `activate` with a commit per call: peer (b)."""
    with _peer("call_by_call", str(database)) as running:
        yield running


@contextmanager
def receiver(file: Path) -> Iterator[Running]:
    """Answer whatever is posted, as a handler of events that does nothing else."""
    with _peer("receiver", str(file)) as running:
        yield running


@contextmanager
def moto() -> Iterator[Running]:
    """Serve moto's imitation of AWS: peer (c)."""
    port, address = _free_port()
    with _program(["moto.server", "-H", "127.0.0.1", "-p", str(port)], address) as running:
        yield running


@contextmanager
def redmine(directory: Path, database: str) -> Iterator[tuple[Running, dict[str, Any]]]:
    """Serve Debian's Redmine with two workers of puma, and what a new instance needs.

    Args:
        database: the address of an empty database, as Rails takes it.

    Yields:
        The server, and its `key`, `project` and `version`.
    """
    gems = directory / "Gemfile"
    # Debian's own lets in the drivers of the instances that its administrator made.
    gems.write_text(f'eval_gemfile "{REDMINE}/Gemfile"\ngem "pg", "~> 1.2"\n')
    environment = {
        **{"BUNDLE_GEMFILE": str(gems)},
        **{"RAILS_ENV": "production", "X_DEBIAN_SITEID": "default"},
        **{"DATABASE_URL": database, "LANG": "C.UTF-8"},
    }
    for tool in (
        ["rake", "-s", "db:migrate"],
        ["bin/rails", "runner"],
    ):
        script = [str(ROOT / "bench/peers/redmine.rb")] if tool[-1] == "runner" else []
        done = subprocess.run(
            [*tool, *script],
            cwd=REDMINE,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=REDMINE_SECONDS,
        )
        if done.returncode:
            raise ProgramFailed(f"Redmine's {tool[-1]}: {done.stderr[:400]}")
    facts = json.loads(done.stdout.splitlines()[-1])
    port, address = _free_port()
    command = ["puma", "-e", "production", "-w", "2", "-t", "5:5", "--dir", str(REDMINE)]
    command += ["-b", f"tcp://127.0.0.1:{port}"]
    log = directory / "puma.log"
    with _started(command, "puma", address, environment, log, REDMINE_SECONDS) as running:
        yield running, facts


def has_redmine() -> bool:
    """Tell whether Debian's Redmine and puma are installed."""
    return (REDMINE / "bin/rails").exists() and shutil.which("puma") is not None


def ssm(running: Running, operation: str, **parameter: object) -> Request:
    """Return a call of AWS's parameter store."""
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"AmazonSSM.{operation}",
        # moto finds the service by the credential's scope and checks no signature.
        "Authorization": "AWS4-HMAC-SHA256 Credential=bench/20250101/us-east-1/ssm/aws4_request, "
        "SignedHeaders=host, Signature=0",
    }
    return Request(running.address, json.dumps(parameter), headers)


def bare_loop(database: Path, flow_id: int, seconds: int) -> float:
    """Return the commits per second of a loop with no server around it."""
    output = subprocess.run(
        [sys.executable, "-m", "bench.peers.bare_loop", str(database), str(flow_id), str(seconds)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=seconds + START_SECONDS,
    ).stdout
    counted = json.loads(output)
    return float(counted["commits"] / counted["seconds"])


def same_statements(address: str, seconds: int, request: Request) -> float:
    """Return the commits per second of the statements that Sluice runs for a call."""
    method = request.target.rpartition("/")[2]
    output = subprocess.run(
        [
            *(sys.executable, "-m", "bench.peers.same_statements"),
            *(address, str(seconds), method, request.body),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds + START_SECONDS,
    )
    if output.returncode:
        raise ProgramFailed(f"the statements cannot be repeated: {output.stderr[-400:]}")
    counted = json.loads(output.stdout)
    return float(counted["commits"] / counted["seconds"])


def _free_port() -> tuple[int, Callable[[], str | None]]:
    """Return a port, and what tells its address once somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    def address() -> str | None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return f"http://127.0.0.1:{port}/"
        return None

    return port, address


@contextmanager
def _peer(name: str, argument: str) -> Iterator[Running]:
    told = Path(argument).with_suffix(f".{name}.json")
    told.unlink(missing_ok=True)

    def address() -> str | None:
        text = told.read_text() if told.exists() else ""
        return f"http://127.0.0.1:{json.loads(text)['port']}/" if text.endswith("\n") else None

    with _program([f"bench.peers.{name}", argument], address, output=told) as running:
        yield running


@contextmanager
def _program(
    module: Sequence[str],
    address: Callable[[], str | None],
    environment: dict[str, str] | None = None,
    output: Path = Path(os.devnull),
) -> Iterator[Running]:
    """Start a Python module, yield it as soon as it has an address, and stop it at the end."""
    command = [sys.executable, "-m", *module]
    with _started(command, module[0], address, environment or {}, output) as running:
        yield running


@contextmanager
def _started(
    command: Sequence[str],
    name: str,
    address: Callable[[], str | None],
    environment: dict[str, str],
    output: Path,
    patience: float = START_SECONDS,
) -> Iterator[Running]:
    started = time.perf_counter()
    with output.open("wb") as standard_output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=standard_output,
            stderr=subprocess.DEVNULL,
        )
    try:
        yield Running(_wait(process, name, started, address, patience), process.pid, started)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(
    process: subprocess.Popen[bytes],
    name: str,
    started: float,
    address: Callable[[], str | None],
    patience: float,
) -> str:
    while time.perf_counter() - started < patience:
        if found := address():
            return found
        if process.poll() is not None:
            raise ProgramFailed(f"{name} ended with exit code {process.returncode}")
        time.sleep(POLL_SECONDS)
    raise ProgramFailed(f"{name} was not ready after {patience:.0f} s")
