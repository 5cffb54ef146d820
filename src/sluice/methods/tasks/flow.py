"""`tasks.flow.Flow.*`: flows made, changed, switched, pinned and listed.

Source: flows.md 2, 3, 4; rest-protocol.md 8.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from sluice.domain.access import DEPARTMENT, USER, Member, expanded, member_from_pair
from sluice.domain.flow import (
    Distribution,
    Flow,
    changed,
    check,
    check_moderator,
    created,
    with_moderator,
)
from sluice.domain.people import FLOW_GROUP_STAGES, Group, Role
from sluice.domain.permission import can_create_flows, can_manage, can_read, team_is_group
from sluice.errors import (
    ArgumentError,
    DepartmentMissing,
    FieldUnexpected,
    FilterInvalid,
    FlowAccessDenied,
    FlowGroupNameTaken,
    FlowNameTaken,
    FlowNotFound,
    GroupDataInvalid,
    GroupUnusable,
    NameMissing,
    PrimaryMissing,
    SelectInvalid,
    SortFieldIncorrect,
    TemplateMissing,
    UserMissing,
)
from sluice.rest.call import Call
from sluice.rest.listing import Listed, listed, read_filter, read_order
from sluice.rest.method import method
from sluice.rest.params import camel
from sluice.rest.wire_types import as_flag, as_integer, as_list, as_text
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
    changes = _changes(flow_data)
    if not can_create_flows(call.actor) or not _may_use(call, changes):
        raise FlowAccessDenied
    check(changes, complete=True)
    flow = _with_one_moderator(created(changes, creator_id=call.actor.user_id, now=call.now))
    _check_references(call, flow, changes)
    flow = _with_group(call, flow)
    flow_id = call.store.flows.add(flow)
    if flow_id is None:
        raise FlowNameTaken
    _let_creators_read_template(call, flow)
    return flow_object(call, replace(flow, id=flow_id))


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
    changes = _changes(flow_data)
    flow = _flow_to_manage(call, flow_data)
    updated = _updated(call, flow, changes)
    call.store.flows.save(updated)
    return flow_object(call, updated)


@method("tasks.flow.Flow.get", scope="task", writes=False)
def get(call: Call, flow_id: int) -> FlowObject:
    """Return a flow.

    Source: tasks-flow-flow-get; flows.md 3.3.

    Raises:
        FlowAccessDenied: the caller is not of the flow's team and may not add tasks to it.
        FlowNotFound: no flow has this id, and the caller may know it.
    """
    return flow_object(call, _flow_to_read(call, flow_id))


@method("tasks.flow.Flow.delete", scope="task")
def delete(call: Call, flow_data: dict[str, Any]) -> dict[str, bool]:
    """Remove a flow. Its group and its template stay.

    Source: tasks-flow-flow-delete; flows.md 3.4.

    Raises:
        PrimaryMissing: `id` was not sent.
        FlowAccessDenied: the caller neither created nor administers the flow, nor the portal.
        FlowNotFound: no flow has this id, and the caller may know it.
    """
    call.store.flows.delete(_flow_to_manage(call, flow_data).id)
    return {"deleted": True}


@method("tasks.flow.Flow.isExists", scope="task", writes=False)
def is_exists(call: Call, flow_data: dict[str, Any]) -> dict[str, bool]:
    """Tell whether a flow of this name exists, apart from the one with the given id.

    Source: tasks-flow-flow-is-exists; flows.md 3.5. Anyone may ask.

    Raises:
        NameMissing: `name` was not sent.
    """
    name = as_text(flow_data.get("name"))
    if name is None:
        raise NameMissing
    found = call.store.flows.named(name)
    return {"exists": found is not None and found != as_integer(flow_data.get("id"))}


@method("tasks.flow.Flow.activate", scope="task")
def activate(call: Call, flow_id: int) -> bool:
    """Switch a flow on if it is off, and off if it is on.

    Source: tasks-flow-flow-activate; flows.md 3.6. True says that it worked, not the new state.

    Raises:
        FlowAccessDenied: the caller neither created nor administers the flow, nor the portal.
        FlowNotFound: no flow has this id, and the caller may know it.
    """
    flow = call.store.flows.find(flow_id)
    if not can_manage(call.actor, flow):
        raise FlowAccessDenied  # told first: a stranger does not learn which flows exist
    if not call.store.flows.toggle(flow_id):
        raise FlowNotFound
    return True


@method("tasks.flow.Flow.pin", scope="task")
def pin(call: Call, flow_id: int) -> bool:
    """Pin a flow for the caller, or take the pin off; return whether it is pinned now.

    Source: tasks-flow-flow-pin; flows.md 3.7.

    Raises:
        FlowAccessDenied: the caller may not read the flow.
        FlowNotFound: no flow has this id, and the caller may know it.
    """
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
    return listed([_row(call, flow, fields) for flow in flows], total)


@method("tasks.flow.Flow.activateDemo", scope="task", listed=False)
def activate_demo(call: Call, flow_data: dict[str, Any]) -> FlowObject:
    """Turn a sample flow into a real one: change it as `update` does, then switch it on.

    Source: flows.md 3.9; the product has it, the documentation does not.

    Raises:
        PrimaryMissing, FlowAccessDenied, FlowNotFound, BusinessError: as `update`.
    """
    changes = _changes(flow_data)
    flow = _flow_to_manage(call, flow_data)
    updated = replace(
        _updated(call, flow, changes),
        active=True,
        demo=False,
        activity=call.now,
        owner_id=changes.get("owner_id") or flow.owner_id or flow.creator_id,
    )
    updated = _with_group(call, updated)
    call.store.flows.save(updated)
    return flow_object(call, updated)


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
    if not can_create_flows(call.actor):
        raise FlowAccessDenied
    members = [member for member in _members("departments", departments or []) if member]
    counted = [member for member in members if member.kind == DEPARTMENT]
    return [
        {"departmentId": member.pair[1], "count": len(_people(call, (member,)))}
        for member in counted
    ]


# The wire shape of a flow


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


def flow_object(call: Call, flow: Flow) -> FlowObject:
    """Return a flow as `create`, `update` and `get` answer it."""
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
        # Rule (assumed): every portal of ours has flows, so no call starts a trial (flows.md 3.0).
        trial_feature_enabled=False,
    )


def _group_team(call: Call, flow: Flow) -> list[list[str]]:
    """Return the team of a manual flow: its group without the moderator (flows.md 2.3)."""
    members = call.store.groups.members(flow.group_id)
    return [[USER, str(user)] for user, _ in members if user != flow.moderator_id]


def _row(call: Call, flow: Flow, fields: list[str]) -> dict[str, Any]:
    """Return the selected fields of a flow that have a value, under their wire names."""
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


def _selected(select: list[Any]) -> list[str]:
    names = [str(name).upper() for name in select]
    if not names or "*" in names:
        return list(LISTED)
    if any(name not in LISTED for name in names):
        raise SelectInvalid
    return list(dict.fromkeys(["ID", *names]))


# What the wire may set


def _changes(flow_data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that were sent, typed and under their Python names.

    Rule (observed): unknown keys are ignored, and a value of a wrong kind is as if it had not
    been sent (flows.md 2.1). A required field sent as null stays null and is refused later.

    Raises:
        FieldUnexpected: a member list has no list's shape; this comes before any permission.
    """
    changes: dict[str, Any] = {}
    for wire, name in (("responsibleList", "responsible_list"), ("taskCreators", "task_creators")):
        if flow_data.get(wire) is not None:
            changes[name] = tuple(_members(wire, flow_data[wire]))
    for wire, (name, read) in _READ.items():
        if wire in flow_data and (value := read(flow_data[wire])) is not None:
            changes[name] = value
    for wire, name in _THRESHOLDS.items():
        if wire in flow_data:
            sent = flow_data[wire]
            number = as_integer(sent)
            if number is not None or sent in (None, ""):
                changes[name] = number or None  # 0 and null both switch the alert off
    for wire, name in _REQUIRED.items():
        if wire in flow_data and flow_data[wire] is None:
            changes[name] = None
    # Quirk: 0 for the owner or the group is as if it had not been sent (flows.md 3.1; settled 3).
    if changes.get("owner_id", 1) <= 0:
        del changes["owner_id"]
    if changes.get("group_id", 1) == 0:
        del changes["group_id"]
    return changes


