"""The embedded engine: one SQLite file, one writer with group commit, many readers.

Calls that write wait for one another. The writer takes everybody who waits, opens one
transaction, runs each call behind its own savepoint, commits once with `synchronous=FULL`, and
only then releases the answers. It is the event loop itself while commits are quick, and a thread
of its own otherwise. Calls are serial, so a toggle or a queue turn cannot race, and the price of
reaching the disk is shared. Readers see committed snapshots on connections of their own.
Design: docs/architecture.md, "Synchronous core, asynchronous edges, group commit".
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from sluice.clock import stopwatch
from sluice.errors import RestError, StoreUnavailable
from sluice.store import migrate
from sluice.store.database import (
    NOTHING,
    Commits,
    Parameters,
    PortalUnusable,
    Row,
    Transaction,
    Wake,
)
from sluice.store.neighbours import Neighbours
from sluice.store.tables import Store
from sluice.store.waiting import (
    Line,
    Waiting,
    group_after,
    in_time,
    out_of_memory,
    release,
    release_all,
    wake_up,
)

T = TypeVar("T")

IDENTITY = "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL"
# Marks the file as a portal of Sluice ("Slce") for `file` and for our own check.
APPLICATION_ID = 0x536C6365
# More calls than this wait for the next commit, so that the first of a storm is not kept long.
MOST_IN_GROUP = 256
LONG_READERS = 2
# A commit that takes longer on the average is left to the writer thread.
QUICK_COMMIT_SECONDS = 0.001
# How long a call waits while another program writes to the file, and how often it asks.
BUSY_SECONDS = 5.0
ASK_AGAIN_SECONDS = 0.0005

LOCKED = "Another program keeps the portal's file locked. Try again later."
_WHAT_TO_DO = {
    sqlite3.SQLITE_FULL: "The disk that holds the portal is full. Free some space and try again.",
    sqlite3.SQLITE_IOERR: "The disk that holds the portal failed. Check the disk and try again.",
    sqlite3.SQLITE_READONLY: "The portal's file is read-only. Make it writable and try again.",
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_CANTOPEN: "The portal's file cannot be opened. Check that it is there, and that"
    " it and its directory may be written.",
    sqlite3.SQLITE_CORRUPT: "The portal's file is damaged. Restore a backup of it.",
    sqlite3.SQLITE_NOTADB: "The file is no portal, or it is damaged. Choose another file with"
    " --database, or restore a backup.",
}

log = logging.getLogger("sluice.store")


class SqliteTransaction(Transaction):
    """A transaction on one connection. A savepoint is set before the call's first change."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._execute_many = connection.executemany
        self.memory: dict[Hashable, Any] = {}
        self.changed = False

    def one(self, sql: str, parameters: Parameters = NOTHING) -> Row | None:
        row: Row | None = self._execute(sql, parameters).fetchone()
        return row

    def all(self, sql: str, parameters: Parameters = NOTHING) -> list[Row]:
        return self._execute(sql, parameters).fetchall()

    def run(self, sql: str, parameters: Parameters = NOTHING) -> int:
        self._before_change(sql)
        return self._execute(sql, parameters).rowcount

    def add(self, sql: str, parameters: Parameters = NOTHING) -> int | None:
        self._before_change(sql)
        rows = self._execute(sql, parameters).fetchall()
        return int(rows[0][0]) if rows else None

    def add_rows(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        values = ", ".join("?" * len(columns))
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values})"
        self._before_change(sql)
        self.memory.clear()  # these may be rows of any table
        self._execute_many(sql, rows)

    def last_id(self, table: str) -> int:
        row = self.one("SELECT seq FROM sqlite_sequence WHERE name = :table", {"table": table})
        return 0 if row is None else int(row[0])

    def set_last_id(self, table: str, last: int) -> None:
        self.run("DELETE FROM sqlite_sequence WHERE name = :table", {"table": table})
        self.run(
            "INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)",
            {"table": table, "last": last},
        )

    def _before_change(self, sql: str) -> None:
        self._forget_after(sql)
        if not self.changed:
            self._execute("SAVEPOINT one_call")
            self.changed = True

    def keep(self) -> None:
        """End the call and keep its changes for the group's commit."""
        if self.changed:
            self._execute("RELEASE one_call")
            self.changed = False

    def undo(self) -> None:
        """End the call and undo its changes."""
        if self.changed:
            self._execute("ROLLBACK TO one_call")
            self._execute("RELEASE one_call")
            self.changed = False
            self.memory.clear()

    def failure(self, problem: Exception) -> RestError | None:
        # SQLite may have given up the whole transaction (disk full, for one).
        if isinstance(problem, MemoryError) or not self._connection.in_transaction:
            raise problem
        told = _told(problem)
        return told if isinstance(told, StoreUnavailable) else None


