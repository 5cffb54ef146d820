"""A real PostgreSQL for a test run: the system's binaries, a cluster of our own, no root.

`cluster()` starts one for this process (a worker of pytest-xdist has one of its own) when the
first test needs it, on a Unix socket in a directory that goes away with the run.
`fresh_schema()` gives a test a portal's schema with its tables, and nothing in them: making forty
tables takes longer than most tests, so schemas are emptied and used again.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sluice.store.place import Schema, schema_at
from sluice.store.postgres import CHANGES, open_postgres
from tests.places import quick_disk

START_SECONDS = 30.0
# What makes tests quick, and what a crash of the machine may destroy; servers in tests of
# durability are killed, and nothing of this matters to them: the system keeps what was written.
SPEED = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "on",
    "shared_buffers": "64MB",
    "max_connections": "300",
    "autovacuum_naptime": "10s",
    "listen_addresses": "",
    "log_min_messages": "fatal",
}


DURABLE = {"fsync": "on", "full_page_writes": "on"}


class Cluster:
    """A PostgreSQL server of the tests' own.

    Args:
        durable: it writes as a real one does.
        copy_of: begin as a standby of this server, instead of empty.
        inside: the directory to make its own in; None is a quick one.
        settings: more of PostgreSQL's settings; they win over those given here.
    """

    def __init__(
        self,
        *,
        durable: bool = False,
        copy_of: Cluster | None = None,
        inside: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._settings = {**SPEED, **(DURABLE if durable else {}), **(settings or {})}
        self.binaries = _binaries()
        # Not `mkdtemp`: Ruby takes no directory with an underscore for a host.
        place = inside or Path(quick_disk() or tempfile.gettempdir())
        self.directory = place / f"sluice-pg-{secrets.token_hex(6)}"
        self.directory.mkdir(mode=0o700)
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            nobody = _unprivileged()
            os.chown(self.directory, nobody.pw_uid, nobody.pw_gid)
            self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self._data = self.directory / "data"
        self._log = self.directory / "log"
        self._server: subprocess.Popen[bytes] | None = None
        self._link: psycopg.Connection[tuple[Any, ...]] | None = None
        if copy_of is None:
            self._initialize()
        else:
            self._run(
                *("pg_basebackup", "--write-recovery-conf", "--checkpoint=fast", "--no-sync"),
                *("--pgdata", str(self._data), "--dbname", copy_of.address()),
            )
        self.start()

    def _initialize(self) -> None:
        self._run(
            *("initdb", "--no-sync", "--auth=trust", "--username=sluice", "--encoding=UTF8"),
            *("--locale=C.UTF-8", str(self._data)),
        )

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.binaries / program), *arguments],
            capture_output=True,
            text=True,
            cwd=self.directory,
            **self._as,
        )
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        settings = [f"-c{name}={value}" for name, value in self._settings.items()]
        with self._log.open("ab") as log:
            self._server = subprocess.Popen(
                [
                    str(self.binaries / "postgres"),
                    *("-D", str(self._data), "-k", str(self.directory), *settings),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                start_new_session=True,  # Ctrl-C on the terminal is the tests'
                preexec_fn=_end_with_the_tests,
                **self._as,
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.address()).close()
            except psycopg.OperationalError:
                assert self._server.poll() is None, self._log.read_text()
                assert time.monotonic() < deadline, self._log.read_text()
                time.sleep(0.02)
            else:
                return

    @property
    def pid(self) -> int:
        """Return the server's first process."""
        assert self._server is not None
        return self._server.pid

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT breaks connections off, SIGQUIT and SIGKILL crash it."""
        if self._link is not None:
            self._link.close()
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(how)
            self._server.wait(START_SECONDS)
            if how is signal.SIGKILL:
                self._wait_for_children()

    def _wait_for_children(self) -> None:
        """Wait until the server's other processes saw that it was killed: they hold its memory."""
        assert self._server is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                os.killpg(self._server.pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.01)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def address(self, schema: str = "") -> str:
        """Return the address of a schema, or of the server."""
        named = f"&schema={schema}" if schema else ""
        return f"postgresql://sluice@/postgres?host={self.directory}{named}"

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """Run statements of a test's own, and return the rows of the last one."""
        if self._link is None or self._link.closed:
            self._link = psycopg.connect(self.address(), autocommit=True)
        cursor = self._link.execute(sql, prepare=False)
        return cursor.fetchall() if cursor.description else []


