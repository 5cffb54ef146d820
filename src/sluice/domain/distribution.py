"""Whose turn it is, and what becomes of a flow that has nobody to give a task to.

Source: flows.md 6. Everything here is decided inside the transaction that adds the task, under
the flow's lock: a failed add moves no turn, and two adds never see the same one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from sluice.domain.access import USER, Member
from sluice.domain.flow import Distribution, Flow


class SwitchReason(StrEnum):
    """Why a flow was given another moderator; its owner is told."""

    NOBODY_LEFT = "nobody_left"
    ALL_ABSENT = "all_absent"
    MODERATOR_LEFT = "moderator_left"
    MODERATOR_ABSENT = "moderator_absent"


class People(Struct, frozen=True):
    """Who is there for a flow at this moment.

    Attributes:
        team: the active people behind `responsibleList`, see `access.expanded`. Of a manual flow
            that is the moderator, or nobody when he left.
        away: the absent among them.
        owner_active: whether the flow's owner may still sign in.
        admins: the active administrators of the portal.
    """

    team: tuple[int, ...]
    away: frozenset[int]
    owner_active: bool
    admins: tuple[int, ...]


class Queue(Struct, frozen=True):
    """The memory of a `queue` flow; empty in other flows and after its list was saved.

    Attributes:
        ring: everybody who takes turns, in order.
        last: who got the previous task, or None before the first one.
    """

    ring: tuple[int, ...] = ()
    last: int | None = None


class Assignment(Struct, frozen=True):
    """What becomes of a task that enters a flow, and of the flow.

    Attributes:
        queue: the memory to keep for the next task.
        flow: the flow afterwards; another one than before only with a reason.
        reason: why the flow was changed, or None.
    """

    responsible_id: int
    queue: Queue
    flow: Flow
    reason: SwitchReason | None


def distributed(flow: Flow, people: People, queue: Queue, *, creator_id: int) -> Assignment:
    """Return who gets a task that enters the flow now, and what that does to the flow.

    Rule (documented): a manual flow gives it to its moderator, a queue "in turn to each team
    member", and in self-distribution it waits with its creator. flows.md 6.2, 6.4, 6.5.
    Rule (observed): the creator may get his own task, and nobody's workload is looked at.

    Args:
        creator_id: the task's CREATED_BY, which may be another user than the caller.
    """
    flow, reason = staffed(flow, people)
    if flow.distribution_type == Distribution.HIMSELF:
        return Assignment(creator_id, Queue(), flow, reason)
    if flow.distribution_type == Distribution.QUEUE:
        ring = ring_after(queue.ring, people.team)
        chosen = next_in_queue(ring, queue.last, people.away)
        if chosen is not None:  # always: with nobody present it would be manual by now
            return Assignment(chosen, Queue(ring, chosen), flow, reason)
    return Assignment(flow.responsible_list[0].id, Queue(), flow, reason)


def staffed(flow: Flow, people: People) -> tuple[Flow, SwitchReason | None]:
    """Return the flow with somebody to receive its tasks, and why it had to change, if it had to.

    Also for people who leave while no task comes: pass nobody as away, absence matters to tasks
    alone (flows.md 6.6).

    Rule (documented): a queue or self-distribution without people becomes manual and its owner
    the moderator; a moderator who is gone is replaced by the owner. flows.md 6.2, 6.7.
    Rule (observed): so does a queue whose people are all absent, and an absent moderator is
    replaced for good; absence is not asked for in self-distribution.
    Rule (assumed): whoever would replace himself stays, and nobody is told.
    """
    reason = _shortage(flow.distribution_type, people)
    if reason is None:
        return flow, None
    deputy = stand_in(flow.owner_id, people)
    moderated = replace(flow, responsible_list=(Member(USER, deputy),))
    if flow.distribution_type != Distribution.MANUALLY:
        # An owner who left is replaced for good only when a flow switches (flows.md 6.6).
        switched = replace(moderated, distribution_type=Distribution.MANUALLY, owner_id=deputy)
        return switched, reason
    return (flow, None) if moderated == flow else (moderated, reason)


def _shortage(distribution: Distribution, people: People) -> SwitchReason | None:
    manually = distribution == Distribution.MANUALLY
    if not people.team:
        return SwitchReason.MODERATOR_LEFT if manually else SwitchReason.NOBODY_LEFT
    if distribution == Distribution.HIMSELF or not people.away.issuperset(people.team):
        return None
    return SwitchReason.MODERATOR_ABSENT if manually else SwitchReason.ALL_ABSENT


def stand_in(owner_id: int, people: People) -> int:
    """Return the flow's owner, or the administrator who takes the place of one who left.

    Rule (observed): the owner is not asked whether he is absent too (flows.md 6.2).
    Rule (assumed): of several administrators it is the one with the lowest id.
    """
    return owner_id if people.owner_active else min(people.admins, default=owner_id)


def ring_after(ring: Sequence[int], team: Sequence[int]) -> tuple[int, ...]:
    """Return the ring that the stored one becomes with the people of this moment.

    Rule (assumed): "newcomers are appended at the end of the ring, leavers removed, everyone
    else keeps the position" (flows.md 6.1).
    """
    present = set(team)
    stayed = [user for user in ring if user in present]
    return tuple(dict.fromkeys([*stayed, *team]))


def next_in_queue(team: Sequence[int], last: int | None, away: Collection[int]) -> int | None:
    """Return the user whose turn it is, or None when nobody is there to take the task.

    Rule (documented): tasks go "in turn to each team member", and a member who is absent is
    skipped. tasks/flow/index, "Types of Distribution".
    Rule (observed): who was skipped is owed nothing; when the last receiver has left the team,
    the turn starts over. flows.md 6.4.

    Args:
        team: user ids in queue order.
        last: the user who received the previous task, or None before the first one.
        away: users absent at this moment.
    """
    start = team.index(last) + 1 if last in team else 0
    in_turn = [*team[start:], *team[:start]]
    return next((user for user in in_turn if user not in away), None)
