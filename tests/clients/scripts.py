"""The scripts that call the server from Node and PHP, each a process that prints JSON."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.clients.real_part import (
    NODE_DIRECTORY,
    real_node_package,
    real_php_extension,
    real_program,
)
from tests.server_process import ServerProcess

PHP_DIRECTORY = Path(__file__).with_name("php")


def run_node(server: ServerProcess, script: str, webhook: str, *arguments: str) -> Any:
    """Return what a script tells that uses the JavaScript SDK.

    The SDK refuses plain HTTP; Node trusts the local authority through NODE_EXTRA_CA_CERTS.
    """
    real_node_package("@bitrix24/b24jssdk")
    done = subprocess.run(
        [real_program("node"), script, server.over_tls(webhook), *arguments],
        cwd=NODE_DIRECTORY,
        env={**os.environ, "NODE_EXTRA_CA_CERTS": str(server.ready.ca_file)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def run_php(server: ServerProcess, script: str, webhook: str, *arguments: str) -> Any:
    """Return what a PHP script tells that posts a form over HTTPS."""
    done = subprocess.run(
        [
            *(real_php_extension("curl"), str(PHP_DIRECTORY / script)),
            *(server.over_tls(webhook), str(server.ready.ca_file), *arguments),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)
