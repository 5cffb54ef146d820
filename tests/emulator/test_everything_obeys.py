"""Whatever lasts in a portal lasts by its clock, though another process moves it.

Each test moves the clock with another `Portal` on the same file, as `sluice clock advance` does
beside a server, while the machine's own clock stands still.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from sluice.app import Portal
from sluice.background.deliver import FIRST_PAUSE
from sluice.clock import VirtualClock
from sluice.domain.alerts import SILENCE
from sluice.domain.application import ACCESS_LIFE, CODE_LIFE, REFRESH_LIFE
from sluice.domain.efficiency import WINDOW_DAYS
from sluice.domain.events import Subscription
from sluice.domain.flow import Distribution, Flow
from sluice.domain.password import hash_password
from sluice.domain.portal import FLOWS_TRIAL, Plan, read_state
from sluice.rest import gateway as gateway_module
from sluice.rest.oauth import NewApplication
from sluice.settings import Settings
from sluice.ui.visit import SESSION_LIFE
from tests.background.receiver import Receiver
from tests.emulator.conftest import MONDAY
from tests.portals import EVERYBODY, Person, PortalInTest, Reply
from tests.protocol.oauth.test_authorize import Browser

Advance = Callable[..., None]
MOMENT = timedelta(seconds=1)
PASSWORD = "correct horse"


@pytest.fixture
def advance(portal: PortalInTest, machine: VirtualClock) -> Advance:
    """Return what moves the clock from elsewhere: `advance(hours=1)`."""

    def advance(amount: timedelta = timedelta(0), **parts: float) -> None:
        elsewhere = Portal(
            Settings(database=portal.database.address, handler_repeats=3), clock=machine
        )

        async def led() -> None:
            await elsewhere.time.advance(by=amount + timedelta(**parts))
            await elsewhere.deliveries.drain()

        try:
            asyncio.run(led())
        finally:
            elsewhere.close()

    return advance


@pytest.fixture
def reports(portal: PortalInTest) -> NewApplication:
    return portal.add_application(
        "Reports", scopes=["task", "user"], redirect_uri="https://app.example/cb"
    )


@pytest.fixture
def anna(portal: PortalInTest) -> Person:
    return portal.add_user("Anna")


def add_flow(portal: PortalInTest, team: list[Person], **settings: Any) -> Flow:
    return portal.add_flow(
        "Intake",
        portal.admin,
        responsible_list=tuple(person.member for person in team),
        task_creators=(EVERYBODY,),
        **settings,
    )


def add_task(portal: PortalInTest, **fields: Any) -> int:
    sent = {"TITLE": "Task", **fields}
    return int(portal.admin.call("tasks.task.add", fields=sent).result["task"]["id"])


def exchange(portal: PortalInTest, client: NewApplication, **params: str) -> Reply:
    sent = {
        "client_id": client.application.client_id,
        "client_secret": client.client_secret,
        **params,
    }
    return portal.send("/oauth/token/", body=urlencode(sent))


def test_a_code(
    portal: PortalInTest, reports: NewApplication, anna: Person, advance: Advance
) -> None:
    browser = signed_in(portal, reports, anna)
    browser.press("allow")
    codes = parse_qs(urlsplit(browser.header(b"location")).query)["code"]

    advance(CODE_LIFE + MOMENT)

    reply = exchange(portal, reports, grant_type="authorization_code", code=codes[0])
    assert reply.body["error"] == "invalid_grant"


def test_an_access_token(
    portal: PortalInTest, reports: NewApplication, anna: Person, advance: Advance
) -> None:
    token = portal.tokens(reports.application, anna.id).access_token

    advance(ACCESS_LIFE - MOMENT)
    assert portal.send("/rest/user.current", query=f"auth={token}").status == 200
    advance(MOMENT)

    assert portal.send("/rest/user.current", query=f"auth={token}").refusal[:2] == (
        401,
        "expired_token",
    )


def test_a_refresh_token(
    portal: PortalInTest, reports: NewApplication, anna: Person, advance: Advance
) -> None:
    early, late = (portal.tokens(reports.application, anna.id).refresh_token for _ in "12")

    advance(REFRESH_LIFE - MOMENT)
    reply = exchange(portal, reports, grant_type="refresh_token", refresh_token=early)
    assert reply.body["expires"] == int((portal.now() + ACCESS_LIFE).timestamp())
    advance(MOMENT)

    reply = exchange(portal, reports, grant_type="refresh_token", refresh_token=late)
    assert reply.body["error"] == "invalid_grant"


def signed_in(portal: PortalInTest, reports: NewApplication, anna: Person) -> Browser:
    """Return a browser in which Anna may allow the application."""
    kept = hash_password(PASSWORD)
    portal.in_store(
        lambda store: store.sessions.set_password_hash(anna.id, kept, portal.clock.now())
    )
    browser = Browser(portal)
    query = urlencode({"client_id": reports.application.client_id})
    browser.get(f"/oauth/authorize/?{query}")
    browser.press("sign in", email="anna@example.com", password=PASSWORD)
    browser.follow()
    return browser


def test_a_session(
    portal: PortalInTest, reports: NewApplication, anna: Person, advance: Advance
) -> None:
    browser = signed_in(portal, reports, anna)

    advance(SESSION_LIFE)
    browser.press("allow")

    assert "Your session is over" in browser.text


def test_the_bucket_of_an_address(portal: PortalInTest, advance: Advance) -> None:
    portal.set_state(plan=Plan.COMMERCIAL)

    def passed(times: int) -> int:
        path = portal.admin.path + "profile"
        return sum(portal.send(path, peer="203.0.113.1").status == 200 for _ in range(times))

    portal.send(portal.admin.path + "profile", peer="203.0.113.2")  # the plan is seen
    assert passed(60) == 50
    assert passed(1) == 0
    advance(seconds=3)

    assert passed(20) == 6


def test_the_baskets_of_a_method(
    portal: PortalInTest, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.set_state(plan=Plan.COMMERCIAL)
    seconds = iter(range(0, 100_000, 500))  # each call takes five hundred
    monkeypatch.setattr(gateway_module, "stopwatch", lambda: next(seconds))
    assert portal.admin.call("profile").status == 200
    assert portal.admin.call("profile").error == "OPERATION_TIME_LIMIT"

    advance(minutes=9)
    assert portal.admin.call("profile").error == "OPERATION_TIME_LIMIT"
    advance(minutes=1)

    assert portal.admin.call("profile").status == 200


def test_a_trial_of_flows(portal: PortalInTest, anna: Person, advance: Advance) -> None:
    portal.set_state(flows=read_state("flows", "trial", []))
    wanted = {
        "plannedCompletionTime": 3600,
        "distributionType": "queue",
        "responsibleList": [["user", str(anna.id)]],
    }

    def create(name: str) -> Reply:
        return portal.admin.call("tasks.flow.Flow.create", flowData={"name": name, **wanted})

    assert create("First").status == 200
    advance(FLOWS_TRIAL - MOMENT)
    assert create("Second").status == 200
    advance(MOMENT)

    assert create("Third").status == 400


def test_a_deadline(portal: PortalInTest, anna: Person, advance: Advance) -> None:
    deadline = MONDAY + timedelta(hours=8)
    task_id = add_task(portal, RESPONSIBLE_ID=anna.id, DEADLINE=deadline.isoformat())

    advance(hours=7)
    assert not portal.task(task_id).overdue
    advance(hours=7)

    task = portal.task(task_id)
    assert (task.overdue, task.violated) == (True, deadline)


def test_the_deadline_of_a_flow_counts_from_then(
    portal: PortalInTest, anna: Person, advance: Advance
) -> None:
    flow = add_flow(portal, [anna], match_work_time=True, planned_completion_seconds=86_400)
    advance(days=4)  # a Friday

    task = portal.task(add_task(portal, FLOW_ID=flow.id))

    assert task.created == MONDAY + timedelta(days=4)
    assert task.deadline == MONDAY + timedelta(days=7)


def test_half_time(portal: PortalInTest, anna: Person, advance: Advance) -> None:
    flow = add_flow(
        portal,
        [anna],
        notify_at_half_time=True,
        match_work_time=False,
        planned_completion_seconds=7200,
    )
    add_task(portal, FLOW_ID=flow.id)

    advance(minutes=59)
    assert ("half_time", anna.id) not in portal.told(flow.id)
    advance(minutes=1)

    assert ("half_time", anna.id) in portal.told(flow.id)


def test_a_task_that_nobody_takes(portal: PortalInTest, anna: Person, advance: Advance) -> None:
    flow = add_flow(
        portal,
        [anna],
        distribution_type=Distribution.HIMSELF,
        planned_completion_seconds=7 * 86_400,
    )
    add_task(portal, FLOW_ID=flow.id)

    advance(hours=23)
    assert ("untaken", 1) not in portal.told(flow.id)
    advance(hours=1)

    assert ("untaken", 1) in portal.told(flow.id)


def test_the_silence_of_an_alert(portal: PortalInTest, anna: Person, advance: Advance) -> None:
    flow = add_flow(
        portal, [anna], notify_on_queue_overflow=1, planned_completion_seconds=400 * 86_400
    )

    def overflows() -> int:
        add_task(portal, FLOW_ID=flow.id)
        return portal.told(flow.id).count(("queue_overflow", 1))

    assert [overflows() for _ in range(3)] == [0, 1, 1]
    advance(SILENCE - MOMENT)
    assert overflows() == 1
    advance(MOMENT)

    assert overflows() == 2


def test_an_absence(portal: PortalInTest, anna: Person, advance: Advance) -> None:
    boris = portal.add_user("Boris")
    flow = add_flow(portal, [anna, boris])
    portal.add_absence(anna, days=3)

    def receiver() -> int:
        return portal.task(add_task(portal, FLOW_ID=flow.id)).responsible_id

    assert [receiver() for _ in range(2)] == [boris.id, boris.id]
    advance(days=4)

    assert [receiver() for _ in range(2)] == [anna.id, boris.id]


def test_the_days_of_efficiency(portal: PortalInTest, anna: Person, advance: Advance) -> None:
    flow = add_flow(portal, [anna], match_work_time=False)
    task_id = add_task(portal, FLOW_ID=flow.id)
    advance(hours=2)  # it is late
    assert portal.flow(flow.id).efficiency == 0
    anna.call("tasks.task.complete", taskId=task_id)
    assert portal.flow(flow.id).efficiency == 0

    advance(days=WINDOW_DAYS)
    assert portal.flow(flow.id).efficiency == 0
    advance(days=1)

    assert portal.flow(flow.id).efficiency == 100


def test_the_repeats_of_an_event(
    portal: PortalInTest, receiver: Receiver, anna: Person, advance: Advance
) -> None:
    wanted = Subscription(
        application_id=0,
        event="ONTASKADD",
        handler=f"{receiver.address}/fail",
        user_id=1,
        token="t",
    )
    portal.in_store(lambda store: store.subscriptions.add(wanted, portal.clock.now()))
    add_task(portal, RESPONSIBLE_ID=anna.id)

    advance(FIRST_PAUSE - MOMENT)
    assert sent_at(portal) == [MONDAY]
    advance(hours=1)

    assert sent_at(portal) == [
        MONDAY,
        MONDAY + FIRST_PAUSE,
        MONDAY + FIRST_PAUSE * 3,
        MONDAY + FIRST_PAUSE * 7,
    ]


def sent_at(portal: PortalInTest) -> list[datetime]:
    """Return when each attempt of the only delivery was made."""
    (delivery,) = portal.deliveries()
    attempts = portal.in_store(lambda store: store.outbox.attempts(delivery.id))
    return [attempt.started for attempt in attempts]


def test_dates_that_are_stored_and_answered(
    portal: PortalInTest, anna: Person, advance: Advance
) -> None:
    advance(days=365)

    task_id = add_task(portal, RESPONSIBLE_ID=anna.id)
    reply = anna.call("tasks.task.get", taskId=task_id)

    assert reply.result["task"]["createdDate"].startswith("2027-01-12T09:00:00")
    assert reply.body["time"]["date_start"].startswith("2027-01-12T09:00:00")
