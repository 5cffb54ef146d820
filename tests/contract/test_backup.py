"""A backup is read back as it was, on any engine; whatever happens to the file is noticed."""

from __future__ import annotations

import io
import json
import random
import zipfile
from pathlib import Path

import pytest

from sluice.demo import add_demo, add_foundation
from sluice.store import backup, copy, migrate
from sluice.store.backup import Backup, BackupUnusable
from sluice.store.database import Database, PortalUnusable
from sluice.store.sqlite import open_sqlite
from sluice.store.tables import Store
from tests.contract.conftest import NOW

TABLES = copy.tables(migrate.known())


@pytest.fixture
def demo(database: Database) -> Database:
    def fill(store: Store) -> None:
        add_foundation(store, NOW)
        add_demo(store, NOW)
        store.facts.set("a text\nof two lines", 'with "quotes", \u2028, \\ and 🌊')
        for number in range(copy.CHUNK_ROWS):
            store.facts.set(f"fact {number}", "x" * 10)

    database.run_now(fill)
    return database


@pytest.fixture
def whole(demo: Database) -> bytes:
    """The bytes of a backup of the demo portal."""
    file = io.BytesIO()
    demo.run_now(lambda store: backup.write(store.transaction, file, sluice="1", made="today"))
    return file.getvalue()


def contents(database: Database) -> dict[str, copy.Content]:
    found: dict[str, copy.Content] = database.run_now(
        lambda store: {table.name: copy.content(store.transaction, table) for table in TABLES}
    )
    return found


def test_what_was_backed_up_is_restored(demo: Database, whole: bytes, tmp_path: Path) -> None:
    other = open_sqlite(tmp_path / "other.db", NOW)
    try:
        other.run_now(lambda store: Backup(io.BytesIO(whole)).fill(store.transaction))

        assert contents(other) == contents(demo)
        text = other.run_now(lambda store: store.facts.get("a text\nof two lines"))
        assert text == 'with "quotes", \u2028, \\ and 🌊'
    finally:
        other.close()


def test_a_backup_says_what_it_holds(demo: Database, whole: bytes) -> None:
    manifest = Backup(io.BytesIO(whole)).manifest

    assert manifest.tables == contents(demo)
    assert (manifest.sluice, manifest.made) == ("1", "today")
    assert manifest.migrations == {step.number: step.checksum for step in migrate.known()}


def test_any_zip_program_can_look_into_it(whole: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.testzip() is None
        rows = [json.loads(line) for line in archive.read("tables/flow.ndjson").splitlines()]
        manifest = json.loads(archive.read("manifest.json"))

    assert len(rows) == manifest["tables"]["flow"]["rows"]
    assert 517 in {row[0] for row in rows}


def test_progress_tells_every_row_and_every_byte(whole: bytes) -> None:
    read: list[int] = []
    checked: list[int] = []

    Backup(io.BytesIO(whole), read.append).check(checked.append)

    assert sum(read) == len(whole) - 64  # the checksum itself
    assert sum(checked) == Backup(io.BytesIO(whole)).manifest.rows


def test_every_bit_that_flips_is_noticed(whole: bytes) -> None:
    """In the first and last bytes, where the format's own words are, and all over the file."""
    chance = random.Random(6)
    places = {*range(64), *range(len(whole) - 160, len(whole))}
    places |= set(chance.sample(range(len(whole)), 500))
    for place in sorted(places):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << chance.randrange(8)

        with pytest.raises(BackupUnusable, match=r"damaged|cut short"):
            Backup(io.BytesIO(bytes(damaged)))


@pytest.mark.parametrize("share", [0.0001, 0.1, 0.5, 0.9, 0.9999])
def test_a_backup_that_is_cut_short_is_refused(whole: bytes, share: float) -> None:
    with pytest.raises(BackupUnusable, match=r"cut short|no backup"):
        Backup(io.BytesIO(whole[: int(len(whole) * share)]))


def test_bytes_that_were_added_are_noticed(whole: bytes) -> None:
    with pytest.raises(BackupUnusable, match="cut short, or its end is damaged"):
        Backup(io.BytesIO(whole + b"x"))


@pytest.mark.parametrize("content", [b"", b"x" * 10_000, b"SQLite format 3\0" + b"\0" * 5000])
def test_another_file_is_refused(content: bytes) -> None:
    with pytest.raises(BackupUnusable, match="no backup of Sluice"):
        Backup(io.BytesIO(content))


def forged(whole: bytes, name: str, content: bytes) -> io.BytesIO:
    """Return a backup with a right checksum in which one entry was replaced."""
    file = io.BytesIO()
    summing = backup._Summing(file)
    with (
        zipfile.ZipFile(io.BytesIO(whole)) as before,
        zipfile.ZipFile(summing, "w") as after,
    ):
        after.comment = before.comment
        for entry in before.namelist():
            after.writestr(entry, content if entry == name else before.read(entry))
    file.seek(-64, io.SEEK_END)
    file.write(summing.sum.hexdigest().encode())
    return file


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "should hold .* rows, and holds 0"),
        (b'["a"]\n', "rows of 1 values, not 2"),
        (b"[1.5,{}]\n", "cannot be read"),
        (b"]\n", "cannot be read"),
    ],
    ids=["no rows", "too few values", "other kinds", "no JSON"],
)
def test_a_table_that_is_not_what_the_manifest_says_is_refused(
    whole: bytes, tmp_path: Path, content: bytes, words: str
) -> None:
    file = forged(whole, "tables/portal_fact.ndjson", content)

    with pytest.raises(BackupUnusable, match=words):
        Backup(file).check()
    other = open_sqlite(tmp_path / "other.db", NOW)
    before = contents(other)
    try:
        with pytest.raises(BackupUnusable):
            other.run_now(lambda store: Backup(file).fill(store.transaction))
        assert contents(other) == before
    finally:
        other.close()


def test_a_backup_of_a_newer_format_is_refused(whole: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        manifest = json.loads(archive.read("manifest.json"))

    with pytest.raises(BackupUnusable, match=r"format 2, .* Install the newer Sluice"):
        Backup(forged(whole, "manifest.json", json.dumps({**manifest, "format": 2}).encode()))


def test_a_backup_of_a_newer_portal_is_refused(whole: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    manifest["migrations"]["9999"] = "x"

    with pytest.raises(PortalUnusable, match="made by a newer Sluice"):
        Backup(forged(whole, "manifest.json", json.dumps(manifest).encode()))
