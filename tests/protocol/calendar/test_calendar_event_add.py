"""`calendar.event.add`: events, and absences that flows heed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sluice.clock import VirtualClock
from sluice.store.engine import Place
from tests.portals import EVERYBODY, Person, PortalInTest
from tests.protocol.calendar.events import (
    DENIED,
    add_event,
    event_data,
    events_of,
    invalid,
    missing,
    when,
)
from tests.protocol.conftest import MONDAY
from tests.provenance import assumed, documented, observed

METHOD = "calendar.event.add"
PAGE = "calendar-event-add"


@documented(PAGE)
def test_an_event_is_kept_as_it_was_sent(anna: Person) -> None:
    reply = anna.call(METHOD, **event_data(anna, description="Two teeth"))

    assert events_of(anna, anna) == [
        {
            "ID": str(reply.result),
            "NAME": "Dentist",
            "DESCRIPTION": "Two teeth",
            "DATE_FROM": "2026-01-14",
            "DATE_TO": "2026-01-14",
            "DT_SKIP_TIME": "Y",
            "ACCESSIBILITY": "absent",
            "CAL_TYPE": "user",
            "OWNER_ID": str(anna.id),
            "CREATED_BY": str(anna.id),
            "DATE_CREATE": "2026-01-12T09:30:00+00:00",
            "TIMESTAMP_X": "2026-01-12T09:30:00+00:00",
        }
    ]


@documented(f"{PAGE}#error-handling")
@pytest.mark.parametrize("empty", [None, "", []], ids=repr)
@pytest.mark.parametrize("name", ["type", "ownerId", "name", "from", "to"])
def test_a_required_parameter_is_missing(anna: Person, name: str, empty: Any) -> None:
    reply = anna.call(METHOD, **{**event_data(anna), name: empty})

    assert reply.refusal == missing(name, METHOD)
    assert events_of(anna, anna) == []


@assumed("the first parameter that is missing is told, in the order of the documentation")
def test_of_several_missing_parameters_the_first_is_told(anna: Person) -> None:
    assert anna.call(METHOD).refusal == missing("type", METHOD)


@assumed("a value that cannot be is refused like a missing one, and named")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("type", "moon"),
        ("type", {"a": 1}),
        ("ownerId", "abc"),
        ("ownerId", -1),
        ("ownerId", 999),
        ("name", {"a": 1}),
        ("from", "tomorrow"),
        ("from", {"a": 1}),
        ("from", "2026-02-30"),
        ("from", "0001-01-01"),
        ("to", "9999-12-31"),
        ("to", "2026-01-13"),
        ("accessibility", "asleep"),
        ("accessibility", {"a": 1}),
    ],
    ids=str,
)
def test_a_value_that_cannot_be(admin: Person, name: str, value: Any) -> None:
    reply = admin.call(METHOD, **{**event_data(admin), name: value})

    assert reply.refusal == invalid(name)
    assert events_of(admin, admin) == []


# Rights


@assumed("one's own calendar, and every calendar for an administrator")
def test_a_stranger_does_not_write_in_a_calendar(anna: Person, boris: Person) -> None:
    reply = boris.call(METHOD, **event_data(anna))

    assert reply.refusal == DENIED
    assert events_of(anna, anna) == []


@assumed("an administrator writes in every calendar")
def test_an_administrator_writes_for_somebody(admin: Person, anna: Person) -> None:
    admin.call(METHOD, **event_data(anna))

    [event] = events_of(anna, anna)
    assert (event["OWNER_ID"], event["CREATED_BY"]) == (str(anna.id), str(admin.id))


@assumed("a department's head writes for its people, those of departments below included")
@pytest.mark.parametrize("heads", ["own", "above", "elsewhere"])
def test_a_head_writes_for_the_people_below(
    portal: PortalInTest, boris: Person, heads: str
) -> None:
    head = {"own": 0, "above": 0, "elsewhere": 0, heads: boris.id}
    above = portal.add_department("Above", head=head["above"] or None)
    own = portal.add_department("Own", parent=above, head=head["own"] or None)
    portal.add_department("Elsewhere", head=head["elsewhere"] or None)
    carla = portal.add_user("Carla", departments=(own,))

    reply = boris.call(METHOD, **event_data(carla))

    assert (reply.status == 200) == (heads != "elsewhere")


@assumed("a group's calendar is its members', the company's the administrators'")
def test_group_and_company_calendars(
    portal: PortalInTest, admin: Person, anna: Person, boris: Person
) -> None:
    group = portal.add_group("Support", anna)
    in_group = {"type": "group", "ownerId": group}
    in_company = {"type": "company_calendar", "ownerId": 0}

    assert anna.call(METHOD, **event_data(anna, **in_group)).status == 200
    assert boris.call(METHOD, **event_data(boris, **in_group)).refusal == DENIED
    assert admin.call(METHOD, **event_data(admin, **in_company)).status == 200
    assert anna.call(METHOD, **event_data(anna, **in_company)).refusal == DENIED
    missing_group = event_data(admin, type="group", ownerId=999)
    assert admin.call(METHOD, **missing_group).refusal == invalid("ownerId")


# Whole days and zones


@pytest.fixture
def new_york(place: Place, clock: VirtualClock) -> Iterator[Person]:
    """The administrator of a portal five hours behind UTC."""
    portal = PortalInTest(place, clock, time_zone="America/New_York")
    yield portal.admin
    portal.close()


@documented(f"{PAGE}#parameters: skip_time")
@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (
            {"from": "2026-01-14T00:00:00+03:00", "to": "2026-01-15T23:00:00-08:00"},
            ("2026-01-14", "2026-01-15", "Y"),
        ),
        ({"skip_time": "1"}, ("2026-01-14", "2026-01-14", "Y")),
        ({"skip_time": None}, ("2026-01-14", "2026-01-14", "Y")),
        (
            {"skip_time": None, "from": "2026-01-14T08:00:00"},
            ("2026-01-14T08:00:00-05:00", "2026-01-15T00:00:00-05:00", "N"),
        ),
        (
            {"skip_time": "N"},
            ("2026-01-14T00:00:00-05:00", "2026-01-15T00:00:00-05:00", "N"),
        ),
    ],
    ids=["its dates as written", "flag as 1", "two dates", "one date", "two dates, yet no"],
)
def test_whole_days(new_york: Person, sent: dict[str, Any], shown: tuple[str, str, str]) -> None:
    add_event(new_york, **sent)

    assert when(new_york) == shown


@documented(f"{PAGE}#parameters: timezone_from, timezone_to")
@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ({}, ("2026-01-14T10:00:00-05:00", "2026-01-14T12:00:00-05:00", "N")),
        (
            {"timezone_from": "Europe/Riga", "timezone_to": "UTC"},
            ("2026-01-14T03:00:00-05:00", "2026-01-14T07:00:00-05:00", "N"),
        ),
        (
            {"from": "2026-01-14T10:00:00+01:00", "timezone_from": "Europe/Riga"},
            ("2026-01-14T04:00:00-05:00", "2026-01-14T12:00:00-05:00", "N"),
        ),
    ],
    ids=["the portal's", "the zones sent", "an offset comes first"],
)
def test_zones(new_york: Person, sent: dict[str, Any], shown: tuple[str, str, str]) -> None:
    times = {"from": "2026-01-14T10:00:00", "to": "2026-01-14 12:00", "skip_time": "N"}

    add_event(new_york, **{**times, **sent})

    assert when(new_york) == shown


@assumed("work time is counted in IANA zones")
@pytest.mark.parametrize("name", ["timezone_from", "timezone_to"])
def test_a_zone_that_is_none(anna: Person, name: str) -> None:
    sent = event_data(anna, **{"skip_time": "N", name: "Moon/Base"})

    assert anna.call(METHOD, **sent).refusal == invalid(name)


# What flows make of it


def receiver(caller: Person, flow_id: int) -> int:
    fields = {"TITLE": "Help", "FLOW_ID": flow_id}
    return int(caller.call("tasks.task.add", fields=fields).result["task"]["responsibleId"])


@observed("flows.md 2.10: an absence that overlaps today, and whose end has not passed yet")
@pytest.mark.parametrize(
    ("sent", "away"),
    [
        ({"from": "2026-01-12", "to": "2026-01-12"}, True),
        ({"from": "2026-01-13", "to": "2026-01-13"}, False),
        ({"from": "2026-01-11", "to": "2026-01-11"}, False),
        ({"from": "2026-01-12T17:00", "to": "2026-01-12T18:00", "skip_time": "N"}, True),
        ({"from": "2026-01-12T08:00", "to": "2026-01-12T09:00", "skip_time": "N"}, False),
        ({"from": "2026-01-12T08:00", "to": "2026-01-12", "skip_time": "N"}, True),
        ({"from": "2026-01-12", "to": "2026-01-12", "accessibility": "busy"}, False),
        ({"from": "2026-01-12", "to": "2026-01-12", "accessibility": "free"}, False),
    ],
    ids=[
        "today",
        "tomorrow",
        "yesterday",
        "later today",
        "over",
        "until the end of today",
        "busy",
        "free",
    ],
)
def test_an_absent_person_is_skipped(
    portal: PortalInTest, anna: Person, boris: Person, sent: dict[str, Any], away: bool
) -> None:
    team = (anna.member, boris.member)
    flow = portal.add_flow("Intake", boris, responsible_list=team, task_creators=(EVERYBODY,))
    add_event(anna, **sent)

    assert receiver(boris, flow.id) == (boris.id if away else anna.id)


@assumed("today is the date where the person lives")
@pytest.mark.parametrize(
    ("zone", "away"), [("Pacific/Auckland", True), ("", False)], ids=["ahead", "here"]
)
def test_a_day_away_is_a_day_where_the_person_lives(
    portal: PortalInTest, boris: Person, zone: str, away: bool
) -> None:
    carla = portal.add_user("Carla", time_zone=zone)
    team = (carla.member, boris.member)
    flow = portal.add_flow("Intake", boris, responsible_list=team, task_creators=(EVERYBODY,))
    add_event(carla, **{"from": "2026-01-13", "to": "2026-01-13"})

    portal.clock.advance(hours=3)  # half past twelve: in Auckland it is the 13th

    assert portal.clock.now().day == MONDAY.day
    assert receiver(boris, flow.id) == (boris.id if away else carla.id)
