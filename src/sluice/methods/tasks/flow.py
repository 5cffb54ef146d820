"""`tasks.flow.Flow.*`: flows made, changed, switched, pinned and listed.

Source: flows.md 2, 3, 4; rest-protocol.md 8.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from sluice.domain.access import DEPARTMENT, USER, Member, expanded
from sluice.domain.events import FLOW_ADDED, FLOW_DELETED, FLOW_UPDATED, flow_changed
from sluice.domain.flow import Distribution, Flow, changed, check, created
from sluice.domain.permission import can_create_flows, can_manage, can_read, team_is_group
from sluice.errors import (
    ArgumentError,
    FilterInvalid,
    FlowAccessDenied,
    FlowNameTaken,
    FlowNotFound,
    GroupDataInvalid,
    NameMissing,
    PrimaryMissing,
    SelectInvalid,
    SortFieldIncorrect,
)
from sluice.methods.tasks import flow_watch
from sluice.methods.tasks.flow_data import read_changes, read_members
from sluice.methods.tasks.flow_group import join_group, with_new_group
from sluice.methods.tasks.flow_object import FlowObject, flow_object, flow_row
from sluice.methods.tasks.flow_plan import begin_trial, check_plan
from sluice.methods.tasks.flow_references import check_may_use, check_references
from sluice.methods.tasks.team import people_of
from sluice.rest.call import Call
from sluice.rest.listing import Listed, listed, read_filter, read_order
from sluice.rest.method import method
from sluice.rest.wire_types import as_integer, as_text
from sluice.store.flows import LISTED


@method("tasks.flow.Flow.create", scope="task")
def create(call: Call, flow_data: dict[str, Any]) -> FlowObject:
    """Make a flow, and a group for it unless one is given.

    Source: tasks-flow-flow-create; flows.md 3.1.

    Raises:
        FlowAccessDenied: the caller is an extranet guest, or may not use the group or template.
        FlowNameTaken, FlowGroupNameTaken: the name is in use.
        BusinessError: a field's value cannot be, see flows.md 3.0.
    """
    changes = read_changes(flow_data)
    trial_begins = begin_trial(call)
    check_plan(call)
    if not can_create_flows(call.actor):
        raise FlowAccessDenied
    check_may_use(call, changes)
    check(changes)
    check_references(call.store, changes)
    flow = created(changes, creator_id=call.actor.user_id, now=call.now)
    if flow.group_id:
        join_group(call.store, flow)
    else:
        flow = with_new_group(call.store, flow, call.now)
    flow_id = call.store.flows.add(flow)
    if flow_id is None:
        raise FlowNameTaken
    _let_creators_read_template(call, flow)
    call.emit(flow_changed(FLOW_ADDED, flow_id))
    return flow_object(call, replace(flow, id=flow_id), trial_begins=trial_begins)


@method("tasks.flow.Flow.update", scope="task")
def update(call: Call, flow_data: dict[str, Any]) -> FlowObject:
    """Change what is sent of a flow, and leave the rest as it is.

    Source: tasks-flow-flow-update; flows.md 3.2; partial by FlowTest::testUpdate.

    Raises:
        PrimaryMissing: `id` was not sent.
        FlowAccessDenied: the caller neither created nor administers the flow, nor the portal.
        FlowNotFound: no flow has this id, and the caller may know it.
        BusinessError: a field's value cannot be, see flows.md 3.0.
    """
    changes = read_changes(flow_data)
    trial_begins = begin_trial(call)
    check_plan(call)
    flow = _flow_to_manage(call, flow_data)
    updated = _updated(call, flow, changes)
    call.store.flows.save(updated)
    flow_watch.settings_changed(call, flow, updated, list_sent="responsible_list" in changes)
    call.emit(flow_changed(FLOW_UPDATED, updated.id))
    return flow_object(call, updated, trial_begins=trial_begins)


@method("tasks.flow.Flow.get", scope="task", writes=False)
def get(call: Call, flow_id: int) -> FlowObject:
    """Return a flow.

    Source: tasks-flow-flow-get; flows.md 3.3.

    Raises:
        FlowAccessDenied: the caller is not of the flow's team and may not add tasks to it.
        FlowNotFound: no flow has this id, and the caller may know it.
    """
    check_plan(call)
    return flow_object(call, _flow_to_read(call, flow_id))


@method("tasks.flow.Flow.delete", scope="task", long=True)
def delete(call: Call, flow_data: dict[str, Any]) -> dict[str, bool]:
    """Remove a flow. Its group, its template and its tasks stay; they are in no flow then.

    Source: tasks-flow-flow-delete; flows.md 3.4.

    Raises:
        PrimaryMissing: `id` was not sent.
        FlowAccessDenied: the caller neither created nor administers the flow, nor the portal.
        FlowNotFound: no flow has this id, and the caller may know it.
    """
    check_plan(call)
    flow = _flow_to_manage(call, flow_data)
    call.store.flows.delete(flow.id)
    flow_watch.flow_removed(call, flow)
    call.emit(flow_changed(FLOW_DELETED, flow.id))
    return {"deleted": True}


@method("tasks.flow.Flow.isExists", scope="task", writes=False)
def is_exists(call: Call, flow_data: dict[str, Any]) -> dict[str, bool]:
    """Tell whether a flow of this name exists, apart from the one with the given id.

    Source: tasks-flow-flow-is-exists; flows.md 3.5. Anyone may ask.

    Raises:
        NameMissing: `name` was not sent.
    """
    check_plan(call)
    name = as_text(flow_data.get("name"))
    if name is None:
        raise NameMissing
    own_id = as_integer(flow_data.get("id")) or 0
    return {"exists": call.store.flows.has_named(name, apart_from=own_id)}


@method("tasks.flow.Flow.activate", scope="task")
def activate(call: Call, flow_id: int) -> bool:
    """Switch a flow on if it is off, and off if it is on.

    Source: tasks-flow-flow-activate; flows.md 3.6. True says that it worked, not the new state.

    Raises:
        FlowAccessDenied: the caller neither created nor administers the flow, nor the portal.
        FlowNotFound: no flow has this id, and the caller may know it.
    """
    check_plan(call)
    if not can_manage(call.actor, call.store.flows.find(flow_id)):
        raise FlowAccessDenied  # told first: a stranger does not learn which flows exist
    if not call.store.flows.toggle(flow_id):
        raise FlowNotFound
    call.emit(flow_changed(FLOW_UPDATED, flow_id))
    return True


@method("tasks.flow.Flow.pin", scope="task")
def pin(call: Call, flow_id: int) -> bool:
    """Pin a flow for the caller, or take the pin off; return whether it is pinned now.

    Source: tasks-flow-flow-pin; flows.md 3.7.

    Raises:
        FlowAccessDenied: the caller may not read the flow.
        FlowNotFound: no flow has this id, and the caller may know it.
    """
    check_plan(call)
    return call.store.flows.toggle_pin(_flow_to_read(call, flow_id).id, call.actor.user_id)


@method("tasks.flow.Flow.list", scope="task", writes=False, long=True, listed=False)
def list_flows(
    call: Call,
    select: list[Any] | None = None,
    filter: dict[str, Any] | None = None,
    order: dict[str, Any] | None = None,
    group: list[Any] | None = None,
) -> Listed:
    """Return the flows that the caller may read, a page at a time.

    Source: flows.md 3.8; the product has it, the documentation does not.

    Raises:
        SelectInvalid, FilterInvalid, SortFieldIncorrect, GroupDataInvalid: a field is unknown.
    """
    check_plan(call)
    fields = _selected(select or [])
    if any(str(name).upper() not in LISTED for name in group or []):
        raise GroupDataInvalid
    try:
        conditions = read_filter(filter or {}, LISTED, call.zone)
    except ArgumentError as refusal:
        raise FilterInvalid from refusal
    try:
        sorting = read_order(order or {}, LISTED)
    except ArgumentError as refusal:
        raise SortFieldIncorrect from refusal
    flows, total = call.store.flows.page(conditions, sorting, call.page.window, call.actor)
    return listed([flow_row(call, flow, fields) for flow in flows], total)


def _selected(select: list[Any]) -> list[str]:
    """Return the fields of `LISTED` to show: all of them unless some are named, ID always."""
    names = [str(name).upper() for name in select]
    if not names or "*" in names:
        return list(LISTED)
    if any(name not in LISTED for name in names):
        raise SelectInvalid
    return list(dict.fromkeys(["ID", *names]))


@method("tasks.flow.Flow.activateDemo", scope="task", listed=False)
def activate_demo(call: Call, flow_data: dict[str, Any]) -> FlowObject:
    """Turn a sample flow into a real one: change it as `update` does, then switch it on.

    Source: flows.md 3.9; the product has it, the documentation does not.

    Raises:
        PrimaryMissing, FlowAccessDenied, FlowNotFound, BusinessError: as `update`.
    """
    changes = read_changes(flow_data)
    trial_begins = begin_trial(call)
    check_plan(call)
    flow = _flow_to_manage(call, flow_data)
    updated = _updated(call, flow, changes)
    activated = replace(
        updated,
        active=True,
        demo=False,
        activity=call.now,
        owner_id=updated.owner_id or flow.creator_id,
    )
    if not activated.group_id:
        activated = with_new_group(call.store, activated, call.now)
    call.store.flows.save(activated)
    flow_watch.settings_changed(call, flow, activated, list_sent="responsible_list" in changes)
    call.emit(flow_changed(FLOW_UPDATED, activated.id))
    return flow_object(call, activated, trial_begins=trial_begins)


@method(
    "tasks.flow.Flow.getDepartmentsMemberCount", scope="task", writes=False, long=True, listed=False
)
def get_departments_member_count(
    call: Call, departments: list[Any] | None = None
) -> list[dict[str, Any]]:
    """Count the active people of each department, with `:F` only those directly in it.

    Source: flows.md 3.11; the product has it, the documentation does not.

    Raises:
        FlowAccessDenied: the caller is an extranet guest.
    """
    check_plan(call)
    counted = read_members("departments", departments or [])
    if not can_create_flows(call.actor):
        raise FlowAccessDenied
    staff, parents = call.store.departments.staff(), call.store.departments.parents()
    active = frozenset(user for people in staff.values() for user in people)
    return [
        {
            "departmentId": member.pair[1],
            "count": len(expanded([member], staff, parents, active)),
        }
        for member in counted
        if member and member.kind == DEPARTMENT
    ]


# Rights


def _flow_to_read(call: Call, flow_id: int) -> Flow:
    flow = call.store.flows.find(flow_id)
    if not can_read(call.actor, flow) and not _is_in_team(call, flow):
        raise FlowAccessDenied
    if flow is None:
        raise FlowNotFound
    return flow


def _is_in_team(call: Call, flow: Flow | None) -> bool:
    return (
        flow is not None
        and team_is_group(call.actor, flow)
        and call.store.groups.has_member(flow.group_id, call.actor.user_id)
    )


def _flow_to_manage(call: Call, flow_data: Mapping[str, Any]) -> Flow:
    flow_id = as_integer(flow_data.get("id"))
    if flow_id is None:
        raise PrimaryMissing
    flow = call.store.flows.find(flow_id)
    if not can_manage(call.actor, flow):
        raise FlowAccessDenied
    if flow is None:
        raise FlowNotFound
    return flow


# Changes


def _updated(call: Call, flow: Flow, changes: Mapping[str, Any]) -> Flow:
    """Return the flow with the changes, checked and its people in its group, not stored yet.

    Source: flows.md 3.2.
    """
    wanted = {name: value for name, value in changes.items() if getattr(flow, name) != value}
    check_may_use(call, wanted)
    check(changes, flow)
    check_references(call.store, wanted, flow.id)
    if (
        wanted.get("distribution_type") == Distribution.MANUALLY
        and "responsible_list" not in changes
    ):
        changes = {**changes, "responsible_list": (_first_of_team(call, flow),)}
    updated = changed(flow, changes)
    if _people_and_group(updated) != _people_and_group(flow):
        join_group(call.store, updated)
    _let_creators_read_template(call, updated)
    return updated


def _people_and_group(flow: Flow) -> tuple[tuple[Member, ...], int, int]:
    return flow.responsible_list, flow.owner_id, flow.group_id


def _first_of_team(call: Call, flow: Flow) -> Member:
    """Return who moderates a flow that becomes `manually` without a list (flows.md 3.2).

    Rule (assumed): where nobody is left of the team, it is the owner, as when tasks are dealt
    out (flows.md 6.7).
    """
    people = people_of(call.store, flow.responsible_list)
    return Member(USER, people[0] if people else flow.owner_id)


def _let_creators_read_template(call: Call, flow: Flow) -> None:
    """Give the flow's task creators the right to read its template (flows.md 2.8)."""
    if flow.template_id:
        codes = [member.code for member in flow.task_creators]
        call.store.templates.let_read(flow.template_id, codes)
