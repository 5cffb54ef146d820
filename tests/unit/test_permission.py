"""Rights over flows, as plain rules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.access import DEPARTMENT, META_USER, USER, Actor, Member, codes_of
from sluice.domain.flow import Distribution, Flow, created
from sluice.domain.permission import can_create_flows, can_manage, can_read, team_is_group

NOW = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)
CREATOR, OWNER, ANNA = 2, 3, 4
SUPPORT, HOTLINE = 17, 18
PARENTS = {1: None, SUPPORT: 1, HOTLINE: SUPPORT}


def actor(
    user_id: int = ANNA,
    department: int = 1,
    *,
    is_admin: bool = False,
    is_intranet: bool = True,
) -> Actor:
    codes = codes_of(user_id, is_intranet=is_intranet, departments=[department], parents=PARENTS)
    return Actor(user_id, is_admin, is_intranet, codes, frozenset(), "webhook 1")


def flow(*team: Member, **settings: Any) -> Flow:
    values = {
        "owner_id": OWNER,
        "planned_completion_seconds": 3600,
        "name": "Intake",
        "distribution_type": Distribution.QUEUE,
        "responsible_list": team or (Member(USER, CREATOR),),
        **settings,
    }
    return created(values, creator_id=CREATOR, now=NOW)


ACTORS = st.builds(
    actor,
    st.integers(1, 6),
    st.sampled_from([1, SUPPORT, HOTLINE]),
    is_admin=st.booleans(),
    is_intranet=st.booleans(),
)
MEMBERS = st.one_of(
    st.builds(Member, st.just(USER), st.integers(1, 6)),
    st.builds(Member, st.just(DEPARTMENT), st.sampled_from([1, SUPPORT, HOTLINE]), st.booleans()),
)
FLOWS = st.builds(
    lambda team, creators: flow(*team, task_creators=tuple(creators)),
    st.lists(MEMBERS, min_size=1, max_size=3),
    st.lists(MEMBERS | st.just(Member(META_USER, 0)), max_size=3),
)


@given(FLOWS | st.none())
def test_the_portals_administrator_may_do_everything(any_flow: Flow | None) -> None:
    boss = actor(1, is_admin=True)

    assert can_create_flows(boss)
    assert can_manage(boss, any_flow)
    assert can_read(boss, any_flow)


@given(ACTORS, FLOWS)
def test_who_manages_a_flow_reads_it(caller: Actor, any_flow: Flow) -> None:
    assert can_read(caller, any_flow) or not can_manage(caller, any_flow)


@given(ACTORS)
def test_nobody_else_learns_that_a_flow_does_not_exist(caller: Actor) -> None:
    assert can_manage(caller, None) is can_read(caller, None) is caller.is_admin
    assert not team_is_group(caller, None)


@pytest.mark.parametrize(("user_id", "manages"), [(CREATOR, True), (OWNER, True), (ANNA, False)])
def test_creator_and_owner_manage_a_flow(user_id: int, manages: bool) -> None:
    assert can_manage(actor(user_id), flow(Member(USER, ANNA))) is manages


@pytest.mark.parametrize(
    ("listed", "department", "reads"),
    [
        (Member(USER, ANNA), 1, True),
        (Member(USER, 99), 1, False),
        (Member(DEPARTMENT, SUPPORT), SUPPORT, True),
        (Member(DEPARTMENT, SUPPORT), HOTLINE, True),
        (Member(DEPARTMENT, SUPPORT), 1, False),
        (Member(DEPARTMENT, SUPPORT, flat=True), SUPPORT, True),
        (Member(DEPARTMENT, SUPPORT, flat=True), HOTLINE, False),
    ],
)
def test_whom_a_flow_names_reads_it(listed: Member, department: int, reads: bool) -> None:
    anna = actor(department=department)

    assert can_read(anna, flow(listed)) is reads
    assert can_read(anna, flow(task_creators=(listed,))) is reads


def test_everybody_reads_a_flow_for_everybody_but_guests() -> None:
    open_flow = flow(task_creators=(Member(META_USER, 0),))

    assert can_read(actor(), open_flow)
    assert not can_read(actor(is_intranet=False), open_flow)


def test_guests_create_no_flows() -> None:
    assert can_create_flows(actor())
    assert not can_create_flows(actor(is_intranet=False))


@pytest.mark.parametrize("distribution", Distribution)
@pytest.mark.parametrize("is_intranet", [True, False])
def test_the_group_is_the_team_of_a_manual_flow(
    distribution: Distribution, is_intranet: bool
) -> None:
    counts = team_is_group(actor(is_intranet=is_intranet), flow(distribution_type=distribution))

    assert counts is (is_intranet and distribution == Distribution.MANUALLY)
