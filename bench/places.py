"""Where the portals of the benchmarks are: files, and schemas of a PostgreSQL of our own."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from sluice.store.place import Schema, schema_at
from tests.postgres import Cluster, installed

# What a server for itself would have, where a test's is small.
SETTINGS = {"shared_buffers": "256MB", "max_connections": "200"}


@contextmanager
def postgres() -> Iterator[Cluster | None]:
    """Yield a server that commits to the disk of the SQLite files; None if it is not installed."""
    if installed() is None:
        yield None
        return
    inside = Path(tempfile.gettempdir())
    cluster = Cluster(durable=True, inside=inside, settings=SETTINGS)
    try:
        yield cluster
    finally:
        cluster.remove()


def proportional_bytes(first: int) -> int:
    """Return the memory of a process and its children; what they share is counted once."""
    kilobytes = 0
    for process, _ in _family(first):
        with suppress(OSError):  # it has ended
            told = (process / "smaps_rollup").read_text()
            kilobytes += int(told.partition("\nPss:")[2].split()[0])
    return kilobytes * 1024


def processor_seconds(first: int) -> float:
    """Return the time that a process and its children have had of any core."""
    ticks = sum(int(stat[11]) + int(stat[12]) for _, stat in _family(first))
    return ticks / os.sysconf("SC_CLK_TCK")


def _family(first: int) -> Iterator[tuple[Path, list[str]]]:
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            stat = (process / "stat").read_text().rpartition(")")[2].split()
            if first in (int(stat[1]), int(process.name)):
                yield process, stat


@dataclass(frozen=True)
class Place:
    """A portal's database, by the address that Sluice takes; for what goes past Sluice."""

    address: str

    @property
    def _file(self) -> Path | None:
        return Path(urlsplit(self.address).path[1:]) if "sqlite:" in self.address else None

    @property
    def _schema(self) -> Schema:
        schema = schema_at(self.address)
        assert schema is not None
        return schema

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements in one transaction, and return the rows of the last one."""
        if self._file is not None:
            with closing(sqlite3.connect(self._file)) as connection, connection:
                return [connection.execute(sql).fetchall() for sql in statements][-1]
        with psycopg.connect(self._schema.connection) as link:
            link.execute(f"SET LOCAL search_path = {self._schema.name}")
            for sql in statements:
                cursor = link.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def columns(self, table: str) -> list[str]:
        """Return the names of a table's columns."""
        if self._file is not None:
            return [row[1] for row in self.execute(f"PRAGMA table_info({table})")]
        rows = self.execute(
            "SELECT column_name FROM information_schema.columns"
            f" WHERE table_schema = '{self._schema.name}' AND table_name = '{table}'"
        )
        return [row[0] for row in rows]

    def settle(self, *tables: str) -> None:
        """Bring the engine into the state that time would: counted, and its log written away.

        Args:
            tables: those that were given rows with ids of our own.
        """
        if self._file is not None:
            with closing(sqlite3.connect(self._file)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        for table in tables:
            self.execute(f"SELECT setval('{table}_id_seq', (SELECT MAX(id) FROM {table}))")
        with psycopg.connect(self._schema.connection, autocommit=True) as link:
            for (table,) in link.execute(
                f"SELECT tablename FROM pg_tables WHERE schemaname = '{self._schema.name}'"
            ).fetchall():
                link.execute(f"VACUUM (ANALYZE) {self._schema.name}.{table}")
            link.execute("CHECKPOINT")

    def rows(self) -> dict[str, int]:
        """Return how many rows each table has."""
        if self._file is not None:
            names = self.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        else:
            names = self.execute(
                f"SELECT tablename FROM pg_tables WHERE schemaname = '{self._schema.name}'"
            )
        return {
            str(name): int(self.execute(f"SELECT COUNT(*) FROM {name}")[0][0]) for (name,) in names
        }
