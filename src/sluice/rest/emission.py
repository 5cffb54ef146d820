"""Events become rows of the change that caused them: for handlers, and for who fetches them.

Nobody is called here. `background/deliver.py` sends what is stored. rest-protocol.md 15.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sluice.domain.events import OFFLINE, Event, Kind, Subscription
from sluice.store.outbox import Delivery
from sluice.store.tables import Store


def keep_events(
    store: Store, events: Sequence[Event], now: datetime, *, user_id: int = 0, connector: str = ""
) -> None:
    """Store what is to be told of these events. An event that happened twice is told once.

    Args:
        user_id: who caused them; 0 for nobody.
        connector: what the call carried as `auth_connector`: who listens under the same name hears
            nothing of it offline.
    """
    told: list[Event] = []
    for event in events:
        if event in told:
            continue
        told.append(event)
        for subscription in store.subscriptions.to(event.name):
            if subscription.kind is Kind.ONLINE:
                _send(store, subscription, event, now, now, user_id)
            elif not subscription.connector or subscription.connector != connector:
                _keep_offline(store, subscription, event, now, user_id)


def send_to(
    store: Store, subscription: Subscription, event: Event, now: datetime, *, user_id: int
) -> None:
    """Store an event for one handler alone."""
    _send(store, subscription, event, now, now, user_id)


def tell_application(
    store: Store, application_id: int, event: Event, now: datetime, *, user_id: int = 0
) -> None:
    """Store an event about an application for the handlers that it has bound to it itself."""
    for subscription in store.subscriptions.of_application(application_id):
        if subscription.event == event.name and subscription.kind is Kind.ONLINE:
            _send(store, subscription, event, now, now, user_id)


def _send(
    store: Store,
    subscription: Subscription,
    event: Event,
    now: datetime,
    due: datetime,
    user_id: int,
) -> None:
    store.outbox.add(
        Delivery(
            subscription_id=subscription.id,
            application_id=subscription.application_id,
            event=event.name,
            handler=subscription.handler,
            auth_user_id=subscription.auth_user_id or user_id,
            data=event.data,
            created=now,
            due=due,
        )
    )


def _keep_offline(
    store: Store, subscription: Subscription, event: Event, now: datetime, user_id: int
) -> None:
    """Keep an event until its application fetches it, and tell the application that there is one.

    Rule (documented): notices keep a distance of `minTimeout` seconds (rest-protocol.md 15.5).
    """
    application_id = subscription.application_id
    store.offline_events.add(
        application_id, subscription.connector, event.name, event.object_id, event.data, now
    )
    for notified in store.subscriptions.to(OFFLINE):
        if notified.application_id != application_id or store.outbox.is_waiting(notified.id):
            continue
        last = store.outbox.last_created(notified.id)
        distance = timedelta(seconds=notified.min_timeout_seconds)
        due = now if last is None else max(now, last + distance)
        _send(store, notified, Event(OFFLINE, "", {}), now, due, user_id)
