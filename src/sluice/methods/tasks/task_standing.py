"""What the caller is to a task: read from the store once per call, then plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from sluice.domain.access import with_ancestors
from sluice.domain.flow import Distribution, Flow
from sluice.domain.people import Role, User
from sluice.domain.task import Standing, Task
from sluice.methods.tasks.team import people_of
from sluice.rest.call import Call


class People:
    """Departments, heads, groups and flows, as far as one call asks for them."""

    def __init__(self, call: Call, users: Iterable[User] = ()) -> None:
        self._call = call
        self._departments = {user.id: user.departments for user in users}
        self._roles: dict[int, Role | None] = {}
        self._flows: dict[int, Flow | None] = {}
        self._teams: dict[int, list[int]] = {}

    @cached_property
    def _parents(self) -> Mapping[int, int | None]:
        return self._call.store.departments.parents()

    @cached_property
    def _headed(self) -> frozenset[int]:
        """The departments whose head the caller is."""
        return self._call.store.departments.headed_by(self._call.actor.user_id)

    def outranks(self, user_id: int, other: int) -> bool:
        """Tell whether the caller is this person, or heads a department at or above theirs.

        Rule (documented): the head of a department is superior of its members and of the members
        of all its sub-departments. flows.md 2.6.
        """
        if user_id == other:
            return True
        return bool(self._headed) and self._heads(other)

    def _heads(self, other: int) -> bool:
        if other not in self._departments:
            self._departments[other] = self._call.store.users.departments_of(other)
        return any(
            above in self._headed
            for department in self._departments[other]
            for above in with_ancestors(department, self._parents)
        )

    def is_superior(self, task: Task) -> bool:
        """Tell whether the caller heads a department above a member of the task."""
        if not self._headed:
            return False
        caller = self._call.actor.user_id
        return any(self._heads(member) for member in task.members if member != caller)

    def role(self, group_id: int) -> Role | None:
        """Return what the caller is in a group."""
        if group_id not in self._roles:
            role = None
            if group_id:
                role = self._call.store.groups.role(group_id, self._call.actor.user_id)
            self._roles[group_id] = role
        return self._roles[group_id]

    def flow(self, flow_id: int | None) -> Flow | None:
        """Return a flow, or None."""
        if flow_id is None:
            return None
        if flow_id not in self._flows:
            self._flows[flow_id] = self._call.store.flows.find(flow_id)
        return self._flows[flow_id]

    def team(self, flow: Flow) -> list[int]:
        """Return the expanded team of a flow."""
        if flow.id not in self._teams:
            self._teams[flow.id] = people_of(self._call.store, flow.responsible_list)
        return self._teams[flow.id]


def standing(call: Call, task: Task, people: People | None = None) -> Standing:
    """Return what the caller is to a task."""
    people = people or People(call)
    user_id = call.actor.user_id
    flow = people.flow(task.flow_id)
    role = people.role(task.group_id)
    return Standing(
        user_id=user_id,
        admin=call.actor.is_admin,
        director=task.created_by == user_id,
        responsible=task.responsible_id == user_id,
        accomplice=user_id in task.accomplices,
        auditor=user_id in task.auditors,
        superior=people.is_superior(task),
        group_reader=role in (Role.OWNER, Role.MODERATOR, Role.MEMBER),
        group_editor=role in (Role.OWNER, Role.MODERATOR),
        flow_owner=flow is not None and flow.owner_id == user_id,
        flow_team=_waits_for(user_id, task, flow, people),
    )


def _waits_for(user_id: int, task: Task, flow: Flow | None, people: People) -> bool:
    """Tell whether the task waits in a `himself` flow whose team the user is in."""
    return (
        flow is not None
        and flow.distribution_type == Distribution.HIMSELF
        and task.is_untaken
        and user_id in people.team(flow)
    )
