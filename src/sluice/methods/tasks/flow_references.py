"""What a flow refers to: may the caller choose it, and is it there?

Source: flows.md 3.0, "Cross-field order"; 4, SAVE; settled 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluice.domain.access import DEPARTMENT, USER
from sluice.errors import (
    DepartmentMissing,
    FlowAccessDenied,
    FlowNameTaken,
    GroupUnusable,
    TemplateMissing,
    UserMissing,
)
from sluice.rest.call import Call
from sluice.store.tables import Store


def check_may_use(call: Call, changes: Mapping[str, Any]) -> None:
    """Refuse a group or a template that the caller may not choose.

    The portal's administrators may choose any, and hear about a missing one from
    `check_references` (settled 2).

    Raises:
        FlowAccessDenied: the caller is not a member of the group, or may not read the template,
            or there is none that could be chosen.
    """
    actor, store = call.actor, call.store
    if actor.is_admin:
        return
    group_id, template_id = changes.get("group_id", 0), changes.get("template_id", 0)
    if group_id and not (
        _takes_flows(store, group_id) and store.groups.has_member(group_id, actor.user_id)
    ):
        raise FlowAccessDenied
    if template_id > 0 and not store.templates.can_read(actor, template_id):
        raise FlowAccessDenied


def check_references(store: Store, changes: Mapping[str, Any], flow_id: int = 0) -> None:
    """Refuse a name that another flow has, then what is not there.

    Rule (observed): the order is name, users, group, template, departments.

    Raises:
        FlowNameTaken, UserMissing, GroupUnusable, TemplateMissing, DepartmentMissing
    """
    if "name" in changes and store.flows.has_named(changes["name"], apart_from=flow_id):
        raise FlowNameTaken
    members = (*changes.get("responsible_list", ()), *changes.get("task_creators", ()))
    owners = [changes["owner_id"]] if "owner_id" in changes else []
    users = [member.id for member in members if member.kind == USER]
    if (missing := store.users.first_missing([*owners, *users])) is not None:
        raise UserMissing(missing)
    if "group_id" in changes and not _takes_flows(store, changes["group_id"]):
        raise GroupUnusable(changes["group_id"])
    if changes.get("template_id") and not store.templates.exists(changes["template_id"]):
        raise TemplateMissing(changes["template_id"])
    departments = [member.id for member in members if member.kind == DEPARTMENT]
    if (missing := store.departments.first_missing(departments)) is not None:
        raise DepartmentMissing(missing)


def _takes_flows(store: Store, group_id: int) -> bool:
    group = store.groups.find(group_id)
    return group is not None and group.takes_flows
