"""The commands and samples of the pages, run as their reader runs them.

The reader is a new user, in a clone whose portal is being served. The `sh` blocks of a page are run
in order, in one shell; `python` and `php` samples after what the page exports.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from sluice.settings import load
from tests.clients.real_part import real_module, real_php_extension, real_program
from tests.docs.pages import ROOT, Block, blocks_of, is_shown
from tests.server_process import Ready, running_server

PAGES = [
    "README.md",
    "docs/operating.md",
    "docs/production-code.md",
    "docs/events.md",
    "docs/notifications.md",
    "docs/time.md",
]
BETWEEN_BLOCKS = "--- the next block ---"
MAKES_OWN = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES")


@contextmanager
def portal_of(home: Path) -> Iterator[None]:
    """Serve the default portal of the user whose home this is."""
    data = home / ".local" / "share" / "sluice"
    data.mkdir(parents=True)
    database = f"sqlite:///{data / 'portal.db'}"
    with running_server(home, "--database", database, environment={"SLUICE_DATA_DIR": str(data)}):
        yield


def environment_of(home: Path) -> dict[str, str]:
    """Return the variables of a user who has set nothing."""
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("SLUICE_") and name not in (*MAKES_OWN, "XDG_DATA_HOME")
    }
    local = "127.0.0.1,localhost"
    return {**own, "HOME": str(home), "NO_PROXY": local, "no_proxy": local}


def shell(script: str, home: Path) -> str:
    """Run a script where `.venv` is the environment of this test run; return what it prints."""
    real_program(str(Path(sys.prefix) / "bin" / "sluice"))
    clone = home / "clone"
    clone.mkdir()
    (clone / ".venv").symlink_to(sys.prefix)
    done = subprocess.run(
        ["sh", "-eu", "-c", script],
        cwd=clone,
        env=environment_of(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    return done.stdout


def commands_of(page: str) -> list[Block]:
    """Return the shell blocks of a page, apart from those that start the server itself."""
    shells = [block for block in blocks_of(page) if block.language == "sh"]
    return [block for block in shells if not block.code.startswith("make ")]


def exports_of(blocks: Sequence[Block]) -> str:
    lines = "".join(block.code for block in blocks).splitlines()
    return "\n".join(line for line in lines if line.startswith("export "))


def check_sample(language: str, program: str, home: Path) -> None:
    """Run the README's sample in a language, and look at what it prints."""
    samples = [block for block in blocks_of("README.md") if block.language == language]
    assert samples
    exports = exports_of(commands_of("README.md"))
    for number, sample in enumerate(samples):
        directory = home / str(number)
        directory.mkdir()
        with portal_of(directory):
            printed = shell(f"{exports}\n{program} <<'END'\n{sample.code}END\n", directory)
        assert is_shown(sample.prints, printed), printed


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_print_what_it_shows(page: str, tmp_path: Path) -> None:
    blocks = commands_of(page)
    script = f"echo '{BETWEEN_BLOCKS}'\n".join(block.code for block in blocks)

    with portal_of(tmp_path):
        printed = shell(script, tmp_path).split(BETWEEN_BLOCKS)

    for block, shown in zip(blocks, printed, strict=True):
        assert is_shown(block.prints, shown), f"{block.code}printed{shown}"


def test_the_python_sample_prints_what_the_readme_shows(tmp_path: Path) -> None:
    real_module("b24pysdk")

    check_sample("python", "python -", tmp_path)


def test_the_php_sample_prints_what_the_readme_shows(tmp_path: Path) -> None:
    real_php_extension("curl")

    check_sample("php", "php", tmp_path)


def test_make_knows_what_the_readme_asks_of_it() -> None:
    asked = [block.code for block in blocks_of("README.md") if block.code.startswith("make ")]

    assert asked == ["make serve\n", "make test\n"]
    for command in asked:
        subprocess.run([*command.split(), "--dry-run"], cwd=ROOT, capture_output=True, check=True)


def test_make_serve_says_what_the_readme_shows(tmp_path: Path) -> None:
    block = next(block for block in blocks_of("README.md") if block.code == "make serve\n")
    environment = environment_of(tmp_path)
    installed = ["make", "--question", ".venv/runtime"]
    if "CI" not in os.environ and subprocess.run(installed, cwd=ROOT, check=False).returncode:
        pytest.skip("`make serve` would install first; `make test` has done so")

    ready, said = make_serve(tmp_path, environment)

    plain, tls = ready.url.rpartition(":")[2], ready.tls_url.rpartition(":")[2]
    assert is_shown(block.prints.replace("8024", plain).replace("8443", tls), said), said
    assert "Stopped; every answered call is kept." in said


def make_serve(home: Path, environment: Mapping[str, str]) -> tuple[Ready, str]:
    """Run `make serve` on free ports, stop it when it is ready, and return what it said."""
    ready_file = home / "ready.json"
    arguments = f"ARGS=--port 0 --tls-port 0 --ready-file {ready_file}"
    with subprocess.Popen(
        ["make", "serve", arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as making:
        try:
            assert making.stdout is not None
            said = ""
            for line in making.stdout:
                said += line
                if line.startswith("Stop with Ctrl-C"):
                    ready = ready_facts(making, ready_file)
                    os.killpg(making.pid, signal.SIGINT)
        except BaseException:  # nothing may wait for a server that nobody will stop
            os.killpg(making.pid, signal.SIGKILL)
            raise
    assert ready_file.exists(), said
    return ready, said


def ready_facts(making: "subprocess.Popen[str]", ready_file: Path) -> Ready:
    """Return the facts of the ready file, which is written after everything was said."""
    while not ready_file.exists():
        with suppress(subprocess.TimeoutExpired):
            raise AssertionError(f"the server ended with exit code {making.wait(0.01)}")
    return Ready.read(ready_file)


def test_the_sample_of_a_settings_file_is_understood(tmp_path: Path) -> None:
    sample = next(block for block in blocks_of("docs/operating.md") if block.language == "toml")
    file = tmp_path / "sluice.toml"
    file.write_text(sample.code, "utf-8")

    loaded = load({}, {}, tmp_path)

    assert loaded.settings.port == 9000
    assert loaded.origins["time_zone"] == str(file)
