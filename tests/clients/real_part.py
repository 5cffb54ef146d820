"""Parts of the real world that a client test needs: programs, packages, modules.

Where one is missing the test is skipped and says why. CI installs them all, so there a missing
part is a failure: a suite that skips everything must not look green.
"""

import importlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NoReturn

import pytest

NODE_DIRECTORY = Path(__file__).with_name("node")


def real_program(name: str) -> str:
    """Return the path of a program of the machine, an administrator's included."""
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])
    return shutil.which(name, path=places) or _missing(f"the program {name}")


def real_module(name: str) -> Any:
    """Return an installed Python module."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return _missing(f"the Python package {name}")


def real_node_package(name: str) -> Path:
    """Return the directory of a package that `npm ci` installed for these tests."""
    directory = NODE_DIRECTORY / "node_modules" / name
    return directory if directory.is_dir() else _missing(f"{name} (npm ci in tests/clients/node)")


def real_php_extension(name: str) -> str:
    """Return the path of a PHP that has the extension."""
    php = real_program("php")
    listing = subprocess.run([php, "-m"], capture_output=True, text=True, check=True).stdout
    return php if name in listing.split() else _missing(f"PHP's extension {name}")


def _missing(part: str) -> NoReturn:
    reason = f"{part} is not installed"
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI must test with every client", pytrace=False)
    pytest.skip(reason)