_READ = {
    "ownerId": ("owner_id", as_integer),
    "groupId": ("group_id", as_integer),
    "templateId": ("template_id", as_integer),
    "plannedCompletionTime": ("planned_completion_seconds", as_integer),
    "name": ("name", as_text),
    "description": ("description", as_text),
    "distributionType": ("distribution_type", as_text),
    "responsibleCanChangeDeadline": ("responsible_can_change_deadline", as_flag),
    "matchWorkTime": ("match_work_time", as_flag),
    "taskControl": ("task_control", as_flag),
    "notifyAtHalfTime": ("notify_at_half_time", as_flag),
}
_THRESHOLDS = {
    "notifyOnQueueOverflow": "notify_on_queue_overflow",
    "notifyOnTasksInProgressOverflow": "notify_on_tasks_in_progress_overflow",
    "notifyWhenEfficiencyDecreases": "notify_when_efficiency_decreases",
}
_REQUIRED = {
    "plannedCompletionTime": "planned_completion_seconds",
    "name": "name",
    "distributionType": "distribution_type",
    "responsibleList": "responsible_list",
}


def _members(field: str, value: object) -> list[Member | None]:
    """Return a member list, each once; None stands for an entry that names nothing.

    Both `["user", "3"]` and `{"user": "3"}` are understood (flows.md 2.2).

    Raises:
        FieldUnexpected: the value is no list of pairs.
    """
    entries = as_list(value)
    if entries is None:
        raise FieldUnexpected(field)
    members = []
    for entry in entries:
        pair = as_list(entry)
        if pair is None and isinstance(entry, dict) and len(entry) == 1:
            pair = list(*entry.items())
        if pair is None or len(pair) != 2:
            raise FieldUnexpected(field)
        members.append(member_from_pair(*pair))
    return list(dict.fromkeys(members))


