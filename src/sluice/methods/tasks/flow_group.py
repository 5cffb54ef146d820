"""The group of a flow: made for it and named like it, or joined by its people.

Source: flows.md 3.1 step 6, 3.2.
"""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from sluice.domain.flow import Flow
from sluice.domain.people import FLOW_GROUP_STAGES, Group, Role
from sluice.errors import FlowGroupNameTaken
from sluice.methods.tasks.team import people_of
from sluice.store.tables import Store


def with_new_group(store: Store, flow: Flow, now: datetime) -> Flow:
    """Make a group for the flow and return the flow bound to it.

    Rule (documented, observed): its name is the flow's, its owner the flow's creator, its members
    the team and the flow's owner; it keeps the name when the flow gets another.

    Raises:
        FlowGroupNameTaken: another group has the name.
    """
    group = Group(0, flow.name, flow.creator_id, now, now, now)
    group_id = store.groups.add(group, _people(store, flow), FLOW_GROUP_STAGES)
    if group_id is None:
        raise FlowGroupNameTaken
    return replace(flow, group_id=group_id)


def join_group(store: Store, flow: Flow) -> None:
    """Make the flow's owner and team members of its group, if it has one.

    Rule (observed): nobody is removed from it. flows.md 3.2.
    Rule (assumed): an invitation or a request that waits is granted by this.
    """
    if not flow.group_id:
        return
    for user_id in _people(store, flow):
        if not store.groups.has_member(flow.group_id, user_id):
            store.groups.set_role(flow.group_id, user_id, Role.MEMBER)


def _people(store: Store, flow: Flow) -> list[int]:
    return list(dict.fromkeys([*people_of(store, flow.responsible_list), flow.owner_id]))
