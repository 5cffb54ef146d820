"""`calendar.event.update`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portals import Person, PortalInTest
from tests.protocol.calendar.events import (
    DENIED,
    NOT_FOUND,
    add_event,
    events_of,
    invalid,
    missing,
    when,
)
from tests.provenance import assumed, documented

METHOD = "calendar.event.update"
PAGE = "calendar-event-update"


@documented(PAGE)
def test_what_is_sent_is_changed_and_the_rest_stays(portal: PortalInTest, anna: Person) -> None:
    event = add_event(anna, description="Two teeth")
    [before] = events_of(anna, anna)
    portal.clock.advance(minutes=5)

    reply = anna.call(METHOD, id=str(event), name="Holiday")

    assert reply.result == event
    assert events_of(anna, anna) == [
        {**before, "NAME": "Holiday", "TIMESTAMP_X": "2026-01-12T09:35:00+00:00"}
    ]


@assumed("a description can be emptied, a name cannot")
def test_a_description_is_emptied(anna: Person) -> None:
    event = add_event(anna, description="Two teeth")

    anna.call(METHOD, id=event, description="", name="")

    [changed] = events_of(anna, anna)
    assert (changed["NAME"], changed["DESCRIPTION"]) == ("Dentist", "")


@assumed("what is not sent keeps its date when whole days become hours, or hours days")
@pytest.mark.parametrize(
    ("kept", "sent", "shown"),
    [
        ({}, {"to": "2026-01-16"}, ("2026-01-14", "2026-01-16", "Y")),
        ({}, {"to": "2026-01-16T12:00:00"}, ("2026-01-14", "2026-01-16", "Y")),
        (
            {},
            {"skip_time": "N"},
            ("2026-01-14T00:00:00+00:00", "2026-01-15T00:00:00+00:00", "N"),
        ),
        (
            {"from": "2026-01-14T10:00", "to": "2026-01-14T11:00", "skip_time": "N"},
            {"skip_time": "Y"},
            ("2026-01-14", "2026-01-14", "Y"),
        ),
        (
            {"from": "2026-01-14T10:00", "to": "2026-01-14T11:00", "skip_time": "N"},
            {"to": "2026-01-14T12:00"},
            ("2026-01-14T10:00:00+00:00", "2026-01-14T12:00:00+00:00", "N"),
        ),
    ],
    ids=[
        "a later last day",
        "a time that does not count",
        "days to hours",
        "hours to days",
        "hour",
    ],
)
def test_when_it_is_can_be_changed(
    anna: Person, kept: dict[str, Any], sent: dict[str, Any], shown: tuple[str, str, str]
) -> None:
    event = add_event(anna, **kept)

    assert anna.call(METHOD, id=event, **sent).result == event

    assert when(anna) == shown


@documented(f"{PAGE}#error-handling")
@pytest.mark.parametrize("sent", [{}, {"id": ""}, {"id": "abc"}], ids=str)
def test_an_event_must_be_named(anna: Person, sent: dict[str, Any]) -> None:
    assert anna.call(METHOD, **sent).refusal == missing("id", METHOD)


@assumed("an event cannot end before it begins")
@pytest.mark.parametrize(
    ("sent", "name"),
    [({"to": "2026-01-13"}, "to"), ({"from": "2026-01-15"}, "to"), ({"from": "soon"}, "from")],
    ids=str,
)
def test_a_change_that_cannot_be(anna: Person, sent: dict[str, Any], name: str) -> None:
    event = add_event(anna)

    assert anna.call(METHOD, id=event, **sent).refusal == invalid(name)
    assert when(anna) == ("2026-01-14", "2026-01-14", "Y")


@assumed("who may write in the calendar may change its events")
def test_a_stranger_does_not_change_an_event(anna: Person, boris: Person) -> None:
    event = add_event(anna)

    assert boris.call(METHOD, id=event, name="Mine").refusal == DENIED
    assert events_of(anna, anna)[0]["NAME"] == "Dentist"


@assumed("an event that is not there")
def test_an_event_that_is_not_there(anna: Person) -> None:
    assert anna.call(METHOD, id=999, name="Mine").refusal == NOT_FOUND
