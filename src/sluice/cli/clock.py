"""`sluice clock`: the portal's clock is shown, set, frozen, resumed, and led through time."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

import click

from sluice.app import Portal
from sluice.cli.granting import written
from sluice.cli.opened import database_option, opened_portal
from sluice.cli.output import Failure, json_option, json_text, table
from sluice.emulator.clock_facts import reading_facts, report_facts
from sluice.emulator.time_control import ClockRefused, Reading, Report
from sluice.emulator.time_words import TimeUnreadable, read_amount, read_instant

T = TypeVar("T")

# What people are shown of what ran; `--json` tells more.
MOST_SHOWN = 20
_MODES = {
    "system": "it is the machine's",
    "shifted": "it runs, shifted against the machine's",
    "frozen": "it stands",
}


@click.group()
def command() -> None:
    """Show and move the portal's clock, so that nothing has to be waited for.

    Everything in the portal goes by this clock: deadlines, tokens, limits, alerts, repeats of
    events. It is kept with the portal, and a running server obeys it from its next call on.
    """


@command.command()
@database_option
@json_option
def show(database: str | None, as_json: bool) -> None:
    """Show the portal's time, how it goes, and when the next thing falls due.

    \b
    Examples:
      sluice clock show
      sluice clock show --json | jq -r .now
    """
    with opened_portal(database) as portal, _told():
        _tell(portal, _done(portal.time.show()), as_json)


@command.command("set")
@click.argument("instant", metavar="INSTANT")
@database_option
@json_option
def set_(instant: str, database: str | None, as_json: bool) -> None:
    """Set the clock to an instant, later or earlier. A frozen clock stays frozen.

    Nothing is run by it: a running server then does at once what has fallen due. `advance` goes
    there step by step instead. An instant without an offset is meant in the portal's time zone.

    \b
    Examples:
      sluice clock set 2026-12-24T18:00
      sluice clock set 2026-12-24T18:00:00+03:00
      sluice clock set 2026-12-24
    """
    with opened_portal(database) as portal, _told():
        wanted = read_instant(instant, portal.settings.zone)
        _tell(portal, _done(portal.time.set(wanted)), as_json)


@command.command()
@click.argument("instant", metavar="[INSTANT]", required=False)
@database_option
@json_option
def freeze(instant: str | None, database: str | None, as_json: bool) -> None:
    """Let the clock stand: where it is, or at an instant.

    \b
    Examples:
      sluice clock freeze
      sluice clock freeze 2026-12-24T18:00
    """
    with opened_portal(database) as portal, _told():
        wanted = None if instant is None else read_instant(instant, portal.settings.zone)
        _tell(portal, _done(portal.time.freeze(wanted)), as_json)


@command.command()
@click.option("--system", is_flag=True, help="Tell the machine's time again.")
@database_option
@json_option
def resume(system: bool, database: str | None, as_json: bool) -> None:
    """Let a frozen clock run on from where it is.

    \b
    Examples:
      sluice clock resume
      sluice clock resume --system
    """
    with opened_portal(database) as portal, _told():
        _tell(portal, _done(portal.time.resume(system=system)), as_json)


@command.command()
@click.argument("amount", metavar="[AMOUNT]", required=False)
@click.option("--to", metavar="INSTANT", help="Until when, instead of how far.")
@database_option
@json_option
def advance(amount: str | None, to: str | None, database: str | None, as_json: bool) -> None:
    """Lead the clock forward through everything that falls due, and tell what ran.

    Each thing runs at its own instant, in order: deadlines pass, people are told, events are sent
    and sent again. It works beside a running server, which stands aside meanwhile, and without
    one. AMOUNT is such as 90s, 30m, 2h, 5d, 1w or 1d12h.

    \b
    Examples:
      sluice clock advance 3h
      sluice clock advance 1d12h
      sluice clock advance --to 2026-12-24T18:00
      sluice clock advance 30d --json | jq .kinds
    """
    if (amount is None) == (to is None):
        raise click.UsageError("Say how far, such as 3h, or until when with --to: one of the two.")
    with opened_portal(database) as portal, _told():
        until = None if to is None else read_instant(to, portal.settings.zone)
        by = timedelta(0) if amount is None else read_amount(amount)
        with _progress() as passed:
            report = _done(_advanced(portal, by, until, passed))
        zone = portal.settings.zone
    if as_json:
        click.echo(json_text(report_facts(report, zone)))
        return
    if report.ran:
        rows = [
            [written(one.due, zone), one.kind, one.subject_id or "-", "FAILED" * one.failed]
            for one in report.ran[:MOST_SHOWN]
        ]
        click.echo(table(["DUE", "WHAT RAN", "OF", ""], rows))
        if (more := report.kinds.total() - len(rows)) > 0:
            kinds = ", ".join(f"{number} x {kind}" for kind, number in sorted(report.kinds.items()))
            click.echo(f"... and {more} more. In all: {kinds}.")
    else:
        click.echo("Nothing fell due.")
    if report.failed:
        click.echo(f"\n{report.failed} failed for a reason of ours, and are tried again.", err=True)
    click.echo(f"\nIt is {written(report.end, zone)} in the portal.")


async def _advanced(
    portal: Portal, by: timedelta, to: datetime | None, passed: Callable[[Report], None]
) -> Report:
    try:
        return await portal.time.advance(by=by, to=to, passed=passed)
    finally:
        await portal.deliveries.drain()


@contextmanager
def _progress() -> Iterator[Callable[[Report], None]]:
    """Show on a terminal how far the clock has come."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return

    def passed(report: Report) -> None:
        came = f"{report.end:%Y-%m-%d %H:%M} UTC, {report.kinds.total()} done"
        click.echo(f"\r{came}", nl=False, err=True)

    try:
        yield passed
    finally:
        click.echo("\r" + " " * 60 + "\r", nl=False, err=True)


@contextmanager
def _told() -> Iterator[None]:
    """Tell what the clock refuses."""
    try:
        yield
    except TimeUnreadable as problem:
        raise click.UsageError(str(problem)) from problem
    except ClockRefused as refused:
        raise Failure(str(refused)) from refused


def _done(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def _tell(portal: Portal, reading: Reading, as_json: bool) -> None:
    zone = portal.settings.zone
    if as_json:
        click.echo(json_text(reading_facts(reading, zone)))
        return
    click.echo(f"{written(reading.now, zone)}   {_MODES[reading.mode.value]}")
    if reading.next_due is not None:
        click.echo(f"The next thing falls due at {written(reading.next_due, zone)}.")
    if reading.busy_until is not None:
        click.echo("Somebody is advancing it now.")
