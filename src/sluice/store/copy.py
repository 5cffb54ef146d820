"""Every row of a portal, read in one snapshot and written into an empty portal, of any engine.

Tables and columns are what the migrations make, not what an engine lists: so both sides of a copy
name the same ones in the same order, and a portal of an older version is copied as it is.

    steps = applied_steps(source)
    copy_portal(source, target, tables(steps))     # the target was made by the same steps
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import lru_cache

import msgspec
from msgspec import Struct

from sluice.store import migrate
from sluice.store.database import Row, Transaction
from sluice.store.migrate import Migration

# Rows that are read, and written, at once.
CHUNK_ROWS = 1000
# Digests are added up in this many values: SHA-256's own.
_MODULUS = 1 << 256
# The steps a portal was made with. A copy is made with its own, so it is compared and not copied.
_STEPS = "migration"


class Table(Struct, frozen=True):
    """A table as the migrations make it.

    Attributes:
        key: the columns of the primary key; empty when there is none, and few rows.
        has_identity: the engine gives out its ids, none of them twice.
        seeds: how many rows the migrations put into it.
    """

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    has_identity: bool
    seeds: int


class Content(Struct, frozen=True):
    """What a table holds: equal contents have equal values here, on whichever engine.

    Attributes:
        digest: as `Digest`.
        last_id: the highest id ever given out; 0 for a table without ids of its own.
    """

    rows: int
    digest: str
    last_id: int


class PortalNotEmpty(Exception):
    """A portal that was to be filled holds something. The words say what, and what to do."""


class CopyDiffers(Exception):
    """A copy is not what was copied. The words say in which table."""


class Digest:
    """A digest of rows, whatever their order: engines sort texts differently.

    The SHA-256 of each row as JSON, added up. It finds damage and mistakes, not forgery.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, rows: Iterable[Row]) -> None:
        """Count these rows."""
        encode, sha256 = _ENCODER.encode, hashlib.sha256
        for row in rows:
            self._sum += int.from_bytes(sha256(encode(row)).digest(), "big")
            self.rows += 1
        self._sum %= _MODULUS

    def content(self, last_id: int) -> Content:
        """Return what was counted."""
        return Content(self.rows, f"{self._sum:064x}", last_id)


_ENCODER = msgspec.json.Encoder()


def tables(steps: Sequence[Migration]) -> list[Table]:
    """Return the tables of a portal that these migrations made, by name."""
    return list(_tables(tuple(steps)))


@lru_cache(maxsize=8)
def _tables(steps: tuple[Migration, ...]) -> tuple[Table, ...]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as scratch:
        for step in steps:
            scratch.executescript(
                step.sql.replace("{identity}", "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL")
            )
        made = scratch.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'table'"
            " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        )
        return tuple(_table(scratch, name, sql) for name, sql in made.fetchall())


def _table(scratch: sqlite3.Connection, name: str, sql: str) -> Table:
    columns = scratch.execute(f"PRAGMA table_info({name})").fetchall()
    key = sorted((place, column) for _, column, *_, place in columns if place)
    return Table(
        name,
        tuple(column[1] for column in columns),
        tuple(column for _, column in key),
        "AUTOINCREMENT" in sql,
        scratch.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0],
    )


def applied_steps(transaction: Transaction) -> list[Migration]:
    """Return the migrations that made a portal, in order.

    Raises:
        PortalUnusable: it was made by a newer Sluice, or by other steps than this program's.
    """
    found = transaction.all(f"SELECT number, checksum FROM {_STEPS}")
    return steps_of(dict(found))


def steps_of(checksums: dict[int, str]) -> list[Migration]:
    """Return this program's migrations of these numbers and checksums, in order.

    Raises:
        PortalUnusable: as `applied_steps`.
    """
    known = migrate.known()
    migrate.check(checksums, known)
    return [step for step in known if step.number in checksums]


