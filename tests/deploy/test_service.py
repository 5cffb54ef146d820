"""The systemd unit: understood by systemd, held to its own measure, and true of the server."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from sluice.settings import Settings
from tests.clients.real_part import real_program
from tests.docs.pages import ROOT
from tests.server_process import running_server

UNIT = ROOT / "deploy" / "sluice.service"
# systemd's measure goes from 0 (locked in) to 10; below 2 is rare for what talks to the network.
MOST_EXPOSURE = 1.5
PR_SET_MDWE = 65


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The unit, with the program where this test run has it."""
    unit = tmp_path / "sluice.service"
    unit.write_text(UNIT.read_text().replace("/opt/sluice/bin/sluice", sys.executable))
    return unit


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = real_program("systemd-analyze")
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def test_systemd_finds_nothing_wrong_with_the_unit(installed: Path) -> None:
    done = analyze("verify", "--man=no", str(installed))

    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_exposes_little(installed: Path) -> None:
    told = analyze("security", "--offline=true", "--no-pager", str(installed))

    measured = re.search(r"exposure level for sluice.service: ([\d.]+)", told.stdout)
    assert measured is not None, told.stdout + told.stderr
    assert float(measured[1]) <= MOST_EXPOSURE


def test_the_server_runs_without_memory_that_is_written_and_executed(tmp_path: Path) -> None:
    """`MemoryDenyWriteExecute`, which the kernel itself can hold a process to."""
    deny = f"import ctypes; denied = ctypes.CDLL(None).prctl({PR_SET_MDWE}, 1, 0, 0, 0) == 0\n"
    if subprocess.run([sys.executable, "-c", f"{deny}exit(not denied)"], check=False).returncode:
        pytest.skip("this kernel cannot deny a process such memory (Linux 6.3 can)")
    at_start = tmp_path / "denied" / "sitecustomize.py"
    at_start.parent.mkdir()
    at_start.write_text(f"{deny}print('denied' if denied else 'allowed', flush=True)\n")
    path = f"{at_start.parent}:{ROOT / 'src'}"

    with running_server(tmp_path, environment={"PYTHONPATH": path}) as server:
        call = f"{server.ready.webhook}tasks.flow.Flow.activate?flowId=517"
        with urllib.request.urlopen(call, timeout=20) as answer:
            assert json.loads(answer.read())["result"] is True

    assert server.output.startswith("denied")


def test_systemd_is_told_when_the_server_answers_and_when_it_stops(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.settimeout(20)
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
        with running_server(tmp_path, environment=environment) as server:
            assert supervisor.recv(100) == b"READY=1"

            server.stop()

            assert supervisor.recv(100) == b"STOPPING=1"


def test_a_supervisor_that_has_gone_stops_nobody(tmp_path: Path) -> None:
    environment = {"NOTIFY_SOCKET": str(tmp_path / "nobody")}
    with running_server(tmp_path, environment=environment) as server:
        assert server.stop() == 0

    assert "the supervisor could not be told" in server.output


def test_the_unit_waits_longer_than_the_server_needs_to_stop() -> None:
    wait = re.search(r"TimeoutStopSec=(\d+)s", UNIT.read_text())

    assert wait is not None
    assert int(wait[1]) > Settings().drain_timeout_seconds + 10