class _Connection:
    """A connection, its transaction and the tables on it; used by one thread at a time."""

    def __init__(self, path: Path, *, writes: bool, busy_seconds: float = BUSY_SECONDS) -> None:
        self.sqlite = sqlite3.connect(
            path,
            timeout=busy_seconds,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
        )
        self.sqlite.execute("PRAGMA synchronous = FULL")
        self.sqlite.execute("PRAGMA cache_size = -16384")
        if writes:
            # What a call may have to undo is small: it needs no file, nor a descriptor for one.
            self.sqlite.execute("PRAGMA temp_store = MEMORY")
        else:
            self.sqlite.execute("PRAGMA query_only = 1")
        self.transaction = SqliteTransaction(self.sqlite)
        self.store = Store(self.transaction)
        self._begin = "BEGIN IMMEDIATE" if writes else "BEGIN"
        self._version = 0

    def begin(self) -> None:
        """Open a transaction; forget everything if somebody else has changed the file."""
        execute = self.sqlite.execute
        execute(self._begin)
        version = execute("PRAGMA data_version").fetchone()[0]
        if version != self._version:
            self._version = version
            self.transaction.memory.clear()

    def rollback(self) -> None:
        self.transaction.memory.clear()
        self.transaction.changed = False
        if self.sqlite.in_transaction:
            with contextlib.suppress(sqlite3.Error, MemoryError):  # the next BEGIN will tell
                self.sqlite.execute("ROLLBACK")

    def read(self, work: Callable[[Store], T]) -> T:
        """Run reading work on one snapshot."""
        try:
            self.begin()
            return work(self.store)
        except (sqlite3.Error, StopIteration, MemoryError) as problem:
            if _is_write_by_reader(problem):
                raise
            raise _told(problem) from problem
        finally:
            if self.sqlite.in_transaction:  # what is remembered stays true, even if refused
                self.sqlite.execute("COMMIT")


