"""When a task is due: the tables of flows.md 7, clocks that jump, and properties."""

from datetime import UTC, date, datetime, timedelta
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sluice.domain.calendar import WEEK_DAYS, WorkCalendar
from sluice.domain.deadline import deadline
from sluice.domain.flow import MAXIMUM_PLANNED_SECONDS, MINIMUM_PLANNED_SECONDS

HOUR, DAY = 3600, 86_400
NINE_TO_SEVEN = WorkCalendar()
WEEK_BEGIN = date(2026, 3, 2)
DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
NAMES = [*DAY_NAMES, *(f"next {name}" for name in DAY_NAMES)]


def moment(text: str) -> datetime:
    """Return the instant that `Mon 10:02` or `next Mon 09:00` means, in March 2026."""
    name, _, clock = text.rpartition(" ")
    day = WEEK_BEGIN + timedelta(days=NAMES.index(name))
    return datetime.fromisoformat(f"{day}T{clock}Z")


def due(
    start: datetime,
    planned_seconds: int,
    *,
    matched: bool = True,
    zone: str = "UTC",
    calendar: WorkCalendar = NINE_TO_SEVEN,
) -> datetime:
    return deadline(
        start, planned_seconds, zone=ZoneInfo(zone), calendar=calendar, match_work_time=matched
    )


@pytest.mark.parametrize(
    ("start", "planned_seconds", "matched", "expected"),
    [
        ("Mon 10:02", 3600, False, "Mon 11:05"),
        ("Sat 10:00", 7200, False, "Sat 12:00"),
        ("Mon 10:00", 7200, True, "Mon 12:00"),
        ("Mon 18:00", 7200, True, "Tue 09:00"),
        ("Mon 10:00", 86400, True, "Tue 10:00"),
        ("Fri 10:00", 86400, True, "next Mon 10:00"),
        ("Fri 18:00", 7200, True, "next Mon 09:00"),
        ("Sat 10:00", 3600, True, "next Mon 09:00"),
        ("Mon 07:00", 3600, True, "Mon 09:00"),
    ],
)
def test_the_examples_of_the_specification(
    start: str, planned_seconds: int, matched: bool, expected: str
) -> None:
    assert due(moment(start), planned_seconds, matched=matched) == moment(expected)


@pytest.mark.parametrize(
    ("start", "planned_seconds", "expected"),
    [
        ("Mon 10:00:59", HOUR, "Mon 11:00"),
        ("Mon 10:00", HOUR + 1, "Mon 11:05"),
        ("Mon 10:00:59", HOUR + 59, "Mon 11:05"),
        ("Mon 10:01", HOUR, "Mon 11:05"),
        ("Mon 10:55:30", HOUR, "Mon 11:55"),
        ("Mon 22:56", HOUR, "Tue 00:00"),
    ],
    ids=[
        "the start's seconds are cut off",
        "a second more than a full step",
        "cut off before they could add up",
        "a minute past a step",
        "on a step",
        "over midnight",
    ],
)
def test_a_deadline_is_rounded_up_to_five_minutes(
    start: str, planned_seconds: int, expected: str
) -> None:
    assert due(moment(start), planned_seconds, matched=False) == moment(expected)


@pytest.mark.parametrize(
    ("start", "planned_seconds", "expected"),
    [
        ("Mon 17:00", 2 * HOUR, "Mon 19:00"),
        ("Mon 17:01", 2 * HOUR, "Tue 09:00"),
        ("Mon 10:00", 2 * HOUR + 1, "Mon 12:05"),
        ("Thu 00:00", DAY, "Fri 09:00"),
        ("Fri 00:00", DAY, "next Mon 09:00"),
        ("Sun 23:59", 10 * HOUR, "next Mon 10:00"),
        ("Mon 10:00", 5 * DAY, "next Mon 10:00"),
    ],
    ids=[
        "the end of work is in time",
        "rounding leads past the end of work",
        "a second more than a full step",
        "a midnight begins the next day",
        "the midnight that begins a weekend",
        "a day off uses nothing up",
        "a week of working days",
    ],
)
def test_working_time_at_its_edges(start: str, planned_seconds: int, expected: str) -> None:
    assert due(moment(start), planned_seconds) == moment(expected)


