"""What clients send to calendar methods, and how these refuse. flows.md 2.10, 11.7."""

from __future__ import annotations

from typing import Any

from tests.portals import Person

DENIED = (400, "0", "Access denied")
NOT_FOUND = (400, "0", "Event not found")


def missing(name: str, method: str) -> tuple[int, str, str]:
    """Return how a call without a required parameter is refused."""
    return 400, "0", f'The required parameter "{name}" for the method "{method}" is not set'


def invalid(name: str) -> tuple[int, str, str]:
    """Return how a value that cannot be is refused."""
    return 400, "0", f'The parameter "{name}" has an invalid value'


def event_data(owner: Person, **fields: Any) -> dict[str, Any]:
    """Return what `calendar.event.add` needs: a day away, on Wednesday 14 January 2026."""
    return {
        "type": "user",
        "ownerId": owner.id,
        "name": "Dentist",
        "from": "2026-01-14",
        "to": "2026-01-14",
        "skip_time": "Y",
        "accessibility": "absent",
        **fields,
    }


def add_event(owner: Person, **fields: Any) -> int:
    """Let somebody write an event into their own calendar and return its id."""
    result = owner.call("calendar.event.add", **event_data(owner, **fields)).result
    assert isinstance(result, int)
    return result


def events_of(caller: Person, owner: Person, **fields: Any) -> list[dict[str, Any]]:
    """Return the events of somebody's calendar as the caller sees them."""
    sent = {"type": "user", "ownerId": owner.id, "from": "2026-01-01", "to": "2026-02-28", **fields}
    found: list[dict[str, Any]] = caller.call("calendar.event.get", **sent).result
    return found


def when(owner: Person) -> tuple[str, str, str]:
    """Return the beginning and the end of somebody's only event, and whether it is whole days."""
    [event] = events_of(owner, owner)
    return event["DATE_FROM"], event["DATE_TO"], event["DT_SKIP_TIME"]
