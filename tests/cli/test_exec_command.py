"""`sluice exec`: the program's own exit code, its environment, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

PRINT_ENVIRONMENT = "import json, os; print(json.dumps(dict(os.environ)))"


def execute(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `sluice exec` with a portal of its own; temporary files go where the test looks."""
    return subprocess.run(
        [sys.executable, "-m", "sluice", "exec", *words],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("program", "code"),
    [
        (("sh", "-c", "exit 0"), 0),
        (("sh", "-c", "exit 7"), 7),
        (("sh", "-c", "kill -KILL $$"), 137),
        (("no-such-program",), 127),
        (("/",), 126),
    ],
    ids=["success", "failure", "signal", "no program", "no program file"],
)
def test_it_ends_with_the_programs_exit_code(
    program: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    done = execute("--", *program, TMPDIR=str(scratch), SLUICE_DATA_DIR=str(scratch / "data"))

    assert done.returncode == code, done.stderr
    assert list(scratch.iterdir()) == []


def test_the_program_finds_the_portal_in_its_environment(tmp_path: Path) -> None:
    done = execute(
        *("--domain", "acme.bitrix24.com", "--", sys.executable, "-c", PRINT_ENVIRONMENT),
        ALL_PROXY="socks5://elsewhere",
        NO_PROXY="*",
    )
    environment = json.loads(done.stdout)

    proxy = environment["SLUICE_PROXY_URL"]
    assert proxy.startswith("http://127.0.0.1:")
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        assert environment[name] == proxy
    assert "ALL_PROXY" not in environment
    assert environment["NO_PROXY"] == "localhost,127.0.0.1,::1"
    assert environment["SLUICE_WEBHOOK"].startswith("https://acme.bitrix24.com/rest/1/")
    assert environment["SLUICE_PORTAL_DOMAIN"] == "acme.bitrix24.com"
    assert environment["REQUESTS_CA_BUNDLE"] == environment["SSL_CERT_FILE"]


def test_sluice_commands_in_the_program_work_on_the_same_portal(tmp_path: Path) -> None:
    inside = (
        f'"{sys.executable}" -m sluice user create --name Ada --email ada@example.com'
        f' --department 1 >/dev/null && "{sys.executable}" -m sluice user list --json'
    )

    done = execute("--", "sh", "-c", inside)

    assert done.returncode == 0, done.stderr
    assert "ada@example.com" in [user["email"] for user in json.loads(done.stdout)]


def test_a_named_portal_is_used_and_kept(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'team.db'}"

    done = execute("--database", database, "--", "sh", "-c", "exit 0")

    assert done.returncode == 0
    assert (tmp_path / "team.db").exists()


def test_a_server_without_a_proxy_is_told(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    ready.write_text('{"url": "http://127.0.0.1:1"}', encoding="utf-8")

    done = execute("--ready-file", str(ready), "--", "true")

    assert done.returncode == 1
    assert "has no proxy. Start it with `sluice serve --proxy`." in done.stderr


def test_a_signal_is_the_programs(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    waiting = "trap 'echo asked to end; exit 3' TERM; echo waiting; while :; do sleep 0.05; done"
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "sluice", "exec", "--", "sh", "-c", waiting],
            env={**os.environ, "TMPDIR": str(scratch)},
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"

        process.send_signal(signal.SIGTERM)

        assert process.stdout.readline() == "asked to end\n"
        assert process.wait(30) == 3
    assert list(scratch.iterdir()) == []
