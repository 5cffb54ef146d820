"""What an engine promises: a savepoint per call, one commit per group, caches that are true."""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest

from sluice.clock import stopwatch
from sluice.errors import FlowNotFound, StoreUnavailable
from sluice.store import sqlite, waiting
from sluice.store.database import Database, Value
from sluice.store.engine import Place
from sluice.store.neighbours import Neighbours
from sluice.store.sqlite import SqliteDatabase, open_sqlite
from sluice.store.tables import Store
from tests.contract.conftest import NOW
from tests.places import another_program, look, only_sqlite

T = TypeVar("T")


@pytest.fixture(params=["event loop", "writer thread"], autouse=True)
def _where_calls_are_written(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every promise holds on quick disks and on slow ones, whichever the machine has.

    PostgreSQL is always written to by a thread, and simply tried twice.
    """
    is_quick = request.param == "event loop"
    monkeypatch.setattr(sqlite, "QUICK_COMMIT_SECONDS", 1e9 if is_quick else -1.0)


def wait(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def tell(name: str, value: str = "x") -> Callable[[Store], None]:
    return lambda store: store.facts.set(name, value)


def told(database: Database, name: str) -> str | None:
    return wait(database.run(lambda store: store.facts.get(name)))


def test_a_refused_call_undoes_itself_and_nobody_else(database: Database) -> None:
    def refused(store: Store) -> None:
        store.facts.set("second", "x")
        raise FlowNotFound

    async def together() -> list[object]:
        calls = (tell("first"), refused, tell("third"))
        return await asyncio.gather(
            *(database.run(call, writes=True) for call in calls), return_exceptions=True
        )

    answers = wait(together())

    assert isinstance(answers[1], FlowNotFound)
    assert [told(database, name) for name in ("first", "second", "third")] == ["x", None, "x"]


def test_rows_are_added_changed_and_read(database: Database) -> None:
    def work(store: Store) -> None:
        tx = store.transaction
        report = tx.insert("template", {"title": "Report", "created_by": 1})
        letter = tx.insert("template", {"title": "Letter", "created_by": 1})
        assert (report, letter) == (1, 2)
        assert tx.one("SELECT title FROM template WHERE id = :id", {"id": 2}) == ("Letter",)
        assert tx.one("SELECT title FROM template WHERE id = :id", {"id": 3}) is None
        assert tx.update("template", 1, {"title": "Summary", "created_by": 2}) == 1
        assert tx.update("template", 3, {"title": "Nothing"}) == 0
        assert tx.all("SELECT id, title, created_by FROM template ORDER BY id") == [
            (1, "Summary", 2),
            (2, "Letter", 1),
        ]
        assert tx.all("SELECT id FROM template WHERE id > :id", {"id": 2}) == []
        assert tx.run("DELETE FROM template WHERE id <= :id", {"id": 2}) == 2

    database.run_now(work)


def test_an_insert_in_conflict_gives_no_id(database: Database) -> None:
    def add(store: Store) -> int | None:
        row: dict[str, Value] = {"id": 7, "title": "Report", "created_by": 1}
        return store.transaction.insert("template", row, "ON CONFLICT (id) DO NOTHING")

    assert [database.run_now(add), database.run_now(add)] == [7, None]


def test_a_statement_that_fails_undoes_its_call_alone(database: Database) -> None:
    def clash(store: Store) -> None:
        store.facts.set("half", "x")
        for _ in range(2):
            store.transaction.insert("template", {"id": 7, "title": "Report", "created_by": 1})

    async def together() -> list[object]:
        calls = (tell("first"), clash, tell("third"))
        return await asyncio.gather(
            *(database.run(call, writes=True) for call in calls), return_exceptions=True
        )

    answers = wait(together())

    assert type(answers[1]).__name__ in ("IntegrityError", "UniqueViolation")
    assert [told(database, name) for name in ("first", "half", "third")] == ["x", None, "x"]


@pytest.mark.parametrize(
    "how", [{"writes": True}, {}, {"long": True}], ids=["writes", "reads", "reads long"]
)
def test_a_stray_end_of_iteration_reaches_its_caller(
    database: Database, how: dict[str, bool]
) -> None:
    def take_one_of_none(store: Store) -> None:
        next(iter(()))

    async def together() -> list[object]:
        calls = (database.run(take_one_of_none, **how), database.run(tell("other"), writes=True))
        async with asyncio.timeout(10):
            return list(await asyncio.gather(*calls, return_exceptions=True))

    answers = wait(together())

    assert isinstance(answers[0], RuntimeError)
    assert told(database, "other") == "x"


def test_a_bug_undoes_its_call_and_is_raised(database: Database) -> None:
    def broken(store: Store) -> None:
        store.facts.set("half", "x")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        wait(database.run(broken, writes=True))
    assert told(database, "half") is None


@only_sqlite
def test_calls_that_wait_share_a_commit(database: SqliteDatabase) -> None:
    commits = []
    database._writer.sqlite.set_trace_callback(
        lambda statement: commits.append(statement) if statement == "COMMIT" else None
    )

    async def together() -> None:
        await asyncio.gather(
            *(database.run(tell(f"fact {number}"), writes=True) for number in range(200))
        )

    wait(together())

    assert 1 <= len(commits) < 50  # one each would be 200
    assert told(database, "fact 199") == "x"


def test_answers_come_after_the_commit(database: Database, place: Place) -> None:
    async def call_and_look() -> list[bool]:
        seen: list[bool] = []
        with another_program(place) as execute:
            for number in range(20):
                await database.run(tell(f"fact {number}"), writes=True)
                found = execute(f"SELECT 1 FROM portal_fact WHERE name = 'fact {number}'")
                seen.append(found == [(1,)])
        return seen

    assert all(wait(call_and_look()))


def test_nobody_in_a_group_is_answered_before_its_commit(database: Database, place: Place) -> None:
    all_in_line = threading.Event()
    seen: list[Any] = []

    def first(store: Store) -> None:
        assert all_in_line.wait(10)  # whoever comes now stands in line behind

    def look_around(store: Store) -> None:
        seen.extend(look(place, "SELECT COUNT(*) FROM portal_fact")[0])
        seen.append([call.done() for call in group])

    async def together() -> None:
        opening = asyncio.ensure_future(database.run(first, writes=True))
        group.extend(
            asyncio.ensure_future(database.run(work, writes=True))
            for work in (tell("one"), tell("two"), look_around)
        )
        await asyncio.sleep(0)  # everybody stands in line
        all_in_line.set()
        await asyncio.gather(opening, *group)

    group: list[asyncio.Future[None]] = []
    wait(together())

    assert seen == [0, [False, False, False]]
    assert [told(database, name) for name in ("one", "two")] == ["x", "x"]


def commits_in(log: Path) -> int:
    """Return how many commits a write-ahead log holds, as SQLite's file format defines it."""
    content = log.read_bytes()
    page_size, salt = int.from_bytes(content[8:12]), content[16:24]
    heads = (content[at : at + 24] for at in range(32, len(content), 24 + page_size))
    return sum(head[8:16] == salt and any(head[4:8]) for head in heads)


@only_sqlite
def test_the_log_on_disk_has_a_commit_for_a_group(database: SqliteDatabase) -> None:
    log = database.path.with_name(database.path.name + "-wal")
    all_in_line = threading.Event()
    database.run_now(tell("before"))
    before = commits_in(log)

    def first(store: Store) -> None:
        store.facts.set("first", "x")
        assert all_in_line.wait(10)

    async def together() -> None:
        works = [first, *(tell(f"fact {number}") for number in range(100))]
        calls = [asyncio.ensure_future(database.run(work, writes=True)) for work in works]
        await asyncio.sleep(0)
        all_in_line.set()
        await asyncio.gather(*calls)

    wait(together())

    # Whoever came before the first call was begun is in its group; all others are in the next.
    assert commits_in(log) - before in (1, 2)


def test_a_long_reader_sees_one_snapshot(database: Database, place: Place) -> None:
    def look_twice(store: Store) -> tuple[str | None, str | None]:
        first = store.facts.get("fact")
        look(place, "UPDATE portal_fact SET value = 'new' WHERE name = 'fact'")
        return first, store.facts.get("fact")

    database.run_now(tell("fact", "old"))

    assert wait(database.run(look_twice, long=True)) == ("old", "old")
    assert told(database, "fact") == "new"


def test_what_reads_cannot_write(database: Database) -> None:
    with pytest.raises(Exception, match=r"readonly|read-only"):
        wait(database.run(tell("fact")))


def test_work_waiting_when_the_database_closes_is_done_once(
    database: Database, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    def count(store: Store) -> int:
        return store.templates.add("Counted", 1)

    async def close_in_the_middle() -> list[int]:
        waiting = [asyncio.ensure_future(database.run(count, writes=True)) for _ in range(100)]
        await asyncio.sleep(0)  # every call stands in line
        database.close()
        return await asyncio.gather(*waiting)

    assert wait(close_in_the_middle()) == list(range(1, 101))
    assert caplog.records == []  # a loop logs what a callback of ours raises

    assert look(place, "SELECT COUNT(*) FROM template") == [(100,)]


@only_sqlite  # on PostgreSQL, programs that change a portal are ours: see test_postgres
def test_a_cache_is_dropped_when_another_program_changes_the_file(
    database: SqliteDatabase,
) -> None:
    def remember(store: Store) -> bool:
        cache = store.facts._tx.memory
        known = "seen" in cache
        cache["seen"] = True
        return known

    assert [wait(database.run(remember)) for _ in range(2)] == [False, True]
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("INSERT INTO portal_fact (name, value) VALUES ('a', 'b')")

    assert wait(database.run(remember)) is False


def test_a_cache_is_dropped_when_what_filled_it_is_undone(database: Database) -> None:
    def fill_and_fail(store: Store) -> None:
        store.facts.set("a", "b")
        store.facts._tx.memory["seen"] = True
        raise FlowNotFound

    with pytest.raises(FlowNotFound):
        database.run_now(fill_and_fail)

    assert database.run_now(lambda store: dict(store.facts._tx.memory)) == {}


@only_sqlite
def test_a_full_disk_loses_nothing_and_says_what_to_do(database: SqliteDatabase) -> None:
    database.run_now(tell("before"))
    pages = database._writer.sqlite.execute("PRAGMA page_count").fetchone()[0]
    database._writer.sqlite.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StoreUnavailable, match="disk that holds the portal is full") as refusal:
        database.run_now(tell("large", "x" * 1_000_000))
    assert (refusal.value.status, refusal.value.code) == (503, "INTERNAL_SERVER_ERROR")
    assert told(database, "large") is None

    database._writer.sqlite.execute("PRAGMA max_page_count = 1000000")
    database.run_now(tell("large", "x" * 1_000_000))
    assert told(database, "before") == "x"


@only_sqlite
def test_a_full_disk_refuses_the_whole_group_alike(database: SqliteDatabase) -> None:
    pages = database._writer.sqlite.execute("PRAGMA page_count").fetchone()[0]
    database._writer.sqlite.execute(f"PRAGMA max_page_count = {pages + 3}")

    async def together() -> list[object]:
        calls = [tell(f"fact {number}", "x" * 3000) for number in range(50)]
        return await asyncio.gather(
            *(database.run(call, writes=True) for call in calls), return_exceptions=True
        )

    answers = wait(together())

    acknowledged = [number for number, answer in enumerate(answers) if answer is None]
    assert len(acknowledged) < 50
    kept = [number for number in range(50) if told(database, f"fact {number}")]
    assert kept == acknowledged


@pytest.mark.parametrize("busy_seconds", [0, 0.01])
def test_a_call_on_a_file_that_another_program_locked_is_refused(
    tmp_path: Path, busy_seconds: float
) -> None:
    with (
        closing(open_sqlite(tmp_path / "portal.db", NOW, busy_seconds=busy_seconds)) as database,
        closing(sqlite3.connect(database.path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked"):
            wait(database.run(tell("fact"), writes=True))
        with pytest.raises(StoreUnavailable, match="locked"):
            database.run_now(tell("fact"))
        other.execute("COMMIT")

        database.run_now(tell("fact"))
        assert told(database, "fact") == "x"


@only_sqlite
def test_who_has_written_writes_again_after_those_that_wait(database: SqliteDatabase) -> None:
    written: list[str] = []
    has_begun, may_end = threading.Event(), threading.Event()

    def first(_: Store) -> None:
        has_begun.set()
        assert may_end.wait(20)
        written.append("first")

    with (
        closing(open_sqlite(database.path, NOW)) as other,
        closing(Neighbours(database.path)) as third,
        ThreadPoolExecutor(3) as at_once,
    ):
        calls = [at_once.submit(database.run_now, first)]
        assert has_begun.wait(20)
        calls.append(at_once.submit(other.run_now, lambda _: written.append("other")))
        started = stopwatch()
        while third.takes_turn():  # until the other program says that it is next
            third.ends_turn()
            if stopwatch() - started > 20:
                break
        calls.append(at_once.submit(database.run_now, lambda _: written.append("again")))
        may_end.set()
        for call in calls:
            call.result(20)

    assert written == ["first", "other", "again"]


def test_more_calls_than_a_group_holds_are_all_answered(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "MOST_IN_GROUP", 3)

    async def together() -> None:
        await asyncio.gather(
            *(database.run(tell(f"fact {number}"), writes=True) for number in range(20))
        )

    wait(together())

    assert all(told(database, f"fact {number}") == "x" for number in range(20))


def test_a_call_without_memory_takes_its_group_along_and_nothing_else(database: Database) -> None:
    def greedy(store: Store) -> None:
        store.facts.set("second", "x")
        raise MemoryError

    async def together() -> list[object]:
        calls = (tell("first"), greedy)
        return await asyncio.gather(
            *(database.run(call, writes=True) for call in calls), return_exceptions=True
        )

    answers = wait(together())

    assert isinstance(answers[1], StoreUnavailable)
    assert str(answers[1]).startswith("Nothing was changed. The server has no memory left")
    assert told(database, "second") is None
    assert (told(database, "first") == "x") is (answers[0] is None)  # it was in the group, or not
    wait(database.run(tell("after"), writes=True))
    assert told(database, "after") == "x"


def test_a_reading_call_without_memory_is_refused_in_words(database: Database) -> None:
    def greedy(store: Store) -> None:
        raise MemoryError

    for long in (False, True):
        with pytest.raises(StoreUnavailable, match="no memory left"):
            wait(database.run(greedy, long=long))
        assert told(database, "nothing") is None


@only_sqlite
def test_a_long_read_that_finds_no_descriptor_is_refused_and_the_next_one_answered(
    database: Database,
) -> None:
    async def read() -> str | None:
        return await database.run(lambda store: store.facts.get("nothing"), long=True)

    async def without_descriptors() -> None:
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        used = [int(file.name) for file in Path("/dev/fd").iterdir()]
        free = os.open("/dev/null", os.O_RDONLY)  # the lowest one that is free
        os.close(free)
        taken = [os.dup(0) for _ in range(max(used) + 1 - free)]  # whatever is below as well
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(used) + 1, limits[1]))
        try:
            for _ in range(sqlite.LONG_READERS + 1):
                with pytest.raises(StoreUnavailable, match="cannot be opened"):
                    await read()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            for file in taken:
                os.close(file)

    async def work() -> None:
        await without_descriptors()
        for _ in range(sqlite.LONG_READERS + 1):
            assert await read() is None

    wait(work())


def test_a_group_that_takes_long_is_committed_in_parts(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "LONGEST_GROUP_SECONDS", 0.0)
    monkeypatch.setattr(waiting, "LONGEST_GROUP_COMMITS", 0)

    def refused(store: Store) -> None:
        store.facts.set("refused", "x")
        raise FlowNotFound

    async def together() -> list[object]:
        calls = [tell(f"fact {number}") for number in range(5)]
        return await asyncio.gather(
            *(database.run(call, writes=True) for call in (*calls[:3], refused, *calls[3:])),
            return_exceptions=True,
        )

    before = database.commits.calls
    answers = wait(together())

    assert [type(answer) for answer in answers] == [type(None)] * 3 + [FlowNotFound] + [
        type(None)
    ] * 2
    assert all(told(database, f"fact {number}") == "x" for number in range(5))
    assert told(database, "refused") is None
    assert database.commits.calls - before == 6
    assert sum(database.commits.groups[1:]) == 0  # each alone
