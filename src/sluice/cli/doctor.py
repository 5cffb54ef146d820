"""`sluice doctor`: what is set and where from, and whether a portal can be served with it."""

from __future__ import annotations

import difflib
import os
import platform
import sqlite3
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
from msgspec import Struct
from msgspec.structs import asdict

from sluice import __version__
from sluice.cli.opened import address, database_option, settings_in_force
from sluice.cli.output import FAILED, Failure, json_option, json_text, printable
from sluice.cli.remote import ask_remote
from sluice.clock import SystemClock
from sluice.errors import StoreUnavailable
from sluice.server.http import PortTaken, bind
from sluice.server.tls import Authority, TlsError
from sluice.settings import Loaded, SettingError, Settings
from sluice.store import migrate
from sluice.store.database import PortalUnusable
from sluice.store.engine import Place, address_of, has_portal, place_of, read_portal
from sluice.store.recount import differences
from sluice.store.sqlite import APPLICATION_ID, check_file
from sluice.store.tables import Store

PATIENCE_SECONDS = 2.0  # for whoever holds a port to say whether it is a portal


class Finding(Struct, frozen=True):
    """What was looked at, whether it is well, and what there is to say about it."""

    name: str
    ok: bool
    words: str


class _Ill(Exception):
    """What is looked at is not well. The words say why, and what to do."""


@click.command()
@database_option
@click.option(
    "--deep", is_flag=True, help="Count every task, and compare with the numbers that are kept."
)
@json_option
def command(database: str | None, deep: bool, as_json: bool) -> None:
    """Tell what is set and where from, and whether anything is wrong.

    Looks at the database (does it open, is it whole, is it of this version), the certificate
    authority, and the ports; it changes nothing. Exits with 1 when something is wrong.

    \b
    Settings come from four places, each over the one before:
      the defaults
      sluice.toml in the current directory, or the file that SLUICE_CONFIG names
      variables such as SLUICE_PORT
      options of the command line such as --port

    \b
    Examples:
      sluice doctor
      sluice doctor --deep --database sqlite:///team.db
      sluice doctor --json | jq .checks
    """
    try:
        loaded = settings_in_force(database=database)
    except Failure as problem:
        settings: list[dict[str, Any]] = []
        findings = [Finding("settings", False, problem.message)]
    else:
        settings = _settings(loaded)
        findings = list(_findings(loaded.settings, deep))
    healthy = all(finding.ok for finding in findings)
    if as_json:
        checks = [asdict(finding) for finding in findings]
        click.echo(
            json_text(
                {"ok": healthy, "version": __version__, "settings": settings, "checks": checks}
            )
        )
    else:
        _tell(settings, findings)
    if not healthy:
        raise click.exceptions.Exit(FAILED)


def _settings(loaded: Loaded) -> list[dict[str, Any]]:
    """Return every setting with its value in force and where that came from."""
    return [
        {
            "name": setting.name,
            "value": _in_force(loaded.settings, setting.name),
            "origin": loaded.origins[setting.name],
            "sentence": setting.metadata["sentence"],
        }
        for setting in fields(Settings)
    ]


def _in_force(settings: Settings, name: str) -> Any:
    """Return a setting's value; where empty stands for a place, that place."""
    value = getattr(settings, name)
    if value and name == "metrics_token":
        return "***"
    try:
        if name == "database":
            place = place_of(settings)
            return value if value and isinstance(place, Path) else address_of(place)
        if value == "" and name == "data_dir":
            return str(settings.data_path.absolute())
    except SettingError:  # a finding tells of it
        return "***" if "@" in str(value) else value  # there may be a password in it
    return value


def _findings(settings: Settings, deep: bool) -> Iterator[Finding]:
    checks: dict[str, Callable[[], str]] = {
        "variables": _check_variables,
        "database": partial(_check_database, settings),
        "authority": partial(_check_authority, settings, SystemClock().now()),
        "port": partial(_check_port, settings, "port"),
        "tls_port": partial(_check_port, settings, "tls_port"),
    }
    if deep:
        checks["numbers"] = partial(_check_numbers, settings)
    for name, check in checks.items():
        try:
            yield Finding(name, True, check())
        except (_Ill, PortalUnusable, SettingError, StoreUnavailable, TlsError, OSError) as problem:
            yield Finding(name, False, str(problem))


def _check_variables() -> str:
    """Look for a variable that is a misspelt setting."""
    known = ["SLUICE_CONFIG", *(f"SLUICE_{setting.name.upper()}" for setting in fields(Settings))]
    for name in os.environ:
        if name.startswith("SLUICE_") and name not in known:
            near = difflib.get_close_matches(name, known, 1)
            if near:
                raise _Ill(f"{name} is no setting and has no effect. Did you mean {near[0]}?")
    return "none is misspelt"


def _check_database(settings: Settings) -> str:
    place = place_of(settings)
    return _check_file(place.absolute()) if isinstance(place, Path) else _check_schema(place)


def _check_schema(place: Place) -> str:
    """Look at a portal in PostgreSQL; whether the database is whole, its own tools tell."""
    address = address_of(place)
    if not has_portal(place):
        return f"{address} is not there yet; `sluice serve` makes it"
    return f"{address} answers, {_version_of(address, _steps(place))}"


