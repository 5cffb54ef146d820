"""`sluice portal`: the plan and the states of a portal, each of which makes it refuse something."""

from __future__ import annotations

from typing import Any

import click
from msgspec.structs import replace

from sluice.cli.opened import database_option, opened_portal
from sluice.cli.output import json_option, json_text, table
from sluice.domain.portal import NAMES, NORMAL, PortalState, StateInvalid, read_state, written_state
from sluice.store.tables import Store

_MEANS = {
    "plan": "limits: none, commercial (50 at once, 2/s, 480 s), enterprise (250, 5/s, 480 s), box"
    " (420 s)",
    "operating_limit": "seconds instead of the plan's: OPERATION_TIME_LIMIT once they are used",
    "flows": "task flows: on, trial (not in the plan, one trial of 15 days), off",
    "rest": "off: ACCESS_DENIED, the plan has no REST",
    "portal": "closed: PORTAL_DELETED",
    "overload": "on: OVERLOAD_LIMIT",
    "https": "required: INVALID_REQUEST for plain HTTP",
    "payment": "ended: PAYMENT_REQUIRED for applications",
    "auth_host": "down: CONNECTION_ERROR for applications",
    "manifest": "missing: ERROR_MANIFEST_IS_NOT_AVAILABLE for applications",
    "extranet": "off: ALLOWED_ONLY_INTRANET_USER for guests",
    "private_handlers": "off: events go to public addresses alone, as befits a public server",
    "confirm": "methods that wait: METHOD_CONFIRM_WAITING",
    "deny": "methods that were refused: METHOD_CONFIRM_DENIED",
    "broken": "methods that fail inside: INTERNAL_SERVER_ERROR",
    "garbled": "methods whose answer is lost: ERROR_UNEXPECTED_ANSWER",
}


@click.group()
def command() -> None:
    """Show and set a portal's plan and its states.

    Each state makes the portal refuse something in the vendor's words, so that programs can be
    tried against it. A running server obeys from its next call on.
    """


@command.command()
@database_option
@json_option
def show(database: str | None, as_json: bool) -> None:
    """Show every state, its value, and what it does.

    \b
    Examples:
      sluice portal show
      sluice portal show --json | jq -r .plan
    """
    with opened_portal(database) as portal:
        _tell(portal.database.run_now(lambda store: store.portal.get()), as_json)


@command.command("set")
@click.argument("changes", metavar="NAME=VALUE...", nargs=-1, required=True)
@database_option
@json_option
def set_(changes: tuple[str, ...], database: str | None, as_json: bool) -> None:
    """Set states; the others stay as they are. `sluice portal show` lists them.

    \b
    Examples:
      sluice portal set plan=commercial
      sluice portal set portal=closed
      sluice portal set broken=tasks.task.add,tasks.task.update flows=trial
      sluice portal set broken=
    """
    with opened_portal(database) as portal:
        methods = [method.name.lower() for method in portal.gateway.table]
        try:
            wanted = dict(_read(change, methods) for change in changes)
        except StateInvalid as problem:
            raise click.UsageError(str(problem)) from problem
        _tell(portal.database.run_now(lambda store: _changed(store, wanted)), as_json)


@command.command()
@database_option
@json_option
def reset(database: str | None, as_json: bool) -> None:
    """Set every state back, so that the portal refuses nothing on purpose.

    \b
    Examples:
      sluice portal reset
    """
    with opened_portal(database) as portal:
        portal.database.run_now(lambda store: store.portal.set(NORMAL))
    _tell(NORMAL, as_json)


def _read(change: str, methods: list[str]) -> tuple[str, Any]:
    name, separator, text = change.partition("=")
    name = name.strip().lower()
    if not separator:
        raise StateInvalid(f"{change!r} has no value: write NAME=VALUE.")
    return name, read_state(name, text, methods)


def _changed(store: Store, wanted: dict[str, Any]) -> PortalState:
    """Set the states and return all of them. To set `flows` is to forget its trial."""
    forgotten = {"flows_trial_until": None} if "flows" in wanted else {}
    state = replace(store.portal.get(), **wanted, **forgotten)
    store.portal.set(state)
    return state


def _tell(state: PortalState, as_json: bool) -> None:
    values = {name: written_state(name, state) for name in NAMES}
    until = state.flows_trial_until
    if as_json:
        trial = None if until is None else until.isoformat(timespec="seconds")
        click.echo(json_text({**values, "flows_trial_until": trial}))
        return
    rows = [
        [name + (" *" if value != written_state(name, NORMAL) else ""), value or "-", _MEANS[name]]
        for name, value in values.items()
    ]
    click.echo(table(["STATE", "VALUE", "WHAT IT DOES"], rows))
    if until is not None:
        click.echo(f"\nFlows are being tried until {until:%Y-%m-%d %H:%M} UTC.")
    if state != NORMAL:
        click.echo("\n* is not the usual value; `sluice portal reset` sets all back.", err=True)
