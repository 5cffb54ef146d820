"""Which engine keeps a portal: chosen by its address, and nowhere else.

PostgreSQL's driver is an extra, so it is imported when an address asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sluice.settings import SettingError, Settings
from sluice.store.database import Database, PortalUnusable
from sluice.store.migrate import Migration
from sluice.store.place import Schema, schema_at
from sluice.store.sqlite import is_portal, open_sqlite, read_file
from sluice.store.tables import Store

T = TypeVar("T")
Place = Path | Schema


def place_of(settings: Settings) -> Place:
    """Return where the settings say that the portal is kept.

    Raises:
        SettingError: the address is of no known kind.
    """
    try:
        return schema_at(settings.database) or settings.database_path
    except ValueError as problem:
        raise SettingError(f"database cannot be used: {problem}") from problem


def open_portal(
    place: Place, now: datetime, *, steps: Sequence[Migration] | None = None
) -> Database:
    """Open the portal that is kept there, making it or bringing its tables up to date first.

    Args:
        steps: the migrations to make it with, for a copy of an older one; None is all.

    Raises:
        PortalUnusable: it cannot be opened.
    """
    if isinstance(place, Path):
        return open_sqlite(place, now, steps=steps)
    _check_driver()
    from sluice.store.postgres import open_postgres

    return open_postgres(place, now, steps=steps)


def has_portal(place: Place) -> bool:
    """Tell whether a portal is kept there, of whatever version; a file may turn out to be none.

    Raises:
        PortalUnusable: it cannot be told.
    """
    if isinstance(place, Path):
        return place.exists()
    _check_driver()
    from sluice.store import postgres

    return postgres.has_portal(place)


def read_portal(place: Place, work: Callable[[Store], T]) -> T:
    """Run reading work on a snapshot of a portal, changing nothing, its tables' version neither.

    Raises:
        PortalUnusable: it is no portal.
    """
    if isinstance(place, Path):
        if not is_portal(place):
            raise PortalUnusable(f"{place} is no portal. Choose another file with --database.")
        return read_file(place, work)
    _check_driver()
    from sluice.store.postgres import read_schema

    return read_schema(place, work)


def address_of(place: Place) -> str:
    """Return the address of a place, without a password."""
    return f"sqlite:///{place.absolute()}" if isinstance(place, Path) else place.address


def _check_driver() -> None:
    try:
        import psycopg  # noqa: F401
    except ImportError as problem:
        raise PortalUnusable(
            "A portal in PostgreSQL needs its driver: pip install 'sluice[postgres]'"
        ) from problem
