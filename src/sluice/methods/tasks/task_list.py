"""What a task list is asked for: the documented filters, and meta statuses. flows.md 5.6."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sluice.domain.access import with_descendants
from sluice.domain.task import ALMOST_OVERDUE_SECONDS, MetaStatus
from sluice.rest.call import Call
from sluice.rest.listing import OPERATORS, bare_name, read_filter
from sluice.rest.wire_types import as_flag, as_integer, as_list
from sluice.store.task_pages import LISTED, AnyStatus, Reader, Wanted

# Where 0 asks for tasks that have none (rule assumed: clients write "no flow" so).
_REFERENCES = frozenset(
    (
        "PARENT_ID",
        "FLOW_ID",
        "FLOW",
        "FORKED_BY_TEMPLATE_ID",
        "CLOSED_BY",
        "STATUS_CHANGED_BY",
        "FORUM_TOPIC_ID",
        "SPRINT_ID",
        "BACKLOG_ID",
    )
)


def read_task_filter(call: Call, raw: Mapping[str, Any]) -> Wanted:
    """Return what a filter asks for. Field names count in any case.

    Raises:
        ArgumentError: a field or an operator is unknown.
    """
    plain: dict[str, Any] = {}
    statuses: list[AnyStatus] = []
    roots_only = False
    for key, value in raw.items():
        bare = bare_name(key)
        name, operator = bare.upper(), OPERATORS.get(key.removesuffix(bare))
        if name == "ONLY_ROOT_TASKS":
            roots_only = as_flag(value) is True
        elif name == "STATUS" and operator in _ANY and (meta := _with_meta(value)):
            statuses.append(AnyStatus(meta, denied=operator in ("!=", "not in")))
        elif name in _REFERENCES and operator in ("=", "!=") and as_integer(value) == 0:
            plain[key] = None
        else:
            plain[key] = value
    return Wanted(
        conditions=read_filter(plain, LISTED, call.zone),
        statuses=statuses,
        roots_only=roots_only,
        now=call.now,
        soon=call.now + timedelta(seconds=ALMOST_OVERDUE_SECONDS),
    )


_ANY = ("=", "in", "!=", "not in")


def _with_meta(value: object) -> frozenset[int]:
    """Return the statuses that are named, if a meta status is among them."""
    items = as_list(value)
    named = [as_integer(item) for item in ([value] if items is None else items)]
    statuses = frozenset(number for number in named if number is not None)
    return statuses if any(meta in statuses for meta in MetaStatus) else frozenset()


def reader(call: Call) -> Reader:
    """Return who reads the list, with the departments whose people the caller is superior of."""
    headed = call.store.departments.headed_by(call.actor.user_id)
    below: set[int] = set()
    if headed and not call.actor.is_admin:
        parents = call.store.departments.parents()
        below = {department for head in headed for department in with_descendants(head, parents)}
    return Reader(call.actor, tuple(sorted(below)))
