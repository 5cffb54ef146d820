"""`sluice restore`: a portal made of a backup."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sluice.cli.backup import tell
from sluice.cli.opened import database_option, settings_in_force
from sluice.cli.output import Failure, json_option
from sluice.clock import SystemClock
from sluice.settings import SettingError
from sluice.store.backup import Backup, BackupUnusable
from sluice.store.database import PortalUnusable
from sluice.store.engine import Place, address_of, has_portal, open_portal, place_of, read_portal
from sluice.store.new_file import new_file

# What SQLite leaves beside a file that was not closed: it belongs to that file, not to a new one.
_BESIDE = ("-wal", "-shm", "-journal")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@database_option
@json_option
def command(file: Path, database: str | None, as_json: bool) -> None:
    """Make a portal of the backup in FILE.

    The portal must not exist yet: one that is there is never overwritten. A damaged backup is
    refused. The portal appears when every row was written, compared, and flushed to the disk; one
    of an older version is brought up to date.

    \b
    Examples:
      sluice restore monday.sluice
      sluice restore monday.sluice --database sqlite:///try-out.db
    """
    settings = settings_in_force(database=database).settings
    try:
        place = place_of(settings)
        if isinstance(place, Path):
            _check_free(place)
            place.parent.mkdir(parents=True, exist_ok=True)
        elif has_portal(place) and read_portal(place, lambda store: store.facts.get("founded")):
            raise Failure(_taken(place))  # one that is not founded is left of a killed restore
        with file.open("rb") as stream:
            length = file.stat().st_size
            with click.progressbar(length=length, label="Reading", file=sys.stderr) as bar:
                backup = Backup(stream, bar.update)
            if isinstance(place, Path):
                with new_file(place) as unfinished:
                    _make(unfinished, backup)
            else:
                _make(place, backup)
    except (BackupUnusable, PortalUnusable, SettingError) as problem:
        raise Failure(f"Nothing was restored from {file}. {problem}") from problem
    except FileExistsError as problem:
        raise Failure(_taken(place)) from problem
    except OSError as problem:
        raise Failure.of_system(problem) from problem
    tell(file, backup.manifest, as_json, f"was restored to {_named(place)}:")


def _check_free(path: Path) -> None:
    """Refuse a place where a portal is, or was.

    Raises:
        Failure
    """
    if path.exists():
        raise Failure(_taken(path))
    for left in (path.with_name(path.name + ending) for ending in _BESIDE):
        if left.exists():
            raise Failure(
                f"{left} belongs to a portal that was at {path}, and may hold calls of it. "
                "Move it away together with that portal, or choose another place with --database."
            )


def _named(place: Place) -> str | Path:
    return place if isinstance(place, Path) else address_of(place)


def _taken(place: Place) -> str:
    return (
        f"There is a portal at {_named(place)}, and a restore never overwrites. "
        "Move it away, or choose another place with --database."
    )


def _make(place: Place, backup: Backup) -> None:
    """Make the portal with the tables it had, fill them, and bring them up to date."""
    now = SystemClock().now()
    rows = 2 * backup.manifest.rows
    portal = open_portal(place, now, steps=backup.steps)
    try:
        with click.progressbar(length=rows, label="Restoring", file=sys.stderr) as bar:
            portal.run_now(lambda store: backup.fill(store.transaction, bar.update))
    finally:
        portal.close()
    open_portal(place, now).close()
