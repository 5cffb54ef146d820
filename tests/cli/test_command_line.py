"""What all commands have in common: help, misspelt names, a quick start."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from sluice.cli import COMMANDS, sluice
from tests.cli.portal import PortalInFile


def commands() -> list[str]:
    """Return every command as it is typed, those of groups too."""
    typed = []
    for name in COMMANDS:
        found = sluice.get_command(click.Context(sluice), name)
        inner = found.commands if isinstance(found, click.Group) else {}
        typed += [f"{name} {one}" for one in inner] or [name]
    return typed


@pytest.mark.parametrize("typed", commands())
def test_the_help_of_every_command_has_examples(typed: str) -> None:
    shown = CliRunner().invoke(sluice, [*typed.split(), "--help"])

    assert shown.exit_code == 0
    assert f"  sluice {typed}" in shown.output.partition("Examples:")[2]


@pytest.mark.parametrize("typed", [typed for typed in commands() if typed not in ("serve", "exec")])
def test_every_command_that_answers_answers_in_json_too(typed: str) -> None:
    assert "--json" in CliRunner().invoke(sluice, [*typed.split(), "--help"]).output


@pytest.mark.parametrize(
    "typed", [typed for typed in commands() if typed not in ("demo", "migrate-portal", "verify")]
)
def test_every_command_that_works_on_a_portal_takes_its_place(typed: str) -> None:
    place = "--portals" if typed.startswith("portals ") else "--database"

    assert place in CliRunner().invoke(sluice, [*typed.split(), "--help"]).output


def test_the_help_lists_the_commands_without_loading_them() -> None:
    script = (
        "import sys; from sluice.cli import sluice; sluice(['--help'], standalone_mode=False); "
        "sys.exit(str({'uvicorn', 'msgspec', 'sqlite3'} & sys.modules.keys() or ''))"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert done.stderr.strip() == ""
    assert all(name in done.stdout for name in COMMANDS)


def test_a_misspelt_command_is_told_from_the_one_that_was_meant() -> None:
    done = CliRunner().invoke(sluice, ["sevre"])

    assert done.exit_code == 2
    assert "There is no command 'sevre'. Did you mean serve?" in done.stderr


@pytest.mark.parametrize(
    "typed", ["webhook list", "webhook create --user 1", "user list", "call server.time"]
)
def test_a_misspelt_database_does_not_become_a_portal(portal: PortalInFile, typed: str) -> None:
    misspelt = portal.path.with_name("protal.db")

    done = CliRunner().invoke(sluice, [*typed.split(), "--database", f"sqlite:///{misspelt}"])

    assert done.exit_code == 1
    assert f"There is no portal at {misspelt}" in done.stderr
    assert not misspelt.exists()


def test_a_damaged_database_is_told_without_a_stack_trace(portal: PortalInFile) -> None:
    portal.path.write_bytes(b"not a database, however long it may be")

    done = portal.run("user", "list")

    assert done.exit_code == 1
    assert "file is not a database" in done.stderr
    assert "Traceback" not in done.stderr
