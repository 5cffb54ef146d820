"""The engine for many processes: a schema of PostgreSQL, one writer at a time, group commit.

Every process has one connection that writes. A group of calls takes the portal's advisory lock,
runs one call after the other, and commits once: so calls are serial in all processes together, as
they are on SQLite, and there is one lock, which cannot be taken in a wrong order. Readers see
committed snapshots on connections of their own and wait for nobody.
Design: docs/architecture.md, "Many processes, one portal"; docs/decisions/0012-postgresql.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import queue
import re
import secrets
import threading
import time
from collections.abc import AsyncIterator, Callable, Generator, Hashable, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Any, TypeGuard, TypeVar

import psycopg
from psycopg import Cursor, RawCursor
from psycopg.pq import TransactionStatus

from sluice.clock import stopwatch
from sluice.errors import StoreUnavailable
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
from sluice.store.place import Schema
from sluice.store.postgres_bell import CHANNEL, heard
from sluice.store.postgres_dialect import (
    IDENTITY,
    adapt,
    stored,
    told,
    translated,
    translated_step,
)
from sluice.store.tables import Store
from sluice.store.waiting import (
    Line,
    Waiting,
    group_after,
    in_time,
    out_of_memory,
    release,
    wake_up,
)

T = TypeVar("T")

# More calls than this wait for the next commit, so that the first of a storm is not kept long.
MOST_IN_GROUP = 256
# Reads that share a snapshot, and connections for short reads and for long ones.
MOST_READS_TOGETHER = 16
READERS, LONG_READERS = 2, 2
# How long a connection may take, if the address does not say.
CONNECT_SECONDS = 5
# How long a call waits for the writers of other processes.
LOCK_SECONDS = 10
# A process that stands still in the middle of a transaction (stopped, or cut off) loses it, and
# the lock, after this time.
IDLE_SECONDS = 30
# A database that says nothing for so long, in answer to one statement, is not reached any more: a
# network that swallows what is sent keeps its connections open. Longer than LOCK_SECONDS.
SILENT_SECONDS = 20.0
# How long the fate of a commit is asked after that was cut off.
OUTCOME_SECONDS = 5.0
# So many commits back it can be told; a commit is known by a mark of so many bytes.
MARKS, MARK_BYTES = 64, 4
# The engine's own table: one row, changed by every commit that changed anything.
CHANGES = "portal_change"

_UNAVAILABLE = "Nothing was changed. "
_LOST = "The database cannot be reached. Try again."
_WHAT_TO_DO = {
    "25006": "The database is read-only. Connect to its primary.",
    "53100": "The disk of the database is full. Free some space and try again.",
    "53200": "The database is out of memory. Try again later.",
    "53300": "The database has too many connections. Try again later, or raise max_connections.",
    "55P03": "Another process keeps the portal locked. Try again later.",
    "57014": "The database gave the call up. Try again.",
    "XX001": "The database is damaged. Restore a backup of it.",
    "XX002": "An index of the database is damaged. Run REINDEX on it.",
}

log = logging.getLogger("sluice.store")


class _Link(psycopg.Connection[Row]):
    """A connection that ends itself when the database has been silent for too long.

    Attributes:
        patience_seconds: how long it may say nothing while it is waited for.
    """

    patience_seconds = SILENT_SECONDS

    def wait(self, gen: Generator[Any, Any, T], *rest: Any, **options: Any) -> T:
        return super().wait(self._patient(gen), *rest, **options)

    def _patient(self, answering: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        """Lead what waits for an answer; it hears nothing several times a second while it waits.

        Raises:
            psycopg.OperationalError: there was silence for too long; the connection is closed.
        """
        try:
            wanted = next(answering)
            silent_since: float | None = None
            while True:
                ready = yield wanted
                if ready:  # as a rule: nothing may be slow here
                    silent_since = None
                elif silent_since is None:
                    silent_since = stopwatch()
                elif stopwatch() - silent_since > self.patience_seconds:
                    self.pgconn.finish()
                    raise psycopg.OperationalError(
                        f"the database said nothing for {self.patience_seconds:.0f} seconds"
                    )
                wanted = answering.send(ready)
        except StopIteration as done:
            answer: T = done.value
            return answer


class PostgresTransaction(Transaction):
    """A transaction on one connection. A call's savepoint is set before its first statement, since
    one that fails takes everything after the last savepoint with it."""

    def __init__(self) -> None:
        self.memory: dict[Hashable, Any] = {}
        self.changed = False  # by this call
        self.group_changed = False
        self.writes = False
        self._begun = False  # this call has run a statement
        self._stale = False  # an earlier call changed something after the savepoint
        self._cursor: Cursor[Row]

    def use(self, cursor: Cursor[Row]) -> None:
        """Run statements here from now on."""
        self._cursor = cursor

    def start(self) -> None:
        """Begin with a new transaction, and, if it writes, its first savepoint."""
        self.changed = self.group_changed = self._begun = self._stale = False
        self.soonest_due_micros = None

    def _execute(self, sql: str, parameters: Parameters) -> Cursor[Row]:
        text, names = translated(sql)
        if not self._begun and self.writes:
            self._begun = True
            if self._stale:
                self._cursor.execute("RELEASE one_call; SAVEPOINT one_call", prepare=False)
                self._stale = False
        return self._cursor.execute(text, [stored(parameters[name]) for name in names])

    def one(self, sql: str, parameters: Parameters = NOTHING) -> Row | None:
        row = self._execute(sql, parameters).fetchone()
        return None if row is None else told(row)

    def all(self, sql: str, parameters: Parameters = NOTHING) -> list[Row]:
        return [told(row) for row in self._execute(sql, parameters).fetchall()]

    def run(self, sql: str, parameters: Parameters = NOTHING) -> int:
        self._before_change(sql)
        return self._execute(sql, parameters).rowcount

    def add(self, sql: str, parameters: Parameters = NOTHING) -> int | None:
        self._before_change(sql)
        row = self._execute(sql, parameters).fetchone()
        return None if row is None else int(row[0])

    def insert(self, table: str, values: Parameters, on_conflict: str = "") -> int | None:
        added = super().insert(table, values, on_conflict)
        if added is not None and "id" in values and added > self.last_id(table):
            self.set_last_id(table, added)  # the sequence does not look at ids that are given
        return added

    def add_rows(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        sql = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        self._before_change(sql)
        self.memory.clear()  # these may be rows of any table
        self.one("SELECT 1")  # sets the savepoint, if it is due
        with self._cursor.copy(sql) as copy:
            for row in rows:
                copy.write_row([stored(value) for value in row])

    def last_id(self, table: str) -> int:
        row = self.one(f"SELECT last_value, is_called FROM {table}_id_seq")
        return 0 if row is None or not row[1] else int(row[0])

    def set_last_id(self, table: str, last: int) -> None:
        self.one("SELECT setval(:sequence, :last)", {"sequence": f"{table}_id_seq", "last": last})

    def _before_change(self, sql: str) -> None:
        self._forget_after(sql)
        self.changed = self.group_changed = True

    def keep(self) -> None:
        self._stale = self._stale or self.changed
        self._begun = self.changed = False

    def undo(self) -> None:
        if self._begun and (self.changed or not self.is_sound):
            self._cursor.execute("ROLLBACK TO one_call", prepare=False)
            self.memory.clear()
        self._begun = self.changed = False

    def failure(self, problem: Exception) -> None:
        if _fails_everybody(problem):
            raise problem

    @property
    def is_sound(self) -> bool:
        """Tell whether the transaction can go on as it is."""
        status = self._cursor.connection.info.transaction_status
        return status == TransactionStatus.INTRANS


class _Connection:
    """A connection, its transaction and the tables on it; used by one thread at a time.

    It connects when it is first used, and again when it was lost.
    """

    def __init__(self, schema: Schema, *, writes: bool, link: _Link | None = None) -> None:
        self._schema = schema
        self._link: _Link | None = None
        self._cursor: Cursor[Row]
        self._change = 0
        self.transaction = PostgresTransaction()
        self.transaction.writes = writes
        if link is not None:
            self._use(link)
        self.store = Store(self.transaction)
        # One message, and the last result is the number. Each statement sees what was committed
        # before it began, so the writer's number is read behind the lock.
        self._begin = (
            f"BEGIN; SELECT pg_advisory_xact_lock({schema.lock}); SAVEPOINT one_call;"
            f" SELECT number FROM {CHANGES}"
            if writes
            else f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT number FROM {CHANGES}"
        )

    def begin(self) -> None:
        """Open a transaction; forget everything if somebody else has changed the portal."""
        if self._link is None:
            self.connect()
            number = self._started()
        else:
            try:
                number = self._started()
            except psycopg.OperationalError:
                if self._link.info.transaction_status != TransactionStatus.UNKNOWN:
                    raise
                self.connect()  # it was lost since the last call, and nothing has been done yet
                number = self._started()
        if number != self._change:
            self._change = number
            self.transaction.memory.clear()
        self.transaction.start()

    def _started(self) -> int:
        self._cursor.execute(self._begin, prepare=False)
        while self._cursor.nextset():
            pass
        (number,) = self._cursor.fetchone() or (0,)
        return int(number)

    def connect(self) -> _Link:
        """Connect anew and return what this gives."""
        self.close()
        self.transaction.memory.clear()
        return self._use(_connect(self._schema))

    def _use(self, link: _Link) -> _Link:
        self._link = link
        self._cursor = link.cursor()
        self.transaction.use(self._cursor)
        return link

    def close(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    @property
    def is_open(self) -> bool:
        """Tell whether there is a connection, as far as that is known."""
        return self._link is not None and not self._link.closed

    def ring(self, _: int) -> None:
        """Wake whoever hears what is planned in the portal; if that fails, the next call tells."""
        with contextlib.suppress(psycopg.Error):
            self._cursor.execute(
                "SELECT pg_notify($1, $2)", [CHANNEL, self._schema.name], prepare=False
            )

    def end_reading(self) -> None:
        if self.is_open:
            with contextlib.suppress(psycopg.Error):
                self._cursor.execute("ROLLBACK", prepare=False)

    def rollback(self) -> None:
        """Undo everything; a connection in an unclear state is given up."""
        self.transaction.memory.clear()
        self.transaction.start()
        if self._link is None:
            return
        try:
            self._cursor.execute("ROLLBACK", prepare=False)
        except (psycopg.Error, MemoryError):
            self.close()

    def commit(self) -> None:
        """Commit what the group changed.

        Raises:
            psycopg.Error: nothing was kept.
            StoreUnavailable: it cannot be told whether it was.
        """
        execute = self._cursor.execute
        if not self.transaction.group_changed:
            execute("COMMIT", prepare=False)
            return
        mark = secrets.token_hex(MARK_BYTES)
        execute(
            f"UPDATE {CHANGES} SET number = number + 1,"
            f" marks = left('{mark}' || marks, {MARKS * len(mark)}) RETURNING number"
        )
        (number,) = self._cursor.fetchone() or (0,)
        try:
            execute("COMMIT", prepare=False)
        except (psycopg.OperationalError, MemoryError) as problem:
            heard = isinstance(problem, psycopg.OperationalError)
            if heard and self._link is not None and not self._link.broken:
                raise
            if not self._was_committed(int(number), mark):
                raise psycopg.OperationalError("the commit was cut off") from problem
        if self._cursor.statusmessage == "ROLLBACK":
            raise psycopg.OperationalError("the database did not commit")
        self._change = int(number)

    def _was_committed(self, number: int, mark: str) -> bool:
        """Find out what became of a commit whose answer did not arrive.

        Not by the number of its transaction: after a fail-over that may be another's. The marks of
        the last commits stand beside their number, and whoever holds the portal's lock knows that
        nobody is about to commit any more.

        Raises:
            StoreUnavailable: the database stays away, or too many have committed since.
        """
        until = stopwatch() + OUTCOME_SECONDS
        while stopwatch() < until:
            with contextlib.suppress(psycopg.Error), self.connect().transaction():
                execute = self._cursor.execute
                execute(f"SELECT pg_advisory_xact_lock({self._schema.lock})", prepare=False)
                row = execute(
                    f"SELECT number, marks, pg_is_in_recovery() FROM {CHANGES}"
                ).fetchone()
                if row is None:
                    break
                now, kept, is_standby = row
                if not is_standby:  # which may not have heard of it yet
                    marks = {kept[at : at + len(mark)] for at in range(0, len(kept), len(mark))}
                    if mark in marks or now - number < MARKS:
                        return mark in marks
                    break
            time.sleep(0.05)
        raise StoreUnavailable(
            "The database was lost while it kept the change, and it cannot be told whether it"
            " did. Look before you try again."
        )


def _options(schema: Schema) -> dict[str, Any]:
    """Return what is said when connecting: what the address does not say, is said here."""
    defaults = {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "sluice",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
    }
    given = psycopg.conninfo.conninfo_to_dict(schema.connection)
    return {**defaults, **given, "client_encoding": "utf8"}


def _connect(schema: Schema) -> _Link:
    """Connect to the schema, whether it exists or not.

    Raises:
        psycopg.Error
    """
    link = _Link.connect(**_options(schema), autocommit=True, cursor_factory=RawCursor)
    link.prepared_max = 1000
    adapt(link)
    # An answered call is kept: a server that was told to commit later is told otherwise here.
    link.execute(
        f'SET search_path = "{schema.name}"; SET lock_timeout = {LOCK_SECONDS * 1000};'
        f" SET idle_in_transaction_session_timeout = {IDLE_SECONDS * 1000};"
        " SET client_min_messages = warning;"
        " SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'",
        prepare=False,
    )
    return link


class _Lane:
    """A thread with a connection that serves a line until it is closed."""

    def __init__(self, connection: _Connection, line: Line, serve: _Serve, most: int) -> None:
        self._connection = connection
        self._line = line
        self._serve = serve
        self._most = most
        self.thread = threading.Thread(target=self._run, name="sluice-postgres", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        most = self._most
        while (first := self._line.get()) is not None:
            group, closing = group_after(first, self._line, most)
            while group:
                done = self._serve(self._connection, group)
                release(group[:done])
                group = group[done:]
            # Who stands in line for a database that is away waits for one attempt, not for many.
            most = self._most if self._connection.is_open else MOST_IN_GROUP
            if closing:
                break
        self._connection.close()


# Works on the first of some calls, and tells how many have their answers.
_Serve = Callable[[_Connection, list[Waiting]], int]


class PostgresDatabase:
    """A portal in a schema of PostgreSQL. Implements `Database`."""

    def __init__(self, schema: Schema, link: _Link) -> None:
        """Begin to serve.

        Args:
            link: a connection to the schema, which is the writer's from now on.
        """
        self.schema = schema
        self.address = schema.address
        self.commits = Commits()
        self._writing: Line = queue.SimpleQueue()
        self._reading: Line = queue.SimpleQueue()
        self._reading_long: Line = queue.SimpleQueue()
        writer = _Connection(schema, writes=True, link=link)
        self._ring: Wake = writer.ring
        self._wake: Wake = self._ring
        self._lanes = [
            (self._writing, _Lane(writer, self._writing, self._commit_together, MOST_IN_GROUP))
        ]
        self._opening = threading.Lock()

    async def run(
        self, work: Callable[[Store], T], *, writes: bool = False, long: bool = False
    ) -> T:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        if writes:
            self._writing.put(Waiting(work, future))
        else:
            if len(self._lanes) == 1:
                self._open_readers()
            (self._reading_long if long else self._reading).put(Waiting(work, future))
        return await future

    def run_now(self, work: Callable[[Store], T]) -> T:
        future: Future[T] = Future()
        self._writing.put(Waiting(work, future))
        return future.result()

    @contextlib.asynccontextmanager
    async def hearing(self, wake: Wake) -> AsyncIterator[None]:
        self._wake = wake
        try:
            async with heard(self.schema, _options(self.schema), wake):
                yield
        finally:
            self._wake = self._ring

    def waiting_calls(self) -> int:
        return self._writing.qsize()

    def _open_readers(self) -> None:
        """Commands that only write need no threads for reading."""
        with self._opening:
            if len(self._lanes) == 1:
                lanes = [(self._reading, MOST_READS_TOGETHER)] * READERS
                lanes += [(self._reading_long, 1)] * LONG_READERS
                self._lanes += [
                    (
                        line,
                        _Lane(
                            _Connection(self.schema, writes=False), line, self._read_together, most
                        ),
                    )
                    for line, most in lanes
                ]

    def close(self) -> None:
        for line, _ in self._lanes:
            line.put(None)
        for _, lane in self._lanes:
            lane.thread.join()

    def _commit_together(self, connection: _Connection, group: list[Waiting]) -> int:
        """Run the first calls of a group and commit once."""
        ran: list[Waiting] = []
        try:
            connection.begin()
            for waiting in in_time(group, self.commits.lately):
                ran.append(waiting)
                _run_one(connection, waiting)
            began = stopwatch()
            connection.commit()
            self.commits.count(len(ran), stopwatch() - began)
        except Exception as problem:
            # What was not committed did not happen, and who did not run need not try: all alike.
            connection.rollback()
            if isinstance(problem, psycopg.errors.ReadOnlySqlTransaction):
                connection.close()  # an address of several hosts may lead to the primary next time
            told_all = _told(problem)
            ran = group
            for waiting in ran:
                waiting.error = told_all
        if (soonest := connection.transaction.soonest_due_micros) is not None:
            connection.transaction.soonest_due_micros = None
            wake_up(self._wake, soonest)
        return len(ran)

    def _read_together(self, connection: _Connection, group: list[Waiting]) -> int:
        """Run reading calls on one snapshot; who fails takes nobody along."""
        is_open = False
        for number, waiting in enumerate(group):
            if not is_open:
                try:
                    connection.begin()
                    is_open = True
                except Exception as problem:
                    told_all = _told(problem)
                    for other in group[number:]:
                        other.error = told_all
                    break
            try:
                waiting.result = waiting.work(connection.store)
            except BaseException as problem:
                waiting.error = _told(problem)
                if not connection.transaction.is_sound:
                    connection.end_reading()
                    is_open = False
        if is_open:
            connection.end_reading()
        return len(group)


def _run_one(connection: _Connection, waiting: Waiting) -> None:
    transaction = connection.transaction
    try:
        waiting.result = waiting.work(connection.store)
        transaction.keep()
    except BaseException as problem:
        if _fails_everybody(problem):
            raise  # not this call's alone: the database has given the transaction up, or is gone
        transaction.undo()
        waiting.error = _told(problem)


def _told(problem: BaseException) -> BaseException:
    """Return what the callers are told about a problem: their own, or a refusal of the engine."""
    if isinstance(problem, StopIteration):  # a future takes any other exception
        return RuntimeError("the work raised StopIteration")
    if isinstance(problem, MemoryError):
        return out_of_memory()
    if _is_of_the_database(problem):
        words = _what_to_do(problem)
        log.error("%s (%s)", words, _one_line(problem))
        return StoreUnavailable(_UNAVAILABLE + words)
    return problem


def _fails_everybody(problem: BaseException) -> bool:
    """Tell whether a call's problem is the whole group's: nothing of it can be committed."""
    return isinstance(problem, MemoryError) or _is_of_the_database(problem)


def _is_of_the_database(problem: BaseException) -> TypeGuard[psycopg.Error]:
    """Tell whether the database failed, and not the statement."""
    if isinstance(problem, (psycopg.OperationalError, psycopg.InterfaceError)):
        return True
    return isinstance(problem, psycopg.Error) and problem.sqlstate in _WHAT_TO_DO


def _what_to_do(problem: psycopg.Error) -> str:
    return _WHAT_TO_DO.get(problem.sqlstate or "", _LOST)


def _one_line(problem: BaseException) -> str:
    return " ".join(str(problem).split())


def open_postgres(
    schema: Schema, now: datetime, *, steps: Sequence[migrate.Migration] | None = None
) -> PostgresDatabase:
    """Open the portal in this schema, making it or bringing its tables up to date first.

    Args:
        steps: the migrations to make it with, for a copy of an older one; None is all.

    Raises:
        PortalUnusable: the database cannot be reached or does not let us, the schema is another
            program's, or was made by a newer Sluice.
    """
    try:
        link = _connect(schema)
        try:
            link.patience_seconds = math.inf  # a large portal's migration takes its time
            _prepare(link, schema, now, migrate.known() if steps is None else steps)
            link.patience_seconds = SILENT_SECONDS
        except BaseException:
            link.close()
            raise
    except psycopg.Error as problem:
        raise _unusable(schema, problem) from problem
    return PostgresDatabase(schema, link)


def _unusable(schema: Schema, problem: psycopg.Error) -> PortalUnusable:
    words = _one_line(problem)
    if problem.sqlstate == "42501":
        words += f". Let the user make the schema: CREATE SCHEMA {schema.name} AUTHORIZATION ..."
    elif re.search('database ".*" does not exist', words):
        words += ". Make it with `createdb`."
    return PortalUnusable(f"Cannot open the portal at {schema.address}: {words}")


def _prepare(
    link: psycopg.Connection[Row],
    schema: Schema,
    now: datetime,
    steps: Sequence[migrate.Migration],
) -> None:
    """Make the schema a portal of this program's version, unless it is one already.

    Everything is looked at and changed in one transaction behind the portal's lock, because
    another program may be doing the same. What is refused is left as it was.
    """
    with link.transaction():
        link.execute(f"SELECT pg_advisory_xact_lock({schema.lock})")
        tables = _tables(link, schema)
        if tables and not {"migration", CHANGES} <= tables:
            raise PortalUnusable(
                f"The schema {schema.name} at {schema.address} holds tables of another"
                " program. Choose another one with schema=NAME in the address."
            )
        if not tables:
            link.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema.name}"')
            link.execute(f"CREATE TABLE {CHANGES} (number BIGINT NOT NULL, marks TEXT NOT NULL)")
            # Not from 0 on: who still knows a dropped portal of this name must see a change.
            link.execute(f"INSERT INTO {CHANGES} VALUES ({secrets.randbits(62)}, '')")
        transaction = _Migrating()
        transaction.use(link.cursor())
        if migrate.apply(transaction, steps, identity=IDENTITY, now=now):
            link.execute(f"UPDATE {CHANGES} SET number = number + 1")


class _Migrating(PostgresTransaction):
    """A transaction whose statements make tables."""

    def run(self, sql: str, parameters: Parameters = NOTHING) -> int:
        return super().run(translated_step(sql), parameters)


def _tables(link: psycopg.Connection[Row], schema: Schema) -> set[str]:
    rows = link.execute("SELECT tablename FROM pg_tables WHERE schemaname = $1", [schema.name])
    return {str(row[0]) for row in rows}


def has_portal(schema: Schema) -> bool:
    """Tell whether the schema holds a portal, of whatever version.

    Raises:
        PortalUnusable: the database cannot be reached.
    """
    try:
        link = _connect(schema)
    except psycopg.Error as problem:
        raise _unusable(schema, problem) from problem
    try:
        return {"migration", CHANGES} <= _tables(link, schema)
    finally:
        link.close()


def read_schema(schema: Schema, work: Callable[[Store], T]) -> T:
    """Run reading work on a portal's schema without changing anything, and without a server.

    Raises:
        PortalUnusable: the database cannot be reached, or there is no portal.
    """
    connection = _Connection(schema, writes=False)
    try:
        link = connection.connect()
        # It holds up nobody, and may wait for whoever takes what it reads.
        link.execute("SET idle_in_transaction_session_timeout = 0")
        link.patience_seconds = math.inf
        connection.begin()
    except psycopg.Error as problem:
        connection.close()
        raise _unusable(schema, problem) from problem
    try:
        return work(connection.store)
    except psycopg.Error as problem:
        raise _told(problem) from problem
    finally:
        connection.close()


def schemas(database: Schema, prefix: str) -> dict[str, int]:
    """Return the names of the schemas of a database that begin so, each with its number.

    Raises:
        PortalUnusable: the database cannot be asked.
    """
    try:
        with contextlib.closing(_connect(database)) as link:
            rows = link.execute(
                "SELECT nspname, oid FROM pg_namespace WHERE starts_with(nspname, $1)"
                " ORDER BY nspname",
                [prefix],
            ).fetchall()
    except psycopg.Error as problem:
        raise PortalUnusable(f"The portals of {database.address}: {problem}") from problem
    return {str(name): int(oid) for name, oid in rows}


def remove_schema(schema: Schema) -> None:
    """Remove a portal with everything in it.

    Raises:
        PortalUnusable: it cannot be removed.
    """
    try:
        with contextlib.closing(_connect(schema)) as link:
            link.execute(f'DROP SCHEMA "{schema.name}" CASCADE')
    except psycopg.Error as problem:
        raise PortalUnusable(f"{schema.address} cannot be removed: {problem}") from problem
