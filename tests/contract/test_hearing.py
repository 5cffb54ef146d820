"""Who plans something in a portal wakes who serves it, in whatever process that is."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from sluice.store import sqlite
from sluice.store.database import Database, PortalUnusable
from sluice.store.engine import Place, open_portal
from sluice.store.neighbours import Neighbours
from sluice.store.sqlite import open_sqlite
from sluice.store.tables import Store
from tests.contract.conftest import NOW
from tests.places import another_program, only_postgresql

DUE = 1_000_000
PATIENCE_SECONDS = 20.0


@pytest.fixture
def other(place: Place, database: Database) -> Iterator[Database]:
    """The same portal, as another process has opened it."""
    with closing(open_portal(place, NOW)) as other:
        yield other


class Sleeper:
    """Whoever waits to be woken."""

    def __init__(self) -> None:
        self.woken: list[int] = []
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()

    def wake(self, micros: int) -> None:
        self.woken.append(micros)
        self._loop.call_soon_threadsafe(self._changed.set)

    async def is_woken(self, times: int = 1) -> list[int]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.woken) < times:
                await self._changed.wait()
                self._changed.clear()
        return self.woken


async def plan(database: Database) -> None:
    def work(store: Store) -> None:
        store.facts.set("planned", "x")
        store.transaction.falls_due(DUE)

    await database.run(work, writes=True)


async def until_it_hears(sleeper: Sleeper, deaf: Database) -> None:
    """Ring until somebody is woken: an engine may need a moment until it hears."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not sleeper.woken:
            await plan(deaf)
            await asyncio.sleep(0.01)
    await until_quiet(sleeper)


async def until_quiet(sleeper: Sleeper) -> None:
    """Wait until nothing is under way any more."""
    while sleeper.woken:
        sleeper.woken.clear()
        await asyncio.sleep(0.2)


def test_what_is_planned_here_wakes_with_its_instant(database: Database) -> None:
    async def heard() -> list[int]:
        sleeper = Sleeper()
        async with database.hearing(sleeper.wake):
            sleeper.woken.clear()
            await plan(database)
            return [micros for micros in await sleeper.is_woken() if micros]

    assert asyncio.run(heard()) == [DUE]


def test_what_a_process_plans_that_does_nothing_itself_wakes_those_that_do(
    database: Database, other: Database
) -> None:
    async def heard() -> list[int]:
        sleeper = Sleeper()
        async with database.hearing(sleeper.wake):
            await until_it_hears(sleeper, other)
            await plan(other)
            return await sleeper.is_woken()

    assert set(asyncio.run(heard())) == {0}


def test_who_hears_itself_tells_nobody_else(database: Database, other: Database) -> None:
    async def heard() -> tuple[list[int], list[int]]:
        here, there = Sleeper(), Sleeper()
        async with database.hearing(here.wake):
            await until_it_hears(here, other)
            async with other.hearing(there.wake):
                await until_quiet(here)
                await plan(other)
                await there.is_woken()
                await asyncio.sleep(0.2)  # in which it would have been heard
                return list(here.woken), there.woken

    here, there = asyncio.run(heard())

    assert here == []
    assert DUE in there


def test_without_anybody_who_hears_a_plan_is_kept_all_the_same(database: Database) -> None:
    asyncio.run(plan(database))

    assert database.run_now(lambda store: store.facts.get("planned")) == "x"


def test_the_pipe_is_for_those_who_may_use_the_portal(tmp_path: Path) -> None:
    file = tmp_path / "portal.db"
    file.touch(0o640)
    file.chmod(0o640)

    open_portal(file, NOW).close()

    assert file.with_name("portal.db-pipe").stat().st_mode & 0o777 == 0o640


def test_a_file_in_the_place_of_the_pipe_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "portal.db-pipe"
    file.write_text("mine")

    async def heard(database: Database) -> list[int]:
        sleeper = Sleeper()
        async with database.hearing(sleeper.wake):
            await plan(database)
            await sleeper.is_woken()
        await plan(database)
        return sleeper.woken

    with (
        caplog.at_level(logging.WARNING),
        closing(open_portal(tmp_path / "portal.db", NOW)) as database,
    ):
        assert asyncio.run(heard(database)) == [DUE]
    assert "the portal's processes cannot talk to each other" in caplog.text
    assert file.read_text() == "mine"


def test_a_process_that_is_killed_gives_its_turn_back(tmp_path: Path) -> None:
    takes = (
        "import sys; from pathlib import Path; from sluice.store.neighbours import Neighbours;"
        " print(Neighbours(Path(sys.argv[1])).takes_turn(), flush=True); sys.stdin.readline()"
    )
    file = tmp_path / "portal.db"
    file.touch()
    with closing(Neighbours(file)) as here:
        other = subprocess.Popen(
            [sys.executable, "-c", takes, str(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == "True\n"
            assert not here.takes_turn()
        finally:
            other.kill()
            other.communicate()
        assert here.takes_turn()


@only_postgresql
def test_a_lost_connection_is_made_again_and_everybody_looks(
    database: Database, other: Database, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sluice.store import postgres_bell

    monkeypatch.setattr(postgres_bell, "AGAIN_SECONDS", 0.01)

    async def heard() -> None:
        sleeper = Sleeper()
        async with database.hearing(sleeper.wake):
            await until_it_hears(sleeper, other)
            with another_program(place) as execute:
                ended = execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE query = 'LISTEN sluice_due' AND datname = current_database()"
                )
            assert ended
            await sleeper.is_woken()  # as soon as it is back, for what was planned meanwhile
            sleeper.woken.clear()
            await plan(other)
            await sleeper.is_woken()

    asyncio.run(heard())


def test_a_portal_that_cannot_be_opened_leaves_no_pipe_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("out of descriptors")

    def pipes() -> int:
        open_files = []
        for descriptor in Path("/proc/self/fd").iterdir():
            with suppress(OSError):  # the one of this very look
                open_files.append(descriptor.readlink())
        return open_files.count(tmp_path / "portal.db-pipe")  # not those of other tests

    open_portal(tmp_path / "portal.db", NOW).close()
    monkeypatch.setattr(sqlite, "_Connection", refused)
    with pytest.raises(PortalUnusable):
        open_portal(tmp_path / "portal.db", NOW)

    assert pipes() == 0


def test_who_has_no_patience_does_not_pass_those_that_wait(tmp_path: Path) -> None:
    file = tmp_path / "portal.db"
    with closing(open_sqlite(file, NOW)) as database, closing(Neighbours(file)) as waiting:
        assert waiting.takes_turn()
        assert not database._begin(0.0)  # as the event loop asks

        waiting.ends_turn()
        assert database._begin(0.0)
        database._writer.rollback()


def test_a_turn_that_is_never_given_back_keeps_nobody_from_writing(tmp_path: Path) -> None:
    file = tmp_path / "portal.db"
    with (
        closing(open_sqlite(file, NOW, busy_seconds=0.1)) as database,
        closing(Neighbours(file)) as stopped,
    ):
        assert stopped.takes_turn()

        database.run_now(lambda store: store.facts.set("kept", "x"))

        assert database.run_now(lambda store: store.facts.get("kept")) == "x"
