"""What a task is, who may move it where, and what a move leaves behind. flows.md 2.9, 5."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sluice.domain.task import (
    OPEN,
    Standing,
    Status,
    Task,
    actions,
    can_approve,
    can_change_deadline,
    can_complete,
    can_defer,
    can_delete,
    can_edit,
    can_pause,
    can_read,
    can_reassign,
    can_renew,
    can_set_status,
    can_start,
    can_take,
    can_work_on,
    completed,
    delegated,
    taken,
    with_status,
)

MONDAY = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)
LATER = MONDAY + timedelta(hours=1)
ANNA, BORIS, CARLA = 2, 3, 4

ROLES = (
    "admin",
    "director",
    "responsible",
    "accomplice",
    "auditor",
    "superior",
    "group_reader",
    "group_editor",
    "flow_owner",
    "flow_team",
)


def a_task(**fields: Any) -> Task:
    return Task(
        **{
            "id": 7,
            "title": "Call back",
            "created_by": ANNA,
            "responsible_id": BORIS,
            "created": MONDAY,
            "changed_by": ANNA,
            "changed": MONDAY,
            "activity": MONDAY,
            "status_changed": MONDAY,
            "guid": "{}",
            **fields,
        }
    )


def being(*roles: str) -> Standing:
    return Standing(CARLA, **dict.fromkeys(roles, True))


statuses = st.sampled_from(Status)
people = st.integers(2, 6)
standings = st.builds(Standing, st.just(CARLA), *[st.booleans()] * len(ROLES))
tasks = st.builds(
    lambda status, control, change, responsible, watching: a_task(
        status=status,
        task_control=control,
        allow_change_deadline=change,
        responsible_id=responsible,
        auditors=tuple(sorted(watching)),
    ),
    statuses,
    st.booleans(),
    st.booleans(),
    people,
    st.sets(people),
)


@pytest.mark.parametrize("role", ROLES)
def test_any_role_reads(role: str) -> None:
    assert can_read(being(role))


def test_a_stranger_may_nothing() -> None:
    nobody = being()

    assert not can_read(nobody)
    for status in Status:
        allowed = actions(nobody, a_task(status=status))
        assert [name for name, may in allowed.items() if may] == ["create"]


@pytest.mark.parametrize(
    ("can", "allowed"),
    [
        (can_edit, {"admin", "director", "group_editor", "flow_owner"}),
        (can_delete, {"admin", "director", "group_editor"}),
        (
            can_work_on,
            {"admin", "director", "group_editor", "flow_owner", "responsible", "accomplice"},
        ),
    ],
)
def test_who_may_change_a_task(can: Callable[[Standing], bool], allowed: set[str]) -> None:
    assert {role for role in ROLES if can(being(role))} == allowed


EXECUTORS = {"responsible", "accomplice"}
DIRECTORS = {"admin", "director", "group_editor"}


@pytest.mark.parametrize(
    ("can", "status", "allowed"),
    [
        (can_start, 2, EXECUTORS | DIRECTORS | {"superior"}),
        (can_pause, 3, EXECUTORS | DIRECTORS | {"superior"}),
        (can_defer, 2, EXECUTORS | DIRECTORS),
        (can_defer, 3, EXECUTORS | DIRECTORS),
        (can_complete, 2, EXECUTORS | DIRECTORS | {"superior"}),
        (can_complete, 3, EXECUTORS | DIRECTORS | {"superior"}),
        (can_complete, 6, EXECUTORS | DIRECTORS | {"superior"}),
        (can_complete, 4, {"admin", "director"}),
        (can_renew, 4, EXECUTORS | DIRECTORS),
        (can_renew, 5, EXECUTORS | DIRECTORS),
        (can_renew, 6, EXECUTORS | DIRECTORS),
        (can_approve, 4, DIRECTORS | {"superior"}),
        (can_reassign, 2, DIRECTORS | {"responsible", "flow_owner"}),
        (can_reassign, 6, DIRECTORS | {"responsible", "flow_owner"}),
    ],
)
def test_who_may_move_a_task(
    can: Callable[[Standing, Task], bool], status: int, allowed: set[str]
) -> None:
    task = a_task(status=Status(status))

    assert {role for role in ROLES if can(being(role), task)} == allowed


@pytest.mark.parametrize(
    ("can", "sources"),
    [
        (can_start, {2}),
        (can_pause, {3}),
        (can_defer, {2, 3}),
        (can_complete, {2, 3, 4, 6}),
        (can_renew, {4, 5, 6}),
        (can_approve, {4}),
        (can_reassign, {2, 3, 6}),
    ],
)
def test_from_where_a_task_may_be_moved(
    can: Callable[[Standing, Task], bool], sources: set[int]
) -> None:
    everything = being(*ROLES)

    assert {status for status in Status if can(everything, a_task(status=status))} == sources


@given(standings, tasks)
def test_who_may_anything_may_read(standing: Standing, task: Task) -> None:
    allowed = {name for name, may in actions(standing, task).items() if may}

    assert can_read(standing) or allowed <= {"create"}


@given(standings, tasks, st.sampled_from(ROLES))
def test_one_more_role_takes_no_right_away(standing: Standing, task: Task, role: str) -> None:
    more = actions(replace(standing, **{role: True}), task)

    for name, may in actions(standing, task).items():
        # Who is responsible already has nothing to take.
        assert more[name] or not may or (name == "take" and role == "responsible"), name


@given(standings, tasks)
def test_a_completed_task_can_only_be_opened_again(standing: Standing, task: Task) -> None:
    allowed = actions(standing, replace(task, status=Status.COMPLETED))

    for name in ("start", "pause", "defer", "complete", "approve", "disapprove", "delegate"):
        assert not allowed[name]


@given(standings, tasks, statuses)
def test_a_status_is_set_only_where_a_method_leads(
    standing: Standing, task: Task, status: Status
) -> None:
    ways = {
        Status.PENDING: (can_pause, can_renew, can_approve),
        Status.IN_PROGRESS: (can_start,),
        Status.AWAITING_CONTROL: (can_complete,),
        Status.COMPLETED: (can_complete, can_approve),
        Status.DEFERRED: (can_defer,),
    }[status]
    by_method = any(way(standing, task) for way in ways)

    assert can_set_status(standing, task, status) == (by_method or standing.directs)


@pytest.mark.parametrize(
    ("role", "open_to_change", "may"),
    [
        ("responsible", False, False),
        ("responsible", True, True),
        ("accomplice", True, False),
        ("director", False, True),
        ("flow_owner", False, True),
    ],
)
def test_who_moves_a_deadline(role: str, open_to_change: bool, may: bool) -> None:
    task = a_task(allow_change_deadline=open_to_change)

    assert can_change_deadline(being(role), task) is may


@pytest.mark.parametrize(
    ("roles", "fields", "may"),
    [
        (("flow_team",), {"responsible_id": ANNA}, True),
        (("flow_team", "director", "responsible"), {"responsible_id": ANNA}, False),
        (("flow_team",), {"responsible_id": BORIS}, False),
        (("flow_team",), {"responsible_id": ANNA, "status": Status.IN_PROGRESS}, False),
        (("admin",), {"responsible_id": ANNA}, False),
    ],
    ids=["waits", "one's own", "taken", "begun", "not of the team"],
)
def test_who_may_take_a_task(roles: tuple[str, ...], fields: dict[str, Any], may: bool) -> None:
    assert can_take(being(*roles), a_task(**fields)) is may


@given(tasks, statuses)
def test_only_a_completed_task_is_closed(task: Task, status: Status) -> None:
    moved = with_status(task, status, by=CARLA, now=LATER)

    closed = (CARLA, LATER) if status == Status.COMPLETED else (None, None)
    assert (moved.closed_by, moved.closed) == closed
    assert (moved.status_changed_by, moved.status_changed) == (CARLA, LATER)


@given(tasks, st.lists(statuses, min_size=1))
def test_work_begins_once(task: Task, moves: list[Status]) -> None:
    instants = [MONDAY + timedelta(hours=number) for number in range(len(moves))]
    for now, status in zip(instants, moves, strict=True):
        task = with_status(task, status, by=CARLA, now=now)

    began = [now for now, s in zip(instants, moves, strict=True) if s == Status.IN_PROGRESS]
    assert task.started == (began[0] if began else None)


@pytest.mark.parametrize(
    ("roles", "control", "status", "becomes"),
    [
        (("responsible",), False, 3, 5),
        (("responsible",), True, 3, 4),
        (("group_editor",), True, 3, 4),
        (("director", "responsible"), True, 3, 5),
        (("superior",), True, 3, 5),
        (("admin",), True, 3, 5),
        (("director",), True, 4, 5),
    ],
)
def test_controlled_work_is_reviewed(
    roles: tuple[str, ...], control: bool, status: int, becomes: int
) -> None:
    task = completed(a_task(status=Status(status), task_control=control), being(*roles), LATER)

    assert task.status == becomes


@given(tasks, people)
def test_who_gives_a_task_away_watches_it(task: Task, to: int) -> None:
    given_away = delegated(task, to, by=CARLA, now=LATER)

    assert (given_away.responsible_id, given_away.status) == (to, Status.PENDING)
    assert set(given_away.auditors) == {*task.auditors, task.responsible_id} - {to}
    assert list(given_away.auditors) == sorted(set(given_away.auditors))
    assert (given_away.flow_id, given_away.group_id) == (task.flow_id, task.group_id)


def test_a_taken_task_is_begun() -> None:
    task = taken(a_task(responsible_id=ANNA), CARLA, LATER)

    assert (task.responsible_id, task.status, task.started) == (CARLA, Status.IN_PROGRESS, LATER)
    assert (task.auditors, task.created_by) == ((), ANNA)


def test_everybody_who_has_to_do_with_a_task_is_a_member() -> None:
    task = a_task(accomplices=(CARLA,), auditors=(ANNA, 9))

    assert task.members == {ANNA, BORIS, CARLA, 9}


def test_open_tasks_are_those_that_may_be_late() -> None:
    assert set(OPEN) == {Status.PENDING, Status.IN_PROGRESS, Status.DEFERRED}
