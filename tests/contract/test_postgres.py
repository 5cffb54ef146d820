"""What PostgreSQL's engine promises beyond the others: processes, texts, connections that break."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from multiprocessing.synchronize import Barrier
from typing import Any

import pytest

from sluice.errors import StoreUnavailable
from sluice.store import migrate, postgres
from sluice.store.database import Database, PortalUnusable
from sluice.store.listing import ordered
from sluice.store.place import Schema, schema_at
from sluice.store.postgres import PostgresDatabase, open_postgres
from sluice.store.postgres_dialect import translated, translated_step
from sluice.store.tables import Store
from sluice.store.task_pages import LISTED
from tests.contract.conftest import NOW
from tests.places import another_program, look, only_postgresql
from tests.postgres import cluster

pytestmark = only_postgresql


@pytest.fixture
def schema(place: Schema) -> Schema:
    """The place of `database`."""
    return place


@pytest.fixture
def unmade(engine: str, request: pytest.FixtureRequest) -> Iterator[Schema]:
    """A schema that does not exist; it is dropped afterwards."""
    schema = schema_at(cluster().address("not_yet"))
    assert schema is not None
    yield schema
    cluster().execute("DROP SCHEMA IF EXISTS not_yet CASCADE")


def tell(name: str, value: str = "x") -> Callable[[Store], None]:
    return lambda store: store.facts.set(name, value)


def told(database: Database, name: str) -> str | None:
    return asyncio.run(database.run(lambda store: store.facts.get(name)))


# SQL and values


@pytest.mark.parametrize(
    ("sql", "text", "names"),
    [
        ("SELECT :a, :b, :a", "SELECT $1, $2, $1", ("a", "b")),
        ("SELECT ':a', :b1", "SELECT ':a', $1", ("b1",)),
        ("SELECT 'it''s :a' -- :b\n, :c", "SELECT 'it''s :a' -- :b\n, $1", ("c",)),
        ("a NOT LIKE :a ESCAPE '\\'", "a NOT ILIKE $1 ESCAPE '\\'", ("a",)),
        ("CAST(a AS TEXT)", "CAST(a AS TEXT)", ()),
    ],
)
def test_statements_are_translated(
    engine: str, sql: str, text: str, names: tuple[str, ...]
) -> None:
    assert translated(sql) == (text, names)


def test_columns_of_migrations_are_compared_by_their_bytes(engine: str) -> None:
    assert translated_step("a TEXT NOT NULL DEFAULT 'TEXT'") == (
        "a TEXT COLLATE \"C\" NOT NULL DEFAULT 'TEXT'"
    )


@pytest.mark.parametrize("text", ["a\0b", "\0", "\ue000", "\ue0000", "\ue000\0\ue0001", "é\n"])
def test_every_text_comes_back(database: Database, text: str) -> None:
    database.run_now(tell(text, text))

    assert told(database, text) == text
    rows = database.run_now(lambda store: store.transaction.all("SELECT * FROM portal_fact"))
    assert rows == [(text, text)]


def test_whole_numbers_are_whole(database: Database) -> None:
    def work(store: Store) -> list[Any]:
        for subject in (1, 2**62, -(2**63)):
            store.transaction.run(
                "INSERT INTO job (kind, subject_id, due_micros) VALUES ('deadline', :id, :flag)",
                {"id": subject, "flag": True},
            )
        return store.transaction.all("SELECT SUM(due_micros), MIN(subject_id) FROM job")

    assert database.run_now(work) == [(3, -(2**63))]


def test_an_id_that_was_given_is_given_to_nobody_else(database: Database) -> None:
    def work(store: Store) -> list[int | None]:
        add = store.transaction.insert
        return [
            add("template", {"title": "T", "created_by": 1, **given})
            for given in ({}, {"id": 7}, {}, {"id": 3}, {})
        ]

    assert database.run_now(work) == [1, 7, 8, 3, 9]


# Several processes


@pytest.fixture
def other(database: Database, schema: Schema) -> Iterator[PostgresDatabase]:
    """The same portal, opened by another program."""
    other = open_postgres(schema, NOW)
    yield other
    other.close()


def remember(store: Store) -> bool:
    """Tell whether this connection has remembered something, and remember it."""
    known = "seen" in store.transaction.memory
    store.transaction.memory["seen"] = True
    return known


@pytest.mark.parametrize("writes", [True, False], ids=["the writer", "readers"])
def test_what_is_remembered_is_dropped_by_a_change_elsewhere(
    database: Database, other: Database, writes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "READERS", 1)

    async def known() -> list[bool]:
        return [await database.run(remember, writes=writes) for _ in range(3)]

    assert asyncio.run(known()) == [False, True, True]
    other.run_now(lambda store: None)  # nothing was changed, and nothing is dropped
    assert asyncio.run(known()) == [True, True, True]

    other.run_now(tell("fact"))

    assert asyncio.run(known()) == [False, True, True]


def test_a_portal_that_was_dropped_and_made_anew_is_another(unmade: Schema) -> None:
    numbers = []
    for _ in range(2):
        open_postgres(unmade, NOW).close()
        numbers += look(unmade, f"SELECT number FROM {postgres.CHANGES}")
        cluster().execute("DROP SCHEMA not_yet CASCADE")

    assert numbers[0] != numbers[1]


def test_no_two_processes_write_at_once(database: Database, other: Database) -> None:
    begun, may_end, order = threading.Event(), threading.Event(), []

    def slow(store: Store) -> None:
        begun.set()
        assert may_end.wait(20)
        store.facts.set("fact", "first")
        order.append("slow")

    def quick(store: Store) -> str | None:
        order.append("quick")
        return store.facts.get("fact")

    threads = [threading.Thread(target=database.run_now, args=(slow,))]
    threads[0].start()
    assert begun.wait(20)
    seen: list[str | None] = []
    threads.append(threading.Thread(target=lambda: seen.append(other.run_now(quick))))
    threads[1].start()
    waits = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    while cluster().execute(waits) == [(0,)]:
        pass
    assert told(other, "fact") is None  # readers wait for nobody
    may_end.set()
    for thread in threads:
        thread.join(20)

    assert (order, seen) == (["slow", "quick"], ["first"])


def test_a_lock_that_is_kept_for_too_long_is_told(
    database: Database, schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "LOCK_SECONDS", 0.05)
    hasty = open_postgres(schema, NOW)
    try:
        with another_program(schema) as execute:
            execute("BEGIN")
            execute(f"SELECT pg_advisory_xact_lock({schema.lock})")
            with pytest.raises(StoreUnavailable, match="Another process keeps the portal locked"):
                hasty.run_now(tell("fact"))
            execute("COMMIT")
        hasty.run_now(tell("fact"))
    finally:
        hasty.close()


def increment(schema: Schema, start: Barrier, times: int) -> None:
    database = open_postgres(schema, NOW)
    start.wait()

    def add_one(store: Store) -> None:
        store.facts.set("count", str(int(store.facts.get("count") or 0) + 1))
        store.facts.set("other", str(times))

    async def storm() -> None:
        await asyncio.gather(*(database.run(add_one, writes=True) for _ in range(times)))

    asyncio.run(storm())
    database.close()


def test_a_storm_from_many_processes_loses_no_change_and_locks_nobody_out(
    database: Database, schema: Schema
) -> None:
    """Each change reads before it writes: one that ran beside another would be lost."""
    programs = multiprocessing.get_context("spawn")
    start = programs.Barrier(4)
    started = [
        programs.Process(target=increment, args=(schema, start, 100 + number))
        for number in range(4)
    ]
    for process in started:
        process.start()
    for process in started:
        process.join(60)

    assert [process.exitcode for process in started] == [0] * 4
    assert told(database, "count") == str(100 + 101 + 102 + 103)


def make(schema: Schema, start: Barrier) -> None:
    start.wait()
    open_postgres(schema, NOW).close()


def test_programs_that_start_at_once_make_a_portal_once(unmade: Schema) -> None:
    programs = multiprocessing.get_context("spawn")
    start = programs.Barrier(4)
    started = [programs.Process(target=make, args=(unmade, start)) for _ in range(4)]
    for process in started:
        process.start()
    for process in started:
        process.join(60)

    assert [process.exitcode for process in started] == [0] * 4
    applied = look(unmade, "SELECT number FROM migration ORDER BY number")
    assert applied == [(step.number,) for step in migrate.known()]


def test_a_process_that_stands_still_in_a_call_keeps_nobody_out_for_long(
    database: Database, schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "IDLE_SECONDS", 0.2)
    standing, goes_on = threading.Event(), threading.Event()
    problems: list[StoreUnavailable] = []

    def stand_still(store: Store) -> None:
        store.facts.set("half", "x")
        standing.set()
        assert goes_on.wait(20)
        store.facts.set("whole", "x")

    def call(portal: PostgresDatabase) -> None:
        with pytest.raises(StoreUnavailable, match="Nothing was changed") as problem:
            portal.run_now(stand_still)
        problems.append(problem.value)

    slow = open_postgres(schema, NOW)
    thread = threading.Thread(target=call, args=(slow,))
    thread.start()
    assert standing.wait(20)
    database.run_now(tell("fact"))  # waits until the lock is taken away
    goes_on.set()
    thread.join(20)

    assert len(problems) == 1
    assert [told(database, name) for name in ("half", "whole", "fact")] == [None, None, "x"]
    slow.run_now(tell("again"))
    slow.close()


# Plans


@pytest.mark.parametrize(
    ("column", "ascending"),
    [
        (name, way)
        for name in ("DEADLINE", "CLOSED_DATE", "CHANGED_DATE", "TITLE", "ID")
        for way in (True, False)
    ],
)
def test_pages_of_tasks_are_read_in_the_order_of_an_index(
    database: Database, schema: Schema, column: str, ascending: bool
) -> None:
    order = ordered([(LISTED[column], ascending)])

    with another_program(schema) as execute:
        execute("SET enable_seqscan = off")
        execute("SET enable_bitmapscan = off")
        execute("SET enable_sort = off")  # of a table as small as this it would be as cheap
        plan = execute(f"EXPLAIN SELECT * FROM task ORDER BY {order} LIMIT 50")

    # What is equal may have to be sorted; everything that there is, never.
    steps = [line.strip().removeprefix("-> ").strip() for (line,) in plan]
    assert any(step.startswith("Index Scan") for step in steps), plan
    assert not [step for step in steps if step.startswith(("Sort  ", "Seq Scan"))], plan


# Schemas


def test_a_schema_of_another_program_is_left_alone(unmade: Schema) -> None:
    cluster().execute("CREATE SCHEMA not_yet; CREATE TABLE not_yet.recipe (title TEXT)")

    with pytest.raises(PortalUnusable, match="tables of another program"):
        open_postgres(unmade, NOW)

    assert look(unmade, "SELECT tablename FROM pg_tables WHERE schemaname = 'not_yet'") == [
        ("recipe",)
    ]


def test_a_schema_of_a_newer_version_is_refused(unmade: Schema) -> None:
    open_postgres(unmade, NOW).close()
    look(unmade, "INSERT INTO migration VALUES (9999, 'later', 'x', 0)")

    with pytest.raises(PortalUnusable, match=r"made by a newer Sluice .schema 9999"):
        open_postgres(unmade, NOW)


@pytest.mark.parametrize("version", range(1, len(migrate.known())))
def test_a_portal_of_an_older_version_is_brought_up_to_date(unmade: Schema, version: int) -> None:
    older = open_postgres(unmade, NOW, steps=migrate.known()[:version])
    older.run_now(tell("kept", "yes"))
    older.close()

    database = open_postgres(unmade, NOW)

    assert told(database, "kept") == "yes"
    database.close()
    applied = look(unmade, "SELECT number FROM migration ORDER BY number")
    assert applied == [(step.number,) for step in migrate.known()]


def test_a_failed_migration_leaves_nothing_behind(unmade: Schema) -> None:
    broken = migrate.Migration(9999, "broken", "CREATE TABLE half (a TEXT);\nNONSENSE;\n", "x")

    with pytest.raises(PortalUnusable, match="NONSENSE"):
        open_postgres(unmade, NOW, steps=[*migrate.known(), broken])

    assert cluster().execute("SELECT 1 FROM pg_namespace WHERE nspname = 'not_yet'") == []


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("postgresql://sluice@/nowhere?host={0}", "Make it with `createdb`"),
        ("postgresql://nobody@/postgres?host={0}", "Cannot open the portal at"),
        ("postgresql://sluice@/postgres?host={0}/absent", "Cannot open the portal at"),
        ("postgresql://sluice@127.0.0.1:1/postgres", "Connection refused"),
        ("postgresql://sluice@/postgres?host={0}&nonsense=1", "nonsense"),
    ],
    ids=["no database", "no user", "no socket", "no server", "no option"],
)
def test_a_database_that_cannot_be_used_is_told(engine: str, address: str, words: str) -> None:
    schema = schema_at(address.format(cluster().directory))
    assert schema is not None

    with pytest.raises(PortalUnusable, match=words):
        open_postgres(schema, NOW)


# Connections that break


def break_off() -> None:
    """End every connection to the server but this one, as an administrator would."""
    cluster().execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )


def test_a_connection_lost_between_calls_is_replaced_in_silence(database: Database) -> None:
    database.run_now(tell("before"))
    assert told(database, "before") == "x"

    break_off()

    database.run_now(tell("after"))
    assert (told(database, "before"), told(database, "after")) == ("x", "x")


def test_a_connection_lost_in_a_call_undoes_the_whole_group(database: Database) -> None:
    def cut(store: Store) -> None:
        store.facts.set("cut", "x")
        break_off()
        store.facts.set("cut", "y")

    async def together() -> list[object]:
        calls = [database.run(work, writes=True) for work in (tell("one"), cut, tell("two"))]
        return await asyncio.gather(*calls, return_exceptions=True)

    answers = asyncio.run(together())

    kept = [answer is None for answer in answers]
    assert isinstance(answers[1], StoreUnavailable)
    assert str(answers[1]).startswith("Nothing was changed.")
    assert [told(database, name) is not None for name in ("one", "cut", "two")] == kept


class _CutOff:
    """A cursor whose COMMIT reaches the server, or does not, and whose answer is lost."""

    def __init__(self, cursor: Any, arrives: bool) -> None:
        self.cursor = cursor
        self.arrives = arrives

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cursor, name)

    def execute(self, sql: str, *values: Any, **options: Any) -> Any:
        if sql == "COMMIT":
            if self.arrives:
                self.cursor.execute(sql, *values, **options)
            break_off()
        return self.cursor.execute(sql, *values, **options)


@pytest.mark.parametrize("arrives", [True, False], ids=["kept", "not kept"])
def test_what_became_of_a_commit_that_was_cut_off_is_found_out(
    database: PostgresDatabase, arrives: bool
) -> None:
    def cut(store: Store) -> str:
        store.facts.set("cut", "x")
        connection = database._lanes[0][1]._connection
        connection._cursor = _CutOff(connection._cursor, arrives)  # type: ignore[assignment]
        return "done"

    if arrives:
        assert database.run_now(cut) == "done"
    else:
        with pytest.raises(StoreUnavailable, match="Nothing was changed"):
            database.run_now(cut)

    assert told(database, "cut") == ("x" if arrives else None)
    database.run_now(tell("after"))


def test_a_commit_is_known_by_its_mark_as_long_as_that_is_kept(schema: Schema) -> None:
    connection = postgres._Connection(schema, writes=True)
    try:
        connection.begin()
        number, mark = connection._change, "0a0a0a0a"
        connection.rollback()

        def tell_commits(marks: str, later: int) -> None:
            look(
                schema,
                f"UPDATE {postgres.CHANGES} SET number = {number + later}, marks = '{marks}'",
            )

        tell_commits("ffffffff" + mark, 1)
        assert connection._was_committed(number, mark)
        tell_commits("ffffffffeeeeeeee", 2)
        assert not connection._was_committed(number, mark)
        tell_commits("ffffffff" * postgres.MARKS, postgres.MARKS)
        with pytest.raises(StoreUnavailable, match="cannot be told"):
            connection._was_committed(number, mark)
    finally:
        connection.close()


def test_what_reads_needs_no_writers_connection(database: PostgresDatabase) -> None:
    """Commands that only write make one connection."""
    mine = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'sluice'"
    before = cluster().execute(mine)[0][0]
    database.run_now(tell("fact"))
    assert cluster().execute(mine)[0][0] == before

    told(database, "fact")

    assert cluster().execute(mine)[0][0] == before + 1


def test_who_stands_behind_a_refused_call_does_not_wait_for_a_refusal_of_his_own(
    schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "LOCK_SECONDS", 1)
    begins: list[None] = []
    begin = postgres._Connection.begin

    def counted(self: postgres._Connection) -> None:
        begins.append(None)
        begin(self)

    async def together(database: PostgresDatabase) -> list[object]:
        calls = [
            database.run(lambda store: store.facts.set("a", "b"), writes=True) for _ in range(8)
        ]
        return await asyncio.gather(*calls, return_exceptions=True)

    with closing(open_postgres(schema, NOW)) as database, another_program(schema) as execute:
        execute("BEGIN; LOCK TABLE portal_fact IN ACCESS EXCLUSIVE MODE")
        monkeypatch.setattr(postgres._Connection, "begin", counted)
        refused = asyncio.run(together(database))
        execute("ROLLBACK")

    assert [type(refusal) for refusal in refused] == [StoreUnavailable] * 8
    assert len(begins) <= 2  # the first one may have been alone