def read_rows(transaction: Transaction, table: Table) -> Iterator[list[Row]]:
    """Yield every row of a table in chunks, by its key: none is held longer than its chunk."""
    columns = ", ".join(table.columns)
    if not table.key:
        yield transaction.all(f"SELECT {columns} FROM {table.name}")
        return
    key = ", ".join(table.key)
    last = ", ".join(f":{column}" for column in table.key)
    places = [table.columns.index(column) for column in table.key]
    end = f"ORDER BY {key} LIMIT {CHUNK_ROWS}"
    chunk = transaction.all(f"SELECT {columns} FROM {table.name} {end}")
    following = f"SELECT {columns} FROM {table.name} WHERE ({key}) > ({last}) {end}"
    while chunk:
        yield chunk
        if len(chunk) < CHUNK_ROWS:
            return
        reached = {table.columns[place]: chunk[-1][place] for place in places}
        chunk = transaction.all(following, reached)


def content(
    transaction: Transaction, table: Table, progress: Callable[[int], None] = lambda _: None
) -> Content:
    """Return what a table holds.

    Args:
        progress: told how many rows were read, chunk by chunk.
    """
    digest = Digest()
    for chunk in read_rows(transaction, table):
        digest.add(chunk)
        progress(len(chunk))
    return digest.content(last_id(transaction, table))


def last_id(transaction: Transaction, table: Table) -> int:
    """Return the highest id that a table ever gave out; 0 if it gives out none."""
    return transaction.last_id(table.name) if table.has_identity else 0


def count_rows(transaction: Transaction, those: Iterable[Table]) -> int:
    """Return how many rows these tables hold together, for a progress bar."""
    return sum(_count(transaction, table) for table in those)


def _count(transaction: Transaction, table: Table) -> int:
    row = transaction.one(f"SELECT COUNT(*) FROM {table.name}")
    return 0 if row is None else int(row[0])


def make_room(transaction: Transaction, those: Iterable[Table]) -> None:
    """Take out what the migrations put into a new portal, so that it can be filled.

    Raises:
        PortalNotEmpty: it holds more than that; nothing was taken out.
    """
    those = list(those)
    for table in those:
        if (rows := _count(transaction, table)) > table.seeds:
            raise PortalNotEmpty(
                f"The portal is not empty: its table {table.name} holds {rows} rows. "
                "Choose one that does not exist yet."
            )
    for table in those:
        if table.seeds:
            transaction.run(f"DELETE FROM {table.name}")


def write_rows(transaction: Transaction, table: Table, rows: Sequence[Row]) -> None:
    """Put rows into a table that had room made in it."""
    if rows:
        transaction.add_rows(table.name, table.columns, rows)


def write_last_id(transaction: Transaction, table: Table, last: int) -> None:
    """Let a filled table give out higher ids than this one."""
    if table.has_identity and last:
        transaction.set_last_id(table.name, last)


def copy_portal(
    source: Transaction,
    target: Transaction,
    those: Iterable[Table],
    progress: Callable[[int], None] = lambda _: None,
) -> dict[str, Content]:
    """Copy every table, compare what arrived, and return what that is, by table.

    Both are one transaction each: the source a snapshot, the target kept as a whole or not at all.

    Args:
        progress: told how many rows were done, chunk by chunk; each counts twice, once when it is
            written and once when it is compared.

    Raises:
        PortalNotEmpty: the target holds something.
        CopyDiffers: the target has other rows than the source.
    """
    those = list(those)
    make_room(target, those)
    copied: dict[str, Content] = {}
    for table in those:
        digest = Digest()
        for chunk in read_rows(source, table):
            digest.add(chunk)
            write_rows(target, table, chunk)
            progress(len(chunk))
        copied[table.name] = digest.content(last_id(source, table))
        write_last_id(target, table, copied[table.name].last_id)
    compare(target, those, copied, progress)
    return copied


def compare(
    transaction: Transaction,
    those: Iterable[Table],
    expected: dict[str, Content],
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Compare tables with what they should hold.

    Raises:
        CopyDiffers: one holds something else.
    """
    for table in those:
        found, wanted = content(transaction, table, progress), expected[table.name]
        if found != wanted:
            raise CopyDiffers(
                f"Table {table.name} should hold {wanted.rows} rows with the digest"
                f" {wanted.digest[:12]} and the last id {wanted.last_id}, and holds {found.rows}"
                f" with {found.digest[:12]} and {found.last_id}."
            )
