"""Who may do what: one predicate per sentence of the specification.

Rule (observed): the portal's administrators pass every check (flows.md 4).
"""

from __future__ import annotations

from sluice.domain.access import Actor
from sluice.domain.flow import Flow


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


def team_is_group(actor: Actor, flow: Flow | None) -> bool:
    """Tell whether membership in the flow's group alone lets the actor read the flow.

    Rule (documented): the team of a manual flow is the members of its group (flows.md 2.3).
    Rule (observed): an extranet guest must be listed personally (flows.md 4).
    """
    return flow is not None and flow.moderator_id is not None and actor.is_intranet
