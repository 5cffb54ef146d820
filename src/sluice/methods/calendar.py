"""`calendar.*`: absences and the work calendar, by documented calls. flows.md 2.10, 11.7."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

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
from sluice.domain.people import is_time_zone
from sluice.domain.permission import can_see_everybody, can_see_group
from sluice.errors import BusinessError, CalendarDenied, EventNotFound
from sluice.rest.call import Call
from sluice.rest.method import classic
from sluice.rest.params import Fields
from sluice.rest.wire_types import (
    as_date,
    as_flag,
    as_instant,
    as_integer,
    as_list,
    as_scalar_text,
    as_text,
)
from sluice.store.calendar import ABSENT, USER, CalendarSettings, Event

ACCESSIBILITIES = ("busy", "quest", "free", ABSENT)
GROUP = "group"
OWNER_TYPES = (USER, GROUP, "company_calendar")


@classic("calendar.event.add", scope="calendar")
def event_add(call: Call, fields: Fields) -> int:
    """Write an event into a calendar; with accessibility `absent` its owner is away.

    Source: calendar-event-add; flows.md 2.10, 11.7.

    Raises:
        BusinessError: a required parameter is missing, or a value cannot be.
        CalendarDenied: the calendar is not the caller's to write in.
    """
    _require(fields, "calendar.event.add", "type", "ownerId", "name", "from", "to")
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

    Rule (assumed): without `from` and `to` it is a month back and three ahead. What an event says
    is for those who may write in the calendar; others learn when it is. Who may not know of the
    person or the group finds nothing.

    Raises:
        BusinessError: a required parameter is missing, or a value cannot be.
    """
    _require(fields, "calendar.event.get", "type", "ownerId")
    owner_type, owner_id = _owner(fields)
    today = call.now.astimezone(call.zone).date()
    first = _day(fields, "from") or today - timedelta(days=31)
    last = _day(fields, "to") or today + timedelta(days=92)
    if not _may_know(call, owner_type, owner_id):
        return []
    with_words = _may_write(call, owner_type, owner_id)
    events = call.store.calendar.between(owner_type, [owner_id], first, last, call.zone)
    return [event_object(call, event, with_words=with_words) for event in events]


