"""What a task list is asked for: the documented filters, and meta statuses. flows.md 5.6."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sluice.domain.access import with_descendants
from sluice.domain.task import ALMOST_OVERDUE_SECONDS, MetaStatus
from sluice.rest.call import Call
from sluice.rest.listing import read_filter
from sluice.rest.wire_types import as_flag, as_integer, as_list
from sluice.store.task_pages import LISTED, Reader, Wanted


def read_task_filter(call: Call, raw: Mapping[str, Any]) -> Wanted:
    """Return what a filter asks for. Field names count in any case.

    Raises:
        ArgumentError: a field or an operator is unknown.
    """
    plain: dict[str, Any] = {}
    statuses: tuple[int, ...] = ()
    roots_only = False
    for key, value in raw.items():
        name = key.upper()
        if name == "ONLY_ROOT_TASKS":
            roots_only = as_flag(value) is True
        elif name in ("STATUS", "=STATUS", "@STATUS") and _names_meta(value):
            statuses = tuple(number for item in _items(value) if (number := as_integer(item)))
        else:
            plain[key] = value
    return Wanted(
        conditions=read_filter(plain, LISTED, call.zone),
        statuses=statuses,
        roots_only=roots_only,
        now=call.now,
        soon=call.now + timedelta(seconds=ALMOST_OVERDUE_SECONDS),
    )


def _names_meta(value: object) -> bool:
    return any(as_integer(item) in set(MetaStatus) for item in _items(value))


def _items(value: object) -> list[Any]:
    items = as_list(value)
    return [value] if items is None else items


def reader(call: Call) -> Reader:
    """Return who reads the list, with the departments whose people the caller is superior of."""
    headed = call.store.departments.headed_by(call.actor.user_id)
    below: set[int] = set()
    if headed and not call.actor.is_admin:
        parents = call.store.departments.parents()
        below = {department for head in headed for department in with_descendants(head, parents)}
    return Reader(call.actor, tuple(sorted(below)))