def _steps(place: Place) -> int:
    """Return the number of the last migration applied to a portal."""
    row = read_portal(
        place, lambda store: store.transaction.one("SELECT MAX(number) FROM migration")
    )
    return 0 if row is None else row[0] or 0


def _version_of(name: object, schema: int) -> str:
    """Return how a portal's tables are to be called.

    Raises:
        _Ill: a newer Sluice made them.
    """
    newest = max(step.number for step in migrate.known())
    if schema > newest:
        raise _Ill(
            f"{name} was made by a newer Sluice (schema {schema}; this program knows {newest}). "
            "Install the newer Sluice."
        )
    waiting = "" if schema == newest else f"; the next start brings it to {newest}"
    return f"schema {schema}{waiting}"


def _check_file(path: Path) -> str:
    _check_writable(path)
    if not path.exists() or not path.stat().st_size:  # an empty file becomes a portal as well
        return f"{path} is not there yet; `sluice serve` makes it"
    try:
        problems = check_file(path)
        mark, schema = (0, 0) if problems else _schema(path)
    except sqlite3.Error as problem:
        raise _Ill(f"{path} cannot be read: {problem}. Restore a backup of it.") from problem
    if problems:
        raise _Ill(f"{path} is damaged: {problems[0]}. Restore a backup of it.")
    if mark != APPLICATION_ID:
        raise _Ill(f"{path} is no portal. Choose another file with --database.")
    return f"{path} is whole, {_version_of(path, schema)}"


def _check_numbers(settings: Settings) -> str:
    """Hold what is kept (counters, efficiency, indexes) against a count, with progress."""
    place = place_of(settings)
    if _steps(place) != max(step.number for step in migrate.known()):
        raise _Ill("The tables are of another version; start the server once, then look again.")

    def compared(store: Store) -> list[str]:
        with click.progressbar(
            length=store.tasks.total(), label="Counting tasks", file=sys.stderr
        ) as bar:
            return list(differences(store, settings.zone, bar.update))

    wrong = read_portal(place, compared)
    if wrong:
        raise _Ill(
            f"{len(wrong)} kept numbers are wrong, first: {wrong[0]}. This is a bug of ours."
        )
    return "every kept number is what a count gives"


def _schema(path: Path) -> tuple[int, int]:
    """Return a SQLite file's mark, and the number of the last migration applied to it, or 0."""
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
        mark = connection.execute("PRAGMA application_id").fetchone()[0]
        if mark != APPLICATION_ID:
            return mark, 0
        return mark, connection.execute("SELECT MAX(number) FROM migration").fetchone()[0] or 0


def _check_writable(path: Path) -> None:
    """Refuse a file that is not writable, or could not be made.

    Raises:
        _Ill
    """
    place = next(place for place in (path, *path.parents) if place.exists())
    if path.is_dir():
        raise _Ill(f"{path} is a directory.")
    if place != path and not place.is_dir():
        raise _Ill(f"{path} cannot be made: {place} is no directory.")
    for needed in {place, path.parent if place == path else place}:
        if not os.access(needed, os.R_OK | os.W_OK):
            raise _Ill(f"{needed} is not writable for this user.")


def _check_authority(settings: Settings, now: datetime) -> str:
    authority = Authority(settings.authority_path.absolute())
    _check_writable(authority.certificate)
    if not authority.certificate.exists() and not authority.key.exists():
        return f"{authority.certificate} is not there yet; `sluice serve` makes it"
    authority.check(now)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority.certificate)
    seconds = ssl.cert_time_to_seconds(str(context.get_ca_certs()[0]["notAfter"]))
    return f"{authority.certificate} is good until {datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


def _check_port(settings: Settings, name: str) -> str:
    port: int = getattr(settings, name)
    if port == 0:
        return "any free one"
    try:
        bind(settings.host, port, name).close()
    except PortTaken as problem:
        at = address(settings.host, port, secure=name == "tls_port")
        if not _answers(at):
            raise _Ill(str(problem)) from problem
        return f"a portal answers at {at}"
    return f"{port} is free"


def _answers(at: str) -> bool:
    """Tell whether a portal's REST is at an address: it refuses unknown credentials in JSON."""
    try:
        ask_remote(f"{at}/rest/0/none/", "server.time", {}, timeout_seconds=PATIENCE_SECONDS)
    except Failure:
        return False
    return True


def _tell(settings: list[dict[str, Any]], findings: list[Finding]) -> None:
    """Print what programs get as JSON for people."""
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    click.echo(f"Sluice {__version__}, {versions}\n")
    for setting in settings:
        name = click.style(setting["name"], bold=True)
        value = printable(_as_written(setting["value"]))
        click.echo(f"{name} = {value}   ({setting['origin']})")
        click.echo(click.wrap_text(setting["sentence"], 80, "    ", "    "))
    click.echo()
    for finding in findings:
        state = click.style("ok", fg="green") if finding.ok else click.style("WRONG", fg="red")
        click.echo(f"{state}  {finding.name}: {printable(finding.words)}")


def _as_written(value: Any) -> str:
    """Return a value as variables and files write it: `true`, not Python's `True`."""
    return str(value).lower() if isinstance(value, bool) else str(value)
