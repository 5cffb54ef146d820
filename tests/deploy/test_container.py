"""The container file: built without a daemon, and what it makes is run.

No base image is fetched: the base is an empty one, into which this machine's `/usr` and Python are
mounted while it is built and run. So the steps of the file are tried, not a distribution.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.clients.real_part import real_program
from tests.docs.pages import ROOT

FILE = ROOT / "deploy" / "Containerfile"
PATIENCE_SECONDS = 60.0
USER = 10001
# Links of a merged /usr, and places that something is mounted at.
LINKS = ("bin", "sbin", "lib", "lib64")
DIRECTORIES = ("etc", "tmp", "var/lib", "opt", "proc", "sys", "dev", "run", "usr")


@dataclass(frozen=True)
class Buildah:
    """Buildah with a storage of its own, and what the machine lends to every container."""

    directory: Path

    @property
    def lent(self) -> list[str]:
        return ["--volume", "/usr:/usr:ro", "--volume", f"{sys.base_prefix}:{sys.base_prefix}:ro"]

    def command(self, *arguments: str) -> list[str]:
        storage = [*("--root", str(self.directory / "storage")), "--storage-driver", "vfs"]
        return [
            real_program("buildah"),
            *storage,
            *("--runroot", str(self.directory / "run")),
            *arguments,
        ]

    def run(self, *arguments: str) -> str:
        """Return what a command prints that must succeed."""
        done = subprocess.run(
            self.command(*arguments),
            env={**os.environ, "BUILDAH_ISOLATION": "chroot"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"buildah {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout.strip()


def make_base(buildah: Buildah) -> None:
    """Make an image that holds nothing but links and empty directories."""
    skeleton = buildah.directory / "skeleton"
    for name in DIRECTORIES:
        (skeleton / name).mkdir(parents=True)
    (skeleton / "tmp").chmod(0o1777)
    for name in LINKS:
        (skeleton / name).symlink_to(f"usr/{name}")
    container = buildah.run("from", "scratch")
    buildah.run("add", "--quiet", container, str(skeleton), "/")
    path = f"PATH={sys.base_prefix}/bin:/usr/bin:/bin"
    buildah.run("config", "--env", path, container)
    buildah.run("commit", "--quiet", container, "localhost/base")
    buildah.run("rm", container)


def of_pip() -> Iterator[str]:
    """Yield what lets pip inside reach what it reaches on this machine."""
    places = ["/etc", os.environ.get("PIP_FIND_LINKS", "")]
    for place in places:
        if Path(place).is_absolute() and Path(place).is_dir():
            yield from ("--volume", f"{place}:{place}:ro")
    mine = Path("~/.config/pip").expanduser()  # found inside at the same place, by the same user
    if mine.is_dir():
        yield from ("--volume", f"{mine}:{mine}:ro")


@pytest.fixture(scope="module")
def buildah(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buildah]:
    """Buildah, in whose storage the image `localhost/sluice` is."""
    real_program("buildah")
    if os.geteuid() != 0:
        pytest.skip("only root can mount this machine's /usr into a container here")
    buildah = Buildah(tmp_path_factory.mktemp("buildah"))
    make_base(buildah)
    buildah.run(
        *("build", "--build-arg", "BASE=localhost/base", "--network", "host"),
        *(*buildah.lent, *of_pip()),
        *("--tag", "localhost/sluice", "--file", str(FILE), str(ROOT)),
    )
    yield buildah
    buildah.run("rm", "--all")
    buildah.run("rmi", "--all", "--force")


def test_the_image_says_how_it_is_to_be_run(buildah: Buildah) -> None:
    told = json.loads(buildah.run("inspect", "--type", "image", "localhost/sluice"))

    config: dict[str, Any] = told["OCIv1"]["config"]
    assert config["User"] == f"{USER}:{USER}"
    assert set(config["Volumes"]) == {"/var/lib/sluice"}
    assert {port.partition("/")[0] for port in config["ExposedPorts"]} == {"8024", "8443"}
    assert (config["Entrypoint"], config["Cmd"]) == (["/opt/sluice/bin/sluice"], ["serve"])


def test_a_container_serves_a_portal_and_stops_when_it_is_asked(
    buildah: Buildah, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    told.mkdir()
    os.chown(told, USER, USER)
    ready_file = told / "ready.json"
    container = buildah.run("from", "localhost/sluice")
    serving = subprocess.Popen(
        buildah.command(
            *("run", *buildah.lent, "--volume", f"{told}:/told", container, "--"),
            *("/opt/sluice/bin/sluice", "serve", "--port", "0", "--tls-port", "0"),
            *("--ready-file", "/told/ready.json"),
        ),
        env={**os.environ, "BUILDAH_ISOLATION": "chroot"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    until = time.monotonic() + PATIENCE_SECONDS
    while not ready_file.exists() and serving.poll() is None and time.monotonic() < until:
        with suppress(subprocess.TimeoutExpired):
            serving.wait(0.05)
    if not ready_file.exists():
        os.killpg(serving.pid, signal.SIGKILL)
        raise AssertionError(f"the container does not serve: {serving.communicate()[0]}")
    facts = json.loads(ready_file.read_text())

    with urllib.request.urlopen(facts["webhook"] + "profile", timeout=20) as answer:
        called = json.loads(answer.read())
    status = Path(f"/proc/{facts['pid']}/status").read_text()
    os.kill(facts["pid"], signal.SIGTERM)
    printed = serving.communicate(timeout=PATIENCE_SECONDS)[0]

    assert called["result"]["ID"] == "1"
    assert "Stopped; every answered call is kept." in printed
    assert serving.returncode == 0
    assert f"Uid:\t{USER}\t{USER}" in status