class SqliteDatabase:
    """A portal in one SQLite file. Implements `Database`."""

    def __init__(self, path: Path, busy_seconds: float) -> None:
        self.path = path
        self.address = f"sqlite:///{path}"
        self.commits = Commits()
        self._busy_seconds = busy_seconds
        self._line: Line = queue.SimpleQueue()
        self._writer = _Connection(path, writes=True, busy_seconds=busy_seconds)
        self._writer.sqlite.execute("PRAGMA busy_timeout = 0")  # from here on see `_begin`
        self._reader = _Connection(path, writes=False, busy_seconds=busy_seconds)
        self._long_readers: queue.SimpleQueue[_Connection] = queue.SimpleQueue()
        self._long_work: ThreadPoolExecutor | None = None
        self._together: list[Waiting] = []  # what arrived in this turn of the event loop
        self._writing = threading.Lock()
        self._thread = threading.Thread(target=self._write, name="sluice-writer", daemon=True)
        self._thread.start()
        self._neighbours = Neighbours(path)  # last: what fails above leaves nothing open
        self._wake: Wake = self._neighbours.ring

    async def run(
        self, work: Callable[[Store], T], *, writes: bool = False, long: bool = False
    ) -> T:
        if writes:
            loop = asyncio.get_running_loop()
            future: asyncio.Future[T] = loop.create_future()
            waiting = Waiting(work, future)
            if long or self.commits.lately > QUICK_COMMIT_SECONDS:
                self._line.put(waiting)
            else:
                if not self._together:
                    loop.call_soon(self._write_together)
                self._together.append(waiting)
            return await future
        if long:
            return await asyncio.get_running_loop().run_in_executor(
                self._long_pool(), self._read_long, work
            )
        return self._reader.read(work)  # a few index look-ups: quicker than changing the thread

    def run_now(self, work: Callable[[Store], T]) -> T:
        future: Future[T] = Future()
        self._line.put(Waiting(work, future))
        return future.result()

    @contextlib.asynccontextmanager
    async def hearing(self, wake: Wake) -> AsyncIterator[None]:
        self._wake = wake
        try:
            with self._neighbours.heard(wake):
                yield
        finally:
            self._wake = self._neighbours.ring

    def waiting_calls(self) -> int:
        return self._line.qsize() + len(self._together)

    def close(self) -> None:
        unwritten, self._together = self._together, []
        self._queue(unwritten)
        self._line.put(None)
        self._thread.join()
        if self._long_work is not None:
            self._long_work.shutdown()
            while not self._long_readers.empty():
                self._long_readers.get().sqlite.close()
        self._reader.sqlite.close()
        self._writer.sqlite.close()
        self._neighbours.close()

    def _long_pool(self) -> ThreadPoolExecutor:
        if self._long_work is None:
            self._long_work = ThreadPoolExecutor(LONG_READERS, "sluice-reader")
        return self._long_work

    def _read_long(self, work: Callable[[Store], T]) -> T:
        """Read on a connection that is free, or on a new one: no more than threads read at once."""
        try:
            connection = self._long_readers.get_nowait()
        except queue.Empty:
            try:
                connection = _Connection(self.path, writes=False)
            except sqlite3.Error as problem:
                raise _told(problem) from problem
        try:
            return connection.read(work)
        finally:
            self._long_readers.put(connection)

    def _write_together(self) -> None:
        """Write what arrived in this turn of the loop: here and now, if that is quicker.

        Waking a thread and being woken by it takes longer than a commit on a quick disk, and two
        threads of Python do not run at the same time anyway. While the thread is at work, or the
        file is locked by another program, the calls stand in its line.
        """
        group, self._together = self._together[:MOST_IN_GROUP], self._together[MOST_IN_GROUP:]
        if self._together:
            asyncio.get_running_loop().call_soon(self._write_together)
        if not group:  # the database was closed meanwhile, and the thread has them
            return
        if not self._line.empty() or not self._writing.acquire(blocking=False):
            self._queue(group)
            return
        try:
            done = self._commit_together(group, patient=False)
        finally:
            self._writing.release()
        release_all(group[:done])
        self._queue(group[done:])

    def _queue(self, group: list[Waiting]) -> None:
        for waiting in group:
            self._line.put(waiting)

    def _write(self) -> None:
        """Serve the line until it is closed: the writer thread's whole life."""
        while (first := self._line.get()) is not None:
            group, closing = group_after(first, self._line, MOST_IN_GROUP)
            with self._writing:  # in all parts of the group: nobody overtakes it
                while group:
                    done = self._commit_together(group, patient=True)
                    release(group[:done])
                    group = group[done:]
            if closing:
                return

    def _commit_together(self, group: list[Waiting], *, patient: bool) -> int:
        """Run the first calls of a group and commit once.

        Args:
            patient: while another program has locked the file, wait, and then refuse the calls;
                otherwise return 0, with nothing done.

        Returns:
            How many of the calls have their answers.
        """
        ran: list[Waiting] = []
        writer = self._writer
        try:
            if not self._begin(self._busy_seconds if patient else 0.0):
                if patient:
                    log.error(LOCKED)
                    raise StoreUnavailable(f"Nothing was changed. {LOCKED}")
                return 0
            for waiting in in_time(group, self.commits.lately):
                ran.append(waiting)
                self._run_one(waiting)
            began = stopwatch()
            writer.sqlite.execute("COMMIT")
            self.commits.count(len(ran), stopwatch() - began)
        except Exception as problem:
            # What was not committed did not happen, and who did not run need not try: all alike.
            writer.rollback()
            told = _told(problem)
            ran = group
            for waiting in ran:
                waiting.error = told
        if (soonest := writer.transaction.soonest_due_micros) is not None:
            writer.transaction.soonest_due_micros = None
            wake_up(self._wake, soonest)
        return len(ran)

    def _begin(self, patience_seconds: float) -> bool:
        """Open the writer's transaction, or tell that other programs kept writing for so long."""
        started = stopwatch()
        is_next = False
        try:
            while True:
                is_next = is_next or self._neighbours.takes_turn()
                waited = stopwatch() - started
                # Who holds the turn may have been stopped: it is asked for, and no more than that.
                if is_next or 0 < patience_seconds / 2 <= waited:
                    try:
                        self._writer.begin()
                        return True
                    except sqlite3.OperationalError as problem:
                        if problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                            raise
                if waited >= patience_seconds:
                    return False
                time.sleep(ASK_AGAIN_SECONDS)
        finally:
            if is_next:
                self._neighbours.ends_turn()

    def _run_one(self, waiting: Waiting) -> None:
        writer = self._writer
        try:
            waiting.result = waiting.work(writer.store)
            writer.transaction.keep()
        except BaseException as problem:
            if isinstance(problem, MemoryError):
                raise
            if not writer.sqlite.in_transaction:
                # SQLite has given up the whole transaction (disk full, for one).
                if isinstance(problem, sqlite3.Error):
                    raise
                raise sqlite3.OperationalError("the transaction was lost") from problem
            writer.transaction.undo()
            waiting.error = _told(problem)


