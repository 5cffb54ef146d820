"""Deliveries: what is in the outbox is sent to its handlers.

Nothing of this is on the path of a call. A delivery is claimed in a transaction, sent, and its
attempt noted in another. The documented rule is that nothing is sent twice; so what was claimed by
a program that was killed is not sent again, unless repeats are asked for: then it is sent at least
once. Source: rest-protocol.md 15.2; docs/events.md.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from sluice.background.due import Ran
from sluice.background.handler import Answered, Handlers
from sluice.background.wire_events import body
from sluice.clock import Clock, stopwatch
from sluice.domain.application import ACCESS_LIFE, Application, State, Token, TokenKind
from sluice.domain.events import (
    APP_INSTALLED,
    APP_UNINSTALLED,
    WITH_REFRESH_TOKEN,
    WITHOUT_TOKENS,
)
from sluice.rest.oauth import grant, grant_access, install
from sluice.rest.token_door import endpoints
from sluice.store.addresses import portal_origin
from sluice.store.database import Database
from sluice.store.outbox import Attempt, Delivery, DeliveryState
from sluice.store.tables import Store

# Requests at a time: to one handler, and in all.
MOST_OF_HANDLER = 4
MOST_AT_ONCE = 64
# A claim of a program that no longer runs is found this long after the handler's own time is over.
ABANDONED_AFTER_SECONDS = 30.0
# The first pause before an event is sent again; each further one is twice as long.
FIRST_PAUSE = timedelta(minutes=1)

log = logging.getLogger("sluice.deliver")


class Rules(Struct, frozen=True):
    """How deliveries are made.

    Attributes:
        timeout_seconds: how long a handler may take.
        repeats: how often an event is sent again that was not delivered.
        kept: how many deliveries are kept to be looked at.
        domain: the portal's host name for applications that know it by none yet; may be empty.
    """

    timeout_seconds: float = 10.0
    repeats: int = 0
    kept: int = 10_000
    domain: str = ""


class Deliveries:
    """The outbox as something that falls due."""

    def __init__(
        self, database: Database, clock: Clock, machine: Clock, rules: Rules, handlers: Handlers
    ) -> None:
        """Make the source.

        Args:
            clock: the portal's.
            machine: the machine's, by which claims end even while the portal's stands still.
        """
        self.wake: Callable[[], None] = lambda: None
        self._database = database
        self._clock = clock
        self._machine = machine
        self._rules = rules
        self._handlers = handlers
        self._sending: set[asyncio.Task[None]] = set()
        self._busy: Counter[str] = Counter()

    def next_due(self, store: Store) -> datetime | None:
        """Return when the next delivery is due; what is being sent counts until it has been."""
        return store.outbox.next_due()

    def next_after(self, store: Store, now: datetime) -> datetime | None:
        return store.outbox.next_after(now)

    async def run_due(self, now: datetime) -> list[Ran]:
        """Begin to send what is due, as far as there is room, and return what was begun."""
        room = MOST_AT_ONCE - len(self._sending)
        if room <= 0:
            return []
        claimed = await self._database.run(partial(self._claim, now, room), writes=True)
        for delivery in claimed:
            self._busy[delivery.handler] += 1
            task = asyncio.get_running_loop().create_task(self._deliver(delivery))
            self._sending.add(task)
            task.add_done_callback(self._sent)
        return [Ran(f"delivery of {one.event}", one.id, one.due) for one in claimed]

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self.wake()  # there is room for the next one

    async def drain(self) -> None:
        """Wait until what is being sent has been, and close the connections."""
        while self._sending:
            await asyncio.wait(set(self._sending))
        await self._handlers.close()

    def _claim(self, now: datetime, room: int, store: Store) -> list[Delivery]:
        """Take deliveries to be sent now, as many as there is room for."""
        machine_now = self._machine.now()
        self._give_up_abandoned(store, now, machine_now)
        full = [handler for handler, number in self._busy.items() if number >= MOST_OF_HANDLER]
        taken: list[Delivery] = []
        of_handler = Counter(self._busy)
        for delivery in store.outbox.waiting(now, full, room):
            if of_handler[delivery.handler] < MOST_OF_HANDLER and store.outbox.claim(
                delivery.id, machine_now
            ):
                of_handler[delivery.handler] += 1
                taken.append(delivery)
        return taken

    def _give_up_abandoned(self, store: Store, now: datetime, machine_now: datetime) -> None:
        """Settle what a program claimed that was killed before it knew the answer."""
        patience = timedelta(seconds=self._rules.timeout_seconds + ABANDONED_AFTER_SECONDS)
        for delivery in store.outbox.abandoned(machine_now - patience):
            lost = Attempt(now, timedelta(0), 0, "the server ended while it was sending", "")
            # The claim has counted this attempt already.
            self._finish(replace(delivery, attempts=delivery.attempts - 1), lost, now, store)

    async def _deliver(self, delivery: Delivery) -> None:
        """Send a delivery and note how that went."""
        try:
            started, began = self._clock.now(), stopwatch()
            prepare = partial(self._prepare, delivery, started)
            prepared = await self._database.run(prepare, writes=True)
            if isinstance(prepared, str):
                answered = Answered(0, prepared, "")
            else:
                answered = await self._handlers.post(
                    delivery.handler, prepared.body, public=prepared.public
                )
            duration = timedelta(seconds=stopwatch() - began)
            attempt = Attempt(started, duration, answered.status, answered.problem, answered.answer)
            finish = partial(self._finish, delivery, attempt, self._clock.now())
            await self._database.run(finish, writes=True)
        except Exception:
            log.exception("delivery %d failed for a reason of ours", delivery.id)
        finally:
            self._busy[delivery.handler] -= 1
            if not self._busy[delivery.handler]:
                del self._busy[delivery.handler]

    def _finish(self, delivery: Delivery, attempt: Attempt, now: datetime, store: Store) -> None:
        made = delivery.attempts + 1
        if not attempt.problem:
            state, due = DeliveryState.DELIVERED, delivery.due
            self._after(delivery, store)
        elif made <= self._rules.repeats:
            state, due = DeliveryState.WAITING, now + FIRST_PAUSE * 2 ** (made - 1)
        else:
            state, due = DeliveryState.FAILED, delivery.due
            log.warning("%s to %s: %s", delivery.event, _host(delivery.handler), attempt.problem)
        store.outbox.finish(delivery.id, attempt, state, due)
        store.outbox.forget(self._rules.kept)

    def _after(self, delivery: Delivery, store: Store) -> None:
        """Finish the installation of an application that has only a program, no page.

        Rule (documented): it is installed when ONAPPINSTALL is delivered (rest-protocol.md 14).
        """
        if delivery.event == APP_INSTALLED and not delivery.subscription_id:
            application = store.applications.find(delivery.application_id)
            if application is not None and application.state is State.INSTALLING:
                install(store, application, self._clock.now())

    def _prepare(self, delivery: Delivery, now: datetime, store: Store) -> _Prepared | str:
        """Return what is sent, or why nothing is."""
        public = not store.portal.get().private_handlers
        if not delivery.application_id:
            subscription = store.subscriptions.find(delivery.subscription_id)
            if subscription is None:
                return "the outgoing webhook was removed meanwhile"
            origin = portal_origin(store, self._rules.domain)
            auth = _auth_of_webhook(store, origin, subscription.token)
            return self._prepared(delivery, auth, now, public=public)
        application = store.applications.find(delivery.application_id)
        if application is None or application.removed is not None:
            return "the application was removed meanwhile"
        if application.state is State.UNINSTALLED and delivery.event != APP_UNINSTALLED:
            return "the application was uninstalled meanwhile"
        auth = self._auth(store, application, delivery, now)
        return self._prepared(delivery, auth, now, public=public)

    def _prepared(
        self, delivery: Delivery, auth: Mapping[str, Any], now: datetime, *, public: bool
    ) -> _Prepared:
        sent = body(
            event=delivery.event,
            handler_id=delivery.subscription_id,
            data=delivery.data,
            ts=int(now.timestamp()),
            auth=auth,
        )
        return _Prepared(sent, public)

    def _auth(
        self, store: Store, application: Application, delivery: Delivery, now: datetime
    ) -> dict[str, Any]:
        """Return `auth` for an application: with tokens, if it may call for the user.

        They are made now, because only their hashes are kept.
        """
        origin = store.applications.origin_of(application.id) or portal_origin(
            store, self._rules.domain
        )
        user_id = delivery.auth_user_id
        token = Token(TokenKind.ACCESS, application.id, user_id, origin, now + ACCESS_LIFE)
        told = endpoints(store, application, token, origin)
        told["application_token"] = application.application_token
        if (
            delivery.event in WITHOUT_TOKENS
            or store.credentials.actor_of(user_id) is None
            or not application.may_be_used_by(user_id)
        ):
            for name in ("scope", "status", "user_id"):
                told.pop(name)
            return told
        if delivery.event in WITH_REFRESH_TOKEN:
            tokens = grant(store, application.id, user_id, origin, now)
            access, refresh = tokens.access_token, {"refresh_token": tokens.refresh_token}
        else:
            access, refresh = grant_access(store, application.id, user_id, origin, now), {}
        return {
            "access_token": access,
            "expires": int(token.expires.timestamp()),
            "expires_in": int(ACCESS_LIFE.total_seconds()),
            **refresh,
            **told,
        }


class _Prepared(Struct, frozen=True):
    """What is about to be sent."""

    body: bytes
    public: bool


def _auth_of_webhook(store: Store, origin: str, token: str) -> dict[str, Any]:
    return {
        "domain": origin.partition("://")[2],
        "client_endpoint": f"{origin}/rest/",
        "server_endpoint": f"{origin}/rest/",
        "member_id": store.facts.get("member_id"),
        "application_token": token,
    }


def _host(address: str) -> str:
    """Return an address for the log: what follows the host may hold a secret."""
    return "/".join(address.split("/", 3)[:3])
