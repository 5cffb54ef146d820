"""Make the databases that the benchmarks need, from one that Sluice made."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from bench.peers.toggle import commit_toggle, connect
from bench.places import Place
from bench.programs import ACTIVATE, Running, ask

DEMO_FLOW = 517
FIRST_COPY = 1_000_000  # ids from here on are free in a demo portal

Rows = set[tuple[object, ...]]


def copy(source: Path, target: Path) -> None:
    """Copy a database, whatever its write-ahead log still holds included."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def grow(place: Place, flows: int) -> tuple[int, int]:
    """Add copies of the demo flow, each with a group and people of its own; return their ids."""
    last = FIRST_COPY + flows - 1
    (group_id,) = place.execute(f"SELECT group_id FROM flow WHERE id = {DEMO_FLOW}")[0]
    named = {"id": "n", "name": "name || ' ' || n", "name_key": "name_key || ' ' || n"}
    _multiply(
        place,
        (FIRST_COPY, last),
        ("workgroup", f"id = {group_id}", named),
        ("workgroup_member", f"group_id = {group_id}", {"group_id": "n"}),
        ("flow", f"id = {DEMO_FLOW}", {**named, "group_id": "n"}),
        ("flow_member", f"flow_id = {DEMO_FLOW}", {"flow_id": "n"}),
    )
    return FIRST_COPY, last


def grow_tasks(place: Place, tasks: int) -> None:
    """Add copies of the only task of the demo flow until there are so many, all in time."""
    (first,) = place.execute("SELECT MAX(id) FROM task")[0]
    _multiply(
        place,
        (first + 1, first + tasks - 1),
        ("task", f"id = {first}", {"id": "n", "guid": "guid || n"}),
        ("task_member", f"task_id = {first}", {"task_id": "n"}),
    )
    place.execute(
        *(
            f"UPDATE {table} SET {column} = {tasks}"
            for table, column in (
                ("flow_counter", "pending"),
                ("flow_counter", "total"),
                ("efficiency_cell", "total"),
                ("task_total", "total"),
            )
        )
    )


def _multiply(
    place: Place, numbers: tuple[int, int], *rows: tuple[str, str, Mapping[str, str]]
) -> None:
    """Copy rows of tables once for each number n of a range; the columns given get other values."""
    first, last = numbers
    statements = []
    for table, which, changed in rows:
        columns = place.columns(table)
        values = ", ".join(changed.get(column, column) for column in columns)
        statements.append(
            f"WITH RECURSIVE number(n) AS"
            f" (SELECT {first} UNION ALL SELECT n + 1 FROM number WHERE n < {last})"
            f" INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM number, {table}"
            f" WHERE {which}"
        )
    place.execute(*statements)
    place.settle(*(table for table, _, changed in rows if "id" in changed))


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
