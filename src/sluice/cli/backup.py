"""`sluice backup`: a portal in one file, while a server runs on it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sluice import __version__
from sluice.cli.opened import database_option, reading_portal
from sluice.cli.output import Failure, json_option, json_text, size
from sluice.clock import SystemClock
from sluice.store import backup, copy
from sluice.store.backup import Manifest
from sluice.store.new_file import new_file
from sluice.store.tables import Store


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@database_option
@json_option
def command(file: Path, database: str | None, as_json: bool) -> None:
    """Write all that a portal holds to FILE.

    A server may be running: FILE holds one moment, with every call that was answered before the
    backup began. FILE must not exist; it appears when it is whole. It holds hashes of secrets, and
    only its owner can read it. `sluice verify` checks it, `sluice restore` makes a portal of it.

    \b
    Examples:
      sluice backup monday.sluice
      sluice backup "$(date +%F).sluice" --database sqlite:///team.db
    """
    made = SystemClock().now().isoformat(timespec="seconds")

    def written(store: Store) -> Manifest:
        read = store.transaction
        rows = copy.count_rows(read, copy.tables(copy.applied_steps(read)))
        with (
            unfinished.open("r+b") as stream,
            click.progressbar(length=rows, label="Backing up", file=sys.stderr) as bar,
        ):
            return backup.write(read, stream, sluice=__version__, made=made, progress=bar.update)

    try:
        with new_file(file) as unfinished, reading_portal(database) as read:
            manifest = read(written)
    except FileExistsError as problem:
        raise Failure(
            f"{file} exists already, and a backup never overwrites. Choose another name."
        ) from problem
    except OSError as problem:
        raise Failure.of_system(problem) from problem
    tell(file, manifest, as_json, "is the backup of")


def tell(file: Path, manifest: Manifest, as_json: bool, does: str) -> None:
    """Say what a backup holds."""
    count = file.stat().st_size
    if as_json:
        facts = {
            "file": str(file.absolute()),
            "bytes": count,
            "made": manifest.made,
            "sluice": manifest.sluice,
            "schema": max(manifest.migrations),
            "rows": manifest.rows,
            "tables": {name: table.rows for name, table in manifest.tables.items()},
        }
        click.echo(json_text(facts))
    else:
        click.echo(
            f"{file} {does} {manifest.rows} rows in {len(manifest.tables)} tables"
            f" ({size(count)}, made {manifest.made})."
        )