# Rights and references


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
    flow = call.store.flows.find_for_change(flow_id)
    if not can_manage(call.actor, flow):
        raise FlowAccessDenied
    if flow is None:
        raise FlowNotFound
    return flow


def _may_use(call: Call, changes: Mapping[str, Any]) -> bool:
    """Tell whether the caller may choose this group and this template (flows.md 4 SAVE).

    Administrators may, and hear about a missing one from the validation (settled 2).
    """
    if call.actor.is_admin:
        return True
    group_id, template_id = changes.get("group_id", 0), changes.get("template_id", 0)
    if group_id:
        group = call.store.groups.find(group_id)
        if group is None or not group.takes_flows:
            return False
        if not call.store.groups.has_member(group_id, call.actor.user_id):
            return False
    return template_id <= 0 or call.store.templates.can_read(call.actor, template_id)


def _check_references(call: Call, flow: Flow, changes: Mapping[str, Any]) -> None:
    """Refuse what names something that is not there, in the order of flows.md 3.0."""
    store = call.store
    if "name" in changes and store.flows.named(flow.name) not in (None, flow.id):
        raise FlowNameTaken
    members = (*changes.get("responsible_list", ()), *changes.get("task_creators", ()))
    users = [member.id for member in members if member.kind == USER]
    if (missing := store.users.first_missing([flow.owner_id, *users])) is not None:
        raise UserMissing(missing)
    if "group_id" in changes:
        group = store.groups.find(flow.group_id)
        if group is None or not group.takes_flows:
            raise GroupUnusable(flow.group_id)
    if changes.get("template_id") and not store.templates.exists(flow.template_id):
        raise TemplateMissing(flow.template_id)
    departments = [member.id for member in members if member.kind == DEPARTMENT]
    if (missing := store.departments.first_missing(departments)) is not None:
        raise DepartmentMissing(missing)


