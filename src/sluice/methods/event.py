"""`event.*` and `events`: applications say what they want to hear of, and fetch what is kept.

Source: rest-protocol.md 15. Rule (documented): they are an application's alone; a webhook is
refused with WRONG_AUTH_TYPE.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from sluice.domain.application import Application
from sluice.domain.events import EVENTS, OWN, Kind, Subscription, app_tested, is_handler
from sluice.errors import (
    ArgumentError,
    ArgumentMissing,
    EventBindingExists,
    EventsNeedAdministrator,
    EventUnknown,
    HandlerUnsupported,
    HandlerWrong,
    WrongAuthType,
)
from sluice.rest.call import Call
from sluice.rest.emission import send_to
from sluice.rest.listing import Listed, listed, read_filter, read_order
from sluice.rest.method import classic, granted_by
from sluice.rest.params import Fields
from sluice.rest.wire_types import as_integer, as_list, as_map, as_scalar_text, as_truth
from sluice.store.listing import Window
from sluice.store.offline_events import LISTED, OfflineEvent

MOST_FETCHED = 50
LONGEST_CONNECTOR = 100


@classic("events", writes=False)
def events(call: Call, scope: str | None = None, full: object = None) -> list[str]:
    """Return the names of the events that the caller may hear of; with `FULL` of all there are.

    Source: api-reference/events/events. Rule (assumed): the events of our own are listed with
    `FULL` alone, because no client knows them.
    """
    if full == "" or as_truth(full):
        return list(EVENTS)
    return [
        name
        for name, needed in EVENTS.items()
        if name not in OWN
        and (_may_hear(call, needed) if scope is None else (needed or "") == scope)
    ]


@classic("event.bind")
def bind(
    call: Call,
    event: str = "",
    handler: str = "",
    auth_type: object = None,
    event_type: str = "",
    auth_connector: str = "",
    options: dict[str, Any] | None = None,
) -> bool:
    """Let a handler hear of an event from now on; or keep the event until it is fetched.

    Source: api-reference/events/event-bind. Rule (assumed): what somebody binds who does not
    administer the portal carries that user's own tokens.

    Raises:
        WrongAuthType: the caller is a webhook.
        EventsNeedAdministrator: of offline events, and with AUTH_TYPE.
        EventUnknown: there is no such event, or the application's scopes are not enough.
        ArgumentMissing, HandlerUnsupported, HandlerWrong: about the handler.
        EventBindingExists: the same is bound already.
    """
    application = _application(call)
    kind = _kind(event_type)
    auth_user_id = as_integer(auth_type) or 0
    _check_rights(call, kind, auth_user_id, "binding")
    name = _event(call, event)
    if kind is Kind.ONLINE:
        _check_handler(call, handler)
    wanted = Subscription(
        application_id=application.id,
        event=name,
        kind=kind,
        handler=handler if kind is Kind.ONLINE else "",
        auth_user_id=auth_user_id if call.actor.is_admin else call.actor.user_id,
        connector=(auth_connector or call.connector)[:LONGEST_CONNECTOR]
        if kind is Kind.OFFLINE
        else "",
        min_timeout_seconds=_min_timeout(options or {}),
        user_id=call.actor.user_id,
    )
    if call.store.subscriptions.add(wanted, call.now) is None:
        raise EventBindingExists
    return True


@classic("event.unbind")
def unbind(
    call: Call,
    event: str = "",
    handler: str = "",
    auth_type: object = None,
    event_type: str = "",
    auth_connector: str = "",
) -> dict[str, int]:
    """Let a handler hear of an event no more; return how many bindings that were.

    Source: api-reference/events/event-unbind. Without AUTH_TYPE the bindings of every user go;
    who does not administer the portal can only end their own.

    Raises:
        WrongAuthType: the caller is a webhook.
        EventsNeedAdministrator: of offline events, and with AUTH_TYPE.
        EventUnknown: there is no such event.
        ArgumentMissing: no handler was sent.
    """
    application = _application(call)
    kind = _kind(event_type)
    auth_user_id = as_integer(auth_type)
    _check_rights(call, kind, auth_user_id or 0, "unbinding")
    name = _event(call, event)
    if kind is Kind.ONLINE and not handler:
        raise ArgumentMissing("HANDLER")
    connector = auth_connector or call.connector
    found = [
        one
        for one in call.store.subscriptions.of_application(application.id)
        if (one.event, one.kind) == (name, kind)
        and (kind is Kind.OFFLINE or one.handler == handler)
        and (kind is Kind.ONLINE or not connector or one.connector == connector)
        and (auth_user_id is None or one.auth_user_id == auth_user_id)
        and (call.actor.is_admin or one.user_id == call.actor.user_id)
    ]
    for one in found:
        call.store.subscriptions.remove(one.id)
    return {"count": len(found)}


@classic("event.get", writes=False)
def get(call: Call) -> list[dict[str, Any]]:
    """Return what the application has bound; to who is no administrator only their own.

    Source: api-reference/events/event-get.

    Raises:
        WrongAuthType: the caller is a webhook.
    """
    application = _application(call)
    return [
        {
            "event": one.event,
            "handler": one.handler,
            "auth_type": str(one.auth_user_id),
            "offline": int(one.kind is Kind.OFFLINE),
            **({"connector_id": one.connector} if one.kind is Kind.OFFLINE else {}),
        }
        for one in call.store.subscriptions.of_application(application.id)
        if call.actor.is_admin or one.user_id == call.actor.user_id
    ]


@classic("event.test")
def test(call: Call, fields: Fields) -> int:
    """Send ONAPPTEST to the handlers that the application has bound to it.

    Source: api-reference/events/test-handler. What is sent comes back in `data[QUERY]`.

    Raises:
        WrongAuthType: the caller is a webhook.
    """
    application = _application(call)
    tested = app_tested(fields)
    for one in call.store.subscriptions.of_application(application.id):
        if one.event == tested.name and one.kind is Kind.ONLINE:
            user_id = one.auth_user_id or call.actor.user_id
            send_to(call.store, one, tested, call.now, user_id=user_id)
    return 1


# Offline events


@classic("event.offline.get")
def offline_get(
    call: Call,
    filter: dict[str, Any] | None = None,
    order: dict[str, Any] | None = None,
    limit: object = None,
    clear: object = None,
    process_id: str = "",
    auth_connector: str = "",
    error: object = None,
) -> dict[str, Any]:
    """Return events that wait, and remove them; or with CLEAR 0 keep them under a PROCESS_ID.

    Source: api-reference/events/event-offline-get. With PROCESS_ID those kept under it; with
    ERROR those that were given back with `event.offline.error`.

    Raises:
        WrongAuthType, EventsNeedAdministrator: the caller is no application of an administrator.
        ArgumentError: a field cannot be filtered or sorted by.
    """
    application = _application_of_administrator(call)
    call.store.offline_events.forget_reserved(application.id, call.now)
    wanted = as_integer(limit)
    size = MOST_FETCHED if wanted is None or wanted <= 0 else min(wanted, MOST_FETCHED)
    found, _ = call.store.offline_events.page(
        {
            "application_id": application.id,
            "connector": auth_connector or call.connector,
            "failed": int(as_truth(error)),
            **({} if as_truth(error) and not process_id else {"process_id": process_id}),
        },
        read_filter(filter or {}, LISTED, call.zone),
        read_order(order or {"TIMESTAMP_X": "ASC"}, LISTED),
        Window(0, size, False),
    )
    ids = [event.id for event in found]
    kept_under = process_id or None
    if clear is None or as_truth(clear):
        call.store.offline_events.remove(ids)
    elif not process_id and ids:
        kept_under = secrets.token_hex(16)
        call.store.offline_events.reserve(ids, kept_under, call.now)
    return {"process_id": kept_under, "events": [_row(call, event) for event in found]}


@classic("event.offline.list", writes=False)
def offline_list(
    call: Call,
    filter: dict[str, Any] | None = None,
    order: dict[str, Any] | None = None,
    auth_connector: str = "",
) -> Listed:
    """Return events that wait, a page at a time, and change nothing.

    Source: api-reference/events/event-offline-list.

    Raises:
        WrongAuthType, EventsNeedAdministrator: the caller is no application of an administrator.
        ArgumentError: a field cannot be filtered or sorted by.
    """
    application = _application_of_administrator(call)
    found, total = call.store.offline_events.page(
        {"application_id": application.id, "connector": auth_connector or call.connector},
        read_filter(filter or {}, LISTED, call.zone),
        read_order(order or {"ID": "ASC"}, LISTED),
        call.page.window,
    )
    rows = [
        {
            **_row(call, event),
            "PROCESS_ID": event.process_id or None,
            "ERROR": int(event.failed),
        }
        for event in found
    ]
    return listed(rows, total)


@classic("event.offline.clear")
def offline_clear(
    call: Call,
    process_id: str = "",
    id: object = None,
    message_id: object = None,
) -> bool:
    """Remove events that were kept under a PROCESS_ID: all of them, or those named.

    Source: api-reference/events/event-offline-clear.

    Raises:
        WrongAuthType, EventsNeedAdministrator: the caller is no application of an administrator.
        ArgumentMissing: no PROCESS_ID was sent.
    """
    application = _application_of_administrator(call)
    kept = _kept(call, application, process_id, id, message_id)
    call.store.offline_events.remove(kept)
    return True


@classic("event.offline.error")
def offline_error(call: Call, process_id: str = "", message_id: object = None) -> bool:
    """Give events back that could not be made use of; `event.offline.get` finds them with ERROR.

    Source: api-reference/events/event-offline-error.

    Raises:
        WrongAuthType, EventsNeedAdministrator: the caller is no application of an administrator.
        ArgumentMissing: no PROCESS_ID was sent.
    """
    application = _application_of_administrator(call)
    call.store.offline_events.fail(_kept(call, application, process_id, None, message_id))
    return True


def _kept(
    call: Call, application: Application, process_id: str, ids: object, message_ids: object
) -> list[int]:
    """Return the ids of the events kept under a PROCESS_ID, or of those of them that are named."""
    if not process_id:
        raise ArgumentMissing("PROCESS_ID")
    found, _ = call.store.offline_events.page(
        {"application_id": application.id, "process_id": process_id},
        [],
        [],
        Window(0, 2**31, False),
    )
    by_id, by_message = _texts(ids), _texts(message_ids)
    return [
        event.id
        for event in found
        if (by_id is None or str(event.id) in by_id)
        and (by_message is None or event.message_id in by_message)
    ]


def _texts(sent: object) -> frozenset[str] | None:
    if sent is None or sent == "":
        return None
    values: Sequence[Any] = as_list(sent) or [sent]
    return frozenset(text for value in values if (text := as_scalar_text(value)) is not None)


def _row(call: Call, event: OfflineEvent) -> dict[str, Any]:
    return {
        "ID": str(event.id),
        "TIMESTAMP_X": call.wire_time(event.changed),
        "EVENT_NAME": event.event,
        "EVENT_DATA": event.data or False,
        "EVENT_ADDITIONAL": False,
        "MESSAGE_ID": event.message_id,
    }


# Who may


def _application(call: Call) -> Application:
    """Return the application that calls.

    Raises:
        WrongAuthType: a webhook does.
    """
    if call.actor.token is None:
        raise WrongAuthType
    application = call.store.applications.find(call.actor.token.application_id)
    assert application is not None  # it was, when the caller was told from others
    return application


def _application_of_administrator(call: Call) -> Application:
    application = _application(call)
    if not call.actor.is_admin:
        raise EventsNeedAdministrator
    return application


def _check_rights(call: Call, kind: Kind, auth_user_id: int, what: str) -> None:
    if call.actor.is_admin:
        return
    if kind is Kind.OFFLINE:
        raise EventsNeedAdministrator(f"Offline events {what}")
    if auth_user_id not in (0, call.actor.user_id):
        raise EventsNeedAdministrator(f"Event {what} with AUTH_TYPE")


def _may_hear(call: Call, scope: str | None) -> bool:
    return scope is None or not granted_by(scope).isdisjoint(call.actor.scopes)


# What was sent


def _kind(event_type: str) -> Kind:
    wanted = event_type.strip().lower() or Kind.ONLINE.value
    if wanted not in list(Kind):
        raise ArgumentError(
            "Argument 'EVENT_TYPE' should be online or offline", argument="EVENT_TYPE"
        )
    return Kind(wanted)


def _event(call: Call, event: str) -> str:
    name = event.strip().upper()
    if not name:
        raise ArgumentMissing("EVENT")
    if name not in EVENTS or not _may_hear(call, EVENTS[name]):
        raise EventUnknown
    return name


def _check_handler(call: Call, handler: str) -> None:
    if not handler:
        raise ArgumentMissing("HANDLER")
    if not handler.lower().startswith(("http://", "https://")):
        raise HandlerUnsupported
    if not is_handler(handler, public=not call.store.portal.get().private_handlers):
        raise HandlerWrong


def _min_timeout(options: dict[str, Any]) -> int:
    fields = as_map(options) or {}
    seconds = as_integer(fields.get("minTimeout"))
    return 1 if seconds is None else min(max(seconds, 0), 86_400)
