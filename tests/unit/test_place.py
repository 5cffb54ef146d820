"""What an address of PostgreSQL says: where the database is, and which schema holds the portal."""

from __future__ import annotations

from pathlib import Path

import pytest

from sluice.settings import SettingError, Settings
from sluice.store.engine import place_of
from sluice.store.place import Schema, schema_at


@pytest.mark.parametrize(
    ("address", "connection", "name"),
    [
        ("postgresql://db/team", "postgresql://db/team", "sluice"),
        ("postgres://db/team", "postgresql://db/team", "sluice"),
        ("postgresql://db/team?schema=acme_2", "postgresql://db/team", "acme_2"),
        (
            "postgresql://anna:pw@[::1]:5433/team?sslmode=require&schema=acme",
            "postgresql://anna:pw@[::1]:5433/team?sslmode=require",
            "acme",
        ),
        ("postgresql:///team?host=/run/db", "postgresql:///team?host=%2Frun%2Fdb", "sluice"),
        ("postgresql://", "postgresql://", "sluice"),
    ],
)
def test_an_address_names_a_schema(address: str, connection: str, name: str) -> None:
    assert schema_at(address) == Schema(connection, name)


@pytest.mark.parametrize("address", ["sqlite:///portal.db", "", "portal.db", "mysql://db/team"])
def test_other_addresses_name_none(address: str) -> None:
    assert schema_at(address) is None


@pytest.mark.parametrize(
    "name", ["", "Acme", "a-b", "1a", "pg_catalog", 'a"; DROP SCHEMA b; --', "a" * 64]
)
def test_a_name_that_is_no_plain_one_is_refused(name: str) -> None:
    with pytest.raises(SettingError, match="is no name for a portal's schema"):
        place_of(Settings(database=f"postgresql://db/team?schema={name}&sslmode=require"))


@pytest.mark.parametrize(
    "secret", ["anna:secret@db/team", "anna@db/team?password=secret", ":secret@db/team"]
)
def test_a_password_is_told_to_nobody(secret: str) -> None:
    schema = schema_at(f"postgresql://{secret}")

    assert schema is not None
    assert "secret" in schema.connection
    assert "secret" not in schema.address
    assert schema_at(schema.address) is not None


def test_portals_have_locks_of_their_own() -> None:
    locks = {Schema("postgresql://db/team", name).lock for name in ("a", "b", "sluice")}

    assert len(locks) == 3
    assert all(-(2**63) <= lock < 2**63 for lock in locks)


def test_a_file_is_named_as_before() -> None:
    assert place_of(Settings(database="sqlite:///a.db")) == Path("a.db")
