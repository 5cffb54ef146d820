"""Calendar events, who is away, and the work calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from sluice.domain.calendar import WorkCalendar
from sluice.domain.people import User
from sluice.store.calendar import CalendarSettings, Event
from sluice.store.tables import Store
from tests.contract.conftest import NOW, Run

MONDAY = date(2026, 1, 12)


def event(day: int = 12, last: int | None = None, **fields: Any) -> Event:
    """Return an absence of user 1 in January 2026, of whole days unless told otherwise."""
    values: dict[str, Any] = {
        "start": datetime(2026, 1, day, tzinfo=UTC),
        "end": datetime(2026, 1, last or day, tzinfo=UTC),
        "accessibility": "absent",
        "whole_days": True,
        **fields,
    }
    return Event(0, "user", values.pop("owner", 1), 2, "Away", created=NOW, changed=NOW, **values)


def add(run: Run, *events: Event) -> list[int]:
    added: list[int] = run(lambda store: [store.calendar.add(one) for one in events])
    return added


@pytest.fixture
def people(run: Run) -> None:
    """User 1 in the portal's zone, user 2 in New Zealand."""

    def fill(store: Store) -> None:
        store.users.add(User(0, "anna@example.com", NOW, NOW))
        store.users.add(User(0, "boris@example.com", NOW, NOW, time_zone="Pacific/Auckland"))

    run(fill)


def test_an_event_comes_back_as_stored(run: Run) -> None:
    whole = event(description="Two teeth")
    [number] = add(run, whole)

    assert run(lambda store: store.calendar.find(number)) == replace(whole, id=number)
    assert run(lambda store: store.calendar.find(number + 1)) is None


def test_saving_replaces_every_field(run: Run) -> None:
    [number, _] = add(run, event(), event())
    changed = replace(event(14, 15, accessibility="busy", whole_days=False), id=number, name="In")

    run(lambda store: store.calendar.save(changed))

    assert run(lambda store: store.calendar.find(number)) == changed


def test_a_deleted_event_is_gone_and_others_stay(run: Run) -> None:
    gone, stays = add(run, event(), event())

    run(lambda store: store.calendar.delete(gone))

    assert run(lambda store: store.calendar.find(gone)) is None
    assert run(lambda store: store.calendar.find(stays)) is not None


def test_events_between_two_days_earliest_first(run: Run) -> None:
    later, sooner, _, _ = add(run, event(13), event(11, 12), event(14), event(owner=3))

    def between(store: Store) -> list[int]:
        tuesday = date(2026, 1, 13)
        return [one.id for one in store.calendar.between("user", [1, 2], MONDAY, tuesday, UTC)]

    assert run(between) == [sooner, later]
    assert run(lambda store: store.calendar.between("group", [1], MONDAY, MONDAY, UTC)) == []
    assert run(lambda store: store.calendar.between("user", [], MONDAY, MONDAY, UTC)) == []


@pytest.mark.parametrize(
    ("zone", "found"),
    [("UTC", True), ("America/New_York", False), ("Pacific/Auckland", True)],
)
def test_hours_are_on_the_days_of_the_zone(run: Run, zone: str, found: bool) -> None:
    start, end = datetime(2026, 1, 12, 1, tzinfo=UTC), datetime(2026, 1, 12, 2, tzinfo=UTC)
    add(run, event(start=start, end=end, whole_days=False))

    inside = run(lambda store: store.calendar.between("user", [1], MONDAY, MONDAY, ZoneInfo(zone)))

    assert bool(inside) is found


@pytest.mark.parametrize(
    ("absence", "away"),
    [
        (event(), {1}),
        (event(10, 11), set()),
        (event(13), set()),
        (event(13, owner=2), set()),
        (event(accessibility="busy"), set()),
        (event(owner=9), set()),
    ],
    ids=["today", "over", "to come", "to come in the east", "busy", "nobody"],
)
def test_who_is_absent_now(run: Run, people: None, absence: Event, away: set[int]) -> None:
    add(run, absence)

    assert run(lambda store: store.calendar.absent_among([1, 2, 9], NOW, UTC)) == away


def test_absence_counts_where_the_person_lives(run: Run, people: None) -> None:
    add(run, event(13), event(13, owner=2))
    noon = NOW.replace(hour=12)

    assert run(lambda store: store.calendar.absent_among([1, 2], noon, UTC)) == {2}
    assert run(lambda store: store.calendar.absent_among([1], noon, UTC)) == frozenset()


def test_a_zone_that_this_machine_does_not_know_is_the_portals(run: Run, people: None) -> None:
    run(lambda store: store.users.save(replace(store.users.with_ids([1])[0], time_zone="Europe/X")))
    add(run, event(), event(owner=2))

    assert run(lambda store: store.calendar.absent_among([1, 2], NOW, UTC)) == {1, 2}


def test_the_work_calendar_follows_its_settings(run: Run) -> None:
    assert run(lambda store: store.calendar.settings()) == CalendarSettings()
    assert run(lambda store: store.calendar.work_calendar()) == WorkCalendar()
    settings = CalendarSettings("8", "16.30", year_holidays="1.05", week_holidays=["FR"])

    run(lambda store: store.calendar.set_settings(settings))

    assert run(lambda store: store.calendar.settings()) == settings
    assert run(lambda store: store.calendar.work_calendar()) == WorkCalendar(
        8 * 60, 16 * 60 + 30, frozenset({"FR"}), frozenset({(5, 1)})
    )
