"""Host names of portals, and the names they are kept under."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sluice.store.place import Schema, schema_at
from sluice.store.portals import HostInvalid, InDatabase, InDirectory, host_name, register_at

LABEL = some.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)


@given(some.lists(LABEL, min_size=1, max_size=4).map(".".join))
def test_two_hosts_never_share_a_schema(host: str) -> None:
    from sluice.store.portals import _host_of, _schema_name

    try:
        named = _schema_name(host_name(host))
    except HostInvalid:
        assert len(_schema_name(host)) > 63 or len(host) > 56
        return
    assert _host_of(named) == host
    assert len(named) <= 63


@pytest.mark.parametrize(
    "text", ["", ".", "a..b", "-a", "a-", "a_b", "a/b", "../a", "ä.example", "a" * 57, "a b"]
)
def test_what_is_no_host_name_is_refused(text: str) -> None:
    with pytest.raises(HostInvalid):
        host_name(text)


def test_case_and_a_last_point_do_not_count() -> None:
    assert host_name(" Acme.Example.COM. ") == "acme.example.com"


def test_a_register_is_a_directory_or_a_database(tmp_path: Path) -> None:
    assert isinstance(register_at(str(tmp_path)), InDirectory)
    assert isinstance(register_at(f"sqlite:///{tmp_path}"), InDirectory)
    assert isinstance(register_at("postgresql://localhost/teams"), InDatabase)
    with pytest.raises(ValueError, match="no place for portals"):
        register_at("mysql://localhost/teams")


@pytest.mark.parametrize(
    "address", ["postgresql://me:p%20w@db:5433/teams?sslmode=require", "postgresql:///teams"]
)
def test_the_address_of_a_portal_is_that_of_its_schema(address: str) -> None:
    register = register_at(address)

    assert schema_at(register.address("a-b.example")) == Schema(address, "host_a__b_example")


def test_a_directory_holds_files_named_after_hosts_alone(tmp_path: Path) -> None:
    for name in (
        "acme.example.db",
        "Not A Host.db",
        "notes.txt",
        ".hidden.db",
        "acme.example.db-wal",
    ):
        (tmp_path / name).touch()
    register = InDirectory(tmp_path)

    assert list(register.portals()) == ["acme.example"]
    register.remove("acme.example")
    assert register.portals() == {}
    assert not (tmp_path / "acme.example.db-wal").exists()
    assert InDirectory(tmp_path / "absent").portals() == {}
