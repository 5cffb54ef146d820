"""A disk that fails, a file that is locked or read-only: said in the protocol, nothing lost."""

from __future__ import annotations

import http.client
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sluice.store.sqlite import open_sqlite
from tests.contract.conftest import NOW
from tests.server_process import ServerProcess, running_server

if not hasattr(resource, "prlimit"):
    pytest.skip("the size of another program's files is limited on Linux alone", True)


class Caller:
    """A connection that calls methods of flows as the administrator."""

    def __init__(self, server: ServerProcess) -> None:
        self._address = urlsplit(server.ready.webhook)
        self._connection = http.client.HTTPConnection(self._address.netloc, timeout=20)

    def ask(self, method: str, **parameters: Any) -> None:
        headers = {"Content-Type": "application/json"}
        path = f"{self._address.path}tasks.flow.Flow.{method}"
        self._connection.request("POST", path, json.dumps(parameters), headers)

    def answer(self) -> tuple[int, Any]:
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())

    def __call__(self, method: str, **parameters: Any) -> tuple[int, Any]:
        self.ask(method, **parameters)
        return self.answer()

    def create(self, name: str) -> tuple[int, Any]:
        flow_data = {
            "name": name,
            "description": "x" * 20_000,
            "plannedCompletionTime": 3600,
            "distributionType": "queue",
            "responsibleList": [["user", 3]],
        }
        return self("create", flowData=flow_data)


def limit_files(server: ServerProcess, size: int) -> None:
    """Let no file of the server grow beyond the size, as a disk without space would."""
    resource.prlimit(server.ready.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def named(directory: Path, pattern: str) -> tuple[list[str], list[str]]:
    """Return the names of the stored flows and groups that match."""
    with closing(sqlite3.connect(directory / "portal.db")) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        flows, groups = (
            file.execute(f"SELECT name FROM {table} WHERE name LIKE ? ORDER BY id", [pattern])
            for table in ("flow", "workgroup")
        )
        return [row[0] for row in flows], [row[0] for row in groups]


def test_a_disk_that_takes_no_more_loses_nothing(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        call = Caller(server)
        kept = []
        limit_files(server, 600_000)
        for number in range(1_000):
            status, refusal = call.create(f"Flow {number}")
            if status != 200:
                break
            kept.append(f"Flow {number}")

        assert (status, refusal["error"]) == (503, "INTERNAL_SERVER_ERROR")
        assert refusal["error_description"] == (
            "Nothing was changed. The disk that holds the portal failed."
            " Check the disk and try again."
        )
        assert len(kept) > 0
        assert call("get", flowId=517)[0] == 200  # who only reads needs no space

        limit_files(server, resource.RLIM_INFINITY)
        assert call.create("Flow after")[0] == 200
        server.kill()
    assert named(tmp_path, "Flow %") == ([*kept, "Flow after"], [*kept, "Flow after"])


def test_a_call_waits_for_another_program_that_writes(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        writing, reading = Caller(server), Caller(server)
        with closing(sqlite3.connect(tmp_path / "portal.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            writing.ask("activate", flowId=517)
            for _ in range(3):
                assert reading("get", flowId=517)[1]["result"]["active"] is True
            other.execute("COMMIT")

            assert writing.answer()[1]["result"] is True
        assert reading("get", flowId=517)[1]["result"]["active"] is False


@contextmanager
def without_write_permission(place: Path, mode: int) -> Iterator[list[str]]:
    """Take the permission away, and yield how to start a program that has to obey."""
    before = place.stat().st_mode
    place.chmod(mode)
    obey = []
    if os.geteuid() == 0:  # root writes wherever it likes, unless it gives that up
        if shutil.which("setpriv") is None:
            pytest.skip("root writes everywhere, and there is no setpriv to keep it from that")
        obey = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    try:
        yield obey
    finally:
        place.chmod(before)


@pytest.mark.parametrize(
    ("obstacle", "words"),
    [
        ("file", "The portal's file is read-only. Make it writable and try again."),
        ("directory", "Check that it is there, and that it and its directory may be written."),
        ("no directory", "Choose another place with --database."),
    ],
)
def test_what_may_not_be_written_is_refused_at_the_start(
    tmp_path: Path, obstacle: str, words: str
) -> None:
    directory = tmp_path / "portals"
    directory.mkdir()
    path = directory / "portal.db"
    if obstacle == "file":
        open_sqlite(path, NOW).close()
    if obstacle == "no directory":
        path = directory / "deeper" / "portal.db"
    place, mode = (path, 0o400) if obstacle == "file" else (directory, 0o500)

    with without_write_permission(place, mode) as obey:
        done = subprocess.run(
            [
                *(*obey, sys.executable, "-m", "sluice", "serve", "--port", "0"),
                *("--tls-port", "0", "--database", f"sqlite:///{path}"),
            ],
            env={**os.environ, "SLUICE_DATA_DIR": str(tmp_path / "data")},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )

    assert done.returncode != 0
    assert words in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
