"""What a valid flow is, and how a flow changes.

Source: flows.md 2.1, 3.0, 3.1, 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from sluice.domain.access import META_USER, USER, Member
from sluice.errors import (
    FieldEmpty,
    FieldInvalid,
    FieldTooLarge,
    FieldTooSmall,
    NameLengthInvalid,
    PropertyNull,
)

MINIMUM_PLANNED_SECONDS = 3600
MAXIMUM_PLANNED_SECONDS = 2_145_398_400
MAXIMUM_NAME_LENGTH = 255
MAXIMUM_ALERT_COUNT = 99_999
MAXIMUM_PERCENT = 100
MAXIMUM_ID = 2**63 - 1


class Distribution(StrEnum):
    """How a flow finds the person for a task."""

    MANUALLY = "manually"
    QUEUE = "queue"
    HIMSELF = "himself"


class Flow(Struct, frozen=True):
    """A named intake that deals tasks out to people. The fields are those of flows.md 2.1."""

    id: int
    creator_id: int
    owner_id: int
    group_id: int
    template_id: int
    efficiency: int
    active: bool
    planned_completion_seconds: int
    activity: datetime
    name: str
    description: str
    distribution_type: Distribution
    responsible_list: tuple[Member, ...]
    demo: bool
    responsible_can_change_deadline: bool
    match_work_time: bool
    task_control: bool
    notify_at_half_time: bool
    notify_on_queue_overflow: int | None
    notify_on_tasks_in_progress_overflow: int | None
    notify_when_efficiency_decreases: int | None
    task_creators: tuple[Member, ...]

    @property
    def moderator_id(self) -> int | None:
        """The one who receives every task of a `manually` flow; None in other flows."""
        if self.distribution_type == Distribution.MANUALLY and self.responsible_list:
            return self.responsible_list[0].id
        return None

    def codes(self) -> Iterator[str]:
        """Yield the access codes of everybody the flow names: its member rows (flows.md 2.4)."""
        yield f"U{self.creator_id}"
        yield f"U{self.owner_id}"
        for member in self.responsible_list:
            yield member.code
        for member in self.task_creators:
            yield member.code


# What `create` assumes about a field that was not sent (flows.md 2.1).
DEFAULTS: Mapping[str, Any] = {
    "group_id": 0,
    "template_id": 0,
    "description": "",
    "responsible_can_change_deadline": False,
    "match_work_time": True,
    "task_control": False,
    "notify_at_half_time": False,
    "notify_on_queue_overflow": None,
    "notify_on_tasks_in_progress_overflow": None,
    "notify_when_efficiency_decreases": None,
    "task_creators": (),
}

# The fields `create` must be given, under the names the wire knows them by.
REQUIRED: Mapping[str, str] = {
    "planned_completion_seconds": "plannedCompletionTime",
    "name": "name",
    "distribution_type": "distributionType",
    "responsible_list": "responsibleList",
}


def created(changes: Mapping[str, Any], *, creator_id: int, now: datetime) -> Flow:
    """Return a new flow, not stored yet (id 0), with defaults for what `changes` leaves out."""
    return Flow(
        id=0,
        creator_id=creator_id,
        efficiency=100,
        active=True,
        activity=now,
        demo=False,
        **{"owner_id": creator_id, **DEFAULTS, **changes},
    )


def changed(flow: Flow, changes: Mapping[str, Any]) -> Flow:
    """Return the flow with the given settings; what is left out keeps its value.

    Rule (assumed): a flow that stops being `manually` without a list keeps its moderator alone.
    The stored list of a manual flow is just the moderator (flows.md 3.1 step 5), so it already
    says that; the way to `manually` is `with_moderator`.
    """
    return replace(flow, **changes)


def with_moderator(flow: Flow, moderator_id: int) -> Flow:
    """Return the flow with this user as the only entry of its list (flows.md 3.1 step 5)."""
    return replace(flow, responsible_list=(Member(USER, moderator_id),))


def check(changes: Mapping[str, Any], *, complete: bool) -> None:
    """Refuse the first field, in wire order, whose value cannot be.

    Source: flows.md 3.0, "Validation texts": rows 2 to 13 of the field table, then 19 to 22.

    Args:
        changes: settings by their Python names; a required one may be None.
        complete: whether every required field must be there (create), or may be left out (update).
    """
    for name, wire in (
        ("owner_id", "ownerId"),
        ("group_id", "groupId"),
        ("template_id", "templateId"),
    ):
        _check_number(changes, name, wire, 0, MAXIMUM_ID)
    _check_required(changes, "planned_completion_seconds", complete)
    _check_number(
        changes,
        "planned_completion_seconds",
        "plannedCompletionTime",
        MINIMUM_PLANNED_SECONDS,
        MAXIMUM_PLANNED_SECONDS,
    )
    _check_required(changes, "name", complete)
    if "name" in changes and not 1 <= len(changes["name"]) <= MAXIMUM_NAME_LENGTH:
        raise NameLengthInvalid
    _check_required(changes, "distribution_type", complete)
    if "distribution_type" in changes and changes["distribution_type"] not in set(Distribution):
        raise FieldInvalid("distributionType")
    _check_required(changes, "responsible_list", complete)
    _check_team(changes)
    _check_number(
        changes, "notify_on_queue_overflow", "notifyOnQueueOverflow", 0, MAXIMUM_ALERT_COUNT
    )
    _check_number(
        changes,
        "notify_on_tasks_in_progress_overflow",
        "notifyOnTasksInProgressOverflow",
        0,
        MAXIMUM_ALERT_COUNT,
    )
    _check_number(
        changes,
        "notify_when_efficiency_decreases",
        "notifyWhenEfficiencyDecreases",
        0,
        MAXIMUM_PERCENT,
    )
    if None in changes.get("task_creators", ()):
        raise FieldInvalid("taskCreators")


def check_moderator(flow: Flow) -> None:
    """Refuse a manual flow whose first listed member is not a single user.

    Rule (assumed): the product says `Unknown error`; naming the field is clearer (flows.md 3.1).
    """
    if flow.distribution_type == Distribution.MANUALLY and flow.responsible_list[0].kind != USER:
        raise FieldInvalid("responsibleList")


def _check_required(changes: Mapping[str, Any], name: str, complete: bool) -> None:
    missing = name not in changes
    if (missing and complete) or (not missing and changes[name] is None):
        raise PropertyNull(REQUIRED[name])


def _check_number(
    changes: Mapping[str, Any], name: str, wire: str, minimum: int, maximum: int
) -> None:
    value = changes.get(name)
    if value is not None and value < minimum:
        raise FieldTooSmall(wire, minimum)
    if value is not None and value > maximum:
        raise FieldTooLarge(wire, maximum)


def _check_team(changes: Mapping[str, Any]) -> None:
    if "responsible_list" not in changes:
        return
    team = changes["responsible_list"]
    if not team:
        raise FieldEmpty("responsibleList")
    # Rule (assumed): everybody is not a sensible team (flows.md 2.2).
    if any(member is None or member.kind == META_USER for member in team):
        raise FieldInvalid("responsibleList")