def _is_write_by_reader(problem: BaseException) -> bool:
    """Tell whether work that said it only reads tried to write: a bug of ours, no failure."""
    return getattr(problem, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY


def _told(problem: BaseException) -> BaseException:
    """Return what the callers are told about a problem: their own, or a refusal of the engine."""
    if isinstance(problem, StopIteration):  # a future takes any other exception
        return RuntimeError("the work raised StopIteration")
    if isinstance(problem, MemoryError):
        return out_of_memory()
    words = _what_to_do(problem)
    if words is None:
        return problem
    log.error("%s (%s)", words, problem)
    return StoreUnavailable(f"Nothing was changed. {words}")


def _what_to_do(problem: BaseException) -> str | None:
    # The lowest byte is the kind of error; the others say more of where it happened.
    return _WHAT_TO_DO.get(getattr(problem, "sqlite_errorcode", 0) & 0xFF)


def open_sqlite(
    path: Path,
    now: datetime,
    *,
    busy_seconds: float = BUSY_SECONDS,
    steps: Sequence[migrate.Migration] | None = None,
) -> SqliteDatabase:
    """Open the portal in this file, making it or bringing its tables up to date first.

    Args:
        busy_seconds: how long to wait, here and in every call, while another program writes.
        steps: the migrations to make it with, for a copy of an older one; None is all.

    Raises:
        PortalUnusable: the file cannot be opened, read or written, is damaged, is no portal, or
            was made by a newer Sluice.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _prepare(path, now, busy_seconds, migrate.known() if steps is None else steps)
        return SqliteDatabase(path, busy_seconds)
    except OSError as problem:
        raise PortalUnusable(
            f"Cannot make the directory of {path}: {problem.strerror}. "
            "Choose another place with --database."
        ) from problem
    except sqlite3.Error as problem:
        words = _what_to_do(problem) or "Run `sluice doctor` on it."
        raise PortalUnusable(f"Cannot open the portal in {path}: {problem}. {words}") from problem


def _prepare(
    path: Path, now: datetime, busy_seconds: float, steps: Sequence[migrate.Migration]
) -> None:
    """Make the file a portal of this program's version, unless it is one already.

    Everything is looked at and changed in one transaction, because another program may be doing
    the same. What is refused is left as it was.
    """
    connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        if _is_foreign(connection):
            raise PortalUnusable(
                f"{path} is a SQLite file of another program. Choose another file with --database."
            )
        transaction = SqliteTransaction(connection)
        if migrate.apply(transaction, steps, identity=IDENTITY, now=now):
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        transaction.keep()
        connection.execute("COMMIT")
        _write_ahead(connection, path, busy_seconds)
    finally:
        connection.close()


def _is_foreign(connection: sqlite3.Connection) -> bool:
    """Tell whether another program made the file; an empty one is nobody's."""
    mark = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
    return bool(mark != APPLICATION_ID and (mark != 0 or tables > 0))


def _write_ahead(connection: sqlite3.Connection, path: Path, busy_seconds: float) -> None:
    """Switch the file to write-ahead logging, so that readers and the writer do not meet."""
    started = stopwatch()
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            break
        except sqlite3.OperationalError as problem:
            # Here SQLite gives up at once when another program is opening the file as well.
            busy = problem.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or stopwatch() - started > busy_seconds:
                raise
            time.sleep(0.005)
    if mode != "wal":
        raise PortalUnusable(
            f"The disk that holds {path} cannot share memory between programs, as network disks "
            "often cannot. Choose a file on a local disk with --database."
        )


def is_portal(path: Path) -> bool:
    """Tell whether the file is a portal, of whatever version; a damaged one may not be."""
    mark = APPLICATION_ID.to_bytes(4, "big")
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0" and file.read(72)[52:56] == mark


def read_file(path: Path, work: Callable[[Store], T]) -> T:
    """Run reading work on a portal's file without changing anything, and without a server."""
    connection = _Connection(path, writes=False)
    try:
        return connection.read(work)
    finally:
        connection.sqlite.close()


def check_file(path: Path) -> list[str]:
    """Return what SQLite itself finds wrong with the file; nothing when it is sound."""
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None)
    try:
        found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
        return [] if found == ["ok"] else found
    finally:
        connection.close()
