"""A task enters a flow: what the flow fills in and overrides. flows.md 5.3, 5.4, 6, 7."""

from __future__ import annotations

from datetime import tzinfo
from zoneinfo import ZoneInfo

from sluice.domain.deadline import deadline
from sluice.domain.distribution import distributed
from sluice.domain.flow import Flow
from sluice.domain.permission import can_add_tasks
from sluice.domain.task import Status, Task
from sluice.errors import INTERNAL, NOT_ALLOWED, CoreError, TaskActionDenied
from sluice.methods.tasks.flow_plan import has_flows
from sluice.methods.tasks.flow_watch import people_of_flow, tell_of_switch
from sluice.methods.tasks.task_data import Changes
from sluice.methods.tasks.team import people_of
from sluice.rest.call import Call

_NOT_FOUND = "Flow not found<br>"


def wanted(call: Call, changes: Changes) -> Flow | None:
    """Return the flow that the changes name; None when they name none.

    Rule (observed): an inactive flow takes no task; its FLOW_ID is dropped without a word, and
    the rest is an ordinary task's. flows.md 5.3 step 4, 13.1 row 17.

    Raises:
        CoreError: there is no such flow.
    """
    if not changes.get("flow_id"):
        return None
    if not has_flows(call):  # Rule (assumed): as if the flow were switched off
        del changes["flow_id"]
        return None
    flow = call.store.flows.find(changes["flow_id"])
    if flow is None:
        raise CoreError(_NOT_FOUND)
    if not flow.active:
        del changes["flow_id"]
        return None
    return flow


def check_may_add(call: Call, flow: Flow) -> None:
    """Refuse who may not add tasks to the flow.

    Raises:
        TaskActionDenied: the words are assumed (flows.md 5.3 step 5, 13.2 question 5).
    """
    if not can_add_tasks(call.actor, flow):
        raise TaskActionDenied(NOT_ALLOWED + INTERNAL)


def entering(call: Call, flow: Flow, created_by: int) -> Changes:
    """Return what the flow sets of a task that enters it now, and move the flow's turn.

    Rule (observed): responsible, deadline, group and three flags, whatever the caller sent.
    flows.md 5.3 step 6.
    """
    responsible_id = _next_responsible(call, flow, created_by)
    return _settings(call, flow, responsible_id)


def moving(call: Call, flow: Flow, task: Task, changes: Changes) -> Changes:
    """Return what the flow sets of a task that comes from elsewhere.

    Rule (observed): a pending task is dealt out anew; any other keeps its responsible person, or
    the one that was sent. flows.md 6.9.
    """
    if task.status == Status.PENDING:
        return entering(call, flow, changes.get("created_by", task.created_by))
    return _settings(call, flow, changes.get("responsible_id", task.responsible_id))


def _next_responsible(call: Call, flow: Flow, created_by: int) -> int:
    """Return who gets the task; a flow without people is given to its owner (flows.md 6.7)."""
    store = call.store
    people = people_of_flow(call, flow, tuple(people_of(store, flow.responsible_list)))
    queue = store.flows.queue(flow.id)
    assignment = distributed(flow, people, queue, creator_id=created_by)
    if assignment.flow != flow:
        store.flows.save(assignment.flow)
    if assignment.reason is not None:
        tell_of_switch(call, assignment.flow, assignment.reason)
    if assignment.queue != queue:
        store.flows.set_queue(flow.id, assignment.queue)
    return assignment.responsible_id


def _settings(call: Call, flow: Flow, responsible_id: int) -> Changes:
    return {
        "responsible_id": responsible_id,
        "deadline": deadline(
            call.now,
            flow.planned_completion_seconds,
            zone=_zone_of(call, responsible_id),
            calendar=call.store.calendar.work_calendar(),
            match_work_time=flow.match_work_time,
        ),
        "group_id": flow.group_id,
        "match_work_time": flow.match_work_time,
        "task_control": flow.task_control,
        "allow_change_deadline": flow.responsible_can_change_deadline,
    }


def _zone_of(call: Call, user_id: int) -> tzinfo:
    name = call.store.users.time_zone(user_id)
    return ZoneInfo(name) if name else call.zone
