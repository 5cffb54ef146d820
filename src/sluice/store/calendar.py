"""Calendar events, who is away, and the portal's work calendar."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from sluice.clock import ONE_MICROSECOND, from_micros, to_micros
from sluice.domain.calendar import (
    Absence,
    WorkCalendar,
    absence_horizon,
    absent_users,
    calendar_from_settings,
)
from sluice.domain.people import is_time_zone
from sluice.store.database import Row, Transaction, Value, with_id
from sluice.store.listing import named

ONE_DAY = timedelta(days=1)
USER = "user"
ABSENT = "absent"
_SETTINGS_FACT = "calendar settings"
_COLUMNS = (
    "id, owner_type, owner_id, created_by, name, description, accessibility, whole_days,"
    " start_micros, end_micros, created_micros, changed_micros"
)


class Event(Struct, frozen=True):
    """An entry of a calendar.

    Attributes:
        owner_type: `user`, or another kind of calendar, which means nothing to flows.
        start, end: of whole days, midnight UTC of the first and of the last day.
        accessibility: `busy`, `quest`, `free` or `absent`.
        whole_days: only the dates of start and end count, both included.
    """

    id: int
    owner_type: str
    owner_id: int
    created_by: int
    name: str
    start: datetime
    end: datetime
    created: datetime
    changed: datetime
    description: str = ""
    accessibility: str = "busy"
    whole_days: bool = False

    def touches(self, first: date, last: date, zone: tzinfo) -> bool:
        """Tell whether it is, at least in part, on one of these days; both count."""
        if self.whole_days:
            return self.start.date() <= last and first <= self.end.date()
        # An event that ends at midnight is not on the day that begins then.
        end = max(self.start, self.end - ONE_MICROSECOND)
        return self.start.astimezone(zone).date() <= last and first <= end.astimezone(zone).date()


class CalendarSettings(Struct, frozen=True):
    """The work calendar as the documentation writes it (flows.md 2.10, 11.7)."""

    work_time_start: str = "9"
    work_time_end: str = "19"
    year_holidays: str = ""
    year_workdays: str = ""
    week_holidays: list[str] = msgspec.field(default_factory=lambda: ["SA", "SU"])
    week_start: str = "MO"


class _Absences(Struct, frozen=True):
    """When somebody is away, about one day; the zone is the user's own, if there is one."""

    zone: str
    absences: list[Absence]


