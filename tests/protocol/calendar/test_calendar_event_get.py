"""`calendar.event.get`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portals import Person, PortalInTest
from tests.protocol.calendar.events import add_event, events_of, invalid, missing
from tests.provenance import assumed, documented

METHOD = "calendar.event.get"
PAGE = "calendar-event-get"


@documented(PAGE)
def test_the_events_of_a_calendar_earliest_first(anna: Person, boris: Person) -> None:
    later = add_event(anna, **{"from": "2026-01-20", "to": "2026-01-21"})
    sooner = add_event(anna)
    add_event(boris)

    assert [event["ID"] for event in events_of(anna, anna)] == [str(sooner), str(later)]


@documented(f"{PAGE}#parameters: from, to")
@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        ("2026-01-14", "2026-01-15", True),
        ("2026-01-15", "2026-01-30", True),
        ("2026-01-01", "2026-01-14", True),
        ("2026-01-16", "2026-01-30", False),
        ("2026-01-01", "2026-01-13", False),
        ("2026-01-15T23:00:00+02:00", "2026-01-30", True),
    ],
)
@pytest.mark.parametrize(
    "times",
    [
        {"from": "2026-01-14", "to": "2026-01-15"},
        {"from": "2026-01-14T00:00", "to": "2026-01-16T00:00", "skip_time": "N"},
    ],
    ids=["whole days", "hours"],
)
def test_both_days_count(
    anna: Person, times: dict[str, str], first: str, last: str, found: bool
) -> None:
    add_event(anna, **times)

    assert bool(events_of(anna, anna, **{"from": first, "to": last})) is found


@assumed("without dates it is a month back and three ahead")
def test_without_dates_it_is_about_now(anna: Person) -> None:
    for day in ("2025-11-01", "2025-12-20", "2026-04-01", "2026-06-01"):
        add_event(anna, **{"from": day, "to": day})

    found = events_of(anna, anna, **{"from": None, "to": None})

    assert [event["DATE_FROM"] for event in found] == ["2025-12-20", "2026-04-01"]


@documented(f"{PAGE}#error-handling")
@pytest.mark.parametrize("name", ["type", "ownerId"])
def test_a_required_parameter_is_missing(anna: Person, name: str) -> None:
    sent = {"type": "user", "ownerId": anna.id, name: ""}

    assert anna.call(METHOD, **sent).refusal == missing(name, METHOD)


@assumed("a value that cannot be is named")
@pytest.mark.parametrize(
    ("name", "value"),
    [("type", "moon"), ("ownerId", "abc"), ("from", "soon"), ("to", "0001-01-01"), ("to", ["x"])],
    ids=str,
)
def test_a_value_that_cannot_be(anna: Person, name: str, value: Any) -> None:
    sent = {"type": "user", "ownerId": anna.id, name: value}

    assert anna.call(METHOD, **sent).refusal == invalid(name)


@assumed("what an event says is for those who may write in the calendar")
def test_others_learn_when_it_is_and_not_what(anna: Person, boris: Person) -> None:
    add_event(anna, description="Two teeth")

    [event] = events_of(boris, anna)

    assert (event["NAME"], event["DESCRIPTION"]) == ("", "")
    assert (event["DATE_FROM"], event["ACCESSIBILITY"]) == ("2026-01-14", "absent")


@assumed("flows.md 11.1: an extranet guest knows the people of their groups alone")
@pytest.mark.parametrize("together", [True, False])
def test_a_guest_learns_of_the_people_of_their_groups(
    portal: PortalInTest, anna: Person, guest: Person, together: bool
) -> None:
    portal.add_group("Support", anna, [guest] if together else [])
    add_event(anna)

    assert len(events_of(guest, anna)) == together


@assumed("a hidden group's calendar is its members'")
def test_a_hidden_group_shows_nothing(portal: PortalInTest, anna: Person, boris: Person) -> None:
    group = portal.add_group("Secret", anna, visible=False)
    add_event(anna, type="group", ownerId=group)
    there = {"type": "group", "ownerId": group}

    assert len(events_of(anna, anna, **there)) == 1
    assert events_of(boris, anna, **there) == []
