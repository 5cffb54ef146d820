"""Table classes on a real engine. PostgreSQL will be a second value of `engine`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from sluice.store.sqlite import SqliteDatabase, open_sqlite
from sluice.store.tables import Store

NOW = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)
Run = Callable[[Callable[[Store], Any]], Any]


@pytest.fixture(params=["sqlite"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database(engine: str, tmp_path: Path) -> Iterator[SqliteDatabase]:
    """An empty portal: tables, and nothing in them."""
    assert engine == "sqlite"
    database = open_sqlite(tmp_path / "portal.db", NOW)
    yield database
    database.close()


def change_user(run: Run, user_id: int, **fields: Any) -> None:
    """Store a user with other values in these fields."""

    def change(store: Store) -> None:
        user = store.users.find(user_id)
        assert user is not None
        store.users.save(replace(user, **fields))

    run(change)


@pytest.fixture
def run(database: SqliteDatabase) -> Run:
    """Run work in a transaction of its own."""
    return database.run_now
