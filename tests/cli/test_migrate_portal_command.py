"""`sluice migrate-portal`: every row arrives on the other engine, or nothing does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sluice.app import Portal
from sluice.cli import sluice
from sluice.settings import Settings
from sluice.store import copy, migrate
from sluice.store.engine import Place, address_of, open_portal, read_portal
from sluice.store.tables import Store
from tests.contract.conftest import NOW
from tests.places import empty_place, look

WAYS = [
    ("sqlite", "postgresql"),
    ("postgresql", "sqlite"),
    ("postgresql", "postgresql"),
    ("sqlite", "sqlite"),
]
ids = [f"{source} to {target}" for source, target in WAYS]


@pytest.fixture(params=WAYS, ids=ids)
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Place, Place]]:
    """A demo portal, and a place for its copy."""
    here, there = request.param
    with empty_place(here, tmp_path / "here") as source, empty_place(there, tmp_path) as target:
        Portal(Settings(database=address_of(source), data_dir=str(tmp_path / "data"))).close()
        yield source, target


def run(source: Place, target: Place, *more: str) -> Result:
    addresses = ("--from", address_of(source), "--to", address_of(target))
    return CliRunner().invoke(sluice, ["migrate-portal", *addresses, *more])


def fill(place: Place, rows: int, text: str = "x") -> None:
    database = open_portal(place, NOW)

    def add(store: Store) -> None:
        for number in range(rows):
            store.facts.set(f"fact {number}", text)

    database.run_now(add)
    database.close()


def everything(place: Place) -> dict[str, Any]:
    tables = copy.tables(migrate.known())

    def read(store: Store) -> dict[str, Any]:
        return {
            table.name: (
                [row for chunk in copy.read_rows(store.transaction, table) for row in chunk],
                copy.last_id(store.transaction, table),
            )
            for table in tables
        }

    return read_portal(place, read)


def test_a_portal_arrives_whole(places: tuple[Place, Place]) -> None:
    source, target = places
    fill(source, 2500, "a\0b \ue000 «да» 🌊")
    before = everything(source)

    done = run(source, target, "--json")

    assert done.exit_code == 0, done.output
    assert everything(target) == before
    assert everything(source) == before  # it stays as it was
    told = json.loads(done.stdout)
    assert told["to"] == address_of(target)
    assert told["tables"]["portal_fact"]["rows"] > 2500
    assert {name: table["rows"] for name, table in told["tables"].items()} == {
        name: len(rows) for name, (rows, _) in before.items()
    }


def test_a_copy_goes_on_as_the_portal_would(places: tuple[Place, Place], tmp_path: Path) -> None:
    source, target = places
    assert run(source, target).exit_code == 0

    added = []
    for place in places:
        portal = Portal(Settings(database=address_of(place), data_dir=str(tmp_path / "data")))
        assert not portal.is_new
        added.append(portal.database.run_now(lambda store: store.templates.add("T", 1)))
        portal.close()

    assert added[0] == added[1]


def test_a_place_that_holds_a_portal_is_refused(places: tuple[Place, Place]) -> None:
    source, target = places
    assert run(source, target).exit_code == 0
    before = everything(target)

    again = run(source, target)

    assert again.exit_code == 1
    assert "Nothing was copied. The portal is not empty" in again.output
    assert everything(target) == before


def test_a_change_meanwhile_is_noticed(
    places: tuple[Place, Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = places
    copy_portal = copy.copy_portal

    def late(*arguments: Any) -> Any:
        copied = copy_portal(*arguments)
        look(source, "UPDATE portal_fact SET value = 'later' WHERE name = 'founded'")
        return copied

    monkeypatch.setattr(copy, "copy_portal", late)

    done = run(source, target)

    assert done.exit_code == 1
    assert "The portal was changed while it was copied. Stop its servers" in done.output
    monkeypatch.undo()
    assert run(source, target).exit_code == 0  # nothing of it was kept


def test_a_killed_copy_is_done_again(places: tuple[Place, Place]) -> None:
    source, target = places
    fill(source, 30_000)
    before = everything(source)
    addresses = ("--from", address_of(source), "--to", address_of(target))
    copying = subprocess.Popen(
        [sys.executable, "-c", IN_THE_MIDDLE, "migrate-portal", *addresses],
        env=dict(os.environ),
        stdout=subprocess.PIPE,
    )
    try:
        assert copying.stdout is not None
        assert copying.stdout.readline() == b"in the middle\n"
    finally:
        copying.send_signal(signal.SIGKILL)
        copying.wait(20)

    done = run(source, target)

    assert done.exit_code == 0, done.output
    assert everything(target) == before


# The command in a process of its own, which stands still when twenty chunks were written.
IN_THE_MIDDLE = """
import sys, time
from sluice.cli import main
from sluice.store import copy
written, write_rows = [], copy.write_rows
def halting(*arguments):
    write_rows(*arguments)
    written.append(1)
    if len(written) == 20:
        print("in the middle", flush=True)
        time.sleep(60)
copy.write_rows = halting
main()
"""


def test_what_is_no_portal_is_not_copied(tmp_path: Path) -> None:
    with empty_place("postgresql", tmp_path) as target:
        missing = run(tmp_path / "missing.db", target)
        (tmp_path / "text.db").write_text("Dear diary")
        other = run(tmp_path / "text.db", target)
        twice = run(target, target)

    assert "There is no portal at sqlite:///" in missing.output
    assert "is no portal" in other.output
    assert "Both addresses are of one portal" in twice.output
    assert [done.exit_code for done in (missing, other, twice)] == [1, 1, 1]
