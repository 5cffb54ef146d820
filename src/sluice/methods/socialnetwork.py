"""`socialnetwork.api.workgroup.*`: groups once more, as the newer clients read them.

Source: flows.md 11.4.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sluice.domain.people import Group, Role
from sluice.domain.permission import can_see_group
from sluice.errors import WorkgroupEmpty, WorkgroupNotFound
from sluice.methods.sonet_group import SITE_ID, group_rows, yes_no
from sluice.rest.call import Call
from sluice.rest.listing import Listed, listed, read_filter, read_order
from sluice.rest.method import method
from sluice.rest.params import camel
from sluice.rest.wire_types import as_integer
from sluice.store.groups import LISTED


@method("socialnetwork.api.workgroup.list", scope="sonet_group", writes=False, long=True)
def list_workgroups(
    call: Call,
    filter: dict[str, Any] | None = None,
    select: list[Any] | None = None,
    order: dict[str, Any] | None = None,
) -> Listed:
    """Return the selected fields of the groups that the caller sees, a page at a time.

    Source: socialnetwork-api-workgroup-list; flows.md 11.4. Without `select` that is the id.
    Rule (assumed): the id is always there, `*` is everything, and unknown fields are left out.

    Raises:
        ArgumentError: a field cannot be filtered or sorted by.
    """
    conditions = read_filter(filter or {}, LISTED, call.zone)
    sorting = read_order(order or {}, LISTED)
    groups, total = call.store.groups.page(conditions, sorting, call.page.window, call.actor)
    selected = {"ID", *(str(name).upper() for name in select or ())}
    rows = [
        {**row, **_further(call, group)}
        for group, row in zip(groups, group_rows(call, groups), strict=True)
    ]
    shown = [
        {camel(name.lower()): value for name, value in row.items() if {name, "*"} & selected}
        for row in rows
    ]
    return listed(shown, total, under="workgroups")


@method("socialnetwork.api.workgroup.get", scope="sonet_group", writes=False)
def get(call: Call, params: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a group with its people.

    Source: socialnetwork-api-workgroup-get; flows.md 11.4. Whatever `select` and `mode` ask for
    is there anyway.

    Raises:
        WorkgroupEmpty: no `groupId` was sent.
        WorkgroupNotFound: there is no such group that the caller sees.
    """
    group_id = as_integer((params or {}).get("groupId")) or 0
    if group_id <= 0:
        raise WorkgroupEmpty
    group = call.store.groups.find(group_id)
    role = call.store.groups.role(group_id, call.actor.user_id)
    if group is None or not can_see_group(call.actor, group, role):
        raise WorkgroupNotFound
    return _workgroup(call, group)


def _further(call: Call, group: Group) -> dict[str, str | None]:
    """Return what `list` has beyond the fields of `sonet_group.get`."""
    start, finish = group.project_start, group.project_finish
    return {
        "INITIATE_PERMS": group.initiate_perms,
        "PROJECT_DATE_START": None if start is None else call.wire_time(start),
        "PROJECT_DATE_FINISH": None if finish is None else call.wire_time(finish),
    }


def _workgroup(call: Call, group: Group) -> dict[str, Any]:
    """Return a group as `get` answers it: these keys, in this order (flows.md 11.4)."""
    members = call.store.groups.members(group.id)
    moderators = [user_id for user_id, role in members if role == Role.MODERATOR]
    return {
        "ID": group.id,
        "ACTIVE": yes_no(group.active),
        "SITE_ID": SITE_ID,
        "SUBJECT_ID": group.subject_id,
        "NAME": group.name,
        "DESCRIPTION": group.description,
        "KEYWORDS": group.keywords,
        "CLOSED": yes_no(group.closed),
        "VISIBLE": yes_no(group.visible),
        "OPENED": yes_no(group.opened),
        "DATE_CREATE": _american(call, group.created),
        "DATE_UPDATE": _american(call, group.updated),
        "DATE_ACTIVITY": _american(call, group.activity),
        "IMAGE_ID": 0,
        "AVATAR_TYPE": None,
        "OWNER_ID": group.owner_id,
        "INITIATE_PERMS": group.initiate_perms,
        "NUMBER_OF_MEMBERS": len(members),
        "NUMBER_OF_MODERATORS": len(moderators),
        "PROJECT": yes_no(group.project),
        "PROJECT_DATE_START": _american(call, group.project_start),
        "PROJECT_DATE_FINISH": _american(call, group.project_finish),
        "LANDING": None,
        "SCRUM_OWNER_ID": None,
        "SCRUM_MASTER_ID": None,
        "SCRUM_SPRINT_DURATION": None,
        "SCRUM_TASK_RESPONSIBLE": None,
        "TYPE": "project" if group.project else "group",
        "MEMBERS": [user_id for user_id, _ in members],
        "CHAT_ID": None,
        "DIALOG_ID": None,
        "ORDINARY_MEMBERS": [user_id for user_id, role in members if role == Role.MEMBER],
        "INVITED_MEMBERS": call.store.groups.requests(group.id),
        "MODERATOR_MEMBERS": moderators,
        "SITE_IDS": [SITE_ID],
        "TAGS": [word for part in group.keywords.split(",") if (word := part.strip())],
        "DEPARTMENTS": [],
    }


def _american(call: Call, instant: datetime | None) -> str | None:
    """Return portal time as `04/17/2025 19:37:55`: this method's own way to write instants."""
    if instant is None:
        return None
    return instant.astimezone(call.zone).strftime("%m/%d/%Y %H:%M:%S")
