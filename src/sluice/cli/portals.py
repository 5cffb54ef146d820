"""`sluice portals`: many portals behind one address, each with a host name of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import click
import msgspec

from sluice.app import ADMINISTRATOR_ID, Portal
from sluice.cli.opened import settings_in_force
from sluice.cli.output import Failure, json_option, json_text, table
from sluice.errors import RestError
from sluice.settings import SettingError, Settings
from sluice.store.addresses import host_addresses, keep_addresses, kept_addresses
from sluice.store.database import PortalUnusable
from sluice.store.engine import address_of, has_portal, place_of, read_portal
from sluice.store.portals import HostInvalid, Register, host_name, register_at


def portals_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--portals` to a command."""
    return click.option(
        "--portals",
        metavar="PLACE",
        help="Where the portals are: a directory, or postgresql://host/database."
        "  [default: the setting portals]",
    )(command)


@click.group()
def command() -> None:
    """Make, list and remove portals that one server answers for, each under its host name.

    `sluice serve --portals PLACE` serves them all, beside its own portal, which answers every
    other host name. Each has people, credentials, a plan and a clock of its own.
    """


@command.command()
@click.argument("host")
@click.option("--demo", is_flag=True, help="With the demo team and flow, as `sluice serve` makes.")
@portals_option
@json_option
def create(host: str, demo: bool, portals: str | None, as_json: bool) -> None:
    """Make the portal of HOST and print its administrator's webhook.

    A running server answers for it within a second.

    \b
    Examples:
      sluice portals create acme.example.com --portals /srv/sluice/portals
      sluice portals create acme.localhost --demo --portals ./portals
    """
    with _register(portals) as (register, settings):
        name = host_name(host)
        if name in register.portals():
            raise Failure(f"There is a portal of {name} already.")
        database = register.address(name)
        portal = Portal(replace(settings, database=database, domain=name), empty=not demo)
        try:
            addresses = host_addresses(name, *_ports(settings))
            portal.database.run_now(lambda store: keep_addresses(store, addresses))
            path = f"/rest/{ADMINISTRATOR_ID}/{portal.administrator_code()}/"
            kept = address_of(portal.place)
        finally:
            portal.close()
    webhook, tls_webhook = addresses.plain + path, addresses.tls + path
    if as_json:
        facts = {"host": name, "database": kept, "webhook": webhook, "tls_webhook": tls_webhook}
        click.echo(json_text(facts))
        return
    click.echo(f"The portal of {name} was made. Its administrator's webhook, all scopes:\n")
    click.echo(f"  {webhook}\n  {tls_webhook}\n")
    click.echo(f"Other commands reach it with --database '{kept}'", err=True)


@command.command("list")
@portals_option
@json_option
def list_(portals: str | None, as_json: bool) -> None:
    """List the portals.

    \b
    Examples:
      sluice portals list --portals /srv/sluice/portals
      sluice portals list --json | jq -r '.[].database'
    """
    with _register(portals) as (register, settings):
        found = [
            (host, address_of(place_of(replace(settings, database=register.address(host)))))
            for host in register.portals()
        ]
    if as_json:
        click.echo(json_text([{"host": host, "database": kept} for host, kept in found]))
    elif found:
        click.echo(table(["HOST", "DATABASE"], [[*one] for one in found]))
    else:
        click.echo("There are no portals yet. `sluice portals create HOST` makes one.", err=True)


@command.command()
@click.argument("host")
@click.option("--yes", is_flag=True, help="Do not ask.")
@portals_option
@json_option
def drop(host: str, yes: bool, portals: str | None, as_json: bool) -> None:
    """Remove the portal of HOST with everything in it, for good.

    A running server answers its calls with PORTAL_DELETED, and forgets it within a second.

    \b
    Examples:
      sluice backup acme.backup --database sqlite:///portals/acme.example.com.db
      sluice portals drop acme.example.com --portals portals
    """
    with _register(portals) as (register, settings):
        name = host_name(host)
        if name not in register.portals():
            raise Failure(f"There is no portal of {name}. `sluice portals list` shows them.")
        if not yes:
            typed = click.prompt("Everything in it will be gone. Type its host name", err=True)
            if typed.strip().lower() != name:
                raise Failure("That is another name. Nothing was removed.")
        portal = Portal(replace(settings, database=register.address(name), domain=name))
        try:
            portal.database.run_now(
                lambda store: store.portal.set(
                    msgspec.structs.replace(store.portal.get(), portal=False)
                )
            )
        finally:
            portal.close()
        register.remove(name)
    if as_json:
        click.echo(json_text({"host": name}))
        return
    click.echo(f"The portal of {name} is gone.", err=True)


def _ports(settings: Settings) -> tuple[int, int]:
    """Return where the server listened last, or will listen first, for HTTP and HTTPS."""
    place = place_of(settings)
    kept = read_portal(place, kept_addresses) if has_portal(place) else None
    if kept is None:
        return settings.port, settings.tls_port
    return urlsplit(kept.plain).port or 80, urlsplit(kept.tls).port or 443


@contextmanager
def _register(portals: str | None) -> Iterator[tuple[Register, Settings]]:
    """Open the register that the option or the setting names.

    Raises:
        Failure: it is not named, or what was done with it was refused.
    """
    settings = settings_in_force(portals=portals).settings
    if not settings.portals:
        raise Failure(
            "Say where the portals are: --portals /srv/sluice/portals, or portals in sluice.toml"
        )
    try:
        yield register_at(settings.portals), replace(settings, portals="")
    except (HostInvalid, SettingError, PortalUnusable, RestError, ValueError) as problem:
        raise Failure(str(problem)) from problem
    except OSError as problem:
        raise Failure.of_system(problem) from problem
