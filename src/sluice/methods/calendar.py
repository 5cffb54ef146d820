"""`calendar.*`: absences and the work calendar, by documented calls. flows.md 2.10, 11.7."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import asdict, replace

from sluice.domain.access import with_descendants
from sluice.domain.calendar import (
    WEEK_DAYS,
    format_days,
    format_work_time,
    in_week_order,
    parse_days,
    parse_work_time,
)
from sluice.errors import BusinessError
from sluice.rest.call import Call
from sluice.rest.method import classic
from sluice.rest.params import Fields
from sluice.rest.wire_types import as_flag, as_instant, as_integer, as_list, as_scalar_text
from sluice.store.calendar import ABSENT, USER, CalendarSettings, Event

ACCESSIBILITIES = ("busy", "quest", "free", ABSENT)
OWNER_TYPES = (USER, "group", "company_calendar")


class EventNotFound(BusinessError):
    description = "Event not found"


class CalendarDenied(BusinessError):
    description = "Access denied"


@classic("calendar.event.add", scope="calendar")
def event_add(call: Call, fields: Fields) -> int:
    """Write an event into a calendar; with accessibility `absent` its owner is away.

    Source: calendar-event-add; flows.md 2.10, 11.7.

    Raises:
        BusinessError: a required parameter is missing, or a value cannot be.
        CalendarDenied: the calendar is not the caller's to write in.
    """
    for name in ("type", "ownerId", "name", "from", "to"):
        if fields.get(name.upper()) in (None, ""):
            raise _missing(name, "calendar.event.add")
    owner_type, owner_id = _owner(fields)
    _check_may_write(call, owner_type, owner_id)
    event = Event(
        id=0,
        owner_type=owner_type,
        owner_id=owner_id,
        created_by=call.actor.user_id,
        name="",
        start=call.now,
        end=call.now,
        created=call.now,
        changed=call.now,
    )
    return call.store.calendar.add(_changed(call, event, fields))


@classic("calendar.event.update", scope="calendar")
def event_update(call: Call, fields: Fields) -> int:
    """Change what is sent of an event and return its id. Source: calendar-event-update.

    Raises:
        BusinessError: `id` is missing, or a value cannot be.
        EventNotFound, CalendarDenied: there is no such event, or it is not the caller's.
    """
    event = _event_to_write(call, fields, "calendar.event.update")
    call.store.calendar.save(_changed(call, event, fields))
    return event.id


@classic("calendar.event.delete", scope="calendar")
def event_delete(call: Call, fields: Fields) -> bool:
    """Remove an event. Source: calendar-event-delete.

    Raises:
        BusinessError: `id` is missing.
        EventNotFound, CalendarDenied: there is no such event, or it is not the caller's.
    """
    call.store.calendar.delete(_event_to_write(call, fields, "calendar.event.delete").id)
    return True


@classic("calendar.event.get", scope="calendar", writes=False, long=True)
def event_get(call: Call, fields: Fields) -> list[dict[str, Any]]:
    """Return the events of a calendar between two dates. Source: calendar-event-get.

    Rule (assumed): without `from` and `to` it is a month back and three ahead; what other people
    wrote for themselves is shown to those who may write there, to others only when it is.

    Raises:
        BusinessError: a required parameter is missing.
    """
    for name in ("type", "ownerId"):
        if fields.get(name.upper()) in (None, ""):
            raise _missing(name, "calendar.event.get")
    owner_type, owner_id = _owner(fields)
    start = _instant(call, fields, "FROM", call.now - timedelta(days=31))
    end = _instant(call, fields, "TO", call.now + timedelta(days=92))
    known = _may_write(call, owner_type, owner_id)
    events = call.store.calendar.between(owner_type, [owner_id], start, end)
    return [event_object(call, event, with_words=known) for event in events]


@classic("calendar.accessibility.get", scope="calendar", writes=False, long=True)
def accessibility_get(call: Call, fields: Fields) -> dict[str, list[dict[str, Any]]]:
    """Return when each of the users is busy or away. Source: calendar-accessibility-get.

    Raises:
        BusinessError: a required parameter is missing.
    """
    for name in ("users", "from", "to"):
        if fields.get(name.upper()) in (None, "", []):
            raise _missing(name, "calendar.accessibility.get")
    users = [user for item in as_list(fields["USERS"]) or [] if (user := as_integer(item))]
    start = _instant(call, fields, "FROM", call.now)
    end = _instant(call, fields, "TO", call.now) + timedelta(days=1)
    found: dict[str, list[dict[str, Any]]] = {str(user): [] for user in users}
    for event in call.store.calendar.between(USER, users, start, end):
        found[str(event.owner_id)].append(
            event_object(call, event, with_words=_may_write(call, USER, event.owner_id))
        )
    return found


@classic("calendar.settings.get", scope="calendar", writes=False)
def settings_get(call: Call) -> dict[str, Any]:
    """Return the portal's work calendar. Source: calendar-settings-get; flows.md 2.10."""
    return asdict(call.store.calendar.settings())


@classic("calendar.settings.set", scope="calendar", listed=False)
def settings_set(call: Call, settings: dict[str, Any] | None = None) -> bool:
    """Change what is sent of the portal's work calendar.

    Rule (assumed): the product has a page for it and no call; only administrators may.

    Raises:
        CalendarDenied: the caller is no administrator.
        BusinessError: a value cannot be.
    """
    if not call.actor.is_admin:
        raise CalendarDenied
    changed = _changed_settings(call.store.calendar.settings(), settings or {})
    call.store.calendar.set_settings(changed)
    return True


