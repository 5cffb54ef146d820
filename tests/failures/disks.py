"""Disks that are small, become read-only, or are slow."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# Every flush takes PACE_MICROS, and as long as the file HELD is there.
_SLOW = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static void wait_for_the_disk(void) {
    const char *pace = getenv("PACE_MICROS"), *held = getenv("HELD");
    if (pace) usleep(atoi(pace));
    while (held && access(held, F_OK) == 0) usleep(1000);
}

int fsync(int file) {
    wait_for_the_disk();
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(file);
}

int fdatasync(int file) {
    wait_for_the_disk();
    return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(file);
}
"""


def _impossible(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI must try this", pytrace=False)
    pytest.skip(reason)


def _mount(*arguments: str) -> None:
    if os.geteuid() != 0:
        _impossible("only root may mount a disk")
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        _impossible(f"a disk cannot be mounted here: {done.stderr.strip()}")


class Disk:
    """A disk of its own at a directory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def remount(self, options: str) -> None:
        """Change how it is mounted."""
        subprocess.run(["mount", "-o", f"remount,{options}", str(self.path)], check=True)


@contextmanager
def small_disk(directory: Path, size: str) -> Iterator[Disk]:
    """Yield a disk in memory that holds no more than the size (`4m`)."""
    path = directory / "small"
    path.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={size},mode=0777", "tmpfs", str(path))
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


@contextmanager
def failing_disk(directory: Path) -> Iterator[Disk]:
    """Yield a disk that `remount("abort")` makes read-only, as its kernel does after an error."""
    path, image = directory / "failing", directory / "image"
    path.mkdir()
    with image.open("wb") as file:
        file.truncate(32 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    _mount("-o", "loop", str(image), str(path))
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def slow_flushes(directory: Path, pace_micros: int, held: Path) -> dict[str, str]:
    """Return the environment in which a program's flushes to the disk are slow.

    Args:
        held: as long as this file exists, no flush ends.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        _impossible("there is no compiler")
    source, library = directory / "slow.c", directory / "slow.so"
    source.write_text(_SLOW)
    subprocess.run(
        [str(compiler), "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True
    )
    return {
        "LD_PRELOAD": str(library),
        "PACE_MICROS": str(pace_micros),
        "HELD": str(held),
    }