def _updated(call: Call, flow: Flow, changes: dict[str, Any]) -> Flow:
    """Return the flow with the changes, checked, its people in its group; not stored yet."""
    wanted = {name: value for name, value in changes.items() if getattr(flow, name) != value}
    if not _may_use(call, wanted):
        raise FlowAccessDenied
    check(changes, complete=False)
    updated = changed(flow, changes)
    if flow.moderator_id is None and updated.distribution_type == Distribution.MANUALLY:
        updated = _with_first_of_list(call, updated, changes)
    updated = _with_one_moderator(updated)
    _check_references(call, updated, wanted)
    if {"responsible_list", "owner_id", "group_id"} & wanted.keys():
        _join_group(call, updated)
    if {"template_id", "task_creators"} & wanted.keys():
        _let_creators_read_template(call, updated)
    return updated


def _with_first_of_list(call: Call, flow: Flow, changes: Mapping[str, Any]) -> Flow:
    """Make the first person of the stored list the moderator, unless a list was sent.

    Rule (observed): flows.md 3.2, "Changing distributionType without responsibleList".
    """
    if "responsible_list" in changes:
        return flow
    people = _people(call, flow.responsible_list)
    return with_moderator(flow, people[0] if people else flow.owner_id)


def _with_one_moderator(flow: Flow) -> Flow:
    """Keep only the moderator in the list of a manual flow (flows.md 3.1 step 5)."""
    check_moderator(flow)
    return flow if flow.moderator_id is None else with_moderator(flow, flow.moderator_id)


# Groups and people of a flow


def _people(call: Call, members: tuple[Member, ...]) -> list[int]:
    """Return the active people behind a member list, in order (flows.md 6.1)."""
    users = [member.id for member in members if member.kind == USER]
    departments = call.store.departments
    if len(users) == len(members):
        return expanded(members, {}, {}, call.store.users.active_among(users))
    staff = departments.staff()
    available = {user for people in staff.values() for user in people}
    available |= call.store.users.active_among(users)
    return expanded(members, staff, departments.parents(), available)


def _with_group(call: Call, flow: Flow) -> Flow:
    """Return the flow bound to its group: the given one, or one made and named like the flow.

    Rule (documented, observed): flows.md 3.1 step 6.
    """
    if flow.group_id:
        _join_group(call, flow)
        return flow
    members = _group_people(call, flow)
    group = Group(0, flow.name, flow.creator_id, call.now, call.now, call.now)
    group_id = call.store.groups.add(group, members, FLOW_GROUP_STAGES)
    if group_id is None:
        raise FlowGroupNameTaken
    return replace(flow, group_id=group_id)


def _join_group(call: Call, flow: Flow) -> None:
    """Make the flow's owner and team members of its group; nobody is removed (flows.md 3.2)."""
    if flow.group_id:
        for user_id in _group_people(call, flow):
            call.store.groups.add_member(flow.group_id, user_id, Role.MEMBER)


def _group_people(call: Call, flow: Flow) -> list[int]:
    return list(dict.fromkeys([*_people(call, flow.responsible_list), flow.owner_id]))


def _let_creators_read_template(call: Call, flow: Flow) -> None:
    """Give the flow's task creators the right to read its template (flows.md 2.8)."""
    if flow.template_id:
        codes = [member.code for member in flow.task_creators]
        call.store.templates.let_read(flow.template_id, codes)
