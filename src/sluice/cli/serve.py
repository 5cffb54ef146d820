"""`sluice serve`: a portal over HTTP and HTTPS until it is told to stop."""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import json
import os
import signal
from pathlib import Path

import click
import uvloop

from sluice.app import ADMINISTRATOR_ID, Portal
from sluice.cli.opened import (
    address,
    database_option,
    settings_in_force,
)
from sluice.cli.output import Failure
from sluice.demo import DEMO_FLOW_ID
from sluice.domain.portal import Plan
from sluice.errors import RestError
from sluice.hosting import Hosting
from sluice.rest.door import Door, Doors
from sluice.server.descriptors import take_all
from sluice.server.http import HttpServer, PortTaken
from sluice.server.logs import JSON, TEXT, begin_logging
from sluice.server.proxy import Certificates
from sluice.server.supervisor import READY, STOPPING, tell_supervisor
from sluice.server.tls import TlsError, open_authority, server_names
from sluice.settings import SettingError, Settings
from sluice.store.addresses import Addresses, keep_addresses
from sluice.store.database import PortalUnusable
from sluice.store.engine import address_of
from sluice.store.portals import register_at


@click.command()
@click.option("--host", metavar="ADDRESS", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port for HTTP; 0 picks a free one.  [default: 8024]")
@click.option("--tls-port", type=int, help="Port for HTTPS; 0 picks a free one.  [default: 8443]")
@database_option
@click.option(
    "--ready-file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write addresses and the administrator's webhook here as JSON, once both ports answer.",
)
@click.option("--empty", is_flag=True, help="Make a new portal without the demo team and flow.")
@click.option(
    "--https-required/--no-https-required",
    default=None,
    help="Answer plain HTTP with INVALID_REQUEST, as the vendor's cloud does.",
)
@click.option(
    "--proxy/--no-proxy",
    default=None,
    help="Lead *.bitrix24.* and the OAuth hosts here, for programs that use this as a proxy.",
)
@click.option(
    "--emulator/--no-emulator",
    default=None,
    help="Let whoever reaches the server move its clock, under /_sluice; for tests.",
)
@click.option("--proxy-port", type=int, help="Port of the proxy; 0 picks a free one.  [8025]")
@click.option(
    "--portals",
    metavar="PLACE",
    help="Answer for the portals of `sluice portals` as well: a directory, or postgresql://...",
)
@click.option(
    "--plan",
    type=click.Choice([plan.value for plan in Plan]),
    help="Limits of a plan from now on, as `sluice portal set plan=...`.  [default: as it was;"
    " none at first]",
)
@click.option("--log-format", type=click.Choice([TEXT, JSON]), help="How to log.  [default: text]")
def command(
    host: str | None,
    port: int | None,
    tls_port: int | None,
    database: str | None,
    ready_file: Path | None,
    empty: bool,
    https_required: bool | None,
    proxy: bool | None,
    emulator: bool | None,
    proxy_port: int | None,
    portals: str | None,
    plan: str | None,
    log_format: str | None,
) -> None:
    """Serve a portal over HTTP and HTTPS.

    A portal that does not exist yet is made, with a demo team and flow 517. Stop it with Ctrl-C;
    calls in flight are answered first.

    Every option is also a setting: `port = 9000` in sluice.toml, or SLUICE_PORT=9000. `sluice
    doctor` shows them all.

    \b
    Examples:
      sluice serve
      sluice serve --port 9000 --tls-port 9443 --database sqlite:///team.db
      sluice serve --port 0 --tls-port 0 --ready-file ready.json   (for scripts and tests)
      sluice serve --portals ./portals                             (see sluice portals --help)
      sluice serve --host 0.0.0.0                                  (for other machines)
    """
    settings = settings_in_force(
        host=host,
        port=port,
        tls_port=tls_port,
        database=database,
        https_required=https_required,
        proxy=True if proxy is None and proxy_port is not None else proxy,
        proxy_port=proxy_port,
        emulator=emulator,
        portals=portals,
        plan=plan,
        log_format=log_format,
    ).settings
    begin_logging(settings.log_level, settings.log_format)
    try:
        if ready_file is not None:
            ready_file.unlink(missing_ok=True)  # an earlier server's; it is to mean this one
        take_all()
        faulthandler.enable()  # C libraries may crash, for one when no memory is left: say where
        portal = Portal(settings, empty=empty)
        try:
            if settings.plan:
                portal.set_plan(Plan(settings.plan))
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(_serve(portal, settings, ready_file))
        finally:
            portal.close()
    except (SettingError, PortalUnusable, PortTaken, TlsError, RestError) as problem:
        raise Failure(str(problem)) from problem
    except OSError as problem:
        raise Failure.of_system(problem) from problem


async def _serve(portal: Portal, settings: Settings, ready_file: Path | None) -> None:
    real_clock = portal.clock.machine  # clients compare certificates with their own clocks
    authority = open_authority(settings.authority_path, real_clock.now())
    context = authority.server_context(server_names(settings.host), real_clock.now())
    answer: Door = portal.gateway.answer
    doors: Doors = portal.doors
    hosting = _hosting(portal, settings)
    if hosting is not None:
        answer, doors = hosting.around(answer), hosting.doors(doors)
        authority.serve_hosts(context, hosting.has, real_clock.now)
    server = HttpServer(
        portal.gateway, answer, doors, settings, context, portal.health, portal.watch
    )
    loop = asyncio.get_running_loop()

    def end() -> None:
        """Say that calls should go elsewhere, and stop; when asked twice, stop at once."""
        wait = 0 if portal.health.draining else settings.drain_delay_seconds
        portal.health.draining = True
        tell_supervisor(STOPPING)
        loop.call_later(wait, server.stop)

    for ending in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(ending, end)
    if hosting is not None:
        hosting.ports = server.plain.port, server.tls.port
    addresses = Addresses(
        address(settings.host, server.plain.port, secure=False),
        address(settings.host, server.tls.port, secure=True),
    )
    facts = _facts(portal, addresses, authority.certificate)
    if settings.proxy:
        certificates = Certificates(lambda host: authority.host_context(host, real_clock.now()))
        proxy = server.add_proxy(certificates)
        facts["proxy"] = address(settings.proxy_host, proxy.port, secure=False)
    portal.database.run_now(lambda store: keep_addresses(store, addresses))

    def ready() -> None:
        # What exists now stays; the collector need not look at it again under load.
        gc.freeze()
        _tell(facts, portal.is_new, _sample(portal))
        if ready_file is not None:  # last: whoever waits for it finds everything said
            _write_whole(ready_file, json.dumps(facts, indent=2) + "\n")
        tell_supervisor(READY)

    stopping = asyncio.Event()
    working = [asyncio.create_task(portal.run(stopping))]
    if hosting is not None:
        working.append(asyncio.create_task(hosting.run(stopping)))
    try:
        await server.serve(ready)
    finally:
        stopping.set()
        await asyncio.gather(*working)
    click.echo("Stopped; every answered call is kept.")


def _hosting(portal: Portal, settings: Settings) -> Hosting | None:
    """Return the further portals, if there may be some.

    Raises:
        SettingError: the setting `portals` is of no known kind.
        PortalUnusable: they cannot be looked for.
    """
    if not settings.portals:
        return None
    try:
        register = register_at(settings.portals)
    except ValueError as problem:
        raise SettingError(str(problem)) from problem
    return Hosting(register, settings, portal)


def _facts(portal: Portal, addresses: Addresses, ca_file: Path) -> dict[str, str | int]:
    """Return what the ready file holds."""
    path = f"/rest/{ADMINISTRATOR_ID}/{portal.administrator_code()}/"
    return {
        "url": addresses.plain,
        "tls_url": addresses.tls,
        "ca_file": str(ca_file.absolute()),
        "pid": os.getpid(),
        "webhook": addresses.plain + path,
        "tls_webhook": addresses.tls + path,
        "database": address_of(portal.place),
    }


def _sample(portal: Portal) -> tuple[str, str, str]:
    """Return a call to begin with (what it does, method, body) that works in this portal."""
    if portal.database.run_now(lambda store: store.flows.find(DEMO_FLOW_ID)) is None:
        return "See who calls:", "profile", "{}"
    body = json.dumps({"flowId": DEMO_FLOW_ID})
    return "Switch a flow on or off:", "tasks.flow.Flow.activate", body


def _tell(facts: dict[str, str | int], is_new: bool, sample: tuple[str, str, str]) -> None:
    """Say on the terminal where the portal is and how to call it."""
    does, method, body = sample
    heading = click.style("Sluice is ready.", fg="green", bold=True)
    made = " A new portal was made." if is_new else ""
    click.echo(
        f"{heading}{made}\n\n"
        f"  HTTP      {facts['url']}\n"
        f"  HTTPS     {facts['tls_url']}   (clients trust {facts['ca_file']})\n"
        + (f"  Proxy     {facts['proxy']}\n" if "proxy" in facts else "")
        + f"  Portal    {facts['database']}\n\n"
        "The administrator's webhook, all scopes; treat it as a password:\n\n"
        f"  {facts['webhook']}\n"
        f"  {facts['tls_webhook']}\n\n"
        f"{does}\n\n"
        "  curl -X POST -H 'Content-Type: application/json' \\\n"
        f"    -d '{body}' \\\n"
        f"    {facts['webhook']}{method}\n\n"
        "Stop with Ctrl-C."
    )


def _write_whole(file: Path, text: str) -> None:
    """Write a file so that a reader sees all of it or none."""
    temporary = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    temporary.replace(file)
