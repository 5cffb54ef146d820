"""The composition root: settings in, a running portal out. The only place that wires."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from sluice import __version__
from sluice.background.deliver import Deliveries, Rules
from sluice.background.handler import Handlers
from sluice.background.jobs import PlannedJobs
from sluice.background.sharing import Sharing
from sluice.background.worker import Worker
from sluice.clock import Clock, PortalClock, SystemClock
from sluice.demo import add_demo, add_foundation
from sluice.domain.portal import Plan
from sluice.emulator.control import ControlDoor
from sluice.emulator.time_control import TimeControl
from sluice.methods import method_table
from sluice.rest.door import Door
from sluice.rest.gateway import Gateway
from sluice.rest.guesses import Guesses, Slowdown
from sluice.rest.method import SCOPES
from sluice.rest.token_door import TokenDoor
from sluice.server.health import Health
from sluice.server.metrics import OFF, Metrics
from sluice.server.watch import Watch
from sluice.settings import Settings
from sluice.store.database import Database
from sluice.store.engine import open_portal, place_of
from sluice.store.place import Schema
from sluice.store.tables import Store
from sluice.ui.authorize import AuthorizeDoor

ADMINISTRATOR_ID = 1
# How long each wrong code or token takes once an address has sent too many.
SECONDS_A_GUESS = 0.2
CODE_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


class Portal:
    """A portal that answers calls.

    Attributes:
        gateway: the one door to the data.
        doors: what else its addresses lead to.
        place: where its data is kept.
        database: the portal's data.
        clock: what it reads the time from.
        worker: does what falls due.
        health: whether calls should be sent here.
        time: moves the clock.
        watch: what is known of calls.
        is_new: this start made it.
    """

    def __init__(
        self, settings: Settings, *, clock: Clock | None = None, empty: bool = False
    ) -> None:
        """Open the portal that the settings name, making it first if there is none.

        Args:
            clock: stands for the machine's clock.
            empty: a new portal has its administrator and root department alone.

        Raises:
            SettingError: the database address is of no known kind.
            PortalUnusable: the portal cannot be opened.
        """
        self.settings = settings
        machine = clock or SystemClock()
        self.clock = PortalClock(machine)
        self.place = place_of(settings)
        self.database: Database = open_portal(self.place, machine.now())
        self.is_new = self.database.run_now(lambda store: self._found(store, empty))
        if settings.language:
            self.database.run_now(self._keep_language)
        slowdown = Slowdown(Guesses(settings.free_guesses, SECONDS_A_GUESS))
        self.gateway = Gateway(method_table(), self.database, self.clock, settings, slowdown)
        self.health = Health(self.database)
        self.watch = Watch(settings)
        self.doors: dict[bytes, Door] = {
            b"oauth/authorize": AuthorizeDoor(self.database, self.clock, self.gateway.limits),
            b"oauth/token": TokenDoor(self.database, self.clock, self.gateway.limits, slowdown),
            b"livez": self.health.alive,
            b"readyz": self.health.ready,
        }
        if settings.metrics != OFF:
            self.doors[b"metrics"] = Metrics(
                *(settings, self.database, self.clock, self.watch, self.health, slowdown),
                version=__version__,
            )
        self.deliveries = Deliveries(
            self.database,
            self.clock,
            machine,
            Rules(
                settings.handler_timeout_seconds,
                settings.handler_repeats,
                settings.deliveries_kept,
                settings.domain,
            ),
            Handlers(settings.handler_timeout_seconds),
        )
        self.worker = Worker(
            self.database,
            self.clock,
            [PlannedJobs(self.database, settings.zone), self.deliveries],
            drain_seconds=settings.drain_timeout_seconds,
        )
        self._sharing = Sharing(self.gateway.share_limits, self.gateway.called)
        self.time = TimeControl(self.database, self.clock, self.worker.sources)
        if settings.emulator:
            self.doors[b"_sluice"] = ControlDoor(self.time, self.gateway.limits, settings.zone)

    def _found(self, store: Store, empty: bool) -> bool:
        """Make the portal's first people, unless it has some; tell whether it had none."""
        now = self.clock.now_by(store.clock.state())
        if store.facts.get("founded"):
            return False
        store.facts.set("founded", now.isoformat())
        store.facts.set("member_id", secrets.token_hex(16))
        add_foundation(store, now)
        if not empty:
            add_demo(store, now)
        return True

    def _keep_language(self, store: Store) -> None:
        if store.facts.get("language") != self.settings.language:
            store.facts.set("language", self.settings.language)

    async def run(self, stopping: asyncio.Event) -> None:
        """Do what falls due until the event is set, and finish what is being done."""
        try:
            await asyncio.gather(self.worker.run(stopping), self._sharing.run(stopping))
        finally:
            await self.deliveries.drain()

    def set_plan(self, plan: Plan) -> None:
        """Let the limits of a plan hold from now on."""
        self.database.run_now(
            lambda store: store.portal.set(replace(store.portal.get(), plan=plan))
        )

    def add_webhook(self, user_id: int, scopes: Iterable[str], title: str) -> tuple[int, str]:
        """Make an incoming webhook and return its id and its code, which is not kept."""
        code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(24))
        webhook_id = self.database.run_now(
            lambda store: store.credentials.add_webhook(
                user_id, code, title=title, scopes=scopes, now=self.clock.now()
            )
        )
        return webhook_id, code

    def administrator_code(self) -> str:
        """Return the code of a working webhook of user 1 with all scopes.

        It stands in a file of its own, readable by its owner alone, because the database holds
        only its hash (settled 10): beside a SQLite file, and otherwise in the data directory. When
        the file is lost or its webhook revoked, a new one is made.
        """
        file = self._code_file
        user = str(ADMINISTRATOR_ID)
        if file.exists():
            code = file.read_text("utf-8").strip()
            if self.database.run_now(lambda store: store.credentials.caller(user, code)):
                return code
        _, code = self.add_webhook(ADMINISTRATOR_ID, SCOPES, "The administrator's webhook")
        _write_private(file, code + "\n")
        return code

    @property
    def _code_file(self) -> Path:
        if isinstance(self.place, Schema):
            known = hashlib.sha256(self.place.address.encode()).hexdigest()[:12]
            return self.settings.data_path / f"{self.place.name}-{known}-webhook"
        return self.place.with_name(self.place.name + "-webhook")

    def close(self) -> None:
        """Finish what is waiting and close the files."""
        self.database.close()


def _write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(file)
