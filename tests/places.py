"""Where the portals of tests are kept: every engine has places that are empty."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from sluice.store.engine import Place

only_sqlite = pytest.mark.parametrize("engine", ["sqlite"], scope="session")
only_postgresql = pytest.mark.parametrize("engine", ["postgresql"], scope="session")

ENGINES = ("sqlite", "postgresql")


def quick_disk() -> str | None:
    """Return a directory in memory, if there is one with room; None for the usual place.

    What tests write need not outlive the machine, and a commit there takes no time.
    """
    memory = Path("/dev/shm")
    if memory.is_dir() and shutil.disk_usage(memory).free > 4 << 30:
        return str(memory)
    return None


def chosen_engines() -> tuple[str, ...]:
    """Return the engines of this test run: all, unless SLUICE_TEST_ENGINE names one."""
    chosen = os.environ.get("SLUICE_TEST_ENGINE", "both")
    assert chosen in ("both", *ENGINES), f"SLUICE_TEST_ENGINE = {chosen}"
    return ENGINES if chosen == "both" else (chosen,)


@contextmanager
def empty_place(engine: str, directory: Path) -> Iterator[Place]:
    """Yield a place for one portal: a file in the directory, or a schema of this process's server.

    A schema has its tables already, see `tests.postgres`.
    """
    if engine == "sqlite":
        yield directory / "portal.db"
        return
    from tests.postgres import fresh_schema

    with fresh_schema() as schema:
        yield schema


Execute = Callable[[str], list[tuple[Any, ...]]]


@contextmanager
def another_program(place: Place) -> Iterator[Execute]:
    """Yield what runs statements on a portal's tables as somebody else would, past our engine."""
    if isinstance(place, Path):
        with closing(sqlite3.connect(place, isolation_level=None)) as file:
            yield lambda sql: file.execute(sql).fetchall()
        return
    import psycopg

    with psycopg.connect(place.connection, autocommit=True) as link:
        link.execute(f"SET search_path = {place.name}")

        def execute(sql: str) -> list[tuple[Any, ...]]:
            cursor = link.execute(sql)
            return cursor.fetchall() if cursor.description else []

        yield execute


def look(place: Place, sql: str) -> list[tuple[Any, ...]]:
    """Run one statement as another program, and return its rows."""
    with another_program(place) as execute:
        return execute(sql)
