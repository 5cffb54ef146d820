"""`sluice backup`, `verify` and `restore`: a portal in one file and back, and what they refuse."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sluice.cli import sluice
from sluice.store import migrate
from sluice.store.sqlite import open_sqlite
from tests.cli.portal import PortalInFile
from tests.contract.conftest import NOW


@pytest.fixture
def file(portal: PortalInFile, tmp_path: Path) -> Path:
    """A backup of the portal."""
    file = tmp_path / "monday.sluice"
    done = portal.run("backup", str(file))
    assert done.exit_code == 0, done.output
    return file


@pytest.fixture
def other(tmp_path: Path) -> PortalInFile:
    """A place where no portal is."""
    return PortalInFile(tmp_path / "elsewhere" / "other.db")


def verify(file: Path, *arguments: str) -> Result:
    return CliRunner().invoke(sluice, ["verify", str(file), *arguments])


def beside(path: Path) -> set[str]:
    return {entry.name for entry in path.parent.iterdir()}


def test_a_portal_comes_back_from_its_backup(
    portal: PortalInFile, other: PortalInFile, file: Path
) -> None:
    made = portal.answer("webhook", "list")

    done = other.run("restore", str(file))

    assert done.exit_code == 0, done.output
    assert other.answer("webhook", "list") == made
    assert other.answer("call", "tasks.flow.Flow.get", "flowId=517")["result"]["id"] == 517


def test_a_restored_portal_is_one_closed_file_of_its_owner(other: PortalInFile, file: Path) -> None:
    other.run("restore", str(file))

    assert beside(other.path) == {"other.db"}
    assert stat.S_IMODE(other.path.stat().st_mode) == 0o600


def test_backup_and_verify_say_what_they_did(portal: PortalInFile, tmp_path: Path) -> None:
    file = tmp_path / "tuesday.sluice"

    made, checked = portal.run("backup", str(file)), verify(file)

    assert "tuesday.sluice is the backup of" in made.stdout
    assert "tuesday.sluice is whole:" in checked.stdout
    assert checked.exit_code == 0


def test_the_three_commands_answer_the_same_in_json(
    portal: PortalInFile, other: PortalInFile, tmp_path: Path
) -> None:
    file = tmp_path / "tuesday.sluice"

    made = portal.answer("backup", str(file))
    checked = json.loads(verify(file, "--json").stdout)
    restored = other.answer("restore", str(file))

    assert made == checked == restored
    assert made["tables"]["portal_user"] > 1
    assert made["rows"] == sum(made["tables"].values())
    assert made["bytes"] == file.stat().st_size


def test_a_backup_can_be_read_by_its_owner_alone(file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_backup_changes_nothing(portal: PortalInFile, tmp_path: Path) -> None:
    before = portal.path.read_bytes()

    portal.run("backup", str(tmp_path / "tuesday.sluice"))

    assert portal.path.read_bytes() == before


def test_a_backup_never_overwrites(portal: PortalInFile, file: Path) -> None:
    before = file.read_bytes()

    done = portal.run("backup", str(file))

    assert done.exit_code == 1
    assert "exists already, and a backup never overwrites" in done.stderr
    assert file.read_bytes() == before


def test_a_backup_that_fails_leaves_nothing(tmp_path: Path) -> None:
    nobody = PortalInFile(tmp_path / "nobody.db")
    file = tmp_path / "tuesday.sluice"
    before = beside(file)

    done = nobody.run("backup", str(file))

    assert done.exit_code == 1
    assert "There is no portal at" in done.stderr
    assert beside(file) == before


def test_a_file_that_is_no_portal_is_not_backed_up(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_bytes(b"Dear diary,\n" * 100)

    done = PortalInFile(tmp_path / "notes.db").run("backup", str(tmp_path / "file"))

    assert done.exit_code == 1
    assert "notes.db is no portal" in done.stderr


def test_a_place_that_is_not_there_is_said(portal: PortalInFile, tmp_path: Path) -> None:
    done = portal.run("backup", str(tmp_path / "nowhere" / "file"))

    assert done.exit_code == 1
    assert "No such file or directory" in done.stderr


@pytest.mark.parametrize("left", ["other.db", "other.db-wal", "other.db-shm", "other.db-journal"])
def test_a_restore_never_overwrites(other: PortalInFile, file: Path, left: str) -> None:
    other.path.parent.mkdir()
    (other.path.parent / left).write_text("precious")

    done = other.run("restore", str(file))

    assert done.exit_code == 1
    assert "other place with --database" in done.stderr
    assert beside(other.path) == {left}
    assert (other.path.parent / left).read_text() == "precious"


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (flipped, "It is damaged"),
        (lambda content: content[:-1], "It is cut short"),
        (lambda content: content[: len(content) // 2], "It is cut short"),
        (lambda _: b"Dear diary,\n" * 100, "It is no backup of Sluice"),
        (lambda _: b"", "It is no backup of Sluice"),
    ],
    ids=["one bit", "one byte less", "half", "a file of text", "empty"],
)
def test_a_damaged_backup_is_refused(
    other: PortalInFile, file: Path, damage: Any, words: str
) -> None:
    file.write_bytes(damage(file.read_bytes()))

    checked, restored = verify(file), other.run("restore", str(file))

    assert (checked.exit_code, restored.exit_code) == (1, 1)
    assert words in checked.stderr
    assert words in restored.stderr
    assert beside(other.path) == set()


@pytest.mark.parametrize("version", [1, len(migrate.known()) - 1])
def test_an_older_portal_is_backed_up_as_it_is_and_restored_up_to_date(
    tmp_path: Path, other: PortalInFile, version: int
) -> None:
    older = PortalInFile(tmp_path / "older.db")
    database = open_sqlite(older.path, NOW, steps=migrate.known()[:version])
    database.run_now(lambda store: store.facts.set("kept", "yes"))
    database.close()
    before = older.path.read_bytes()

    made = older.answer("backup", str(tmp_path / "file"))
    other.answer("restore", str(tmp_path / "file"))

    assert older.path.read_bytes() == before
    assert made["schema"] == migrate.known()[version - 1].number
    restored = open_sqlite(other.path, NOW)
    try:
        assert restored.run_now(lambda store: store.facts.get("kept")) == "yes"
        applied = restored.run_now(
            lambda store: store.transaction.all("SELECT number FROM migration ORDER BY number")
        )
        assert [row[0] for row in applied] == [step.number for step in migrate.known()]
    finally:
        restored.close()
