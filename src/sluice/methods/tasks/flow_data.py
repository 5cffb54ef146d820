"""`flowData`: what a client sends to make or change a flow.

Source: flows.md 2.1, 2.2, 3.0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sluice.domain.access import Member, member_from_pair
from sluice.domain.flow import REQUIRED, SETTINGS, Distribution
from sluice.errors import FieldUnexpected
from sluice.rest.wire_types import as_flag, as_integer, as_list, as_text


def read_changes(flow_data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that were sent, typed and under their Python names.

    Rule (observed): unknown keys are ignored, and a value of a wrong kind is as if it had not
    been sent (flows.md 2.1). A required field sent as null stays null and is refused later.

    Raises:
        FieldUnexpected: a member list has no list's shape; this comes before any permission.
    """
    changes: dict[str, Any] = {}
    for setting in ("responsible_list", "task_creators"):
        sent = flow_data.get(SETTINGS[setting])
        if sent is not None:
            changes[setting] = read_members(SETTINGS[setting], sent)
    for setting, read in _READERS.items():
        value = read(flow_data.get(SETTINGS[setting]))
        if value is not None:
            changes[setting] = value
    for setting in _ALERTS:
        threshold = _threshold(flow_data.get(SETTINGS[setting], _ABSENT))
        if threshold is not None:
            changes[setting] = threshold or None
    for setting in REQUIRED:
        if flow_data.get(SETTINGS[setting], _ABSENT) is None:
            changes[setting] = None
    return changes


def read_members(field: str, value: object) -> tuple[Member | None, ...]:
    """Return a member list, each once; None stands for an entry that names nothing.

    Both `["user", "3"]` and `{"user": "3"}` are understood (flows.md 2.2).

    Raises:
        FieldUnexpected: the value is no list of pairs.
    """
    entries = as_list(value)
    if entries is None:
        raise FieldUnexpected(field)
    return tuple(dict.fromkeys(_member(field, entry) for entry in entries))


def _member(field: str, entry: object) -> Member | None:
    pair = as_list(entry)
    if pair is None and isinstance(entry, dict) and len(entry) == 1:
        pair = list(*entry.items())
    if pair is None or len(pair) != 2:
        raise FieldUnexpected(field)
    return member_from_pair(*pair)


def _owner(sent: object) -> int | None:
    """Rule (assumed): an owner of 0 or less is as if not sent (flows.md 3.1 step 3)."""
    number = as_integer(sent)
    return number if number is not None and number > 0 else None


def _group(sent: object) -> int | None:
    """Rule (assumed): a group of 0 is as if not sent (flows.md 3.1 step 6; settled 3)."""
    return as_integer(sent) or None


def _distribution(sent: object) -> str | None:
    """Return the way to distribute, or the text itself when there is none of this name."""
    text = as_text(sent)
    return Distribution(text) if text in set(Distribution) else text


def _threshold(sent: object) -> int | None:
    """Rule (observed): 0 and null both switch an alert off (flows.md 2.1); so does an empty text,
    as which some clients send null (rest-protocol.md 2.3)."""
    return 0 if sent is None or sent == "" else as_integer(sent)


_READERS: Mapping[str, Callable[[Any], object]] = {
    "owner_id": _owner,
    "group_id": _group,
    "template_id": as_integer,
    "planned_completion_seconds": as_integer,
    "name": as_text,
    "description": as_text,
    "distribution_type": _distribution,
    "responsible_can_change_deadline": as_flag,
    "match_work_time": as_flag,
    "task_control": as_flag,
    "notify_at_half_time": as_flag,
}
_ALERTS = (
    "notify_on_queue_overflow",
    "notify_on_tasks_in_progress_overflow",
    "notify_when_efficiency_decreases",
)
_ABSENT = object()  # no wire value; every reader takes it for one of a wrong kind
