"""A flow as the wire shows it. Source: flows.md 2.1, 2.3, 3.8."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from sluice.domain.access import USER
from sluice.domain.flow import Flow
from sluice.rest.call import Call
from sluice.rest.params import camel


class FlowObject(Struct, frozen=True, rename="camel"):
    """A flow as the wire has it: these keys, in this order (flows.md 2.1)."""

    id: int
    creator_id: int
    owner_id: int
    group_id: int
    template_id: int
    efficiency: int
    active: bool
    planned_completion_time: int
    activity: str
    name: str
    description: str
    distribution_type: str
    responsible_list: list[list[str]]
    demo: bool
    responsible_can_change_deadline: bool
    match_work_time: bool
    task_control: bool
    notify_at_half_time: bool
    notify_on_queue_overflow: int | None
    notify_on_tasks_in_progress_overflow: int | None
    notify_when_efficiency_decreases: int | None
    task_creators: list[list[str]]
    team: list[list[str]]
    trial_feature_enabled: bool


def flow_object(call: Call, flow: Flow, *, trial_begins: bool = False) -> FlowObject:
    """Return a flow as `create`, `update` and `get` answer it.

    Args:
        trial_begins: this call has begun a trial of flows.
    """
    responsible_list = [member.pair for member in flow.responsible_list]
    return FlowObject(
        id=flow.id,
        creator_id=flow.creator_id,
        owner_id=flow.owner_id,
        group_id=flow.group_id,
        template_id=flow.template_id,
        efficiency=flow.efficiency,
        active=flow.active,
        planned_completion_time=flow.planned_completion_seconds,
        activity=call.wire_time(flow.activity),
        name=flow.name,
        description=flow.description,
        distribution_type=flow.distribution_type,
        responsible_list=responsible_list,
        demo=flow.demo,
        responsible_can_change_deadline=flow.responsible_can_change_deadline,
        match_work_time=flow.match_work_time,
        task_control=flow.task_control,
        notify_at_half_time=flow.notify_at_half_time,
        notify_on_queue_overflow=flow.notify_on_queue_overflow,
        notify_on_tasks_in_progress_overflow=flow.notify_on_tasks_in_progress_overflow,
        notify_when_efficiency_decreases=flow.notify_when_efficiency_decreases,
        task_creators=[member.pair for member in flow.task_creators],
        team=responsible_list if flow.moderator_id is None else _group_team(call, flow),
        trial_feature_enabled=trial_begins,
    )


def _group_team(call: Call, flow: Flow) -> list[list[str]]:
    """Return the team of a manual flow: its group without the moderator (flows.md 2.3)."""
    members = call.store.groups.members(flow.group_id)
    return [[USER, str(user)] for user, _ in members if user != flow.moderator_id]


def flow_row(call: Call, flow: Flow, fields: list[str]) -> dict[str, Any]:
    """Return the selected fields of a flow, one of `LISTED` each, under their wire names."""
    values: dict[str, Any] = {
        "ID": flow.id,
        "CREATOR_ID": flow.creator_id,
        "OWNER_ID": flow.owner_id,
        "GROUP_ID": flow.group_id,
        "TEMPLATE_ID": flow.template_id,
        "EFFICIENCY": flow.efficiency,
        "ACTIVE": flow.active,
        "PLANNED_COMPLETION_TIME": flow.planned_completion_seconds,
        "ACTIVITY": call.wire_time(flow.activity),
        "NAME": flow.name,
        "DESCRIPTION": flow.description,
        "DISTRIBUTION_TYPE": flow.distribution_type,
        "DEMO": flow.demo,
    }
    return {camel(field.lower()): values[field] for field in fields}