def test_holidays_of_the_year_are_skipped() -> None:
    calendar = WorkCalendar(year_holidays=frozenset({(3, 3), (3, 4)}))

    assert due(moment("Mon 12:00"), DAY, calendar=calendar) == moment("Thu 12:00")


def test_work_that_lasts_until_midnight_ends_at_midnight() -> None:
    calendar = WorkCalendar(0, 1440, frozenset({"SA", "SU"}))

    assert due(moment("Mon 20:00"), 4 * HOUR, calendar=calendar) == moment("Tue 00:00")
    assert due(moment("Fri 20:00"), 4 * HOUR, calendar=calendar) == moment("next Mon 00:00")


def test_the_clock_is_that_of_the_responsible_person() -> None:
    sunday_noon_in_tokyo, monday_nine_in_tokyo = moment("Sun 03:00"), moment("next Mon 00:00")

    answer = due(sunday_noon_in_tokyo, HOUR, zone="Asia/Tokyo")

    assert answer == monday_nine_in_tokyo
    assert answer.tzinfo is UTC


def test_a_night_in_which_the_clock_jumps_is_as_long_as_any() -> None:
    noon = datetime(2026, 3, 28, 12, tzinfo=ZoneInfo("Europe/Berlin"))

    answer = due(noon, DAY, matched=False, zone="Europe/Berlin")

    assert answer.astimezone(ZoneInfo("Europe/Berlin")).isoformat() == "2026-03-29T12:00:00+02:00"
    assert answer - noon.astimezone(UTC) == timedelta(hours=23)


@pytest.mark.parametrize(
    ("zone", "start", "expected"),
    [
        ("Europe/Berlin", "2026-03-29T00:30:00Z", "2026-03-29T03:00:00+02:00"),
        ("Europe/Berlin", "2026-10-24T23:30:00Z", "2026-10-25T02:30:00+02:00"),
        ("Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25T03:30:00+01:00"),
        ("Antarctica/Troll", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00+00:00"),
    ],
    ids=[
        "a time that is left out",
        "the first of two",
        "after both",
        "the second of two, for the first is over",
    ],
)
def test_an_hour_over_a_jump_of_the_clock(zone: str, start: str, expected: str) -> None:
    answer = due(datetime.fromisoformat(start), HOUR, matched=False, zone=zone)

    assert answer.astimezone(ZoneInfo(zone)).isoformat() == expected


def test_a_jump_of_the_clock_into_a_day_off_ends_on_the_next_working_day() -> None:
    # Saturday's clock goes from 22:59 to Sunday 00:00 there.
    calendar = WorkCalendar(540, 1440, frozenset({"SU"}))
    nuuk = ZoneInfo("America/Nuuk")
    saturday = datetime(2026, 3, 28, 22, 10, tzinfo=nuuk)

    answer = due(saturday, HOUR, zone="America/Nuuk", calendar=calendar)

    assert answer.astimezone(nuuk).isoformat() == "2026-03-30T09:00:00-01:00"


def test_the_longest_planned_time_is_counted_without_matching() -> None:
    answer = due(moment("Mon 00:00"), MAXIMUM_PLANNED_SECONDS, matched=False)

    assert answer == moment("Mon 00:00") + timedelta(seconds=MAXIMUM_PLANNED_SECONDS)


def test_the_longest_planned_time_is_counted_to_its_last_working_day() -> None:
    working_days = MAXIMUM_PLANNED_SECONDS // DAY
    weeks, days = divmod(working_days, 5)

    answer = due(moment("Mon 12:00"), working_days * DAY)

    assert answer == moment("Mon 12:00") + timedelta(weeks=weeks, days=days)


def test_even_a_calendar_with_a_working_day_a_month_takes_no_second() -> None:
    closed = [date(2000, 1, 1) + timedelta(days=day) for day in range(40)]
    rare = WorkCalendar(
        week_holidays=frozenset(WEEK_DAYS[1:]),
        year_holidays=frozenset((day.month, day.day) for day in closed),
    )
    started = process_time()

    due(moment("Mon 12:00"), MAXIMUM_PLANNED_SECONDS, calendar=rare)

    assert process_time() - started < 1


# --- properties

ZONES = st.sampled_from(
    [
        *("UTC", "Europe/Berlin", "America/New_York", "America/Nuuk", "Africa/Cairo"),
        *("Asia/Kathmandu", "Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Kiritimati"),
    ]
)
INSTANTS = st.integers(0, 7 * 365 * DAY).map(
    lambda seconds: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
# Nights in which clocks of these zones jump.
JUMPS = st.sampled_from(
    [date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 4), date(2026, 4, 24), date(2026, 10, 25)]
).flatmap(
    lambda day: st.integers(-2880, 2880).map(
        lambda minutes: (
            datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes)
        )
    )
)
PLANNED = (
    st.integers(MINIMUM_PLANNED_SECONDS, 6 * HOUR)
    | st.integers(MINIMUM_PLANNED_SECONDS, 40 * DAY)
    | st.integers(MINIMUM_PLANNED_SECONDS, MAXIMUM_PLANNED_SECONDS)
)
STEPS = st.lists(
    st.integers(0, 288).map(lambda step: step * 5), min_size=2, max_size=2, unique=True
)
CALENDARS = st.builds(
    lambda hours, week, year: WorkCalendar(min(hours), max(hours), week, year),
    STEPS,
    st.frozensets(st.sampled_from(WEEK_DAYS), max_size=6),
    st.frozensets(
        st.dates(date(2000, 1, 1), date(2000, 12, 31)).map(lambda day: (day.month, day.day)),
        max_size=20,
    ),
)