@classic("calendar.accessibility.get", scope="calendar", writes=False, long=True)
def accessibility_get(call: Call, fields: Fields) -> dict[str, list[dict[str, Any]]]:
    """Return when each of the users is busy or away. Source: calendar-accessibility-get.

    Rule (observed): every user that was asked for has a key (test_calendar_accessibility).
    Rule (assumed): both days count, and of people the caller may not know there is nothing.

    Raises:
        BusinessError: a required parameter is missing, or a value cannot be.
    """
    _require(fields, "calendar.accessibility.get", "users", "from", "to")
    users = _users(fields)
    first = _midnight("from", fields["FROM"]).date()
    last = _midnight("to", fields["TO"]).date()
    known = call.store.users.known_among(users, call.actor)
    events = call.store.calendar.between(USER, sorted(known), first, last, call.zone)
    owners = {event.owner_id for event in events}
    with_words = {owner for owner in owners if _may_write(call, USER, owner)}
    found: dict[str, list[dict[str, Any]]] = {str(user): [] for user in users}
    for event in events:
        found[str(event.owner_id)].append(
            event_object(call, event, with_words=event.owner_id in with_words)
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
        BusinessError: `settings` is missing, or a value cannot be.
    """
    if not call.actor.is_admin:
        raise CalendarDenied
    if not settings:
        raise _missing("settings", "calendar.settings.set")
    changed = _changed_settings(call.store.calendar.settings(), settings)
    call.store.calendar.set_settings(changed)
    return True


def event_object(call: Call, event: Event, *, with_words: bool) -> dict[str, Any]:
    """Return an event as the wire has it, all texts; without its words for strangers."""
    return {
        "ID": str(event.id),
        "NAME": event.name if with_words else "",
        "DESCRIPTION": event.description if with_words else "",
        "DATE_FROM": _shown(call, event, event.start),
        "DATE_TO": _shown(call, event, event.end),
        "DT_SKIP_TIME": "Y" if event.whole_days else "N",
        "ACCESSIBILITY": event.accessibility,
        "CAL_TYPE": event.owner_type,
        "OWNER_ID": str(event.owner_id),
        "CREATED_BY": str(event.created_by),
        "DATE_CREATE": call.wire_time(event.created),
        "TIMESTAMP_X": call.wire_time(event.changed),
    }


def _shown(call: Call, event: Event, moment: datetime) -> str:
    return moment.date().isoformat() if event.whole_days else call.wire_time(moment)


def _require(fields: Mapping[str, Any], method: str, *names: str) -> None:
    for name in names:
        if fields.get(name.upper()) in (None, "", [], {}):
            raise _missing(name, method)


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


def _users(fields: Mapping[str, Any]) -> list[int]:
    sent = as_list(fields["USERS"])
    if sent is None:
        raise _invalid("users")
    return list(dict.fromkeys(user for item in sent if (user := as_integer(item))))


def _day(fields: Mapping[str, Any], name: str) -> date | None:
    """Return the day that was sent, or None; of a date with a time, its date as written."""
    sent = fields.get(name.upper())
    if sent in (None, ""):
        return None
    return _midnight(name, sent).date()


def _midnight(name: str, sent: object) -> datetime:
    """Return midnight UTC of the day that a text names, whatever time and offset follow."""
    midnight = as_instant(as_date(sent))
    if midnight is None:
        raise _invalid(name)
    return midnight


def _changed(call: Call, event: Event, fields: Mapping[str, Any]) -> Event:
    """Return the event with what was sent."""
    accessibility = fields.get("ACCESSIBILITY") or event.accessibility
    if accessibility not in ACCESSIBILITIES:
        raise _invalid("accessibility")
    name = as_scalar_text(fields.get("NAME") or event.name)
    if not name:
        raise _invalid("name")
    description = as_scalar_text(fields.get("DESCRIPTION"))
    whole_days = _is_whole_days(event, fields)
    start = _moment(call, event, whole_days, fields, "from")
    end = _moment(call, event, whole_days, fields, "to")
    if end < start:
        raise _invalid("to")
    return replace(
        event,
        name=name,
        description=event.description if description is None else description,
        accessibility=accessibility,
        whole_days=whole_days,
        start=start,
        end=end,
        changed=call.now,
    )


def _is_whole_days(event: Event, fields: Mapping[str, Any]) -> bool:
    """Tell whether only the dates of the event count.

    Rule (documented): `skip_time`. calendar-event-add.
    Rule (assumed): where it is not sent, two dates without times say it as well.
    """
    sent = as_flag(fields.get("SKIP_TIME"))
    if sent is not None:
        return sent
    return event.whole_days or (_is_date(fields.get("FROM")) and _is_date(fields.get("TO")))


def _is_date(sent: object) -> bool:
    return isinstance(sent, str) and as_date(sent) == sent.strip()


def _moment(
    call: Call, event: Event, whole_days: bool, fields: Mapping[str, Any], name: str
) -> datetime:
    """Return when the event begins (`from`) or ends (`to`): as sent, or as it was.

    Rule (observed): "a date-only end means until the end of that day" (flows.md 2.10).
    Rule (assumed): a text without an offset is in `timezone_from` or `timezone_to`, or in the
    portal's zone; what was not sent keeps its date when whole days become hours, or hours days.
    """
    sent = fields.get(name.upper())
    if sent in (None, ""):
        kept = event.start if name == "from" else event.end
        if whole_days == event.whole_days:
            return kept
        sent = _shown(call, event, kept)
    if whole_days:
        return _midnight(name, sent)
    instant = as_instant(sent, _zone(call, fields, f"timezone_{name}"))
    if instant is None:
        raise _invalid(name)
    return instant + timedelta(days=1) if name == "to" and _is_date(sent) else instant


def _zone(call: Call, fields: Mapping[str, Any], name: str) -> tzinfo:
    sent = fields.get(name.upper())
    if sent in (None, ""):
        return call.zone
    if not isinstance(sent, str) or not is_time_zone(sent):
        raise _invalid(name)
    return ZoneInfo(sent)


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
    if owner_type == GROUP and call.store.groups.find(owner_id) is None:
        raise _invalid("ownerId")


def _may_write(call: Call, owner_type: str, owner_id: int) -> bool:
    """Tell whether the caller may write in a calendar.

    Rule (assumed): one's own, a department's head the calendars of its people, an administrator
    every calendar; a group's is its members'.
    """
    if call.actor.is_admin:
        return True
    if owner_type == GROUP:
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


def _may_know(call: Call, owner_type: str, owner_id: int) -> bool:
    """Tell whether the caller may know of the person or the group whose calendar it is."""
    if owner_type == USER:
        return owner_id in call.store.users.known_among([owner_id], call.actor)
    if owner_type == GROUP:
        group = call.store.groups.find(owner_id)
        role = call.store.groups.role(owner_id, call.actor.user_id)
        return group is not None and can_see_group(call.actor, group, role)
    return can_see_everybody(call.actor)


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
        if days is None or not all(day in WEEK_DAYS for day in days):
            raise _invalid("week_holidays")
        settings = replace(settings, week_holidays=in_week_order(set(days)))
    if "week_start" in fields:
        if fields["week_start"] not in WEEK_DAYS:
            raise _invalid("week_start")
        settings = replace(settings, week_start=fields["week_start"])
    for name in ("year_holidays", "year_workdays"):
        if name in fields:
            # A lone "1.10" of JSON could be the number 1.1: only texts are days.
            days_text = as_text(fields[name])
            if days_text is None:
                raise _invalid(name)
            settings = replace(settings, **{name: format_days(parse_days(days_text))})
    return settings