def event_object(call: Call, event: Event, *, with_words: bool) -> dict[str, Any]:
    """Return an event as the wire has it, all texts; without its words for strangers."""
    shown = (lambda at: at.date().isoformat()) if event.whole_days else call.wire_time
    return {
        "ID": str(event.id),
        "NAME": event.name if with_words else "",
        "DESCRIPTION": event.description if with_words else "",
        "DATE_FROM": shown(event.start),
        "DATE_TO": shown(event.end),
        "DT_SKIP_TIME": "Y" if event.whole_days else "N",
        "ACCESSIBILITY": event.accessibility,
        "CAL_TYPE": event.owner_type,
        "OWNER_ID": str(event.owner_id),
        "CREATED_BY": str(event.created_by),
        "DATE_CREATE": call.wire_time(event.created),
        "TIMESTAMP_X": call.wire_time(event.changed),
    }


def _missing(name: str, method: str) -> BusinessError:
    return BusinessError(f'The required parameter "{name}" for the method "{method}" is not set')


def _invalid(name: str) -> BusinessError:
    return BusinessError(f'The parameter "{name}" has an invalid value')


def _owner(fields: Mapping[str, Any]) -> tuple[str, int]:
    owner_type, owner_id = fields["TYPE"], as_integer(fields["OWNERID"])
    if owner_type not in OWNER_TYPES:
        raise _invalid("type")
    if owner_id is None or owner_id < 0:
        raise _invalid("ownerId")
    return owner_type, owner_id


def _changed(call: Call, event: Event, fields: Mapping[str, Any]) -> Event:
    """Return the event with what was sent."""
    whole_days = as_flag(fields.get("SKIP_TIME"))
    whole_days = event.whole_days if whole_days is None else whole_days
    accessibility = fields.get("ACCESSIBILITY") or event.accessibility
    if accessibility not in ACCESSIBILITIES:
        raise _invalid("accessibility")
    changed = replace(
        event,
        name=as_scalar_text(fields.get("NAME")) or event.name,
        description=as_scalar_text(fields.get("DESCRIPTION")) or event.description,
        accessibility=accessibility,
        whole_days=whole_days,
        start=_instant(call, fields, "FROM", event.start),
        end=_instant(call, fields, "TO", event.end),
        changed=call.now,
    )
    if whole_days:
        changed = replace(changed, start=_midnight(changed.start), end=_midnight(changed.end))
    if changed.end < changed.start:
        raise _invalid("to")
    return changed


def _midnight(instant: datetime) -> datetime:
    return instant.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)


def _instant(call: Call, fields: Mapping[str, Any], name: str, default: datetime) -> datetime:
    sent = fields.get(name)
    if sent in (None, ""):
        return default
    whole_days = as_flag(fields.get("SKIP_TIME"))
    instant = as_instant(sent, UTC if whole_days else call.zone)
    if instant is None:
        raise _invalid(name.lower())
    return instant


def _event_to_write(call: Call, fields: Mapping[str, Any], method: str) -> Event:
    event_id = as_integer(fields.get("ID"))
    if event_id is None:
        raise _missing("id", method)
    event = call.store.calendar.find(event_id)
    if event is None:
        raise EventNotFound
    _check_may_write(call, event.owner_type, event.owner_id)
    return event


def _check_may_write(call: Call, owner_type: str, owner_id: int) -> None:
    if not _may_write(call, owner_type, owner_id):
        raise CalendarDenied
    if owner_type == USER and call.store.users.find(owner_id) is None:
        raise _invalid("ownerId")


def _may_write(call: Call, owner_type: str, owner_id: int) -> bool:
    """Tell whether the caller may write in a calendar.

    Rule (assumed): one's own, a department's head the calendars of its people, an administrator
    every calendar; a group's is its members'.
    """
    if call.actor.is_admin:
        return True
    if owner_type == "group":
        return call.store.groups.has_member(owner_id, call.actor.user_id)
    if owner_type != USER:
        return False
    if owner_id == call.actor.user_id:
        return True
    headed = call.store.departments.headed_by(call.actor.user_id)
    if not headed:
        return False
    parents = call.store.departments.parents()
    below = {department for head in headed for department in with_descendants(head, parents)}
    return not below.isdisjoint(call.store.users.departments_of(owner_id))


def _changed_settings(settings: CalendarSettings, sent: Mapping[str, Any]) -> CalendarSettings:
    fields = {name.lower(): value for name, value in sent.items()}
    for name in ("work_time_start", "work_time_end"):
        if name in fields:
            minutes = parse_work_time(as_scalar_text(fields[name]) or "")
            if minutes is None:
                raise _invalid(name)
            settings = replace(settings, **{name: format_work_time(minutes)})
    start, end = parse_work_time(settings.work_time_start), parse_work_time(settings.work_time_end)
    if start is None or end is None or start >= end:
        raise _invalid("work_time_end")
    if "week_holidays" in fields:
        days = as_list(fields["week_holidays"])
        if days is None or not set(days) < set(WEEK_DAYS):
            raise _invalid("week_holidays")
        settings = replace(settings, week_holidays=list(in_week_order(set(days))))
    for name in ("year_holidays", "year_workdays"):
        if name in fields:
            days_text = as_scalar_text(fields[name]) or ""
            settings = replace(settings, **{name: format_days(parse_days(days_text))})
    return settings
