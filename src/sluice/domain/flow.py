"""What a valid flow is, and how a flow changes.

Source: flows.md 2.1, 3.0, 3.1, 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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

# What a client may set, under the names the wire knows it by, in the order of flows.md 2.1.
SETTINGS: Mapping[str, str] = {
    "owner_id": "ownerId",
    "group_id": "groupId",
    "template_id": "templateId",
    "planned_completion_seconds": "plannedCompletionTime",
    "name": "name",
    "description": "description",
    "distribution_type": "distributionType",
    "responsible_list": "responsibleList",
    "responsible_can_change_deadline": "responsibleCanChangeDeadline",
    "match_work_time": "matchWorkTime",
    "task_control": "taskControl",
    "notify_at_half_time": "notifyAtHalfTime",
    "notify_on_queue_overflow": "notifyOnQueueOverflow",
    "notify_on_tasks_in_progress_overflow": "notifyOnTasksInProgressOverflow",
    "notify_when_efficiency_decreases": "notifyWhenEfficiencyDecreases",
    "task_creators": "taskCreators",
}

# The settings a new flow cannot be without.
REQUIRED = ("planned_completion_seconds", "name", "distribution_type", "responsible_list")


def created(settings: Mapping[str, Any], *, creator_id: int, now: datetime) -> Flow:
    """Return a new flow, not stored yet (id 0), with defaults for what `settings` leaves out."""
    return _with_one_moderator(
        Flow(
            id=0,
            creator_id=creator_id,
            efficiency=100,
            active=True,
            activity=now,
            demo=False,
            **{"owner_id": creator_id, **DEFAULTS, **settings},
        )
    )


def changed(flow: Flow, changes: Mapping[str, Any]) -> Flow:
    """Return the flow with the given settings; what is left out keeps its value.

    Rule (assumed): a flow that stops being `manually` without a new list has its moderator alone
    as its team (flows.md 3.2). The stored list of a manual flow says just that.
    """
    return _with_one_moderator(replace(flow, **changes))


def _with_one_moderator(flow: Flow) -> Flow:
    """Keep only the moderator in the list of a manual flow (flows.md 3.1 step 5, assumed)."""
    if flow.distribution_type != Distribution.MANUALLY:
        return flow
    return replace(flow, responsible_list=flow.responsible_list[:1])


def check(changes: Mapping[str, Any], flow: Flow | None = None) -> None:
    """Refuse the first field, in wire order, whose value cannot be.

    Source: flows.md 3.0, "Validation texts": rows 2 to 13 of the field table, then 19 to 22.
    Whether what a field names exists is not known here.

    Args:
        changes: settings by their Python names. A required one may be None, an unknown
            distribution is a plain text, a member that names nothing is None.
        flow: the flow to change; None for a new one, which needs every required field.

    Raises:
        PropertyNull, FieldTooSmall, FieldTooLarge, NameLengthInvalid, FieldInvalid, FieldEmpty
    """
    complete = flow is None
    _check_number(changes, "group_id", 0)
    _check_number(changes, "template_id", 0)
    _check_required(changes, "planned_completion_seconds", complete)
    _check_number(
        changes, "planned_completion_seconds", MINIMUM_PLANNED_SECONDS, MAXIMUM_PLANNED_SECONDS
    )
    _check_required(changes, "name", complete)
    if "name" in changes and not 1 <= len(changes["name"]) <= MAXIMUM_NAME_LENGTH:
        raise NameLengthInvalid
    _check_required(changes, "distribution_type", complete)
    distribution = changes.get("distribution_type", flow and flow.distribution_type)
    if not isinstance(distribution, Distribution):
        raise FieldInvalid("distributionType")
    _check_required(changes, "responsible_list", complete)
    if "responsible_list" in changes:
        _check_team(changes["responsible_list"], distribution)
    _check_number(changes, "notify_on_queue_overflow", 0, MAXIMUM_ALERT_COUNT)
    _check_number(changes, "notify_on_tasks_in_progress_overflow", 0, MAXIMUM_ALERT_COUNT)
    _check_number(changes, "notify_when_efficiency_decreases", 0, MAXIMUM_PERCENT)
    if None in changes.get("task_creators", ()):
        raise FieldInvalid("taskCreators")


def _check_required(changes: Mapping[str, Any], setting: str, complete: bool) -> None:
    if changes.get(setting) is None and (complete or setting in changes):
        raise PropertyNull(SETTINGS[setting])


def _check_number(
    changes: Mapping[str, Any], setting: str, minimum: int, maximum: int | None = None
) -> None:
    value = changes.get(setting)
    if value is not None and value < minimum:
        raise FieldTooSmall(SETTINGS[setting], minimum)
    if value is not None and maximum is not None and value > maximum:
        raise FieldTooLarge(SETTINGS[setting], maximum)


def _check_team(team: Sequence[Member | None], distribution: Distribution) -> None:
    if not team:
        raise FieldEmpty("responsibleList")
    # Rule (assumed): everybody is not a sensible team (flows.md 2.2).
    if any(member is None or member.kind == META_USER for member in team):
        raise FieldInvalid("responsibleList")
    # Rule (assumed): where the moderator must stand, the product says `Unknown error`; naming
    # the field is clearer (flows.md 3.1 step 5).
    if distribution == Distribution.MANUALLY and team[0] and team[0].kind != USER:
        raise FieldInvalid("responsibleList")
