"""`sluice verify`: whether a backup is whole, and what it holds."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sluice.cli.backup import tell
from sluice.cli.output import Failure, json_option
from sluice.store.backup import Backup, BackupUnusable
from sluice.store.database import PortalUnusable


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def command(file: Path, as_json: bool) -> None:
    """Check that FILE is a whole, undamaged backup: its checksum, and every row of every table.

    Exits with 1 when it is not, and says what is wrong.

    \b
    Examples:
      sluice verify monday.sluice
      sluice verify monday.sluice --json | jq .tables.task
    """
    try:
        with file.open("rb") as stream:
            length = file.stat().st_size
            with click.progressbar(length=length, label="Reading", file=sys.stderr) as bar:
                backup = Backup(stream, bar.update)
            rows = backup.manifest.rows
            with click.progressbar(length=rows, label="Comparing", file=sys.stderr) as bar:
                backup.check(bar.update)
    except (BackupUnusable, PortalUnusable) as problem:
        raise Failure(f"{file} cannot be used. {problem}") from problem
    except OSError as problem:
        raise Failure.of_system(problem) from problem
    tell(file, backup.manifest, as_json, "is whole:")
