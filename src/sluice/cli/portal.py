"""What the commands share: settings in force, an opened portal, failures in plain words."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from sluice.app import Portal
from sluice.settings import Loaded, SettingError, load
from sluice.store.database import PortalUnusable

FAILED = 1  # the exit code of a refusal or failure; click uses 2 for a wrong command line


def database_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--database` to a command."""
    return click.option(
        "--database",
        metavar="URL",
        help="Portal to use: sqlite:///relative.db or sqlite:////absolute.db.",
    )(command)


class Failure(click.ClickException):
    """Something could not be done. Exits with 1; the words say what to do."""

    exit_code = FAILED


def settings_in_force(**arguments: Any) -> Loaded:
    """Return the settings, with the given arguments over file and variables.

    Raises:
        Failure: a setting cannot be used.
    """
    try:
        return load(arguments, os.environ, Path.cwd())
    except SettingError as problem:
        raise Failure(str(problem)) from problem


@contextmanager
def opened_portal(database: str | None, *, empty: bool = False) -> Iterator[Portal]:
    """Open the portal for one command; a server may be running on it.

    Raises:
        Failure: the portal cannot be opened.
    """
    loaded = settings_in_force(database=database)
    try:
        portal = Portal(loaded.settings, empty=empty)
    except (SettingError, PortalUnusable) as problem:
        raise Failure(str(problem)) from problem
    try:
        yield portal
    finally:
        portal.close()
