"""`sluice doctor`: where settings came from, and what is wrong."""

from __future__ import annotations

import contextlib
import json
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sluice.app import Portal
from sluice.cli import sluice
from sluice.server.tls import AUTHORITY_LIFE, open_authority
from sluice.settings import Settings
from sluice.store import migrate
from sluice.store.engine import address_of
from tests.cli.portal import PortalInFile
from tests.places import empty_place

NEWEST = migrate.known()[-1].number


@pytest.fixture(autouse=True)
def _any_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the machine's own ports out, unless a test is about them."""
    monkeypatch.setenv("SLUICE_PORT", "0")
    monkeypatch.setenv("SLUICE_TLS_PORT", "0")


def findings(portal: PortalInFile) -> dict[str, tuple[bool, str]]:
    """Return what the doctor says of each thing: whether it is well, and the words."""
    done = portal.run("doctor", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == (0 if told["ok"] else 1)
    return {check["name"]: (check["ok"], check["words"]) for check in told["checks"]}


def test_a_healthy_installation_is_well(portal: PortalInFile) -> None:
    done = portal.run("doctor")

    assert done.exit_code == 0
    assert f"ok  database: {portal.path} is whole, schema {NEWEST}\n" in done.stdout
    assert "WRONG" not in done.stdout


def test_every_setting_is_told_with_its_value_and_origin(
    portal: PortalInFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sluice.toml"
    file.write_text('log_level = "error"\n')
    monkeypatch.setenv("SLUICE_MAX_DEPTH", "9")

    told = {setting["name"]: setting for setting in portal.answer("doctor")["settings"]}

    assert list(told) == [setting.name for setting in fields(Settings)]
    origins = {name: (setting["value"], setting["origin"]) for name, setting in told.items()}
    assert origins["host"] == ("127.0.0.1", "default")
    assert origins["log_level"] == ("error", str(file))
    assert origins["max_depth"] == (9, "SLUICE_MAX_DEPTH")
    assert origins["database"] == (portal.address, "argument")


def test_a_place_left_to_the_defaults_is_told_in_full(tmp_path: Path) -> None:
    done = CliRunner().invoke(sluice, ["doctor", "--json"])

    told = {one["name"]: one["value"] for one in json.loads(done.stdout)["settings"]}
    assert told["database"] == f"sqlite:///{tmp_path / 'data' / 'portal.db'}"


def test_a_portal_not_made_yet_is_not_wrong_and_not_made(tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))

    done = CliRunner().invoke(sluice, ["doctor"])

    assert done.exit_code == 0
    assert f"{tmp_path / 'data' / 'portal.db'} is not there yet" in done.stdout
    assert sorted(tmp_path.rglob("*")) == before


def test_settings_that_cannot_be_used_are_wrong(portal: PortalInFile, tmp_path: Path) -> None:
    (tmp_path / "sluice.toml").write_text("prot = 9000\n")

    ok, words = findings(portal)["settings"]

    assert not ok
    assert words.endswith("sets prot, which is no setting. Did you mean port?")


def test_a_misspelt_variable_is_wrong(
    portal: PortalInFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_TLSPORT", "9443")

    assert findings(portal)["variables"] == (
        False,
        "SLUICE_TLSPORT is no setting and has no effect. Did you mean SLUICE_TLS_PORT?",
    )


def test_a_file_that_is_no_database_is_wrong(portal: PortalInFile) -> None:
    portal.path.write_bytes(b"not a database, however long it may be")

    ok, words = findings(portal)["database"]

    assert not ok
    assert "file is not a database" in words


def test_a_damaged_portal_is_wrong(portal: PortalInFile) -> None:
    with portal.path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 4)

    ok, words = findings(portal)["database"]

    assert not ok
    assert "Restore a backup of it." in words


def test_the_database_of_another_program_is_wrong(portal: PortalInFile) -> None:
    portal.path.unlink()
    _execute(portal.path, "CREATE TABLE note (text TEXT)")

    assert findings(portal)["database"] == (
        False,
        f"{portal.path} is no portal. Choose another file with --database.",
    )


def test_the_portal_of_a_newer_sluice_is_wrong(portal: PortalInFile) -> None:
    _execute(portal.path, "INSERT INTO migration VALUES (9999, 'later', 'x', 0)")

    ok, words = findings(portal)["database"]

    assert not ok
    assert f"made by a newer Sluice (schema 9999; this program knows {NEWEST})" in words


def test_the_portal_of_an_older_sluice_will_be_brought_up_to_date(portal: PortalInFile) -> None:
    _execute(portal.path, "DELETE FROM migration")

    assert findings(portal)["database"] == (
        True,
        f"{portal.path} is whole, schema 0; the next start brings it to {NEWEST}",
    )


def test_a_place_where_no_portal_can_be_made_is_wrong(portal: PortalInFile) -> None:
    below_a_file = PortalInFile(portal.path / "portal.db")

    assert findings(below_a_file)["database"] == (
        False,
        f"{below_a_file.path} cannot be made: {portal.path} is no directory.",
    )


def test_an_address_of_no_known_kind_is_wrong(portal: PortalInFile) -> None:
    done = CliRunner().invoke(sluice, ["doctor", "--database", "mysql://x"])

    assert done.exit_code == 1
    assert "WRONG  database: database = 'mysql://x' is no address." in done.stdout


def test_the_authority_is_told_with_its_end(portal: PortalInFile, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    authority = open_authority(tmp_path / "data" / "ca", now)

    ok, words = findings(portal)["authority"]

    ends = now + AUTHORITY_LIFE - timedelta(days=1)
    assert ok
    assert words == f"{authority.certificate} is good until {ends:%Y-%m-%d}"


def test_an_expired_authority_is_wrong(portal: PortalInFile, tmp_path: Path) -> None:
    open_authority(tmp_path / "data" / "ca", datetime.now(UTC) - AUTHORITY_LIFE)

    ok, words = findings(portal)["authority"]

    assert not ok
    assert "expired on" in words


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which another program listens, hanging up on whoever comes."""
    with socket.create_server(("127.0.0.1", 0)) as other:

        def hang_up() -> None:
            with contextlib.suppress(OSError):  # shut down at the end
                while True:
                    other.accept()[0].close()

        listening = threading.Thread(target=hang_up)
        listening.start()
        yield other.getsockname()[1]
        other.shutdown(socket.SHUT_RDWR)
        listening.join()


def test_a_port_of_another_program_is_wrong(
    portal: PortalInFile, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    monkeypatch.setenv("SLUICE_PORT", str(taken))

    ok, words = findings(portal)["port"]

    assert not ok
    assert f"Cannot listen on 127.0.0.1:{taken}: Address already in use." in words


def test_a_free_port_is_well(portal: PortalInFile, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    monkeypatch.setenv("SLUICE_TLS_PORT", str(port))

    assert findings(portal)["tls_port"] == (True, f"{port} is free")


def _execute(path: Path, sql: str, *values: Any) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql, values)


def test_a_secret_setting_is_not_shown(
    portal: PortalInFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_METRICS_TOKEN", "a-secret-of-16-characters")

    told = {setting["name"]: setting["value"] for setting in portal.answer("doctor")["settings"]}

    assert told["metrics_token"] == "***"


# In PostgreSQL


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[str]:
    """The address of a portal in PostgreSQL."""
    with empty_place("postgresql", tmp_path) as place:
        Portal(Settings(database=address_of(place), data_dir=str(tmp_path / "data"))).close()
        yield address_of(place)


def finding(address: str, name: str, *more: str) -> tuple[bool, str]:
    done = CliRunner().invoke(sluice, ["doctor", "--json", "--database", address, *more])
    found = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    return found[name]["ok"], found[name]["words"]


def test_a_portal_in_postgresql_is_looked_at(postgres: str) -> None:
    assert finding(postgres, "database") == (True, f"{postgres} answers, schema {NEWEST}")
    assert finding(postgres, "numbers", "--deep") == (
        True,
        "every kept number is what a count gives",
    )


def test_a_schema_that_is_not_there_is_made_by_nobody_but_the_server(postgres: str) -> None:
    other = postgres.partition("schema=")[0] + "schema=nowhere"

    for _ in range(2):
        assert finding(other, "database") == (
            True,
            f"{other} is not there yet; `sluice serve` makes it",
        )


def test_a_database_that_is_away_is_told(postgres: str) -> None:
    away = "postgresql://127.0.0.1:1/team"

    for name, more in (("database", ()), ("numbers", ("--deep",))):
        well, words = finding(away, name, *more)
        assert not well
        assert "127.0.0.1" in words


@pytest.mark.parametrize("schema", ["sluice", "No Name"])
def test_a_password_in_the_address_is_shown_to_nobody(schema: str) -> None:
    address = f"postgresql://anna:pw-714@127.0.0.1:1/team?schema={schema}"

    done = CliRunner().invoke(sluice, ["doctor", "--json", "--database", address])

    assert "pw-714" not in done.output
