"""What a method sees of the call it answers."""

from __future__ import annotations

from datetime import datetime, tzinfo

from sluice.domain.access import Actor
from sluice.domain.events import Event
from sluice.rest.emission import keep_events
from sluice.rest.listing import Page
from sluice.rest.meter import Meter
from sluice.rest.method import MethodTable
from sluice.store.tables import Store


class Call:
    """One call: one actor, one instant, one transaction.

    Attributes:
        actor: who calls, with what rights.
        now: the instant of the call, aware, UTC. There is no other clock in a method.
        store: the tables, inside the call's transaction.
        page: which part of a list was asked for.
        table: every method there is.
        zone: the portal's time zone, in which instants are written on the wire.
        meter: measures what a call takes; for calls inside a call.
        connector: what the caller calls itself, so that it does not hear its own changes.
    """

    __slots__ = ("_events", "actor", "connector", "meter", "now", "page", "store", "table", "zone")

    def __init__(
        self,
        actor: Actor,
        now: datetime,
        store: Store,
        page: Page,
        table: MethodTable,
        zone: tzinfo,
        meter: Meter,
        connector: str = "",
    ) -> None:
        self.actor = actor
        self.now = now
        self.store = store
        self.page = page
        self.table = table
        self.zone = zone
        self.meter = meter
        self.connector = connector
        self._events: list[Event] | None = None

    def emit(self, event: Event) -> None:
        """Note that something happened. It is stored when the method has returned."""
        if self._events is None:
            self._events = [event]
        else:
            self._events.append(event)

    def keep_events(self) -> None:
        """Store the events of the call, in its transaction."""
        if self._events is not None:
            user_id = self.actor.user_id
            keep_events(
                self.store, self._events, self.now, user_id=user_id, connector=self.connector
            )

    def as_actor(self, actor: Actor) -> Call:
        """Return the same call, looked at by somebody else: for asking what they may do."""
        return self._changed(actor, self.page)

    def on_page(self, page: Page) -> Call:
        """Return the same call, asking for another part of a list: for calls inside a call."""
        return self._changed(self.actor, page)

    def _changed(self, actor: Actor, page: Page) -> Call:
        return Call(
            *(actor, self.now, self.store, page, self.table, self.zone, self.meter),
            connector=self.connector,
        )

    def wire_time(self, instant: datetime) -> str:
        """Return an instant as the wire writes it: ISO 8601, whole seconds, numeric offset."""
        return instant.astimezone(self.zone).isoformat(timespec="seconds")
