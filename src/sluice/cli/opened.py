"""The portal a command works on: opened beside a running server, called through the one door."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import click
import msgspec
from msgspec import Struct

from sluice.app import ADMINISTRATOR_ID, Portal
from sluice.cli.output import Failure, printable
from sluice.errors import RestError
from sluice.rest.request import Incoming
from sluice.settings import Loaded, SettingError, load
from sluice.store.addresses import Addresses, kept_addresses
from sluice.store.database import PortalUnusable
from sluice.store.engine import Place, address_of, has_portal, place_of, read_portal
from sluice.store.tables import Store

T = TypeVar("T")


def database_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--database` to a command."""
    return click.option(
        "--database",
        metavar="URL",
        help="Portal to use: sqlite:///relative.db, sqlite:////absolute.db, or"
        " postgresql://host/database?schema=sluice."
        "  [default: portal.db in the user's data directory]",
    )(command)


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
def opened_portal(database: str | None) -> Iterator[Portal]:
    """Open an existing portal for one command; a server may be running on it.

    Raises:
        Failure: there is no portal, it cannot be opened, or what was done with it was refused.
    """
    settings = settings_in_force(database=database).settings
    try:
        place = place_of(settings)
        if not has_portal(place):  # a misspelt address must not become a portal
            raise Failure(_no_portal(place))
        portal = Portal(settings)
        try:
            yield portal
        finally:
            portal.close()
    except (SettingError, PortalUnusable, RestError) as problem:
        raise Failure(str(problem)) from problem
    except OSError as problem:  # the file of the administrator's webhook, for one
        raise Failure.of_system(problem) from problem


@contextmanager
def reading_portal(database: str | None) -> Iterator[Callable[[Callable[[Store], T]], T]]:
    """Yield what runs reading work on one snapshot of an existing portal, and changes nothing.

    A server may be running on it, of this version or of an older one.

    Raises:
        Failure: there is no portal, it cannot be read, or is of a newer version.
    """
    settings = settings_in_force(database=database).settings
    try:
        place = place_of(settings)
        if not has_portal(place):
            raise Failure(_no_portal(place))
        yield partial(read_portal, place)
    except (SettingError, PortalUnusable, RestError) as problem:
        raise Failure(str(problem)) from problem


def _no_portal(place: Place) -> str:
    at = place if isinstance(place, Path) else address_of(place)
    return f"There is no portal at {at}. `sluice serve` makes one; --database names another."


class Reply(Struct, frozen=True):
    """What a portal answered: the whole body, a map with `result` or `error`."""

    status: int
    body: dict[str, Any]

    @property
    def result(self) -> Any:
        """The result.

        Raises:
            Failure: the call was refused; the words are the portal's.
        """
        if "error" in self.body:
            raise Failure(self.refusal)
        return self.body["result"]

    @property
    def refusal(self) -> str:
        """The error's code and words."""
        code, words = self.body["error"], self.body.get("error_description", "")
        return printable(f"{code}: {words}")


def reply_of(status: int, body: bytes) -> Reply:
    """Return an answer as a reply.

    Raises:
        Failure: the answer is not one of this protocol.
    """
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    if not isinstance(content, dict) or not content.keys() & {"result", "error"}:
        raise Failure(f"The answer (HTTP {status}) is not one of a portal's REST in JSON.")
    return Reply(status, content)


def ask(portal: Portal, method: str, parameters: dict[str, Any]) -> Reply:
    """Call a method of an opened portal as its administrator, through the gateway.

    Raises:
        Failure: the answer is no JSON, because the method's name asks for XML.
    """
    path = f"/rest/{ADMINISTRATOR_ID}/{portal.administrator_code()}/{quote(method, safe='')}"
    incoming = Incoming(
        verb="POST",
        path=path.encode(),
        content_type=b"application/json",
        body=msgspec.json.encode(parameters),
    )
    answer = asyncio.run(portal.gateway.answer(incoming))
    return reply_of(answer.status, answer.body)


def address(host: str, port: int, *, secure: bool) -> str:
    """Return the address of a listener as clients on this machine can use it."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (not listened on)
    host = f"[{host}]" if ":" in host else host
    return f"{'https' if secure else 'http'}://{host}:{port}"


def addresses_of(portal: Portal) -> Addresses:
    """Return where the portal's server listened last, or by the settings will listen first."""
    kept = portal.database.run_now(kept_addresses)
    if kept is not None:
        return kept
    settings = portal.settings
    return Addresses(
        address(settings.host, settings.port, secure=False),
        address(settings.host, settings.tls_port, secure=True),
    )
