"""A portal's tables are made and brought up to date once, and what cannot be opened is said."""

from __future__ import annotations

import multiprocessing
import sqlite3
from contextlib import closing
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from sluice.errors import StoreUnavailable
from sluice.store import migrate
from sluice.store.database import PortalUnusable
from sluice.store.sqlite import IDENTITY, SqliteTransaction, open_sqlite
from tests.contract.conftest import NOW


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "portal.db"


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute(sql)


def applied(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as file:
        return [row[0] for row in file.execute("SELECT number FROM migration ORDER BY rowid")]


def fact(path: Path, name: str) -> str | None:
    database = open_sqlite(path, NOW)
    value: str | None = database.run_now(lambda store: store.facts.get(name))
    database.close()
    return value


def test_a_new_portal_has_every_migration_once(path: Path) -> None:
    for _ in range(2):
        open_sqlite(path, NOW).close()

    assert applied(path) == [step.number for step in migrate.known()]


def test_no_two_migrations_have_one_number() -> None:
    numbers = [step.number for step in migrate.known()]

    assert numbers == sorted(set(numbers))


def test_a_directory_that_is_missing_is_made(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "portal.db"

    open_sqlite(path, NOW).close()

    assert path.exists()


def test_an_empty_file_becomes_a_portal(path: Path) -> None:
    path.touch()

    open_sqlite(path, NOW).close()

    assert applied(path) == [step.number for step in migrate.known()]


@pytest.mark.parametrize("version", range(1, len(migrate.known())))
def test_a_portal_of_an_older_version_is_brought_up_to_date(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        older = migrate.known()[:version]
        migrate.apply(SqliteTransaction(file), older, identity=IDENTITY, now=NOW)
        file.execute("RELEASE one_call")
        file.execute("PRAGMA application_id = 0x536C6365")
        file.execute("INSERT INTO portal_fact (name, value) VALUES ('kept', 'yes')")

    assert fact(path, "kept") == "yes"
    assert applied(path) == [step.number for step in migrate.known()]


def open_with_the_others(path: Path, start: Barrier) -> None:
    start.wait()
    open_sqlite(path, NOW).close()


@pytest.mark.parametrize("attempt", range(16))
def test_programs_that_start_at_once_make_a_portal_once(path: Path, attempt: int) -> None:
    programs = multiprocessing.get_context("fork")
    start = programs.Barrier(4)
    started = [programs.Process(target=open_with_the_others, args=(path, start)) for _ in range(4)]
    for process in started:
        process.start()
    for process in started:
        process.join(30)

    assert [process.exitcode for process in started] == [0] * 4
    assert applied(path) == [step.number for step in migrate.known()]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        (
            "INSERT INTO migration VALUES (9999, 'later', 'x', 0)",
            "made by a newer Sluice .schema 9999",
        ),
        ("UPDATE migration SET checksum = 'x' WHERE number = 1", "differs from the one"),
    ],
    ids=["newer", "changed"],
)
def test_a_portal_of_another_program_version_is_refused(path: Path, sql: str, words: str) -> None:
    open_sqlite(path, NOW).close()
    change(path, sql)
    before = path.read_bytes()

    with pytest.raises(PortalUnusable, match=words):
        open_sqlite(path, NOW)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "sql", ["CREATE TABLE recipe (title TEXT)", "PRAGMA application_id = 42"], ids=["table", "mark"]
)
def test_a_file_of_another_program_is_left_alone(path: Path, sql: str) -> None:
    change(path, sql)
    before = path.read_bytes()

    with pytest.raises(PortalUnusable, match="another program"):
        open_sqlite(path, NOW)
    assert path.read_bytes() == before


def damaged(whole: bytes, damage: str) -> bytes:
    match damage:
        case "all of it":
            return b"\x07" * len(whole)
        case "the first page":
            return b"x" * 100 + whole[100:]
        case "cut short":
            return whole[:8192]
        case "all but the first page":
            return whole[:4096] + b"\x07" * (len(whole) - 4096)
        case _:
            return b"Dear diary,\n" * 1000


@pytest.mark.parametrize(
    "damage",
    ["all of it", "the first page", "cut short", "all but the first page", "a file of text"],
)
def test_a_damaged_file_is_refused_and_left_alone(path: Path, damage: str) -> None:
    open_sqlite(path, NOW).close()
    content = damaged(path.read_bytes(), damage)
    path.write_bytes(content)

    with pytest.raises(PortalUnusable, match=r"damaged.*[Rr]estore a backup"):
        open_sqlite(path, NOW)
    assert path.read_bytes() == content


def test_damage_that_only_a_call_meets_is_said_to_it(path: Path) -> None:
    open_sqlite(path, NOW).close()
    with closing(sqlite3.connect(path)) as file:
        sql = "SELECT rootpage FROM sqlite_master WHERE name = 'template'"
        page: int = file.execute(sql).fetchone()[0]
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\x07" * 4096
    path.write_bytes(content)
    database = open_sqlite(path, NOW)

    try:
        with pytest.raises(StoreUnavailable, match="damaged"):
            database.run_now(lambda store: store.templates.exists(1))
        assert database.run_now(lambda store: store.flows.all_ids()) == []
    finally:
        database.close()


def test_a_file_that_another_program_keeps_locked_is_refused(path: Path) -> None:
    open_sqlite(path, NOW).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(PortalUnusable, match="keeps the portal's file locked"):
            open_sqlite(path, NOW, busy_seconds=0.02)


@pytest.mark.parametrize("obstacle", ["a directory", "below a file"])
def test_a_place_where_no_file_can_be_is_refused(tmp_path: Path, obstacle: str) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path if obstacle == "a directory" else tmp_path / "file" / "portal.db"

    with pytest.raises(PortalUnusable, match="Cannot"):
        open_sqlite(path, NOW)


def test_a_failed_migration_leaves_nothing_behind(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = migrate.Migration(9999, "broken", "CREATE TABLE half (a TEXT);\nNONSENSE;\n", "x")
    steps = [*migrate.known(), broken]
    monkeypatch.setattr(migrate, "known", lambda: steps)

    with pytest.raises(PortalUnusable, match="NONSENSE"):
        open_sqlite(path, NOW)

    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT COUNT(*) FROM sqlite_master").fetchone() == (0,)
