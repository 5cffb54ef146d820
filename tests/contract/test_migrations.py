"""A portal's tables are made and brought up to date once, and what cannot be opened is said."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from sluice.store import migrate
from sluice.store.database import PortalUnusable
from sluice.store.sqlite import open_sqlite
from tests.contract.conftest import NOW


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "portal.db"


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute(sql)


def applied(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as file:
        return [row[0] for row in file.execute("SELECT number FROM migration ORDER BY number")]


def test_a_new_portal_has_every_migration_once(path: Path) -> None:
    for _ in range(2):
        open_sqlite(path, NOW).close()

    assert applied(path) == [step.number for step in migrate.known()]


def test_migrations_are_numbered_without_gaps() -> None:
    numbers = [step.number for step in migrate.known()]

    assert numbers == list(range(1, len(numbers) + 1))


def test_a_directory_that_is_missing_is_made(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "portal.db"

    open_sqlite(path, NOW).close()

    assert path.exists()


def test_programs_that_start_at_once_make_a_portal_once(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC;"
        "from sluice.store.sqlite import open_sqlite;"
        "open_sqlite(Path(sys.argv[1]), datetime.now(UTC)).close()"
    )
    started = [subprocess.Popen([sys.executable, "-c", program, str(path)]) for _ in range(4)]

    assert [process.wait(30) for process in started] == [0] * 4
    assert applied(path) == [step.number for step in migrate.known()]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        (
            "INSERT INTO migration VALUES (9999, 'later', 'x', 0)",
            "made by a newer Sluice .schema 9999",
        ),
        ("UPDATE migration SET checksum = 'x' WHERE number = 1", "differs from the one"),
    ],
    ids=["newer", "changed"],
)
def test_a_portal_of_another_program_version_is_refused(path: Path, sql: str, words: str) -> None:
    open_sqlite(path, NOW).close()
    change(path, sql)

    with pytest.raises(PortalUnusable, match=words):
        open_sqlite(path, NOW)


def test_a_file_of_another_program_is_left_alone(path: Path) -> None:
    change(path, "CREATE TABLE recipe (title TEXT)")
    before = path.read_bytes()

    with pytest.raises(PortalUnusable, match="another program"):
        open_sqlite(path, NOW)
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["all of it", "the first page"])
def test_a_damaged_file_is_refused(path: Path, damage: str) -> None:
    open_sqlite(path, NOW).close()
    whole = path.read_bytes()
    path.write_bytes(b"\x07" * len(whole) if damage == "all of it" else b"x" * 100 + whole[100:])

    with pytest.raises(PortalUnusable, match="damaged"):
        open_sqlite(path, NOW)


@pytest.mark.parametrize("obstacle", ["a directory", "below a file"])
def test_a_place_where_no_file_can_be_is_refused(tmp_path: Path, obstacle: str) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path if obstacle == "a directory" else tmp_path / "file" / "portal.db"

    with pytest.raises(PortalUnusable, match="Cannot"):
        open_sqlite(path, NOW)


def test_a_failed_migration_leaves_nothing_behind(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = migrate.Migration(9999, "broken", "CREATE TABLE half (a TEXT);\nNONSENSE;\n", "x")
    steps = [*migrate.known(), broken]
    monkeypatch.setattr(migrate, "known", lambda: steps)

    with pytest.raises(PortalUnusable, match="NONSENSE"):
        open_sqlite(path, NOW)

    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT COUNT(*) FROM sqlite_master").fetchone() == (0,)
