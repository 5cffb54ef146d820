"""Every row of a portal arrives in its copy, on any engine, and nothing else does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sluice.demo import add_demo, add_foundation
from sluice.store import copy, migrate
from sluice.store.copy import CopyDiffers, PortalNotEmpty, Table, copy_portal
from sluice.store.database import Database, PortalUnusable
from sluice.store.engine import Place, open_portal
from sluice.store.sqlite import SqliteDatabase, open_sqlite
from sluice.store.tables import Store
from tests.contract.conftest import NOW, Run
from tests.places import empty_place, look, only_sqlite

TABLES = copy.tables(migrate.known())
BY_NAME = {table.name: table for table in TABLES}


@pytest.fixture
def other(engine: str, tmp_path: Path) -> Iterator[Database]:
    """A second portal, as empty as the first."""
    with empty_place(engine, tmp_path / "other") as place:
        other = open_portal(place, NOW)
        yield other
        other.close()


@pytest.fixture
def demo(database: Database) -> Database:
    """A portal with people, a flow, and more facts than one chunk holds."""

    def fill(store: Store) -> None:
        add_foundation(store, NOW)
        add_demo(store, NOW)
        for number in range(2 * copy.CHUNK_ROWS + 1):
            store.facts.set(f"fact {number} Ünïcode", '"\\\n\u2028🌊')

    database.run_now(fill)
    return database


def copied(source: Database, target: Database, progress: Any = lambda _: None) -> Any:
    return source.run_now(
        lambda read: target.run_now(
            lambda write: copy_portal(read.transaction, write.transaction, TABLES, progress)
        )
    )


def everything(run: Run) -> dict[str, list[Any]]:
    """Return every row of every table."""

    def read(store: Store) -> dict[str, list[Any]]:
        return {
            table.name: [row for chunk in copy.read_rows(store.transaction, table) for row in chunk]
            for table in TABLES
        }

    rows: dict[str, list[Any]] = run(read)
    return rows


def test_tables_are_those_of_a_portal(database: Database, place: Place) -> None:
    names = (
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        if isinstance(place, Path)
        else f"SELECT tablename FROM pg_tables WHERE schemaname = '{place.name}'"
    )
    made = {row[0] for row in look(place, names)}

    assert {table.name for table in TABLES} == made - {"migration", "portal_change"}


def test_only_a_table_of_one_row_has_no_key() -> None:
    assert [table.name for table in TABLES if not table.key] == ["task_total"]
    assert BY_NAME["task_total"].seeds == 1


@only_sqlite
def test_no_column_of_a_key_may_be_null(database: SqliteDatabase) -> None:
    with closing(sqlite3.connect(database.path)) as file:
        nullable = [
            (table.name, column)
            for table in TABLES
            for _, column, _, is_not_null, _, place in file.execute(
                f"PRAGMA table_info({table.name})"
            )
            if place and not is_not_null
        ]

    assert nullable == []


def test_a_copy_holds_every_row(demo: Database, other: Database) -> None:
    copied(demo, other)

    assert everything(other.run_now) == everything(demo.run_now)
    assert len(everything(other.run_now)["portal_fact"]) > 2 * copy.CHUNK_ROWS


def test_a_copy_tells_what_it_holds(demo: Database, other: Database) -> None:
    told = copied(demo, other)

    assert told == other.run_now(
        lambda store: {table.name: copy.content(store.transaction, table) for table in TABLES}
    )
    flows = demo.run_now(lambda store: store.flows.all_ids())
    assert (told["flow"].rows, told["flow"].last_id) == (len(flows), max(flows))


def test_progress_tells_each_row_when_written_and_when_compared(
    demo: Database, other: Database
) -> None:
    steps: list[int] = []
    copied(demo, other, steps.append)

    rows = demo.run_now(lambda store: copy.count_rows(store.transaction, TABLES))
    assert sum(steps) == 2 * rows
    assert max(steps) == copy.CHUNK_ROWS


def test_an_id_that_was_used_once_is_not_used_in_the_copy(
    database: Database, other: Database
) -> None:
    def add(store: Store) -> int | None:
        tag = {"title": "urgent", "title_key": "urgent"}
        return store.transaction.insert("tag", tag)

    first = database.run_now(add)
    database.run_now(lambda store: store.transaction.run("DELETE FROM tag"))
    copied(database, other)

    assert (first, other.run_now(add)) == (1, 2)


def test_a_table_that_gave_out_no_id_begins_with_the_first(
    database: Database, other: Database
) -> None:
    copied(database, other)

    values = {"title": "urgent", "title_key": "urgent"}
    assert other.run_now(lambda store: store.transaction.insert("tag", values)) == 1


def test_a_portal_that_holds_something_is_not_overwritten(demo: Database, other: Database) -> None:
    other.run_now(lambda store: store.facts.set("mine", "yes"))
    before = everything(other.run_now)

    with pytest.raises(PortalNotEmpty, match="table portal_fact holds 1 rows"):
        copied(demo, other)
    assert everything(other.run_now) == before


def test_a_row_that_differs_is_found(demo: Database, other: Database) -> None:
    told = copied(demo, other)
    other.run_now(
        lambda store: store.transaction.run("UPDATE flow SET activity_micros = activity_micros + 1")
    )

    with pytest.raises(CopyDiffers, match="Table flow should hold"):
        other.run_now(lambda store: copy.compare(store.transaction, TABLES, told))


def test_what_goes_wrong_leaves_the_target_as_it_was(demo: Database, other: Database) -> None:
    before = everything(other.run_now)

    class Interrupted(Exception):
        pass

    def interrupt(_: int) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        copied(demo, other, interrupt)
    assert everything(other.run_now) == before


def test_a_digest_does_not_depend_on_the_order() -> None:
    rows = [(1, "a", None), (2, "b", "x"), (3, "", None)]

    def digest(those: list[Any]) -> copy.Content:
        found = copy.Digest()
        found.add(those)
        return found.content(0)

    assert digest(rows) == digest(rows[::-1])
    assert digest([(1, "23")]) != digest([(12, "3")])
    assert digest([(1, None)]) != digest([(1, "")])
    assert digest([("1",)]) != digest([(1,)])
    assert digest([(1,), (1,)]) != digest([])


def test_a_portal_of_an_older_version_is_read_as_it_is(tmp_path: Path) -> None:
    older = open_sqlite(tmp_path / "older.db", NOW, steps=migrate.known()[:1])
    try:
        steps = older.run_now(lambda store: copy.applied_steps(store.transaction))

        assert [step.number for step in steps] == [1]
        assert "task" not in {table.name for table in copy.tables(steps)}
    finally:
        older.close()


def test_a_portal_of_a_newer_version_is_refused(database: Database) -> None:
    database.run_now(
        lambda store: store.transaction.run("INSERT INTO migration VALUES (9999, 'later', 'x', 0)")
    )

    with pytest.raises(PortalUnusable, match="made by a newer Sluice"):
        database.run_now(lambda store: copy.applied_steps(store.transaction))


def test_keys_of_several_columns_are_read_whole(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    table: Table = BY_NAME["task_member"]
    rows = [(task, user, role) for task in (1, 2) for role in "ACR" for user in (5, 6, 7)]
    database.run_now(lambda store: copy.write_rows(store.transaction, table, rows))
    monkeypatch.setattr(copy, "CHUNK_ROWS", 2)

    chunks = database.run_now(lambda store: list(copy.read_rows(store.transaction, table)))

    assert [row for chunk in chunks for row in chunk] == sorted(
        rows, key=lambda row: (row[0], row[2], row[1])
    )
