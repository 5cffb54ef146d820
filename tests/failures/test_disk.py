"""Disks that are full, read-only, slow or locked under a running server, with both engines."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from sluice.store.place import Schema, schema_at
from tests.failures.caller import Caller, refusal
from tests.failures.disks import failing_disk, slow_flushes, small_disk
from tests.failures.page import Row
from tests.places import look
from tests.postgres import cluster, fresh_schema
from tests.server_process import running_server

LARGE = secrets.token_hex(30_000)  # nothing that a database could make smaller


def fill(caller: Caller) -> tuple[list[str], tuple[int, str, str]]:
    """Add large tasks until one is refused; return the titles of the others and the refusal."""
    kept: list[str] = []
    for number in range(2_000):
        answer = caller.add_task(f"Task {number}", LARGE)
        if answer[0] != 200:
            return kept, refusal(answer)
        kept.append(f"Task {number}")
    raise AssertionError("the disk is never full")


def batch_told(caller: Caller) -> tuple[int, str, str]:
    """Return what a large command of a batch is told, in the batch or instead of it."""
    command = (
        f"tasks.task.add?fields[TITLE]=Batch&fields[RESPONSIBLE_ID]=1&fields[DESCRIPTION]={LARGE}"
    )
    status, body = caller("batch", cmd=["server.time", command])
    if status != 200:
        return refusal((status, body))
    return refusal((503, body["result"]["result_error"]["1"]))


@pytest.mark.failure("Disk full, SQLite")
def test_a_full_disk_under_a_file(row: Row, tmp_path: Path) -> None:
    with small_disk(tmp_path, "6m") as disk:
        path = disk.path / "portal.db"
        with running_server(tmp_path, database=f"sqlite:///{path}") as server:
            caller = Caller(server)
            kept, told = fill(caller)
            assert told == row.refusal
            assert len(kept) > 5
            assert batch_told(caller) == row.refusal
            assert caller.is_active()

            disk.remount("size=64m")
            assert caller.add_task("After", LARGE)[0] == 200
            server.kill()
        titles = [title for (title,) in look(path, "SELECT title FROM task ORDER BY id")]
        assert look(path, "PRAGMA integrity_check") == [("ok",)]
    assert [title for title in titles if title.startswith("Task ")] == kept
    assert "After" in titles
    assert "Batch" not in titles


@contextmanager
def schema_in_a_database_of_its_own(name: str, options: str) -> Iterator[Schema]:
    """Yield a schema in a new database of the run's PostgreSQL, made with the options."""
    execute = cluster().execute
    execute(f"CREATE DATABASE {name} {options}")
    schema = schema_at(cluster().address("portal").replace("/postgres?", f"/{name}?"))
    assert schema is not None
    try:
        yield schema
    finally:
        execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.failure("Disk full, PostgreSQL")
def test_a_full_disk_under_postgresql(row: Row, tmp_path: Path) -> None:
    with small_disk(cluster().directory, "24m") as disk:
        # Only what PostgreSQL's own user has can be a tablespace.
        owner = cluster().directory.stat()
        place = disk.path / "tables"
        place.mkdir(mode=0o700)
        shutil.chown(place, owner.st_uid, owner.st_gid)
        cluster().execute(f"CREATE TABLESPACE small LOCATION '{place}'")
        try:
            options = "TEMPLATE template0 TABLESPACE small"
            with (
                schema_in_a_database_of_its_own("filled", options) as schema,
                running_server(tmp_path, database=schema.address) as server,
            ):
                caller = Caller(server)
                kept, told = fill(caller)
                assert told == row.refusal
                assert batch_told(caller) == row.refusal
                assert caller.is_active()

                disk.remount("size=200m")
                assert caller.add_task("After", LARGE)[0] == 200
                server.kill()
                found = look(schema, "SELECT title FROM task ORDER BY id")
        finally:
            cluster().execute("DROP TABLESPACE small")
    titles = [title for (title,) in found]
    assert [title for title in titles if title.startswith("Task ")] == kept
    assert "After" in titles
    assert "Batch" not in titles


