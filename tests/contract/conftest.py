"""Table classes on real engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from sluice.store.database import Database
from sluice.store.engine import Place, open_portal
from sluice.store.tables import Store

NOW = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)
Run = Callable[[Callable[[Store], Any]], Any]


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    """An empty portal: tables, and nothing in them."""
    database = open_portal(place, NOW)
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
def run(database: Database) -> Run:
    """Run work in a transaction of its own."""
    return database.run_now