@given(INSTANTS | JUMPS, PLANNED, ZONES, CALENDARS)
def test_a_matched_deadline_is_in_working_hours_of_a_working_day(
    now: datetime, planned_seconds: int, zone: str, calendar: WorkCalendar
) -> None:
    answer = due(now, planned_seconds, zone=zone, calendar=calendar)

    there = answer.astimezone(ZoneInfo(zone))
    minutes = there.hour * 60 + there.minute
    assert calendar.is_working_day(there.date())
    assert calendar.work_start_minutes <= minutes <= calendar.work_end_minutes


@given(INSTANTS | JUMPS, PLANNED, ZONES, CALENDARS, st.booleans())
def test_a_deadline_is_after_now_on_a_step_of_five_minutes(
    now: datetime, planned_seconds: int, zone: str, calendar: WorkCalendar, matched: bool
) -> None:
    answer = due(now, planned_seconds, matched=matched, zone=zone, calendar=calendar)

    there = answer.astimezone(ZoneInfo(zone))
    assert answer > now
    assert (there.minute % 5, there.second, there.microsecond) == (0, 0, 0)


@given(INSTANTS | JUMPS, PLANNED, PLANNED, ZONES, CALENDARS, st.booleans())
@example(  # the clock jumps from 2 to 3: the longer time must not end before the shorter
    datetime(2026, 3, 29, 0, 30, tzinfo=UTC), 3600, 5400, "Europe/Berlin", NINE_TO_SEVEN, False
)
def test_a_deadline_grows_with_the_planned_time(
    now: datetime,
    planned_seconds: int,
    other_seconds: int,
    zone: str,
    calendar: WorkCalendar,
    matched: bool,
) -> None:
    shorter, longer = sorted((planned_seconds, other_seconds))

    first = due(now, shorter, matched=matched, zone=zone, calendar=calendar)
    second = due(now, longer, matched=matched, zone=zone, calendar=calendar)

    assert first <= second


@given(INSTANTS, PLANNED)
def test_without_matching_a_deadline_is_at_most_five_minutes_late(
    now: datetime, planned_seconds: int
) -> None:
    answer = due(now, planned_seconds, matched=False)

    exact = now.replace(second=0, microsecond=0) + timedelta(seconds=planned_seconds)
    assert timedelta(0) <= answer - exact < timedelta(minutes=5)