class Pair:
    """A primary and its synchronous standby, as docs/operating.md sets them up.

    Attributes:
        is_passed_on: the standby has taken over.
    """

    def __init__(self) -> None:
        self.is_passed_on = False
        self._primary = Cluster(durable=True)
        self._standby = Cluster(durable=True, copy_of=self._primary)
        # From here on a commit waits until the standby has it on its disk.
        self._primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self._primary.execute("SELECT pg_reload_conf()")
        deadline = time.monotonic() + START_SECONDS
        while not self._primary.execute(
            "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
        ):
            assert time.monotonic() < deadline, "the standby does not follow"
            time.sleep(0.02)

    def address(self, schema: str) -> str:
        """Return the address of a schema on whichever of the two may be written to."""
        hosts = f"{self._primary.directory},{self._standby.directory}"
        options = f"target_session_attrs=read-write&schema={schema}"
        return f"postgresql://sluice@/postgres?host={hosts}&{options}"

    def fail_over(self) -> None:
        """Kill the primary and let the standby take over, which then waits for nobody."""
        self._primary.stop(signal.SIGKILL)
        self._standby.execute("SELECT pg_promote()")
        self.is_passed_on = not self._standby.execute("SELECT pg_is_in_recovery()")[0][0]

    def remove(self) -> None:
        self._standby.remove()
        self._primary.remove()


def _end_with_the_tests() -> None:
    """Let Linux stop the server when the process that started it ends, however that ends."""
    with contextlib.suppress(OSError, AttributeError):
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGINT)


def installed() -> Path | None:
    """Return the directory of PostgreSQL's programs, which Debian keeps out of the PATH."""
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return versions[-1].parent if versions else None


def _binaries() -> Path:
    if found := installed():
        return found
    reason = "PostgreSQL's server is not installed"
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI must test with it", pytrace=False)
    pytest.skip(reason)


def _unprivileged() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


@cache
def cluster() -> Cluster:
    """Return this process's server; it is started by the first call and removed at the end."""
    started = Cluster()
    atexit.register(_remove_of, os.getpid(), started)
    return started


def _remove_of(owner: int, started: Cluster) -> None:
    if os.getpid() == owner:  # a forked child of a test leaves it alone
        started.remove()


_free: list[str] = []
_made = 0


@contextmanager
def fresh_schema() -> Iterator[Schema]:
    """Yield a schema with a portal's tables, as the migrations leave them."""
    global _made
    if _free:
        name = _free.pop()
    else:
        _made += 1
        name = f"portal_{_made}"
        schema = _schema(name)
        open_postgres(schema, datetime(2026, 1, 12, 9, 30, tzinfo=UTC)).close()
        cluster().execute(_EMPTY.format(schema=name))
    cluster().execute(f"SET lock_timeout = '10s'; CALL {name}.make_new()")
    yield _schema(name)
    _free.append(name)


def _schema(name: str) -> Schema:
    schema = schema_at(cluster().address(name))
    assert schema is not None
    return schema


# A procedure that brings a schema back to what it holds now: rows of the migrations alone.
_EMPTY = f"""
CREATE SCHEMA {{schema}}_seed;
SET search_path = {{schema}};
DO $$
DECLARE each record; has boolean;
BEGIN
    FOR each IN SELECT tablename FROM pg_tables WHERE schemaname = '{{schema}}'
        AND tablename <> '{CHANGES}'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', each.tablename) INTO has;
        IF has THEN
            EXECUTE format('CREATE TABLE {{schema}}_seed.%I AS SELECT * FROM %I',
                each.tablename, each.tablename);
        END IF;
    END LOOP;
    CREATE TABLE {{schema}}_seed.given AS
        SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = '{{schema}}';
END $$;
CREATE PROCEDURE make_new() LANGUAGE plpgsql SET search_path = {{schema}} AS $$
DECLARE each record;
BEGIN
    -- Not TRUNCATE: to make a file for each table and index takes a hundred times longer.
    FOR each IN SELECT relname AS tablename FROM pg_class
        WHERE relnamespace = '{{schema}}'::regnamespace AND relkind = 'r'
        AND relname <> '{CHANGES}'
    LOOP
        EXECUTE format('DELETE FROM %I', each.tablename);
    END LOOP;
    FOR each IN SELECT relname AS tablename FROM pg_class
        WHERE relnamespace = '{{schema}}_seed'::regnamespace AND relkind = 'r'
        AND relname <> 'given'
    LOOP
        EXECUTE format('INSERT INTO %I SELECT * FROM {{schema}}_seed.%I',
            each.tablename, each.tablename);
    END LOOP;
    PERFORM setval(sequencename::regclass, coalesce(last_value, 1), last_value IS NOT NULL)
        FROM {{schema}}_seed.given;
    UPDATE {CHANGES} SET number = number + 1000;
END $$;
"""
