"""Deliveries to a real handler: what it is sent, and what happens when it misbehaves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from sluice.background.deliver import MOST_OF_HANDLER, Deliveries, Rules
from sluice.background.handler import Handlers
from sluice.background.worker import Worker
from sluice.clock import VirtualClock
from sluice.domain.application import Application, State
from sluice.domain.events import Subscription
from sluice.rest import oauth
from sluice.rest.brackets import parse_str
from sluice.store.engine import Place
from sluice.store.outbox import Attempt, DeliveryState
from tests.background.receiver import Receiver, receiving
from tests.portals import Person, PortalInTest

MONDAY = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(MONDAY)


@pytest.fixture
def portal(place: Place, clock: VirtualClock) -> Iterator[PortalInTest]:
    portal = PortalInTest(place, clock)
    yield portal
    portal.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def application(portal: PortalInTest) -> Application:
    return portal.add_application(scopes=["task", "user"]).application


def bind(portal: PortalInTest, application: Application, event: str, handler: str) -> int:
    wanted = Subscription(application_id=application.id, event=event, handler=handler, user_id=1)
    now = portal.clock.now()
    return int(portal.in_store(lambda store: store.subscriptions.add(wanted, now)))


def add_task(person: Person) -> str:
    fields = {"TITLE": "Task", "RESPONSIBLE_ID": person.id}
    return str(person.call("tasks.task.add", fields=fields).result["task"]["id"])


def source(portal: PortalInTest, timeout: float = 5.0, **rules: Any) -> Deliveries:
    """Return the outbox of the portal as the worker has it, with these rules."""
    return Deliveries(
        portal.database, portal.clock, portal.clock, Rules(timeout, **rules), Handlers(timeout)
    )


def deliver(portal: PortalInTest, deliveries: Deliveries | None = None, **rules: Any) -> int:
    """Send what is due; return how many that were."""
    deliveries = deliveries or source(portal, **rules)

    async def everything() -> int:
        sent = 0
        while ran := await deliveries.run_due(portal.clock.now()):
            sent += len(ran)
            await deliveries.drain()
        return sent

    return portal.wait(everything())


def attempts(portal: PortalInTest, delivery_id: int) -> list[Attempt]:
    found: list[Attempt] = portal.in_store(lambda store: store.outbox.attempts(delivery_id))
    return found


def form(body: bytes) -> dict[str, Any]:
    return dict(parse_str(body, max_parameters=1000, max_depth=64))


def test_a_handler_is_sent_what_clients_parse(
    portal: PortalInTest, receiver: Receiver, application: Application
) -> None:
    anna = portal.add_user("Anna")
    handler_id = bind(portal, application, "ONTASKADD", f"{receiver.address}/events")
    task_id = add_task(anna)

    assert deliver(portal, domain="acme.bitrix24.com") == 1

    (received,) = receiver.at("/events")
    assert received.headers["Content-Type"] == "application/x-www-form-urlencoded"
    sent = form(received.body)
    token = sent["auth"].pop("access_token")
    assert sent == {
        "event": "ONTASKADD",
        "event_handler_id": str(handler_id),
        "data": {
            "FIELDS_BEFORE": "undefined",
            "FIELDS_AFTER": {"ID": task_id},
            "IS_ACCESSIBLE_BEFORE": "N",
            "IS_ACCESSIBLE_AFTER": "undefined",
        },
        "ts": str(int(MONDAY.timestamp())),
        "auth": {
            "expires": str(int(MONDAY.timestamp()) + 3600),
            "expires_in": "3600",
            "scope": "task,user",
            "domain": "acme.bitrix24.com",
            "server_endpoint": "https://acme.bitrix24.com/rest/",
            "client_endpoint": "https://acme.bitrix24.com/rest/",
            "status": "L",
            "member_id": portal.in_store(lambda store: store.facts.get("member_id")),
            "user_id": str(anna.id),
            "application_token": application.application_token,
        },
    }
    assert portal.send("/rest/profile", query=f"auth={token}").result["ID"] == str(anna.id)
    (delivery,) = portal.deliveries()
    (attempt,) = attempts(portal, delivery.id)
    assert delivery.state is DeliveryState.DELIVERED
    assert (attempt.status, attempt.problem, attempt.answer) == (200, "", "thank you")


def test_a_refresh_token_is_sent_with_the_events_that_have_one(
    portal: PortalInTest, receiver: Receiver, application: Application
) -> None:
    bind(portal, application, "ONAPPTEST", f"{receiver.address}/a")
    bind(portal, application, "ONTASKADD", f"{receiver.address}/b")
    token = portal.tokens(application, 1).access_token
    portal.send("/rest/event.test", body=f"auth={token}")
    add_task(portal.admin)

    deliver(portal)

    assert "refresh_token" in form(receiver.at("/a")[0].body)["auth"]
    assert "data" not in form(receiver.at("/a")[0].body)  # nothing was said
    assert "refresh_token" not in form(receiver.at("/b")[0].body)["auth"]


def test_an_application_that_goes_is_told_without_tokens(
    portal: PortalInTest, receiver: Receiver, application: Application
) -> None:
    bind(portal, application, "ONAPPUNINSTALL", f"{receiver.address}/bye")
    bind(portal, application, "ONTASKADD", f"{receiver.address}/bye")
    add_task(portal.admin)
    now = portal.clock.now()
    portal.in_store(lambda store: oauth.uninstall(store, application, now))

    deliver(portal)

    (received,) = receiver.at("/bye")
    sent = form(received.body)
    assert sent["event"] == "ONAPPUNINSTALL"
    assert sorted(sent["auth"]) == [
        *("application_token", "client_endpoint", "domain", "member_id", "server_endpoint")
    ]
    late, _ = portal.deliveries()
    assert late.state is DeliveryState.FAILED
    assert attempts(portal, late.id)[0].problem == "the application was uninstalled meanwhile"


def test_an_application_without_pages_is_installed_when_it_was_told(
    portal: PortalInTest, receiver: Receiver
) -> None:
    made = portal.add_application(install_url=f"{receiver.address}/install")
    now = portal.clock.now()
    portal.in_store(lambda store: oauth.begin_installation(store, made.application, now, 1))

    deliver(portal)

    sent = form(receiver.at("/install")[0].body)
    assert sent["event"] == "ONAPPINSTALL"
    assert sent["data"] == {
        "VERSION": "1",
        "ACTIVE": "Y",
        "INSTALLED": "N",
        "LANGUAGE_ID": "en",
    }
    assert {"access_token", "refresh_token", "domain", "application_token"} <= set(sent["auth"])
    application = portal.in_store(lambda store: store.applications.find(made.application.id))
    assert application.state is State.INSTALLED


def test_an_outgoing_webhook_has_a_token_of_its_own(
    portal: PortalInTest, receiver: Receiver
) -> None:
    wanted = Subscription(
        application_id=0,
        event="ONTASKADD",
        handler=f"{receiver.address}/hook",
        token="t" * 32,
        user_id=1,
    )
    portal.in_store(lambda store: store.subscriptions.add(wanted, portal.clock.now()))
    add_task(portal.admin)

    deliver(portal, domain="acme.bitrix24.com")

    auth = form(receiver.at("/hook")[0].body)["auth"]
    assert auth == {
        "domain": "acme.bitrix24.com",
        "client_endpoint": "https://acme.bitrix24.com/rest/",
        "server_endpoint": "https://acme.bitrix24.com/rest/",
        "member_id": portal.in_store(lambda store: store.facts.get("member_id")),
        "application_token": "t" * 32,
    }


def test_a_dismissed_user_is_told_of_without_tokens(
    portal: PortalInTest, receiver: Receiver, application: Application
) -> None:
    anna = portal.add_user("Anna")
    bind(portal, application, "ONTASKADD", f"{receiver.address}/events")
    add_task(anna)
    portal.in_store(
        lambda store: store.users.save(replace(store.users.find(anna.id), active=False))
    )

    deliver(portal)

    auth = form(receiver.at("/events")[0].body)["auth"]
    assert "access_token" not in auth
    assert auth["application_token"] == application.application_token


# Handlers that misbehave


@pytest.mark.parametrize(
    ("path", "status", "problem"),
    [
        ("/fail", 500, "the handler answered 500"),
        ("/redirect", 302, "the handler answered 302"),
        ("/hang", 0, "no answer within 1.5 seconds"),
        ("/close", 0, "Server disconnected"),
    ],
)
def test_a_handler_that_fails_is_noted_and_not_asked_again(
    path: str,
    status: int,
    problem: str,
    portal: PortalInTest,
    receiver: Receiver,
    application: Application,
) -> None:
    bind(portal, application, "ONTASKADD", receiver.address + path)
    add_task(portal.admin)

    assert deliver(portal, timeout=1.5 if path == "/hang" else 30.0) == 1

    (delivery,) = portal.deliveries()
    (attempt,) = attempts(portal, delivery.id)
    assert delivery.state is DeliveryState.FAILED
    assert attempt.status == status
    assert attempt.problem.startswith(problem)
    assert [one.path for one in receiver.received] == [path]  # no redirect was followed
    portal.clock.advance(days=1)
    assert deliver(portal) == 0


def test_a_huge_answer_is_cut_off(
    portal: PortalInTest, receiver: Receiver, application: Application
) -> None:
    bind(portal, application, "ONTASKADD", f"{receiver.address}/huge")
    add_task(portal.admin)

    deliver(portal)

    (delivery,) = portal.deliveries()
    (attempt,) = attempts(portal, delivery.id)
    assert (attempt.status, attempt.answer) == (200, "x" * 500)
    assert delivery.state is DeliveryState.DELIVERED


def test_a_handler_that_is_not_there_is_noted(
    portal: PortalInTest, application: Application
) -> None:
    bind(portal, application, "ONTASKADD", "http://127.0.0.1:1/")
    add_task(portal.admin)

    deliver(portal)

    (delivery,) = portal.deliveries()
    assert delivery.state is DeliveryState.FAILED
    assert attempts(portal, delivery.id)[0].problem


def test_a_handler_that_has_room_again_is_sent_the_next_at_once(
    portal: PortalInTest, receiver: Receiver, application: Application
) -> None:
    bind(portal, application, "ONTASKADD", f"{receiver.address}/ok")
    events = 5 * MOST_OF_HANDLER
    for _ in range(events):
        add_task(portal.admin)
    deliveries = source(portal)
    # Nobody looks again for an hour: what is sent was woken for.
    worker = Worker(portal.database, portal._portal.clock, [deliveries], look_seconds=3600.0)

    async def all_sent() -> None:
        stopping = asyncio.Event()
        working = asyncio.create_task(worker.run(stopping))
        await asyncio.to_thread(receiver.wait_for, events)
        stopping.set()
        await asyncio.wait_for(working, 20)
        await deliveries.drain()

    portal.wait(all_sent())

    assert len(receiver.at("/ok")) == events


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_private_addresses_are_looked_at_again_when_sending(
    host: str, portal: PortalInTest, receiver: Receiver, application: Application
) -> None:
    port = receiver.address.rpartition(":")[2]
    bind(portal, application, "ONTASKADD", f"http://{host}:{port}/inside")
    add_task(portal.admin)
    portal.set_state(private_handlers=False)

    deliver(portal)

    (delivery,) = portal.deliveries()
    assert "which is no public address" in attempts(portal, delivery.id)[0].problem
    assert receiver.received == []


def test_repeats_come_with_growing_pauses_on_the_portals_clock(
    portal: PortalInTest, clock: VirtualClock, receiver: Receiver, application: Application
) -> None:
    bind(portal, application, "ONTASKADD", f"{receiver.address}/fail")
    add_task(portal.admin)
    deliveries = source(portal, repeats=3)
    sent = []
    for _ in range(20):
        if deliver(portal, deliveries):
            sent.append((clock.now() - MONDAY).total_seconds() / 60)
        clock.advance(minutes=1)

    assert sent == [0, 1, 3, 7]
    (delivery,) = portal.deliveries()
    assert (delivery.state, delivery.attempts) == (DeliveryState.FAILED, 4)
    assert len(attempts(portal, delivery.id)) == 4


def test_a_handler_that_hangs_keeps_nobody_else(
    portal: PortalInTest, receiver: Receiver, application: Application
) -> None:
    bind(portal, application, "ONTASKADD", f"{receiver.address}/hang")
    bind(portal, application, "ONTASKADD", f"{receiver.address}/quick")
    for _ in range(3 * MOST_OF_HANDLER):
        add_task(portal.admin)
    deliveries = source(portal, timeout=20.0)

    async def until_quick_has_all() -> None:
        for _ in range(2000):
            await deliveries.run_due(portal.clock.now())
            has_all = len(receiver.at("/quick")) == 3 * MOST_OF_HANDLER
            if has_all and len(receiver.at("/hang")) >= MOST_OF_HANDLER:
                return
            await asyncio.sleep(0.005)
        raise AssertionError("the quick handler waits for the hanging one")

    portal.wait(until_quick_has_all())

    assert len(receiver.at("/hang")) == MOST_OF_HANDLER
    receiver.release.set()
    portal.wait(deliveries.drain())
    deliver(portal, deliveries)
    assert len(receiver.at("/hang")) == 3 * MOST_OF_HANDLER


@pytest.mark.parametrize(
    ("repeats", "state"), [(0, DeliveryState.FAILED), (2, DeliveryState.WAITING)]
)
def test_what_a_killed_program_was_sending_is_settled(
    repeats: int,
    state: DeliveryState,
    portal: PortalInTest,
    clock: VirtualClock,
    application: Application,
) -> None:
    bind(portal, application, "ONTASKADD", "http://127.0.0.1:1/")
    add_task(portal.admin)
    (delivery,) = portal.deliveries()
    portal.in_store(lambda store: store.outbox.claim(delivery.id, clock.now()))
    clock.advance(seconds=31)
    deliveries = source(portal, timeout=5.0, repeats=repeats)
    portal.wait(deliveries.run_due(clock.now()))
    assert portal.deliveries()[0].state is DeliveryState.SENDING

    clock.advance(seconds=5)
    portal.wait(deliveries.run_due(clock.now()))

    (settled,) = portal.deliveries()
    assert settled.state is state
    assert attempts(portal, delivery.id)[0].problem == "the server ended while it was sending"


def test_old_deliveries_are_forgotten(
    portal: PortalInTest, receiver: Receiver, application: Application
) -> None:
    bind(portal, application, "ONTASKADD", f"{receiver.address}/events")
    for _ in range(12):
        add_task(portal.admin)

    deliver(portal, kept=5)

    kept = portal.deliveries()
    assert len(kept) == 5
    assert len(receiver.received) == 12
    left = portal.in_store(
        lambda store: store.transaction.all("SELECT DISTINCT delivery_id FROM delivery_attempt")
    )
    assert sorted(row[0] for row in left) == [one.id for one in kept]