class Calendar:
    """The `calendar_event` table, and the settings among the portal's facts."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    # The work calendar

    def settings(self) -> CalendarSettings:
        """Return the calendar's settings; the defaults until somebody sets them."""
        row = self._tx.one(
            "SELECT value FROM portal_fact WHERE name = :name", {"name": _SETTINGS_FACT}
        )
        if row is None:
            return CalendarSettings()
        return msgspec.json.decode(row[0], type=CalendarSettings)

    def set_settings(self, settings: CalendarSettings) -> None:
        """Store the calendar's settings."""
        self._tx.run(
            "INSERT INTO portal_fact (name, value) VALUES (:name, :value)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            {"name": _SETTINGS_FACT, "value": msgspec.json.encode(settings).decode()},
        )

    def work_calendar(self) -> WorkCalendar:
        """Return when the portal works; kept until the settings change."""
        return self._tx.recall(_SETTINGS_FACT, self._work_calendar)

    def _work_calendar(self) -> WorkCalendar:
        settings = self.settings()
        return calendar_from_settings(
            work_time_start=settings.work_time_start,
            work_time_end=settings.work_time_end,
            week_holidays=settings.week_holidays,
            year_holidays=settings.year_holidays,
        )

    # Absences

    def absent_among(self, user_ids: Iterable[int], now: datetime, zone: tzinfo) -> frozenset[int]:
        """Return which of these users are away now.

        Args:
            zone: the portal's, for users who have none of their own.
        """
        today = now.astimezone(UTC).date()
        known = self._tx.recall_each(
            ("absences", today), sorted(set(user_ids)), lambda ids: self._absences(ids, today)
        )
        absences = [absence for its in known.values() for absence in its.absences]

        def zone_of(user_id: int) -> tzinfo:
            own = known[user_id].zone
            return ZoneInfo(own) if own and is_time_zone(own) else zone

        return absent_users(absences, now, zone_of)

    def _absences(self, user_ids: list[int], today: date) -> dict[int, _Absences]:
        """Return when each of these users is away that day, in whatever zone it is a day."""
        first, last = absence_horizon(today)
        inside, parameters = named("user", user_ids)
        rows = self._tx.all(
            "SELECT u.id, u.time_zone, e.start_micros, e.end_micros, e.whole_days"
            " FROM portal_user u LEFT JOIN calendar_event e"
            " ON e.owner_id = u.id AND e.owner_type = :user AND e.accessibility = :absent"
            " AND e.end_micros >= :first AND e.start_micros < :last"
            f" WHERE u.id IN ({inside}) ORDER BY e.id",
            {
                **parameters,
                "user": USER,
                "absent": ABSENT,
                "first": to_micros(first),
                "last": to_micros(last),
            },
        )
        found: dict[int, _Absences] = {}
        for user_id, zone, start, end, whole_days in rows:
            its = found.setdefault(user_id, _Absences(zone, []))
            if start is not None:
                its.absences.append(
                    Absence(user_id, from_micros(start), from_micros(end), whole_days == 1)
                )
        return found

    # Events

    def find(self, event_id: int) -> Event | None:
        """Return the event, or None."""
        row = self._tx.one(
            f"SELECT {_COLUMNS} FROM calendar_event WHERE id = :id", {"id": event_id}
        )
        return None if row is None else _event(row)

    def add(self, event: Event) -> int:
        """Store a new event and return its id."""
        added = self._tx.insert("calendar_event", with_id(event.id, _values(event)))
        assert added is not None  # nothing can be in its way
        return added

    def save(self, event: Event) -> None:
        """Store every field of an event that exists."""
        self._tx.update("calendar_event", event.id, _values(event))

    def delete(self, event_id: int) -> None:
        """Remove an event."""
        self._tx.run("DELETE FROM calendar_event WHERE id = :id", {"id": event_id})

    def between(
        self, owner_type: str, owner_ids: Sequence[int], first: date, last: date, zone: tzinfo
    ) -> list[Event]:
        """Return the events of these calendars that touch the days, earliest first.

        Args:
            first, last: both count.
            zone: whose days they are; an event of whole days has the same days everywhere.
        """
        inside, parameters = named("owner", owner_ids)
        rows = self._tx.all(
            f"SELECT {_COLUMNS} FROM calendar_event WHERE owner_type = :owner_type"
            f" AND owner_id IN ({inside}) AND end_micros > :ends_after"
            " AND start_micros < :starts_before ORDER BY start_micros, id",
            {
                **parameters,
                "owner_type": owner_type,
                # Wide enough for every zone; which days an event touches is told below.
                "ends_after": to_micros(datetime.combine(first, time.min, UTC) - 2 * ONE_DAY),
                "starts_before": to_micros(datetime.combine(last, time.min, UTC) + 2 * ONE_DAY),
            },
        )
        events = map(_event, rows)
        return [event for event in events if event.touches(first, last, zone)]


def _event(row: Row) -> Event:
    return Event(
        id=row[0],
        owner_type=row[1],
        owner_id=row[2],
        created_by=row[3],
        name=row[4],
        description=row[5],
        accessibility=row[6],
        whole_days=row[7] == 1,
        start=from_micros(row[8]),
        end=from_micros(row[9]),
        created=from_micros(row[10]),
        changed=from_micros(row[11]),
    )


def _values(event: Event) -> dict[str, Value]:
    return {
        "owner_type": event.owner_type,
        "owner_id": event.owner_id,
        "created_by": event.created_by,
        "name": event.name,
        "description": event.description,
        "accessibility": event.accessibility,
        "whole_days": int(event.whole_days),
        "start_micros": to_micros(event.start),
        "end_micros": to_micros(event.end),
        "created_micros": to_micros(event.created),
        "changed_micros": to_micros(event.changed),
    }
