"""`sluice exec`: a program runs with its production host names, and the portal is its cloud."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from sluice.cli.opened import database_option
from sluice.cli.output import Failure
from sluice.clock import stopwatch

START_SECONDS = 60.0
STOP_SECONDS = 30.0
# What shells say of a program that is not there, or is none, or was ended by a signal.
NOT_FOUND, NOT_A_PROGRAM, OF_SIGNAL = 127, 126, 128

_PROXY_VARIABLES = frozenset(("http_proxy", "https_proxy", "all_proxy", "no_proxy"))


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option(
    "--domain",
    default="sluice.bitrix24.com",
    show_default=True,
    metavar="HOST",
    help="Host name of the portal, as it stands in the program.",
)
@click.option(
    "--ready-file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Use the server that wrote this file, instead of a portal of its own; it has a proxy.",
)
@database_option
@click.argument("words", metavar="-- COMMAND [ARGUMENT]...", nargs=-1, required=True)
def command(
    domain: str, ready_file: Path | None, database: str | None, words: tuple[str, ...]
) -> None:
    """Run a program for which this portal is the cloud, without changing a line of it.

    Its connections to *.bitrix24.* and to the OAuth hosts are answered by a portal that is made
    for it, by way of a proxy and a certificate authority that it is given in its environment;
    Python, Node, PHP and curl read them there. Other hosts cannot be reached, unless the setting
    proxy_allow names them. It ends with the program's own exit code, and nothing is left behind.

    The program finds in its environment: SLUICE_WEBHOOK (the administrator's, at the production
    host name), SLUICE_PORTAL_DOMAIN, SLUICE_URL, SLUICE_TLS_URL, SLUICE_CA_FILE and
    SLUICE_PROXY_URL. `sluice app create` and other commands in it work on the same portal.

    \b
    Examples:
      sluice exec -- pytest
      sluice exec --domain acme.bitrix24.com -- php cron.php
      sluice exec -- sh -c 'curl "$SLUICE_WEBHOOK"profile'
      sluice exec --database sqlite:///team.db -- node index.js
    """
    # Ctrl-C is the program's; what it does then decides how this ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sluice-exec-")))
        if ready_file is None:
            facts = stack.enter_context(_server(directory, domain, database))
        else:
            facts = _facts_in(ready_file)
        code = _run(words, _environment(facts, directory, domain))
    sys.exit(code)


@contextlib.contextmanager
def _server(directory: Path, domain: str, database: str | None) -> Iterator[dict[str, Any]]:
    """Start a server on free ports and give its facts; it ends with the block.

    Raises:
        Failure: it does not start.
    """
    ready_file, log = directory / "ready.json", directory / "server.log"
    address = database or f"sqlite:///{directory / 'portal.db'}"
    # A portal of its own has an authority of its own, which nobody trusts afterwards.
    own = {} if database else {"SLUICE_DATA_DIR": str(directory / "data")}
    options = ["--port", "0", "--tls-port", "0", "--proxy-port", "0", "--database", address]
    with log.open("wb") as output:
        server = subprocess.Popen(  # noqa: S603 (ourselves)
            [sys.executable, "-m", "sluice", "serve", *options, "--ready-file", str(ready_file)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **own, "SLUICE_DOMAIN": domain},
            start_new_session=True,  # Ctrl-C on the terminal is not for it
        )
    try:
        started = stopwatch()
        while not ready_file.exists():
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(0.02)
            if server.poll() is not None or stopwatch() - started > START_SECONDS:
                told = log.read_text("utf-8", "replace").strip()
                raise Failure(f"The portal did not start. It said: {told}")
        yield json.loads(ready_file.read_text("utf-8"))
    finally:
        server.terminate()
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _facts_in(ready_file: Path) -> dict[str, Any]:
    """Return the facts of a server that runs.

    Raises:
        Failure: the file is not one of a server with a proxy.
    """
    try:
        facts: dict[str, Any] = json.loads(ready_file.read_text("utf-8"))
        if "proxy" in facts:
            return facts
    except (OSError, ValueError) as problem:
        raise Failure(f"{ready_file} is no ready file of a server ({problem}).") from problem
    raise Failure(f"The server of {ready_file} has no proxy. Start it with `sluice serve --proxy`.")


def _environment(facts: dict[str, Any], directory: Path, domain: str) -> dict[str, str]:
    """Return the variables of the program: the proxy, whom to trust, and the portal's facts."""
    proxy, authority = str(facts["proxy"]), str(facts["ca_file"])
    bundle = directory / "authorities.pem"
    bundle.write_text(_system_authorities() + Path(authority).read_text("utf-8"), "utf-8")
    php = directory / "php"
    php.mkdir()
    (php / "sluice.ini").write_text(
        f'curl.cainfo = "{bundle}"\nopenssl.cafile = "{bundle}"\n', "utf-8"
    )
    kept = {n: value for n, value in os.environ.items() if n.lower() not in _PROXY_VARIABLES}
    return {
        **kept,
        **dict.fromkeys(("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"), proxy),
        **dict.fromkeys(("no_proxy", "NO_PROXY"), "localhost,127.0.0.1,::1"),
        **{name: str(bundle) for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")},
        "NODE_EXTRA_CA_CERTS": authority,
        "NODE_USE_ENV_PROXY": "1",
        # What stands before the separator is read first; nothing stands for PHP's own directory.
        "PHP_INI_SCAN_DIR": f"{os.environ.get('PHP_INI_SCAN_DIR', '')}{os.pathsep}{php}",
        "SLUICE_WEBHOOK": f"https://{domain}{urlsplit(facts['webhook']).path}",
        "SLUICE_PORTAL_DOMAIN": domain,
        "SLUICE_DOMAIN": domain,
        "SLUICE_URL": str(facts["url"]),
        "SLUICE_TLS_URL": str(facts["tls_url"]),
        "SLUICE_CA_FILE": authority,
        "SLUICE_PROXY_URL": proxy,
        "SLUICE_DATABASE": str(facts["database"]),
    }


def _system_authorities() -> str:
    """Return the certificates that the machine trusts, in PEM; nothing if it has no such file."""
    paths = ssl.get_default_verify_paths()
    file = os.environ.get("SSL_CERT_FILE") or paths.cafile or paths.openssl_cafile
    try:
        return Path(file).read_text("utf-8") + "\n"
    except (OSError, UnicodeDecodeError):
        return ""


def _run(words: tuple[str, ...], environment: dict[str, str]) -> int:
    """Run the program with our own input and output, and return its exit code as a shell would."""
    waiting: list[int] = []
    program: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, _: object) -> None:
        waiting.append(number) if program is None else program.send_signal(number)

    for ending in (signal.SIGTERM, signal.SIGHUP):  # first: one may come as soon as it runs
        signal.signal(ending, pass_on)
    # A program inherits what is ignored; Python's own start undoes that, others' need not.
    interrupts = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        program = subprocess.Popen(words, env=environment)  # noqa: S603 (what the user asked for)
    except FileNotFoundError:
        click.echo(f"There is no program {words[0]}.", err=True)
        return NOT_FOUND
    except OSError as problem:
        click.echo(f"{words[0]} cannot be run: {problem.strerror}.", err=True)
        return NOT_A_PROGRAM
    finally:
        signal.signal(signal.SIGINT, interrupts)
    for number in waiting:
        program.send_signal(number)
    code = program.wait()
    return OF_SIGNAL - code if code < 0 else code
