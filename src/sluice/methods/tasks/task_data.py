"""What the wire may set of a task: `fields` read into typed changes. flows.md 5.3, 5.4."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any

from sluice.domain.task import Status
from sluice.domain.text import name_key
from sluice.errors import CoreError
from sluice.rest.wire_types import (
    as_flag,
    as_instant,
    as_integer,
    as_list,
    as_scalar_text,
    as_truth,
)

Changes = dict[str, Any]

_TEXTS = {"TITLE": "title", "DESCRIPTION": "description", "SITE_ID": "site_id"}
_NUMBERS = {
    "RESPONSIBLE_ID": "responsible_id",
    "CREATED_BY": "created_by",
    "GROUP_ID": "group_id",
    "STAGE_ID": "stage_id",
    "PRIORITY": "priority",
    "TIME_ESTIMATE": "time_estimate_seconds",
}
# 0 and nothing both mean "none" here.
_REFERENCES = {
    "PARENT_ID": "parent_id",
    "FLOW_ID": "flow_id",
    "FORKED_BY_TEMPLATE_ID": "forked_by_template_id",
    "DURATION_PLAN": "duration_plan",
}
_FLAGS = {
    "ALLOW_CHANGE_DEADLINE": "allow_change_deadline",
    "ALLOW_TIME_TRACKING": "allow_time_tracking",
    "TASK_CONTROL": "task_control",
    "ADD_IN_REPORT": "add_in_report",
    "MATCH_WORK_TIME": "match_work_time",
    "MULTITASK": "multitask",
    "REPLICATE": "replicate",
}
_INSTANTS = {
    "DEADLINE": "deadline",
    "START_DATE_PLAN": "plan_start",
    "END_DATE_PLAN": "plan_end",
}
_PEOPLE = {"ACCOMPLICES": "accomplices", "AUDITORS": "auditors"}
_DURATION_TYPES = ("secs", "mins", "hours", "days", "weeks", "months", "years")
LARGEST_ESTIMATE_SECONDS = 2**31 - 1


def read_fields(fields: Mapping[str, Any], zone: tzinfo) -> Changes:
    """Return the changes that were sent, typed and under their Python names.

    Names count in any case; unknown ones are ignored, and so is a value of another kind.

    Raises:
        CoreError: a value is of the right kind and still cannot be.
    """
    sent = {name.upper(): value for name, value in fields.items()}
    changes: Changes = {}
    _take(changes, sent, _TEXTS, as_scalar_text)
    _take(changes, sent, _NUMBERS, as_integer)
    _take(changes, sent, _FLAGS, as_flag)
    for wire, name in _REFERENCES.items():
        if wire in sent:
            changes[name] = as_integer(sent[wire]) or None
    for wire, name in _INSTANTS.items():
        if wire in sent:
            changes[name] = _instant(wire, sent[wire], zone)
    for wire, name in _PEOPLE.items():
        if wire in sent and (people := as_list(sent[wire] or [])) is not None:
            changes[name] = tuple(sorted({user for item in people if (user := as_integer(item))}))
    if "TAGS" in sent:
        changes["tags"] = _tags(sent["TAGS"])
    if "MARK" in sent:
        changes["mark"] = sent["MARK"] if sent["MARK"] in ("N", "P") else None
    if "XML_ID" in sent:
        changes["xml_id"] = as_scalar_text(sent["XML_ID"]) or None
    if as_scalar_text(sent.get("DURATION_TYPE")) in _DURATION_TYPES:
        changes["duration_type"] = sent["DURATION_TYPE"]
    if (status := as_integer(sent.get("STATUS"))) is not None:
        changes["status"] = _status(status)
    _check(changes)
    return changes


def _take(
    changes: Changes,
    sent: Mapping[str, Any],
    names: Mapping[str, str],
    read: Callable[[object], Any],
) -> None:
    for wire, name in names.items():
        if (value := read(sent.get(wire))) is not None:
            changes[name] = value


def _instant(wire: str, value: object, zone: tzinfo) -> Any:
    if not as_truth(value):
        return None
    instant = as_instant(value, zone)
    if instant is None:
        raise CoreError(f"Incorrect date in {wire}<br>")
    return instant


def _tags(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split(",")
    titles = [(as_scalar_text(item) or "").strip() for item in as_list(value) or []]
    by_name = {name_key(title): title for title in titles if title}
    return tuple(by_name[key] for key in sorted(by_name))


def _status(number: int) -> Status:
    # Quirk: 1, "new", is pending under another name (flows.md 2.9).
    number = Status.PENDING if number == 1 else number
    if number not in set(Status):
        raise CoreError("Incorrect status<br>")
    return Status(number)


def _check(changes: Changes) -> None:
    if "title" in changes and not changes["title"].strip():
        raise CoreError("Title not specified<br>")
    if not 0 <= changes.get("priority", 1) <= 2:
        raise CoreError("Incorrect priority<br>")
    if not 0 <= changes.get("time_estimate_seconds", 0) <= LARGEST_ESTIMATE_SECONDS:
        raise CoreError("The planned duration is too long<br>")
    start, end = changes.get("plan_start"), changes.get("plan_end")
    if start is not None and end is not None and end < start:
        raise CoreError("The end date is earlier than the start date<br>")
