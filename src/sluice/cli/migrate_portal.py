"""`sluice migrate-portal`: a portal moves to another place, of the same engine or another."""

from __future__ import annotations

import sys

import click
from msgspec.structs import asdict

from sluice.cli.opened import settings_in_force
from sluice.cli.output import Failure, json_option, json_text
from sluice.clock import SystemClock
from sluice.errors import RestError
from sluice.settings import SettingError
from sluice.store import copy
from sluice.store.copy import Content, CopyDiffers, PortalNotEmpty
from sluice.store.database import PortalUnusable
from sluice.store.engine import (
    Place,
    address_of,
    has_portal,
    open_portal,
    place_of,
    read_portal,
)
from sluice.store.tables import Store

# Each row is read to be copied, read where it arrived, and read again where it came from.
PASSES = 3


@click.command("migrate-portal")
@click.option("--from", "source", metavar="URL", required=True, help="The portal that is copied.")
@click.option("--to", "target", metavar="URL", required=True, help="Where it goes: nothing yet.")
@json_option
def command(source: str, target: str, as_json: bool) -> None:
    """Copy a portal to another place: from SQLite to PostgreSQL, back, or within one of them.

    Stop the servers of the portal first. Every table is copied, and then compared: how many rows,
    a digest of what they hold, and the next id. If somebody changed the portal meanwhile, nothing
    is kept. The copy appears as a whole: after a kill, run the command again. The portal that was
    copied stays as it is.

    \b
    Examples:
      sluice migrate-portal --from sqlite:///portal.db --to postgresql://db.example.com/team
      sluice migrate-portal --from 'postgresql://db/team?schema=old' --to sqlite:///team.db
    """
    try:
        here = place_of(settings_in_force(database=source).settings)
        there = place_of(settings_in_force(database=target).settings)
        _check(here, there)
        copied = read_portal(here, lambda read: _copy(here, read, there))
        open_portal(there, SystemClock().now()).close()  # brings an older one up to date
    except (CopyDiffers, PortalNotEmpty, PortalUnusable, RestError, SettingError) as problem:
        raise Failure(f"Nothing was copied. {problem}") from problem
    except OSError as problem:
        raise Failure.of_system(problem) from problem
    _tell(there, copied, as_json)


def _check(here: Place, there: Place) -> None:
    """Refuse what cannot be meant.

    Raises:
        Failure
    """
    if address_of(here) == address_of(there):
        raise Failure("Both addresses are of one portal.")
    if not has_portal(here):
        raise Failure(f"There is no portal at {address_of(here)}.")


def _copy(here: Place, read: Store, there: Place) -> dict[str, Content]:
    """Copy what a snapshot holds, and return what that is, by table.

    Raises:
        CopyDiffers: another program changed the portal meanwhile.
        PortalNotEmpty: there is something where the copy goes.
    """
    steps = copy.applied_steps(read.transaction)
    tables = copy.tables(steps)
    rows = PASSES * copy.count_rows(read.transaction, tables)
    target = open_portal(there, SystemClock().now(), steps=steps)
    try:
        with click.progressbar(length=rows, label="Copying", file=sys.stderr) as bar:

            def work(write: Store) -> dict[str, Content]:
                copied = copy.copy_portal(read.transaction, write.transaction, tables, bar.update)
                read_portal(here, lambda now: _check_unchanged(now, copied))
                return copied

            def _check_unchanged(now: Store, copied: dict[str, Content]) -> None:
                try:
                    copy.compare(now.transaction, tables, copied, bar.update)
                except CopyDiffers as problem:
                    raise CopyDiffers(
                        "The portal was changed while it was copied. Stop its servers, and try"
                        " again."
                    ) from problem

            return target.run_now(work)
    finally:
        target.close()


def _tell(there: Place, copied: dict[str, Content], as_json: bool) -> None:
    """Say what was copied."""
    rows = sum(content.rows for content in copied.values())
    if as_json:
        tables = {name: asdict(content) for name, content in copied.items()}
        click.echo(json_text({"to": address_of(there), "rows": rows, "tables": tables}))
    else:
        click.echo(
            f"{rows} rows in {len(copied)} tables are at {address_of(there)}, each compared."
            " Start its servers with this address."
        )
