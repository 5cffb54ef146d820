"""Whose turn it is, and what becomes of a flow without people. flows.md 6."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sluice.domain.access import DEPARTMENT, USER, Member
from sluice.domain.distribution import (
    Assignment,
    People,
    Queue,
    SwitchReason,
    distributed,
    next_in_queue,
    ring_after,
    staffed,
    stand_in,
)
from sluice.domain.flow import DEFAULTS, Distribution, Flow

OWNER, ADMIN, OTHER_ADMIN, CREATOR = 1, 2, 4, 9
ANNA, BORIS, CLARA, DMITRI = 3, 5, 7, 8
SUPPORT = Member(DEPARTMENT, 17)
FRESH = Queue()


def flow(distribution: Distribution, members: Sequence[Member | int] = (ANNA, BORIS)) -> Flow:
    return Flow(
        id=42,
        creator_id=OWNER,
        efficiency=100,
        active=True,
        activity=datetime(2026, 3, 2, tzinfo=UTC),
        demo=False,
        **{
            **DEFAULTS,
            "owner_id": OWNER,
            "name": "Intake",
            "planned_completion_seconds": 3600,
            "distribution_type": distribution,
            "responsible_list": tuple(
                Member(USER, member) if isinstance(member, int) else member for member in members
            ),
        },
    )


def people(
    *team: int,
    away: Sequence[int] = (),
    owner_active: bool = True,
    admins: Sequence[int] = (ADMIN,),
) -> People:
    return People(team, frozenset(away), owner_active, tuple(admins))


def dealt(flow: Flow, people: People, queue: Queue = FRESH) -> Assignment:
    return distributed(flow, people, queue, creator_id=CREATOR)


def moderators(flow: Flow) -> list[int]:
    assert flow.distribution_type == Distribution.MANUALLY
    return [member.id for member in flow.responsible_list]


# --- next_in_queue


@pytest.mark.parametrize(
    ("last", "away", "expected"),
    [
        (None, [], ANNA),
        (ANNA, [], BORIS),
        (CLARA, [], ANNA),
        (ANNA, [BORIS], CLARA),
        (BORIS, [ANNA, CLARA], BORIS),
        (DMITRI, [], ANNA),
        (ANNA, [ANNA, BORIS, CLARA], None),
    ],
    ids=[
        "first task",
        "in turn",
        "wraps around",
        "skips the absent",
        "the only one present again",
        "starts over when the last one left",
        "nobody present",
    ],
)
def test_a_turn_goes_to_the_next_person_present(
    last: int | None, away: list[int], expected: int | None
) -> None:
    assert next_in_queue([ANNA, BORIS, CLARA], last, away) == expected


def test_nobody_is_next_in_an_empty_team() -> None:
    assert next_in_queue([], ANNA, []) is None


# --- ring_after


@pytest.mark.parametrize(
    ("ring", "team", "expected"),
    [
        ((), (ANNA, BORIS), (ANNA, BORIS)),
        ((BORIS, ANNA), (ANNA, BORIS), (BORIS, ANNA)),
        ((BORIS, CLARA), (ANNA, BORIS, CLARA), (BORIS, CLARA, ANNA)),
        ((ANNA, BORIS, CLARA), (ANNA, CLARA), (ANNA, CLARA)),
        ((ANNA, BORIS), (DMITRI, CLARA, BORIS), (BORIS, DMITRI, CLARA)),
        ((ANNA,), (), ()),
    ],
    ids=["first ring", "keeps its order", "newcomer", "leaver", "both", "all left"],
)
def test_a_ring_keeps_its_order_and_newcomers_stand_at_its_end(
    ring: tuple[int, ...], team: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    assert ring_after(ring, team) == expected


# --- queue


def test_a_queue_deals_in_turn_and_comes_round() -> None:
    queue, turns = Queue(), []
    for _ in range(4):
        assignment = dealt(flow(Distribution.QUEUE), people(ANNA, BORIS, CLARA), queue)
        queue = assignment.queue
        turns.append(assignment.responsible_id)

    assert turns == [3, 5, 7, 3]


def test_a_queue_owes_nothing_to_whom_it_skipped() -> None:
    queue, turns = Queue(), []
    for away in ([BORIS], [BORIS], [], []):
        assignment = dealt(flow(Distribution.QUEUE), people(ANNA, BORIS, CLARA, away=away), queue)
        queue = assignment.queue
        turns.append(assignment.responsible_id)

    assert turns == [ANNA, CLARA, ANNA, BORIS]


def test_a_queue_whose_last_receiver_was_dismissed_starts_over() -> None:
    first = dealt(flow(Distribution.QUEUE), people(ANNA, BORIS, CLARA))

    second = dealt(flow(Distribution.QUEUE), people(BORIS, CLARA), first.queue)

    assert (first.responsible_id, second.responsible_id) == (3, 5)
    assert second.queue == Queue((BORIS, CLARA), BORIS)


def test_a_newcomer_of_a_department_waits_until_everybody_had_a_turn() -> None:
    queue = Queue((BORIS, CLARA), BORIS)
    intake = flow(Distribution.QUEUE, [SUPPORT])

    second = dealt(intake, people(ANNA, BORIS, CLARA), queue)
    third = dealt(intake, people(ANNA, BORIS, CLARA), second.queue)

    assert (second.responsible_id, third.responsible_id) == (CLARA, ANNA)


def test_a_queue_that_deals_stays_as_it_is() -> None:
    intake = flow(Distribution.QUEUE)

    assignment = dealt(intake, people(ANNA, BORIS))

    assert assignment == Assignment(ANNA, Queue((ANNA, BORIS), ANNA), intake, None)


def test_the_creator_of_a_task_may_receive_it() -> None:
    assignment = dealt(flow(Distribution.QUEUE, [CREATOR]), people(CREATOR))

    assert assignment.responsible_id == CREATOR


@pytest.mark.parametrize(
    ("there", "reason"),
    [
        (people(), SwitchReason.NOBODY_LEFT),
        (people(ANNA, BORIS, away=[BORIS, ANNA]), SwitchReason.ALL_ABSENT),
    ],
    ids=["nobody left", "all absent"],
)
def test_a_queue_without_anybody_to_take_becomes_manual_with_its_owner(
    there: People, reason: SwitchReason
) -> None:
    intake = flow(Distribution.QUEUE)

    assignment = dealt(intake, there, Queue((ANNA, BORIS), ANNA))

    assert assignment.responsible_id == OWNER
    assert assignment.queue == Queue()
    assert assignment.reason == reason
    assert assignment.flow == replace(
        intake,
        distribution_type=Distribution.MANUALLY,
        responsible_list=(Member(USER, OWNER),),
    )


def test_a_switch_puts_an_administrator_in_the_place_of_an_owner_who_left() -> None:
    assignment = dealt(
        flow(Distribution.QUEUE), people(owner_active=False, admins=[OTHER_ADMIN, ADMIN])
    )

    assert assignment.responsible_id == ADMIN
    assert assignment.flow.owner_id == ADMIN
    assert moderators(assignment.flow) == [ADMIN]


# --- himself


def test_in_self_distribution_a_task_waits_with_its_creator() -> None:
    intake = flow(Distribution.HIMSELF)

    assignment = dealt(intake, people(ANNA, BORIS))

    assert assignment == Assignment(CREATOR, Queue(), intake, None)


def test_self_distribution_does_not_ask_who_is_absent() -> None:
    assignment = dealt(flow(Distribution.HIMSELF), people(ANNA, BORIS, away=[ANNA, BORIS]))

    assert (assignment.responsible_id, assignment.reason) == (CREATOR, None)


def test_self_distribution_without_people_becomes_manual() -> None:
    assignment = dealt(flow(Distribution.HIMSELF), people())

    assert (assignment.responsible_id, assignment.reason) == (OWNER, SwitchReason.NOBODY_LEFT)
    assert moderators(assignment.flow) == [OWNER]


# --- manually


def test_a_manual_flow_gives_every_task_to_its_moderator() -> None:
    intake = flow(Distribution.MANUALLY, [ANNA])

    assert dealt(intake, people(ANNA)) == Assignment(ANNA, Queue(), intake, None)


@pytest.mark.parametrize(
    ("there", "reason"),
    [
        (people(), SwitchReason.MODERATOR_LEFT),
        (people(ANNA, away=[ANNA]), SwitchReason.MODERATOR_ABSENT),
        (people(ANNA, away=[ANNA, OWNER]), SwitchReason.MODERATOR_ABSENT),
    ],
    ids=["left", "absent", "absent like the owner"],
)
def test_a_moderator_who_is_not_there_is_replaced_by_the_owner_for_good(
    there: People, reason: SwitchReason
) -> None:
    intake = flow(Distribution.MANUALLY, [ANNA])

    assignment = dealt(intake, there)

    assert (assignment.responsible_id, assignment.reason) == (OWNER, reason)
    assert assignment.flow == replace(intake, responsible_list=(Member(USER, OWNER),))


def test_an_administrator_moderates_when_the_owner_left_too() -> None:
    assignment = dealt(flow(Distribution.MANUALLY, [ANNA]), people(owner_active=False))

    assert moderators(assignment.flow) == [ADMIN]
    assert assignment.flow.owner_id == OWNER


def test_an_absent_owner_who_moderates_stays_and_nobody_is_told() -> None:
    intake = flow(Distribution.MANUALLY, [OWNER])

    assert dealt(intake, people(OWNER, away=[OWNER])) == Assignment(OWNER, Queue(), intake, None)


def test_a_flow_whose_moderator_was_deleted_from_its_list_gets_another() -> None:
    emptied = replace(flow(Distribution.MANUALLY, [ANNA]), responsible_list=())

    assert moderators(dealt(emptied, people()).flow) == [OWNER]


# --- people leaving


def test_absence_alone_changes_no_flow_while_no_task_comes() -> None:
    intake = flow(Distribution.QUEUE)

    assert staffed(intake, people(ANNA, BORIS)) == (intake, None)


def test_a_queue_that_everybody_left_becomes_manual_before_a_task_comes() -> None:
    emptied, reason = staffed(flow(Distribution.QUEUE), people())

    assert (moderators(emptied), reason) == ([OWNER], SwitchReason.NOBODY_LEFT)


def test_the_owner_stands_in_as_long_as_no_administrator_is_there() -> None:
    assert stand_in(OWNER, people(owner_active=False, admins=[])) == OWNER


# --- properties

CROWD = st.lists(st.integers(1, 30), min_size=1, max_size=8, unique=True)


@given(CROWD, st.integers(0, 60))
def test_a_queue_is_fair_to_the_last_task(team: list[int], tasks: int) -> None:
    queue, got = Queue(), Counter(dict.fromkeys(team, 0))
    for _ in range(tasks):
        assignment = dealt(flow(Distribution.QUEUE), people(*team), queue)
        queue = assignment.queue
        got[assignment.responsible_id] += 1

    share, more = divmod(tasks, len(team))
    assert [got[user] for user in team] == [share + 1] * more + [share] * (len(team) - more)


@given(st.data(), CROWD, st.lists(st.integers(31, 40), max_size=5, unique=True))
def test_a_queue_is_fair_to_those_who_are_always_there(
    data: st.DataObject, always: list[int], sometimes: list[int]
) -> None:
    queue, got = Queue(), Counter(dict.fromkeys(always, 0))
    joined: list[int] = []
    for _ in range(data.draw(st.integers(0, 40))):
        joined += data.draw(st.lists(st.sampled_from(sometimes), max_size=1)) if sometimes else []
        away = data.draw(st.lists(st.sampled_from(joined))) if joined else []
        there = people(*dict.fromkeys([*always, *joined]), away=away)

        assignment = dealt(flow(Distribution.QUEUE), there, queue)

        assert assignment.responsible_id not in away
        queue = assignment.queue
        got[assignment.responsible_id] += 1

    counts = [got[user] for user in always]
    assert max(counts) - min(counts) <= 1


@given(
    st.sampled_from(Distribution),
    st.lists(st.integers(1, 9), max_size=4, unique=True),
    st.frozensets(st.integers(1, 9)),
    st.booleans(),
)
def test_every_task_finds_somebody_and_a_changed_flow_has_a_reason(
    distribution: Distribution, team: list[int], away: frozenset[int], owner_active: bool
) -> None:
    before = flow(distribution, team[:1] if distribution == Distribution.MANUALLY else team)
    there = People(
        tuple(team[:1] if distribution == Distribution.MANUALLY else team),
        away,
        owner_active,
        (ADMIN, OTHER_ADMIN),
    )

    assignment = dealt(before, there)

    assert assignment.responsible_id in {*team, OWNER, ADMIN, CREATOR}
    assert (assignment.flow != before) is (assignment.reason is not None)
    again = dealt(assignment.flow, replace(there, team=(assignment.responsible_id,)))
    if assignment.reason is not None:
        assert again.reason is None  # a flow is switched once
