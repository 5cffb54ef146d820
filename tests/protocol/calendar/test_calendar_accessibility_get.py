"""`calendar.accessibility.get`: when people are busy or away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sluice.clock import VirtualClock
from sluice.store.engine import Place
from tests.portals import Person, PortalInTest
from tests.protocol.calendar.events import add_event, invalid, missing
from tests.provenance import assumed, documented, observed

METHOD = "calendar.accessibility.get"
PAGE = "calendar-accessibility-get"


def asked(*people: Person, **fields: Any) -> dict[str, Any]:
    users = [str(person.id) for person in people]
    return {"users": users, "from": "2026-01-12", "to": "2026-01-18", **fields}


@observed("test_calendar_accessibility: every asked user has a key")
def test_every_user_has_a_key(anna: Person, boris: Person) -> None:
    event = add_event(anna)

    result = boris.call(METHOD, **asked(anna, boris)).result

    assert list(result) == [str(anna.id), str(boris.id)]
    assert result[str(boris.id)] == []
    [found] = result[str(anna.id)]
    assert {key: found[key] for key in ("ID", "DATE_FROM", "DATE_TO")} == {
        "ID": str(event),
        "DATE_FROM": "2026-01-14",
        "DATE_TO": "2026-01-14",
    }
    assert (found["ACCESSIBILITY"], found["DT_SKIP_TIME"]) == ("absent", "Y")


@assumed("what an event says is for those who may write in the calendar")
def test_only_who_may_write_reads_what_it_says(admin: Person, anna: Person, boris: Person) -> None:
    add_event(anna)

    names = [
        caller.call(METHOD, **asked(anna)).result[str(anna.id)][0]["NAME"]
        for caller in (anna, admin, boris)
    ]

    assert names == ["Dentist", "Dentist", ""]


@pytest.fixture(params=["America/New_York", "Pacific/Auckland"])
def elsewhere(
    request: pytest.FixtureRequest, place: Place, clock: VirtualClock
) -> Iterator[Person]:
    """The administrator of a portal far from UTC."""
    portal = PortalInTest(place, clock, time_zone=request.param)
    yield portal.admin
    portal.close()


@assumed("both days count, as the portal's calendar shows them")
@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        ("2026-01-14", "2026-01-14", True),
        ("2026-01-13", "2026-01-13", False),
        ("2026-01-15", "2026-01-15", False),
    ],
    ids=["the day", "the day before", "the day after"],
)
@pytest.mark.parametrize(
    "times",
    [
        {},
        {"from": "2026-01-14T00:00", "to": "2026-01-14T01:00", "skip_time": "N"},
        {"from": "2026-01-14T23:00", "to": "2026-01-15T00:00", "skip_time": "N"},
        {"from": "2026-01-14T00:00", "to": "2026-01-14T00:00", "skip_time": "N"},
    ],
    ids=["whole day", "its first hour", "its last hour", "no time at all"],
)
def test_days_are_the_portals(
    elsewhere: Person, times: dict[str, str], first: str, last: str, found: bool
) -> None:
    add_event(elsewhere, **times)

    result = elsewhere.call(METHOD, **asked(elsewhere, **{"from": first, "to": last})).result

    assert bool(result["1"]) is found


@documented(f"{PAGE}#error-handling")
@pytest.mark.parametrize("name", ["users", "from", "to"])
def test_a_required_parameter_is_missing(anna: Person, name: str) -> None:
    assert anna.call(METHOD, **asked(anna, **{name: None})).refusal == missing(name, METHOD)


@assumed("a value that cannot be is named")
@pytest.mark.parametrize(
    ("name", "value"),
    [("users", "abc"), ("from", "soon"), ("to", {"a": 1})],
    ids=["no list", "no date", "a map"],
)
def test_a_value_that_cannot_be(anna: Person, name: str, value: Any) -> None:
    assert anna.call(METHOD, **asked(anna, **{name: value})).refusal == invalid(name)


@assumed("what is no id is left out, and nobody has no events")
def test_users_who_are_not_there(anna: Person) -> None:
    result = anna.call(METHOD, **asked(anna, users=[anna.id, "x", {}, 999, anna.id])).result

    assert result == {str(anna.id): [], "999": []}


@assumed("flows.md 11.1: an extranet guest knows the people of their groups alone")
def test_a_guest_learns_nothing_of_strangers(anna: Person, guest: Person) -> None:
    add_event(anna)

    assert guest.call(METHOD, **asked(anna)).result == {str(anna.id): []}
