"""Many portals behind one address: the host name that a call asks for chooses the portal.

A portal is opened when somebody calls it or something in it falls due, and closed again when too
many are open. Nothing is shared between two of them but the program.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Hashable, Mapping
from dataclasses import replace

from sluice.app import Portal
from sluice.background.due import first_due
from sluice.clock import Clock, SystemClock
from sluice.errors import StoreUnavailable
from sluice.rest.door import Door, Doors
from sluice.rest.request import JSON, Incoming
from sluice.rest.response import Answer, refused
from sluice.settings import Settings
from sluice.store.addresses import host_addresses, keep_addresses, kept_addresses
from sluice.store.database import PortalUnusable
from sluice.store.engine import place_of, read_portal
from sluice.store.portals import Register
from sluice.store.tables import Store

# A portal that was made or removed is noticed after this.
LOOK_SECONDS = 1.0
# What falls due in a portal that nobody calls is done no later than this.
ROUND_SECONDS = 60.0
# These tell of the program, whatever host it is asked by.
OF_THE_PROGRAM = (b"livez", b"readyz", b"metrics")

log = logging.getLogger("sluice.hosting")


class _Open:
    """A portal that is open, and its worker."""

    def __init__(self, portal: Portal, identity: Hashable) -> None:
        self.portal = portal
        self.identity = identity
        self.calls = 0  # in flight
        self._stopping = asyncio.Event()
        self._working = asyncio.create_task(portal.run(self._stopping))

    async def close(self) -> None:
        """Finish what the worker is doing, and close the files."""
        self._stopping.set()
        await self._working
        await asyncio.to_thread(self.portal.close)


class Hosting:
    """The portals of a register.

    Attributes:
        ports: where the server answers, for HTTP and HTTPS.

    Args:
        settings: of the program; a portal's are the same, but for its place and domain.
        first: the portal that answers hosts that are nobody's.
        clock: stands for the machine's.
    """

    def __init__(
        self, register: Register, settings: Settings, first: Portal, clock: Clock | None = None
    ) -> None:
        self._register = register
        self._settings = settings
        self._first = first
        self._machine = clock or SystemClock()
        self.ports = settings.port, settings.tls_port
        self._known: Mapping[str, Hashable] = register.portals()
        self._open: dict[str, _Open] = {}  # the one that was called last comes last
        self._opening: dict[str, asyncio.Task[None]] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._due_next = 0  # whose turn it is to be looked at

    @property
    def open_hosts(self) -> list[str]:
        """The hosts of the portals that are open, the one that was called last at the end."""
        return list(self._open)

    def has(self, host: str) -> bool:
        """Tell whether there is a portal of this host name."""
        return host in self._known

    def around(self, answer: Door) -> Door:
        """Return a door to the gateway of the portal that a request asks for."""
        return self._chooser(answer, None)

    def doors(self, doors: Doors) -> Doors:
        """Return the same doors, each leading to the portal that a request asks for."""
        return {
            path: door if path in OF_THE_PROGRAM else self._chooser(door, path)
            for path, door in doors.items()
        }

    def _chooser(self, first: Door, path: bytes | None) -> Door:
        """Return a door to a portal's door at a path, or to its gateway without one.

        Args:
            first: that of the portal that answers hosts that are nobody's.
        """

        async def chosen(incoming: Incoming) -> Answer:
            host = _host(incoming)
            if host not in self._known:
                return await first(incoming)
            return await self._answered(host, incoming, path)

        return chosen

    async def _answered(self, host: str, incoming: Incoming, path: bytes | None) -> Answer:
        try:
            opened = await self._opened(host)
        except Exception as problem:
            log.error("the portal of %s cannot be opened: %s", host, problem)
            return refused(StoreUnavailable("The portal cannot be opened. Try again later."), JSON)
        opened.calls += 1
        try:
            portal = opened.portal
            door = portal.gateway.answer if path is None else portal.doors[path]
            return await door(incoming)
        finally:
            opened.calls -= 1

    async def _opened(self, host: str) -> _Open:
        """Return an open portal, opening it if it is not.

        It may be closed again before who waited for it comes to its turn: hence the loop.
        """
        while (opened := self._open.get(host)) is None:
            opening = self._opening.get(host)
            if opening is None:
                opening = self._opening[host] = asyncio.create_task(self._opens(host))
                opening.add_done_callback(lambda _: self._opening.pop(host, None))
            await asyncio.shield(opening)
        if len(self._open) > 1:  # the last one called comes last
            self._open[host] = self._open.pop(host)
        return opened

    async def _opens(self, host: str) -> None:
        identity = self._known[host]
        portal = await asyncio.to_thread(self._portal, host)
        self._open[host] = _Open(portal, identity)
        self._close_some()

    def _portal(self, host: str) -> Portal:
        settings = self._settings_of(host)
        portal = Portal(settings, clock=self._machine, empty=True)
        addresses = host_addresses(host, *self.ports)
        if portal.database.run_now(kept_addresses) != addresses:
            portal.database.run_now(lambda store: keep_addresses(store, addresses))
        return portal

    def _settings_of(self, host: str) -> Settings:
        return replace(
            self._settings, database=self._register.address(host), domain=host, portals="", plan=""
        )

    def _close_some(self) -> None:
        """Close portals that nobody has called for longest, if too many are open."""
        too_many = len(self._open) - max(self._settings.open_portals, 1)
        idle = [host for host, opened in self._open.items() if not opened.calls][:-1]
        for host in idle[: max(too_many, 0)]:
            self._close(host)

    def _close(self, host: str) -> None:
        task = asyncio.create_task(self._open.pop(host).close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def run(self, stopping: asyncio.Event) -> None:
        """Keep up with the register, and with what falls due, until the event is set."""
        while not stopping.is_set():
            try:
                await self.look()
            except PortalUnusable as problem:
                log.error("the portals cannot be looked for: %s", problem)
            try:
                await asyncio.wait_for(stopping.wait(), LOOK_SECONDS)
            except TimeoutError:
                continue
        await self.close()

    async def close(self) -> None:
        """Close every portal that is open."""
        for host in list(self._open):
            self._close(host)
        await asyncio.gather(*self._closing, return_exceptions=True)

    async def look(self) -> None:
        """Notice what was made and removed, and open some portals in which something is due.

        Raises:
            PortalUnusable: the register cannot be read.
        """
        self._known = await asyncio.to_thread(self._register.portals)
        for host, opened in list(self._open.items()):
            if self._known.get(host) != opened.identity and not opened.calls:
                self._close(host)
        closed = [host for host in self._known if host not in self._open]
        share = -(-len(closed) * LOOK_SECONDS // ROUND_SECONDS)
        for turn in range(int(share)):
            host = closed[(self._due_next + turn) % len(closed)]
            if await asyncio.to_thread(self._is_due, host):
                await self._opened(host)
        self._due_next += int(share)

    def _is_due(self, host: str) -> bool:
        """Tell whether something has fallen due in a portal that is closed here."""

        def look(store: Store) -> bool:
            first = first_due(self._first.worker.sources, store)
            now = store.clock.state().told(self._machine.now())
            return first is not None and first[0] <= now

        try:
            return read_portal(place_of(self._settings_of(host)), look)
        except Exception as problem:  # one portal's trouble is no other's
            log.warning("the portal of %s cannot be looked at: %s", host, problem)
            return False


def _host(incoming: Incoming) -> str:
    """Return the host name that a request asks for, without a port."""
    host = incoming.host.decode("latin-1").lower()
    return host.partition(":")[0].removesuffix(".")
