"""Working days and hours as settings say them, and who counts as absent. flows.md 2.10."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sluice.domain.calendar import (
    WEEK_DAYS,
    Absence,
    WorkCalendar,
    absence_horizon,
    absent_users,
    calendar_from_settings,
    format_days,
    format_work_time,
    in_week_order,
    parse_days,
    parse_work_time,
)

MONDAY = date(2026, 3, 2)
FALLBACK = WorkCalendar()
BERLIN = ZoneInfo("Europe/Berlin")
ANNA, BORIS = 3, 5


# --- settings


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("9", 540), ("19", 1140), ("18.30", 1110), ("0", 0), ("09.05", 545), ("24", 1440)],
)
def test_a_work_time_is_an_hour_or_an_hour_and_minutes(text: str, minutes: int) -> None:
    assert parse_work_time(text) == minutes


@pytest.mark.parametrize("text", ["", "nine", "9:30", "9.3", "9.60", "9.07", "25", "24.30", "-1"])
def test_other_texts_are_no_work_time(text: str) -> None:
    assert parse_work_time(text) is None


@given(st.integers(0, 288).map(lambda steps: 5 * steps))
def test_a_work_time_survives_being_written(minutes: int) -> None:
    assert parse_work_time(format_work_time(minutes)) == minutes


def test_a_full_hour_is_written_without_minutes() -> None:
    assert [format_work_time(minutes) for minutes in (540, 1110, 545)] == ["9", "18.30", "9.05"]


def test_holidays_are_days_and_months() -> None:
    assert parse_days("1.01,2.01, 23.02,29.02") == {(1, 1), (1, 2), (2, 23), (2, 29)}


def test_what_is_no_day_of_a_year_is_left_out() -> None:
    assert parse_days("31.02,1.13,0.01,5,,x.y,1.01.2026,7.01") == {(1, 7)}


def test_holidays_are_written_in_the_order_of_the_year() -> None:
    assert format_days({(2, 23), (1, 2), (1, 1), (12, 31)}) == "1.01,2.01,23.02,31.12"


def test_days_of_the_week_are_listed_from_monday() -> None:
    assert in_week_order({"SU", "MO", "SA"}) == ["MO", "SA", "SU"]


def test_without_settings_work_is_from_nine_to_seven_but_for_the_weekend() -> None:
    calendar = calendar_from_settings()

    assert (calendar.work_start_minutes, calendar.work_end_minutes) == (540, 1140)
    assert calendar.week_holidays == {"SA", "SU"}
    assert calendar.year_holidays == frozenset()


def test_settings_become_a_calendar() -> None:
    calendar = calendar_from_settings(
        work_time_start="8.30",
        work_time_end="17",
        week_holidays=["SU", "FR"],
        year_holidays="1.01,2.01",
    )

    assert calendar == WorkCalendar(510, 1020, frozenset({"FR", "SU"}), frozenset({(1, 1), (1, 2)}))


def test_seven_days_off_are_as_good_as_none_said() -> None:
    assert calendar_from_settings(week_holidays=WEEK_DAYS) == FALLBACK


def test_an_empty_list_of_days_off_is_a_week_of_seven_working_days() -> None:
    assert calendar_from_settings(week_holidays=[]).is_working_day(MONDAY - timedelta(days=1))


@pytest.mark.parametrize(
    ("start", "end"),
    [("19", "9"), ("9", "9"), ("early", "late"), ("20", None), (None, "8")],
    ids=["backwards", "no time at all", "words", "after the usual end", "before the usual start"],
)
def test_hours_that_make_no_day_are_replaced_by_the_usual_ones(
    start: str | None, end: str | None
) -> None:
    assert calendar_from_settings(work_time_start=start, work_time_end=end) == FALLBACK


def test_holidays_that_leave_hardly_a_working_day_do_not_count() -> None:
    every_day = format_days({(month, day) for month in range(1, 13) for day in range(1, 32)})

    assert calendar_from_settings(year_holidays=every_day) == FALLBACK


@pytest.mark.parametrize(
    ("start", "end", "week", "year"),
    [
        (600, 600, frozenset(), frozenset()),
        (600, 1445, frozenset(), frozenset()),
        (601, 700, frozenset(), frozenset()),
        (600, 700, frozenset(WEEK_DAYS), frozenset()),
        (
            600,
            700,
            frozenset(),
            parse_days(",".join(f"{d}.{m}" for m in range(13) for d in range(32))),
        ),
    ],
    ids=["no hours", "past midnight", "odd minutes", "no day of the week", "no day of the year"],
)
def test_a_calendar_without_time_to_work_cannot_be_made(
    start: int, end: int, week: frozenset[str], year: frozenset[tuple[int, int]]
) -> None:
    with pytest.raises(ValueError, match=r"working|work"):
        WorkCalendar(start, end, week, year)


# --- working days


def test_weekends_and_holidays_are_no_working_days() -> None:
    calendar = WorkCalendar(year_holidays=frozenset({(3, 4)}))
    week = [MONDAY + timedelta(days=day) for day in range(7)]

    assert [calendar.is_working_day(day) for day in week] == [
        *(True, True, False, True, True),
        *(False, False),
    ]


def test_a_holiday_comes_back_every_year() -> None:
    calendar = WorkCalendar(week_holidays=frozenset(), year_holidays=frozenset({(1, 1)}))

    assert not any(calendar.is_working_day(date(year, 1, 1)) for year in range(2020, 2040))


CALENDARS = st.builds(
    WorkCalendar,
    week_holidays=st.frozensets(st.sampled_from(WEEK_DAYS), max_size=6),
    year_holidays=st.frozensets(
        st.dates(date(2000, 1, 1), date(2000, 12, 31)).map(lambda day: (day.month, day.day)),
        max_size=12,
    ),
)


@given(CALENDARS, st.dates(date(2020, 1, 1), date(2060, 1, 1)), st.integers(0, 900))
def test_working_days_are_found_as_if_walked_to(
    calendar: WorkCalendar, first: date, later: int
) -> None:
    day, left = first, later
    while left or not calendar.is_working_day(day):
        left -= calendar.is_working_day(day)
        day += timedelta(days=1)

    assert calendar.working_day(first, later) == day


# --- absences


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "absent"),
    [
        ("2026-03-01T23:59", False),
        ("2026-03-02T00:00", True),
        ("2026-03-02T13:59", True),
        ("2026-03-03T09:00", True),
        ("2026-03-04T11:59", True),
        ("2026-03-04T12:00", False),
    ],
    ids=[
        "the day before",
        "a day that begins absence later",
        "just before it begins",
        "amid",
        "just before the end",
        "back",
    ],
)
def test_an_absence_counts_from_the_morning_of_its_first_day_to_its_end(
    now: str, absent: bool
) -> None:
    trip = Absence(ANNA, at("2026-03-02T14:00"), at("2026-03-04T12:00"))

    assert trip.counts(at(now), UTC) is absent


@pytest.mark.parametrize(
    ("now", "absent"),
    [
        ("2026-03-01T22:59", False),
        ("2026-03-01T23:00", True),
        ("2026-03-03T22:59", True),
        ("2026-03-03T23:00", False),
    ],
    ids=["the evening before", "midnight in Berlin", "last evening", "the next day in Berlin"],
)
def test_whole_days_are_days_where_the_person_lives(now: str, absent: bool) -> None:
    holiday = Absence(ANNA, at("2026-03-02T00:00"), at("2026-03-03T00:00"), whole_days=True)

    assert holiday.counts(at(now), BERLIN) is absent


def test_the_first_day_of_a_timed_absence_is_a_day_where_the_person_lives() -> None:
    trip = Absence(ANNA, at("2026-03-02T14:00"), at("2026-03-04T12:00"))

    assert not trip.counts(at("2026-03-01T22:59"), BERLIN)
    assert trip.counts(at("2026-03-01T23:00"), BERLIN)


def test_each_is_absent_by_the_calendar_of_the_own_zone() -> None:
    day = at("2026-03-02T00:00")
    absences = [Absence(user, day, day, whole_days=True) for user in (ANNA, BORIS)]
    zones = {ANNA: UTC, BORIS: BERLIN}

    absent = absent_users(absences, at("2026-03-01T23:30"), zones.__getitem__)

    assert absent == {BORIS}


INSTANTS = st.integers(0, 14 * 24 * 60).map(lambda m: at("2026-03-01T00:00") + timedelta(minutes=m))
ZONES = st.sampled_from(["UTC", "Pacific/Kiritimati", "Etc/GMT+12", "Europe/Berlin"]).map(ZoneInfo)


@given(INSTANTS, INSTANTS, INSTANTS, st.booleans(), ZONES)
@example(  # 2 March still, on the last clock of the world
    at("2026-03-02T00:00"),
    at("2026-03-02T00:00"),
    at("2026-03-03T11:59"),
    True,
    ZoneInfo("Etc/GMT+12"),
)
def test_whoever_is_absent_is_within_the_horizon(
    start: datetime, end: datetime, now: datetime, whole_days: bool, zone: ZoneInfo
) -> None:
    absence = Absence(ANNA, start, end, whole_days)

    first, last = absence_horizon(now.astimezone(UTC).date())

    if absence.counts(now, zone):
        assert absence.end >= first
        assert absence.start < last
