"""Who may do what: one predicate per sentence of the specification.

Rule (observed): the portal's administrators pass every check (flows.md 4).
"""

from __future__ import annotations

from sluice.domain.access import Actor
from sluice.domain.flow import Flow
from sluice.domain.people import Group, Role, User


def can_create_flows(actor: Actor) -> bool:
    """Tell whether the actor may create flows.

    Rule (documented, observed): any user, but not an extranet guest. flows.md 3.1.
    """
    return actor.is_admin or actor.is_intranet


def can_manage(actor: Actor, flow: Flow | None) -> bool:
    """Tell whether the actor may change, switch or delete the flow.

    Rule (documented): "Creator or administrator of the flow" (tasks-flow-flow-activate).
    """
    return actor.is_admin or (
        flow is not None and actor.user_id in (flow.creator_id, flow.owner_id)
    )


def can_read(actor: Actor, flow: Flow | None) -> bool:
    """Tell whether the flow names the actor, or lets everybody add tasks.

    Rule (documented): the flow's team and those who may create tasks in it. flows.md 4 READ.
    The team of a manual flow is its group and is asked for apart, see `team_is_group`.
    """
    return actor.is_admin or (flow is not None and not actor.codes.isdisjoint(flow.codes()))


def can_add_tasks(actor: Actor, flow: Flow) -> bool:
    """Tell whether the actor may add tasks to the flow.

    Rule (observed): whoever the flow names in any role, people of a listed department, and
    everybody when all users may. flows.md 4 (*).
    """
    return actor.is_admin or not actor.codes.isdisjoint(flow.codes())


def team_is_group(actor: Actor, flow: Flow | None) -> bool:
    """Tell whether membership in the flow's group alone lets the actor read the flow.

    Rule (documented): the team of a manual flow is the members of its group (flows.md 2.3).
    Rule (observed): an extranet guest must be listed personally (flows.md 4).
    """
    return flow is not None and flow.moderator_id is not None and actor.is_intranet


def can_change_template(actor: Actor, creator_id: int | None) -> bool:
    """Tell whether the actor may change or delete a template of this creator, or make one.

    Rule (assumed): a template is its creator's, and nobody speaks in another's name. flows.md 11.5
    has the refusal and not the rule. None is a template that is not there.
    """
    return actor.is_admin or actor.user_id == creator_id


def can_create_groups(actor: Actor) -> bool:
    """Tell whether the actor may create groups.

    Rule (assumed): any user, but not an extranet guest, as with flows.
    """
    return actor.is_admin or actor.is_intranet


def can_see_group(actor: Actor, group: Group, role: Role | None) -> bool:
    """Tell whether the actor may know that the group exists; `role` is the actor's in it.

    Rule (documented): a group that is not visible is for its members. flows.md 11.4.
    Rule (assumed): an extranet guest sees no other groups than those they are a member of.
    """
    return actor.is_admin or is_at_least(role, Role.MEMBER) or (group.visible and actor.is_intranet)


def can_manage_group(actor: Actor, group: Group) -> bool:
    """Tell whether the actor may change the group, delete it or give it another owner.

    Rule (documented): the group's owner and the portal's administrators. flows.md 11.4.
    """
    return actor.is_admin or actor.user_id == group.owner_id


def can_invite(actor: Actor, group: Group, role: Role | None) -> bool:
    """Tell whether the actor may bring people into the group; `role` is the actor's in it.

    Rule (documented): INITIATE_PERMS, A the owner, E moderators too, K every member.
    """
    return actor.is_admin or is_at_least(role, Role(group.initiate_perms))


def can_moderate(actor: Actor, role: Role | None) -> bool:
    """Tell whether the actor may change the roles of members and remove them.

    Rule (assumed): the owner and the moderators of the group, and the portal's administrators.
    """
    return actor.is_admin or is_at_least(role, Role.MODERATOR)


# What a group's `tasks` feature lets people do, and the least role for it.
_TASK_OPERATIONS = {
    "view": Role.MEMBER,
    "view_all": Role.MEMBER,
    "sort": Role.MEMBER,
    "create_tasks": Role.MEMBER,
    "edit_tasks": Role.MODERATOR,
    "delete_tasks": Role.MODERATOR,
}


def can_use_feature(
    actor: Actor, group: Group, role: Role | None, feature: str, operation: str
) -> bool:
    """Tell whether the actor may do this in the group; `role` is the actor's in it.

    Rule (documented): the operations of the feature `tasks`, and that it can be off. flows.md 2.7.
    Rule (assumed): the least role for each operation; a group has no other feature.
    """
    least = _TASK_OPERATIONS.get(operation) if feature == "tasks" else None
    if least is None or not group.tasks_enabled:
        return False
    return actor.is_admin or is_at_least(role, least)


def is_at_least(role: Role | None, least: Role) -> bool:
    """Tell whether the role includes what `least` may do; a request is no role yet."""
    return role is not None and role <= least  # the letters stand in order: A, E, K


def can_see_everybody(actor: Actor) -> bool:
    """Tell whether the actor may know every user, and the department tree.

    Rule (assumed): an extranet guest knows the people of their groups alone, and no departments.
    """
    return actor.is_admin or actor.is_intranet


def can_add_users(actor: Actor) -> bool:
    """Tell whether the actor may invite people to the portal.

    Rule (assumed): administrators alone; the product lets them allow it to others.
    """
    return actor.is_admin


def can_edit_user(actor: Actor, user_id: int) -> bool:
    """Tell whether the actor may change anything about the user.

    Rule (assumed): administrators everybody, others themselves; see `can_make_change`.
    """
    return actor.is_admin or actor.user_id == user_id


def can_make_change(actor: Actor, before: User, after: User) -> bool:
    """Tell whether the actor may change the user in just this way.

    Rule (assumed): whether somebody works here, and in which departments, gives rights, so nobody
    but an administrator changes it. Sending what is there already is no change.
    """
    return actor.is_admin or (
        (before.active, before.departments) == (after.active, after.departments)
    )


def can_change_departments(actor: Actor) -> bool:
    """Tell whether the actor may add, change and delete departments.

    Rule (assumed): the portal's administrators alone. flows.md 11.3.
    """
    return actor.is_admin
