"""When a task that enters a flow has to be done.

Source: flows.md 7, 13.1 row 15; settled.md 6.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from sluice.domain.calendar import WorkCalendar

DAY_SECONDS = 86_400
STEP = timedelta(minutes=5)


def deadline(
    now: datetime,
    planned_seconds: int,
    *,
    zone: tzinfo,
    calendar: WorkCalendar,
    match_work_time: bool,
) -> datetime:
    """Return the instant, in UTC, at which a task that enters a flow now is due.

    Rule (observed): it starts from the minute that the responsible person's clock shows, and
    "minutes are rounded UP to the next multiple of 5" (flows.md 7).
    Rule (assumed): daylight saving does not lengthen or shorten a day, for the sum is done on
    the wall clock. A time that the clock jumps over becomes the next one it shows.

    Args:
        planned_seconds: the flow's planned completion time, an hour or more.
        zone: where the responsible person lives.
        match_work_time: skip weekends and holidays, and end within working hours.
    """

    def settled(mark: datetime) -> datetime:
        return _in_working_hours(mark, calendar) if match_work_time else mark

    wall = now.astimezone(zone).replace(second=0, microsecond=0, tzinfo=None)
    if match_work_time:
        end = _after_working_days(wall, planned_seconds, calendar)
    else:
        end = wall + timedelta(seconds=planned_seconds)
    mark = settled(_rounded_up(end))
    while not _is_shown(mark, zone):
        mark = settled(mark + STEP)
    return _instant(mark, zone, now)


def _after_working_days(wall: datetime, planned_seconds: int, calendar: WorkCalendar) -> datetime:
    """Return the end of a time of which only working days use up some, each 24 hours of it.

    Rule (observed): "A working day counts 24 hours", others count 0 (flows.md 7, W = 1).
    Rule (assumed): the product gives up after about five years of days; here the sum is exact
    however long it is.
    """
    day = wall.date()
    midnight = datetime.combine(day, time.min)
    gone_today = (wall - midnight).seconds if calendar.is_working_day(day) else 0
    # The midnight that ends a working day still belongs to it, hence the one second.
    whole_days, rest = divmod(gone_today + planned_seconds - 1, DAY_SECONDS)
    last = datetime.combine(calendar.working_day(day, whole_days), time.min)
    return last + timedelta(seconds=rest + 1)


def _in_working_hours(mark: datetime, calendar: WorkCalendar) -> datetime:
    """Return the time itself, or the next beginning of work if nobody works then.

    Rule (observed): before the shift it is the shift's start, after it the next day's.
    Rule (documented): weekends and holidays are skipped, so the next day is the next working
    one, where the product may end on a Saturday (flows.md 13.1 row 15).
    """
    day = mark.date()
    if mark > _at(day, calendar.work_end_minutes):
        day += timedelta(days=1)
    return max(mark, _at(calendar.working_day(day), calendar.work_start_minutes))


def _at(day: date, minutes: int) -> datetime:
    return datetime.combine(day, time.min) + timedelta(minutes=minutes)


def _rounded_up(wall: datetime) -> datetime:
    midnight = datetime.combine(wall.date(), time.min)
    return midnight - (midnight - wall) // STEP * STEP


def _is_shown(mark: datetime, zone: tzinfo) -> bool:
    """Tell whether the clock of this zone ever shows the time; in spring it leaves some out."""
    there = mark.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    return there.replace(tzinfo=None) == mark


def _instant(mark: datetime, zone: tzinfo, now: datetime) -> datetime:
    """Return when the clock shows this time: the first time of two, unless that is over."""
    first = mark.replace(tzinfo=zone).astimezone(UTC)
    return first if first >= now else mark.replace(tzinfo=zone, fold=1).astimezone(UTC)
