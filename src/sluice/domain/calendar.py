"""Working days, working hours, and who is away.

Source: flows.md 2.10, 11.7.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from msgspec import Struct

WEEK_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DEFAULT_WORK_START_MINUTES = 9 * 60
DEFAULT_WORK_END_MINUTES = 19 * 60
DEFAULT_WEEK_HOLIDAYS = frozenset({"SA", "SU"})
DAY_MINUTES = 24 * 60
STEP_MINUTES = 5
# One a month. The longest planned time then ends around the year 4100, which a date can hold.
MINIMUM_WORKING_DAYS = 12
LEAP_YEAR = 2000

MonthDay = tuple[int, int]


class WorkCalendar(Struct, frozen=True):
    """When the portal works; the defaults are the fallbacks of flows.md 2.10.

    Attributes:
        work_start_minutes: when a working day begins, in minutes since midnight.
        work_end_minutes: when it ends; 1440 is midnight.
        week_holidays: codes out of `WEEK_DAYS` on which nobody works.
        year_holidays: (month, day) pairs on which nobody works, in every year.

    Raises:
        ValueError: there is no time to work in. `calendar_from_settings` never builds such a one.
    """

    work_start_minutes: int = DEFAULT_WORK_START_MINUTES
    work_end_minutes: int = DEFAULT_WORK_END_MINUTES
    week_holidays: frozenset[str] = DEFAULT_WEEK_HOLIDAYS
    year_holidays: frozenset[MonthDay] = frozenset()

    def __post_init__(self) -> None:
        if not 0 <= self.work_start_minutes < self.work_end_minutes <= DAY_MINUTES:
            raise ValueError("the working day ends before it begins")
        if self.work_start_minutes % STEP_MINUTES or self.work_end_minutes % STEP_MINUTES:
            raise ValueError("working hours are whole steps of five minutes")
        if not _leaves_work(self.week_holidays, self.year_holidays):
            raise ValueError("hardly a day is a working day")

    def is_working_day(self, day: date) -> bool:
        """Tell whether the day is neither a day off of the week nor a holiday of the year."""
        return (
            WEEK_DAYS[day.weekday()] not in self.week_holidays
            and (day.month, day.day) not in self.year_holidays
        )

    def working_day(self, first: date, later: int = 0) -> date:
        """Return the first working day on or after `first`, or the one `later` working days on.

        Years are skipped as wholes, so decades cost about as much as days.
        """
        year = first.year
        index = bisect_left(_working_days(self, year), first) + later
        while index >= len(days := _working_days(self, year)):
            index -= len(days)
            year += 1
        return days[index]


@lru_cache(maxsize=512)
def _working_days(calendar: WorkCalendar, year: int) -> tuple[date, ...]:
    january = date(year, 1, 1).toordinal()
    days = map(date.fromordinal, range(january, date(year, 12, 31).toordinal() + 1))
    return tuple(day for day in days if calendar.is_working_day(day))


def _leaves_work(week_holidays: frozenset[str], year_holidays: frozenset[MonthDay]) -> bool:
    return 52 * (7 - len(week_holidays)) - len(year_holidays) >= MINIMUM_WORKING_DAYS


def calendar_from_settings(
    *,
    work_time_start: str | None = None,
    work_time_end: str | None = None,
    week_holidays: Iterable[str] | None = None,
    year_holidays: str | None = None,
) -> WorkCalendar:
    """Return the calendar that the settings describe; None means never set.

    Rule (documented): `"9"` or `"18.30"`, a list of `MO TU WE TH FR SA SU`, and `"1.01,2.01"`.
    calendar-settings-get.
    Rule (observed): without them 9:00 to 19:00, SA and SU; the same if all seven days are listed.
    Rule (assumed): what cannot be read counts as not set, and so do hours that end before they
    begin, and holidays that leave hardly a working day. An empty list of days off is a list.
    """
    start = parse_work_time(work_time_start or "")
    end = parse_work_time(work_time_end or "")
    start = DEFAULT_WORK_START_MINUTES if start is None else start
    end = DEFAULT_WORK_END_MINUTES if end is None else end
    if start >= end:
        start, end = DEFAULT_WORK_START_MINUTES, DEFAULT_WORK_END_MINUTES
    week = DEFAULT_WEEK_HOLIDAYS
    if week_holidays is not None:
        week = frozenset(week_holidays).intersection(WEEK_DAYS)
    if len(week) == len(WEEK_DAYS):
        week = DEFAULT_WEEK_HOLIDAYS
    year = parse_days(year_holidays or "")
    return WorkCalendar(start, end, week, year if _leaves_work(week, year) else frozenset())


def parse_work_time(text: str) -> int | None:
    """Return the minutes since midnight that `"9"` or `"18.30"` mean, or None.

    Rule (assumed): `"24"` is the midnight that ends the day, and other steps than five minutes
    are not understood: the product offers half hours, and a deadline has whole steps of five.
    """
    match = re.fullmatch(r"([0-9]{1,2})(?:\.([0-5][05]))?", text.strip())
    if match is None:
        return None
    minutes = int(match[1]) * 60 + int(match[2] or 0)
    return minutes if minutes <= DAY_MINUTES else None


def format_work_time(minutes: int) -> str:
    """Return `"9"` for 540 and `"18.30"` for 1110."""
    hour, minute = divmod(minutes, 60)
    return f"{hour}.{minute:02}" if minute else str(hour)


def parse_days(text: str) -> frozenset[MonthDay]:
    """Return the (month, day) pairs of `"1.01,23.02"`; what is no day of a year is left out."""
    found = (re.fullmatch(r"([0-9]{1,2})\.([0-9]{1,2})", item.strip()) for item in text.split(","))
    pairs = ((int(match[2]), int(match[1])) for match in found if match)
    return frozenset((month, day) for month, day in pairs if _is_day(month, day))


def _is_day(month: int, day: int) -> bool:
    try:
        date(LEAP_YEAR, month, day)  # 29 February is a day of some years
    except ValueError:
        return False
    return True


def format_days(days: Iterable[MonthDay]) -> str:
    """Return `"1.01,23.02"`, in the order of the year."""
    return ",".join(f"{day}.{month:02}" for month, day in sorted(days))


def in_week_order(days: Iterable[str]) -> list[str]:
    """Return the codes of weekdays from Monday to Sunday."""
    return sorted(days, key=WEEK_DAYS.index)


class Absence(Struct, frozen=True):
    """A stretch of time in which somebody is away.

    Attributes:
        start: the first instant; of whole days, midnight UTC of the first day.
        end: the instant the person is back; of whole days, midnight UTC of the last day away.
        whole_days: only the two dates count, as the person's own calendar shows them.
    """

    user_id: int
    start: datetime
    end: datetime
    whole_days: bool = False

    def counts(self, now: datetime, zone: tzinfo) -> bool:
        """Tell whether it makes a person who lives in this zone absent now.

        Rule (observed): it "overlaps today's date and its end has not passed yet (a date-only
        end means until the end of that day)": who leaves later today is absent already.
        Rule (assumed): today is the date where the person lives; at the end itself he is back.
        """
        today = now.astimezone(zone).date()
        if self.whole_days:
            return self.start.date() <= today <= self.end.date()
        return self.start.astimezone(zone).date() <= today and now < self.end


def absent_users(
    absences: Iterable[Absence], now: datetime, zone_of: Callable[[int], tzinfo]
) -> frozenset[int]:
    """Return the users whom one of the absences makes absent now."""
    return frozenset(
        absence.user_id for absence in absences if absence.counts(now, zone_of(absence.user_id))
    )


def absence_horizon(today: date) -> tuple[datetime, datetime]:
    """Return bounds wide enough for every zone, for any instant of a day of UTC.

    An absence that counts then ends at the first or later, and starts before the second. For a
    store that must not read every absence there ever was.
    """
    midnight = datetime.combine(today, time.min, UTC)
    return midnight - timedelta(days=2), midnight + timedelta(days=3)
