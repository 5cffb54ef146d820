"""Make the databases that the benchmarks need, from one that Sluice made."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from bench.peers.toggle import commit_toggle, connect
from bench.programs import ACTIVATE, Running, ask

DEMO_FLOW = 517
FIRST_COPY = 1_000_000  # ids from here on are free in a demo portal

Rows = set[tuple[object, ...]]


def copy(source: Path, target: Path) -> None:
    """Copy a database, whatever its write-ahead log still holds included."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def grow(database: Path, flows: int) -> tuple[int, int]:
    """Add copies of the demo flow, each with a group and people of its own; return their ids."""
    last = FIRST_COPY + flows - 1
    with closing(connect(database)) as connection:
        group_id = connection.execute(
            "SELECT group_id FROM flow WHERE id = :id", {"id": DEMO_FLOW}
        ).fetchone()[0]
        connection.execute("BEGIN")
        named = {"id": "n", "name": "name || ' ' || n", "name_key": "name_key || ' ' || n"}
        for table, key, original, changed in [
            ("workgroup", "id", group_id, named),
            ("workgroup_member", "group_id", group_id, {"group_id": "n"}),
            ("flow", "id", DEMO_FLOW, {**named, "group_id": "n"}),
            ("flow_member", "flow_id", DEMO_FLOW, {"flow_id": "n"}),
        ]:
            _multiply(connection, table, f"{key} = {original}", changed, (FIRST_COPY, last))
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return FIRST_COPY, last


def grow_tasks(database: Path, tasks: int) -> None:
    """Add copies of the only task of the demo flow until there are so many, all in time."""
    with closing(connect(database)) as connection:
        first = connection.execute("SELECT MAX(id) FROM task").fetchone()[0]
        connection.execute("BEGIN")
        copies = (first + 1, first + tasks - 1)
        _multiply(connection, "task", f"id = {first}", {"id": "n", "guid": "guid || n"}, copies)
        _multiply(connection, "task_member", f"task_id = {first}", {"task_id": "n"}, copies)
        for table, column in (
            ("flow_counter", "pending"),
            ("flow_counter", "total"),
            ("efficiency_cell", "total"),
            ("task_total", "total"),
        ):
            connection.execute(f"UPDATE {table} SET {column} = :tasks", {"tasks": tasks})
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _multiply(
    connection: sqlite3.Connection,
    table: str,
    which: str,
    changed: Mapping[str, str],
    numbers: tuple[int, int],
) -> None:
    """Copy rows once for each number n of a range; `changed` gives columns other values, as SQL."""
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(changed.get(column, column) for column in columns)
    connection.execute(
        f"WITH RECURSIVE number(n) AS"
        f" (SELECT :first UNION ALL SELECT n + 1 FROM number WHERE n < :last)"
        f" INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM number, {table}"
        f" WHERE {which}",
        {"first": numbers[0], "last": numbers[1]},
    )


def differing_rows(running: Running, database: Path) -> Rows:
    """Return the rows that not both change, Sluice's `activate` and the peers' toggle."""
    with closing(connect(database)) as connection:
        before = _rows(connection)
        ask(running.call(ACTIVATE, DEMO_FLOW))
        between = _rows(connection)
        commit_toggle(connection, DEMO_FLOW)
        after = _rows(connection)
    return (before ^ between) ^ (between ^ after)


def _rows(connection: sqlite3.Connection) -> Rows:
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {
        (table, *row) for (table,) in tables for row in connection.execute(f"SELECT * FROM {table}")
    }
