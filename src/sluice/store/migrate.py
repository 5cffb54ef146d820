"""Numbered, checksummed migrations, applied inside the caller's locked transaction."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib import resources

from msgspec import Struct

from sluice.clock import to_micros
from sluice.store.database import PortalUnusable, Transaction

_FILE_NAME = re.compile(r"(\d{4})_(\w+)\.sql")


class Migration(Struct, frozen=True):
    """One step of the schema; `checksum` is the SHA-256 of its text."""

    number: int
    name: str
    sql: str
    checksum: str


def known() -> list[Migration]:
    """Return the migrations that this program carries, in order."""
    steps = []
    for entry in resources.files("sluice.store").joinpath("migrations").iterdir():
        if named := _FILE_NAME.fullmatch(entry.name):
            sql = entry.read_text("utf-8")
            checksum = hashlib.sha256(sql.encode()).hexdigest()
            steps.append(Migration(int(named[1]), named[2], sql, checksum))
    return sorted(steps, key=lambda step: step.number)


def apply(
    transaction: Transaction, steps: Sequence[Migration], *, identity: str, now: datetime
) -> list[Migration]:
    """Bring the portal's tables up to date and return the steps that were missing.

    The caller holds the engine's write lock, so that two programs starting at once do it once.

    Args:
        steps: every migration of this program, in order.
        identity: the engine's words for a generated primary key.

    Raises:
        PortalUnusable: the portal is newer than the program, or a step was changed afterwards.
    """
    transaction.run(
        "CREATE TABLE IF NOT EXISTS migration (number BIGINT NOT NULL PRIMARY KEY,"
        " name TEXT NOT NULL, checksum TEXT NOT NULL, applied_micros BIGINT NOT NULL)"
    )
    applied = {row[0]: row[1] for row in transaction.all("SELECT number, checksum FROM migration")}
    check(applied, steps)
    missing = [step for step in steps if step.number not in applied]
    for step in missing:
        for statement in _statements(step.sql.replace("{identity}", identity)):
            transaction.run(statement)
        transaction.run(
            "INSERT INTO migration (number, name, checksum, applied_micros)"
            " VALUES (:number, :name, :checksum, :applied)",
            {
                "number": step.number,
                "name": step.name,
                "checksum": step.checksum,
                "applied": to_micros(now),
            },
        )
    return missing


def check(applied: dict[int, str], steps: Sequence[Migration]) -> None:
    """Compare the steps a portal was made with (number: checksum) with this program's.

    Raises:
        PortalUnusable: as `apply`.
    """
    newest_known = max(step.number for step in steps)
    newest_applied = max(applied, default=0)
    if newest_applied > newest_known:
        raise PortalUnusable(
            f"This portal was made by a newer Sluice (schema {newest_applied}; this program knows "
            f"{newest_known}). Install the newer Sluice, or open a copy made before the upgrade."
        )
    for step in steps:
        if step.number in applied and applied[step.number] != step.checksum:
            raise PortalUnusable(
                f"Migration {step.number:04}_{step.name} differs from the one this portal was made "
                "with. Install the Sluice that made it; do not edit applied migrations."
            )


def _statements(sql: str) -> Iterator[str]:
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
