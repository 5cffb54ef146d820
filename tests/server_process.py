"""A real Sluice server in a process of its own, for tests of what a user starts.

`running_server(directory)` is `sluice serve` on free ports with its database, its certificate
authority and its output in `directory`. Started again in the same directory it opens the same
portal, so a test can stop or kill a server and look at what the next one finds.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_SECONDS = 30.0
STOP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Ready:
    """What the ready file tells, which is written once both listeners answer."""

    url: str
    tls_url: str
    ca_file: Path
    pid: int
    webhook: str
    tls_webhook: str
    database: str

    @classmethod
    def read(cls, path: Path) -> "Ready":
        """Return the facts in the file; what later versions add to it is left out."""
        facts = json.loads(path.read_text(encoding="utf-8"))
        names = cls.__dataclass_fields__
        known = {name: facts[name] for name in names}
        return cls(**{**known, "ca_file": Path(facts["ca_file"])})


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A started server: its facts, its output, its command line and its end."""

    ready: Ready
    process: "subprocess.Popen[bytes]"
    environment: Mapping[str, str]
    log: Path

    @property
    def output(self) -> str:
        """Return what the server has printed so far, both streams together."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> int:
        """Ask the server to finish what is in flight and end; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)

    def kill(self) -> None:
        """End the server at once, as a crash would."""
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def cli(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run `sluice ARGUMENTS` on the server's database, whatever its exit code."""
        return self.cli_alone(*arguments, "--database", self.ready.database)

    def cli_alone(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run `sluice ARGUMENTS` and nothing more, whatever its exit code.

        Args:
            environment: variables beside the server's own.
        """
        return subprocess.run(
            [sys.executable, "-m", "sluice", *arguments],
            env={**self.environment, **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
        )

    def cli_answer(self, *arguments: str) -> Any:
        """Return what `sluice ARGUMENTS --json` tells, for commands that must succeed."""
        done = self.cli(*arguments, "--json")
        assert done.returncode == 0, f"sluice {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return json.loads(done.stdout)

    def metric(self, name: str) -> float:
        """Return a number without labels that the server tells at /metrics."""
        with urllib.request.urlopen(f"{self.ready.url.rstrip('/')}/metrics", timeout=60) as told:
            found = re.search(rf"^{name} (\S+)$", told.read().decode(), re.MULTILINE)
        assert found is not None, name
        return float(found[1])

    def webhook_for(self, user: int, *scopes: str) -> str:
        """Return the address of a new webhook of the user; no scopes mean every scope."""
        limits = ["--scope", ",".join(scopes)] if scopes else []
        made = self.cli_answer("webhook", "create", "--user", str(user), *limits)
        return f"{self.ready.url.rstrip('/')}/rest/{user}/{made['code']}/"

    def over_tls(self, webhook: str) -> str:
        """Return the same webhook at the server's HTTPS address."""
        return webhook.replace(self.ready.url, self.ready.tls_url, 1)


@contextmanager
def running_server(
    directory: Path,
    *arguments: str,
    database: str = "",
    environment: Mapping[str, str] | None = None,
) -> Iterator[ServerProcess]:
    """Start `sluice serve` in the directory, and stop it at the end if it still runs.

    Args:
        directory: holds the database, the local authority, the ready file and the log.
        database: the portal's address, if it is not a file in the directory.
        arguments: more arguments of `sluice serve`; they win over those given here.
        environment: variables beside the ones of the test run.

    Raises:
        AssertionError: the server ended, or was not ready in time; its output is in the message.
    """
    ready_file = directory / "ready.json"
    ready_file.unlink(missing_ok=True)
    variables = {**os.environ, "SLUICE_DATA_DIR": str(directory / "data"), **(environment or {})}
    command = [
        *(sys.executable, "-m", "sluice", "serve", "--port", "0", "--tls-port", "0"),
        *("--database", database or f"sqlite:///{directory / 'portal.db'}"),
        *("--ready-file", str(ready_file), *arguments),
    ]
    log = directory / "server.log"
    with log.open("ab") as sink:
        process = subprocess.Popen(
            command,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    try:
        ready = _wait_until_ready(process, ready_file, log)
        server = ServerProcess(ready, process, variables, log)
        yield server
        if process.poll() is None:
            server.stop()
    finally:
        process.kill()  # nothing happens when it has ended; nothing may outlive the test
        process.wait(STOP_SECONDS)


def _wait_until_ready(process: "subprocess.Popen[bytes]", ready_file: Path, log: Path) -> Ready:
    """Return the ready facts as soon as they are written; the pause is a wait for an early end."""
    deadline = time.monotonic() + START_SECONDS
    while not ready_file.exists():
        try:
            code = process.wait(0.01)
        except subprocess.TimeoutExpired:
            if time.monotonic() < deadline:
                continue
            reason = f"was not ready after {START_SECONDS:.0f} s"
        else:
            reason = f"ended with exit code {code} before it was ready"
        raise AssertionError(f"the server {reason}:\n{log.read_text(encoding='utf-8')}")
    return Ready.read(ready_file)
