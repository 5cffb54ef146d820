"""Offline events: kept until the application fetches them."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.clock import VirtualClock
from sluice.store.outbox import DeliveryState
from tests.portals import Person, PortalInTest
from tests.protocol.event.conftest import HANDLER, Caller
from tests.provenance import assumed, documented


@pytest.fixture
def fetching(through_admin: Caller) -> Caller:
    """The application keeps changes of tasks until it asks."""
    for event in ("ONTASKADD", "ONTASKUPDATE"):
        bound = through_admin.call("event.bind", event=event, event_type="offline")
        assert bound.result is True
    return through_admin


def add_task(person: Person, title: str = "Task", **more: Any) -> str:
    fields = {"TITLE": title, "RESPONSIBLE_ID": person.id}
    return str(person.call("tasks.task.add", fields=fields, **more).result["task"]["id"])


def rename(person: Person, task_id: str, title: str, **more: Any) -> None:
    fields = {"TITLE": title}
    assert person.call("tasks.task.update", taskId=task_id, fields=fields, **more).status == 200


def waiting(caller: Caller, **parameters: Any) -> list[tuple[str, str]]:
    rows = caller.call("event.offline.list", **parameters).result
    return [(row["EVENT_NAME"], row["MESSAGE_ID"]) for row in rows]


@documented("api-reference/events/event-offline-get")
def test_what_is_fetched_is_gone(portal: PortalInTest, fetching: Caller, anna: Person) -> None:
    task_id = add_task(anna)

    fetched = fetching.call("event.offline.get").result

    assert fetched == {
        "process_id": None,
        "events": [
            {
                "ID": fetched["events"][0]["ID"],
                "TIMESTAMP_X": "2026-01-12T09:30:00+00:00",
                "EVENT_NAME": "ONTASKADD",
                "EVENT_DATA": {
                    "FIELDS_BEFORE": "undefined",
                    "FIELDS_AFTER": {"ID": task_id},
                    "IS_ACCESSIBLE_BEFORE": "N",
                    "IS_ACCESSIBLE_AFTER": "undefined",
                },
                "EVENT_ADDITIONAL": False,
                "MESSAGE_ID": task_id,
            }
        ],
    }
    assert fetching.call("event.offline.get").result == {"process_id": None, "events": []}
    assert portal.deliveries() == []


@documented("api-reference/events/offline-events: one row for each event and object")
def test_newer_changes_move_the_time(clock: VirtualClock, fetching: Caller, anna: Person) -> None:
    task_id = add_task(anna)
    rename(anna, task_id, "A")
    clock.advance(minutes=5)
    rename(anna, task_id, "B")

    rows = fetching.call("event.offline.list").result

    assert [(row["EVENT_NAME"], row["TIMESTAMP_X"]) for row in rows] == [
        ("ONTASKADD", "2026-01-12T09:30:00+00:00"),
        ("ONTASKUPDATE", "2026-01-12T09:35:00+00:00"),
    ]
    assert [(row["PROCESS_ID"], row["ERROR"]) for row in rows] == [(None, 0)] * 2


@documented("api-reference/events/event-offline-get: clear")
def test_what_is_reserved_waits_for_its_process(fetching: Caller, anna: Person) -> None:
    task_id = add_task(anna)
    reserved = fetching.call("event.offline.get", clear=0).result
    process_id = reserved["process_id"]
    assert len(process_id) == 32

    assert fetching.call("event.offline.get", clear=0).result["events"] == []
    again = fetching.call("event.offline.get", clear=0, process_id=process_id).result
    assert [event["MESSAGE_ID"] for event in again["events"]] == [task_id]

    assert fetching.call("event.offline.clear", process_id=process_id).result is True
    assert fetching.call("event.offline.get", process_id=process_id).result["events"] == []


@documented("api-reference/events/event-offline-clear: id, message_id")
@pytest.mark.parametrize("by", ["id", "message_id"])
def test_some_of_what_is_reserved_is_removed(by: str, fetching: Caller, anna: Person) -> None:
    first, second = add_task(anna), add_task(anna)
    reserved = fetching.call("event.offline.get", clear=0).result
    wanted = reserved["events"][0]

    named = wanted["ID"] if by == "id" else wanted["MESSAGE_ID"]
    fetching.call("event.offline.clear", process_id=reserved["process_id"], **{by: [named]})

    left = fetching.call("event.offline.get", process_id=reserved["process_id"]).result["events"]
    assert [event["MESSAGE_ID"] for event in left] == [second]
    assert wanted["MESSAGE_ID"] == first


@documented("api-reference/events/event-offline-error")
def test_what_failed_is_fetched_as_such(fetching: Caller, anna: Person) -> None:
    task_id = add_task(anna)
    process_id = fetching.call("event.offline.get", clear=0).result["process_id"]

    failed = fetching.call("event.offline.error", process_id=process_id, message_id=[task_id])

    assert failed.result is True
    assert fetching.call("event.offline.get", clear=0).result["events"] == []
    with_error = fetching.call("event.offline.get", clear=0, error=1).result
    assert [event["MESSAGE_ID"] for event in with_error["events"]] == [task_id]


@documented("api-reference/events/event-offline-get: reserved for up to thirty days")
def test_what_was_reserved_is_forgotten_after_thirty_days(
    clock: VirtualClock, fetching: Caller, anna: Person
) -> None:
    add_task(anna)
    process_id = fetching.call("event.offline.get", clear=0).result["process_id"]
    clock.advance(days=30, seconds=1)
    token = fetching.portal.tokens(
        fetching.portal.in_store(lambda store: store.applications.all()[0]), 1
    ).access_token
    later = Caller(fetching.portal, fetching.person, token)

    assert later.call("event.offline.get", clear=0, process_id=process_id).result["events"] == []


@documented("api-reference/events/offline-events: auth_connector")
def test_a_connector_does_not_hear_its_own_changes(through_admin: Caller, anna: Person) -> None:
    through_admin.call(
        "event.bind", event="ONTASKUPDATE", event_type="offline", auth_connector="mine"
    )
    task_id = add_task(anna)

    rename(anna, task_id, "A", auth_connector="mine")
    assert waiting(through_admin, auth_connector="mine") == []

    rename(anna, task_id, "B", auth_connector="another")
    assert waiting(through_admin, auth_connector="mine") == [("ONTASKUPDATE", task_id)]
    assert waiting(through_admin) == []


@documented("api-reference/events/offline-events: ONOFFLINEEVENT, minTimeout")
def test_notices_that_there_are_events_keep_their_distance(
    portal: PortalInTest, clock: VirtualClock, fetching: Caller, anna: Person
) -> None:
    fetching.bind("ONOFFLINEEVENT", options={"minTimeout": 60})
    now = clock.now()
    add_task(anna)
    add_task(anna)
    (first,) = portal.deliveries()
    assert (first.event, first.handler, first.data) == ("ONOFFLINEEVENT", HANDLER, {})
    portal.in_store(lambda store: store.outbox.plan(first.id, DeliveryState.DELIVERED, now))

    clock.advance(seconds=10)
    add_task(anna)

    assert [(one.due - now).total_seconds() for one in portal.deliveries()] == [0, 60]


@documented("api-reference/events/event-offline-list")
def test_what_waits_is_listed_by_pages_filtered_and_sorted(fetching: Caller, anna: Person) -> None:
    ids = [add_task(anna) for _ in range(55)]

    first = fetching.call("event.offline.list")
    second = fetching.call("event.offline.list", start=50)

    assert (first.total, first.next, second.total, second.next) == (55, 50, 55, None)
    assert [row["MESSAGE_ID"] for row in first.result + second.result] == ids
    assert waiting(fetching, filter={"=MESSAGE_ID": ids[7]}) == [("ONTASKADD", ids[7])]
    assert waiting(fetching, order={"ID": "DESC"})[0] == ("ONTASKADD", ids[-1])
    got = fetching.call("event.offline.get", limit=3, order={"ID": "DESC"}).result["events"]
    assert [event["MESSAGE_ID"] for event in got] == ids[:-4:-1]


@assumed("an application's events are nobody else's")
def test_another_application_fetches_nothing(
    portal: PortalInTest, fetching: Caller, admin: Person, anna: Person
) -> None:
    add_task(anna)
    other = portal.add_application("Other").application
    of_other = Caller(portal, admin, portal.tokens(other, admin.id).access_token)

    assert of_other.call("event.offline.get").result["events"] == []
    assert len(waiting(fetching)) == 1
