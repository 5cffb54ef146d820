"""People leave: what becomes of the flows that count on them. flows.md 6.6, 6.7."""

from __future__ import annotations

from msgspec.structs import replace

from sluice.domain.access import DEPARTMENT, USER, Member
from sluice.domain.distribution import staffed
from sluice.domain.flow import Flow
from sluice.methods.tasks.flow_watch import people_of_flow, tell_of_switch
from sluice.methods.tasks.notifications import Moment
from sluice.methods.tasks.team import people_of
from sluice.store.jobs import JobKind


def plan_look(at: Moment) -> None:
    """Let the flows be looked at shortly: somebody was dismissed, or a department removed.

    Rule (observed): this is "handled in the background shortly after".
    """
    at.store.jobs.plan(JobKind.PEOPLE_LEFT, 0, at.now)


def people_left(at: Moment) -> None:
    """Give every flow whose people are gone to its owner, and drop what is there no more.

    Rule (assumed): a list keeps its departments, since they are expanded anew for each task.
    """
    for flow_id in at.store.flows.all_ids():
        flow = at.store.flows.find(flow_id)
        if flow is not None and flow.responsible_list:
            _look(at, flow)


def _look(at: Moment, flow: Flow) -> None:
    remaining = _without_the_gone(at, flow)
    team = tuple(people_of(at.store, remaining.responsible_list))
    # Absence matters to tasks alone: nobody is away here (flows.md 6.6).
    people = replace(people_of_flow(at, remaining, team), away=frozenset())
    staffed_flow, reason = staffed(remaining, people)
    if staffed_flow != flow:
        at.store.flows.save(staffed_flow)
    if reason is not None:
        tell_of_switch(at, staffed_flow, reason)


def _without_the_gone(at: Moment, flow: Flow) -> Flow:
    return replace(
        flow,
        responsible_list=tuple(m for m in flow.responsible_list if _is_there(at, m)),
        task_creators=tuple(m for m in flow.task_creators if _is_there(at, m)),
    )


def _is_there(at: Moment, member: Member) -> bool:
    if member.kind == DEPARTMENT:
        return at.store.departments.find(member.id) is not None
    return member.kind != USER or at.store.users.find(member.id) is not None