@pytest.mark.failure("Read-only disk, SQLite")
def test_a_disk_that_becomes_read_only(row: Row, tmp_path: Path) -> None:
    with failing_disk(tmp_path) as disk:
        path = disk.path / "portal.db"
        with running_server(tmp_path, database=f"sqlite:///{path}") as server:
            caller = Caller(server)
            assert caller.add_task("Before")[0] == 200
            disk.remount("abort")
            assert refusal(caller.add_task("Task")) == row.refusal
            assert batch_told(caller) == row.refusal
            assert caller.is_active()
            assert server.process.poll() is None


@pytest.mark.failure("Read-only database, PostgreSQL")
def test_a_database_that_becomes_read_only(row: Row, tmp_path: Path) -> None:
    with (
        schema_in_a_database_of_its_own("standby", "") as schema,
        running_server(tmp_path, database=schema.address) as server,
    ):
        caller = Caller(server)
        assert caller.add_task("Before")[0] == 200
        cluster().execute("ALTER DATABASE standby SET default_transaction_read_only = on")
        cluster().execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'standby'"
        )
        assert refusal(caller.add_task("Task")) == row.refusal
        assert batch_told(caller) == row.refusal
        assert caller.is_active()
        assert "Traceback" not in server.output

        cluster().execute("ALTER DATABASE standby RESET default_transaction_read_only")
        assert caller.add_task("After")[0] == 200  # connects anew, without a restart


@pytest.mark.failure("File locked by another program, SQLite")
def test_a_file_that_stays_locked(row: Row, tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        caller, reader = Caller(server), Caller(server)
        with closing(sqlite3.connect(tmp_path / "portal.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            caller.ask("tasks.task.add", fields={"TITLE": "Task", "RESPONSIBLE_ID": 1})
            assert reader.is_active()
            assert refusal(caller.answer()) == row.refusal
            assert reader.is_active()
            other.execute("COMMIT")
        assert caller.add_task("After")[0] == 200


@pytest.mark.failure("Slow disk, SQLite")
def test_a_disk_that_takes_its_time(row: Row, tmp_path: Path) -> None:
    assert row.refusals == ()
    held = tmp_path / "held"
    slow = slow_flushes(tmp_path, 20_000, held)
    with running_server(tmp_path, environment={**slow, "SLUICE_METRICS": "all"}) as server:
        reader = Caller(server)
        assert reader.add_task("Before")[0] == 200
        commits = server.metric("sluice_commit_calls_count")
        callers = [Caller(server) for _ in range(40)]
        held.touch()
        for number, caller in enumerate(callers):
            caller.ask("tasks.task.add", fields={"TITLE": f"{number}", "RESPONSIBLE_ID": 1})
        for _ in range(10_000):  # everybody stands in line, but for those whose commit is held
            if server.metric("sluice_waiting_calls") >= 20:
                break
            threading.Event().wait(0.005)
        assert reader.is_active()
        held.unlink()

        assert [caller.answer()[0] for caller in callers] == [200] * 40
        assert server.metric("sluice_commit_calls_count") - commits <= 20
        assert reader("tasks.task.list")[1]["total"] >= 41


@pytest.mark.failure("Commit that PostgreSQL does not end")
def test_a_commit_that_waits_for_ever_is_given_up(row: Row, tmp_path: Path) -> None:
    cannot_be_told, locked = row.refusals

    def wait_for_standby(names: str) -> None:
        cluster().execute(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        cluster().execute("SELECT pg_reload_conf()")
        while cluster().execute("SHOW synchronous_standby_names") != [(names,)]:
            threading.Event().wait(0.01)

    with (
        fresh_schema() as schema,
        running_server(tmp_path, database=schema.address) as server,
    ):
        caller, other = Caller(server), Caller(server)
        assert caller.add_task("Before")[0] == 200
        wait_for_standby("nobody")
        try:
            assert refusal(caller.add_task("Unclear")) == cannot_be_told
            assert refusal(other.add_task("Refused")) == locked
            assert other.is_active()
        finally:
            wait_for_standby("")
        assert caller.add_task("After")[0] == 200
        titles = {title for (title,) in look(schema, "SELECT title FROM task")}
        assert {"Before", "After"} <= titles
        assert "Refused" not in titles
