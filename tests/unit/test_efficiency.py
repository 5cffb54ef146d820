"""The percentage of a flow and the records it rests on. flows.md 8."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sluice.domain.efficiency import (
    Violation,
    counts_as_violating,
    counts_in_total,
    efficiency,
    is_repaired,
    is_violated,
    window,
)
from sluice.domain.task import Status, Task

ANNA, BORIS = 3, 5
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
WINDOW = window(NOW, UTC)
TASK = Task(
    id=11,
    title="Reset a password",
    created_by=ANNA,
    responsible_id=BORIS,
    created=NOW - timedelta(days=3),
    changed_by=ANNA,
    changed=NOW,
    activity=NOW,
    status_changed=NOW,
    guid="",
)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("total", "violating", "percent"),
    [(3, 1, 67), (200, 1, 100), (1, 1, 0), (0, 0, 100), (8, 1, 88), (200, 199, 1), (2, 3, 0)],
    ids=["two thirds", "99.5", "only task late", "new flow", "87.5", "0.5", "more late than all"],
)
def test_efficiency_is_the_share_of_tasks_in_time(total: int, violating: int, percent: int) -> None:
    assert efficiency(total, violating) == percent


@given(st.integers(1, 10**9), st.integers(0, 10**9))
def test_efficiency_is_a_percentage_rounded_half_up(total: int, violating: int) -> None:
    exact = 100 * (1 - Decimal(violating) / total)

    answer = efficiency(total, violating)

    assert answer == max(0, exact.quantize(Decimal(1), ROUND_HALF_UP))
    assert 0 <= answer <= 100


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_another_late_task_never_raises_efficiency(total: int, violating: int) -> None:
    assert efficiency(total, violating + 1) <= efficiency(total, violating)


@given(st.integers(1, 10**6), st.integers(0, 10**6))
def test_another_task_in_time_never_lowers_efficiency(total: int, violating: int) -> None:
    assert efficiency(total + 1, violating) >= efficiency(total, violating)


# --- the window


def test_the_window_is_thirty_days_and_today() -> None:
    assert WINDOW.start == datetime(2026, 3, 1, 0, 0, 1, tzinfo=UTC)
    assert WINDOW.end.replace(microsecond=0) == datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)


def test_the_window_follows_the_days_of_the_portal() -> None:
    seen = window(datetime(2026, 3, 31, 22, 30, tzinfo=UTC), ZoneInfo("Europe/Berlin"))

    assert seen.start == datetime(2026, 3, 1, 23, 0, 1, tzinfo=UTC)  # 2 March there, in winter
    assert seen.end.replace(microsecond=0) == datetime(2026, 4, 1, 21, 59, 59, tzinfo=UTC)


def test_the_window_ends_with_the_day_even_if_its_last_hour_comes_twice() -> None:
    saturday_noon = datetime(2026, 10, 24, 14, tzinfo=UTC)

    seen = window(saturday_noon, ZoneInfo("America/Nuuk"))

    assert seen.end.replace(microsecond=0) == datetime(2026, 10, 25, 1, 59, 59, tzinfo=UTC)


# --- T


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, True),
        ({"created": NOW - timedelta(days=400)}, True),
        ({"created": WINDOW.end + SECOND}, False),
        ({"closed": WINDOW.start}, True),
        ({"closed": WINDOW.start - SECOND}, False),
        ({"status": Status.COMPLETED, "closed": NOW}, True),
        ({"status": Status.AWAITING_CONTROL}, True),
        ({"status": Status.DEFERRED}, False),
        ({"responsible_id": ANNA}, False),
    ],
    ids=[
        "a task at work",
        "old but open",
        "made after the window",
        "closed as the window begins",
        "closed before the window",
        "closed in the window",
        "in review",
        "deferred",
        "made for oneself",
    ],
)
def test_which_tasks_count(changes: dict[str, object], counts: bool) -> None:
    assert counts_in_total(replace(TASK, **changes), WINDOW) is counts


# --- V


@pytest.mark.parametrize(
    ("records", "counts"),
    [
        ([], False),
        ([Violation(NOW)], True),
        ([Violation(NOW, repaired=True)], True),
        ([Violation(WINDOW.start - SECOND)], True),
        ([Violation(WINDOW.start - SECOND, repaired=True)], False),
        ([Violation(WINDOW.end + SECOND)], False),
        ([Violation(WINDOW.start - SECOND, repaired=True), Violation(NOW)], True),
    ],
    ids=[
        "in time",
        "late now",
        "done late, in the window",
        "late since long",
        "done late, long ago",
        "after the window",
        "late again",
    ],
)
def test_which_tasks_count_as_late(records: list[Violation], counts: bool) -> None:
    assert counts_as_violating(TASK, records, WINDOW) is counts


def test_a_late_task_made_for_oneself_does_not_count() -> None:
    own = replace(TASK, responsible_id=ANNA)

    assert not counts_as_violating(own, [Violation(NOW)], WINDOW)


# --- records


@pytest.mark.parametrize(
    ("status", "violated"),
    [
        (Status.PENDING, True),
        (Status.IN_PROGRESS, True),
        (Status.AWAITING_CONTROL, False),
        (Status.COMPLETED, False),
        (Status.DEFERRED, False),
    ],
)
def test_a_deadline_is_violated_by_a_task_still_open(status: Status, violated: bool) -> None:
    late = replace(TASK, status=status, deadline=NOW)

    assert is_violated(late, NOW) is violated


@pytest.mark.parametrize("deadline", [None, NOW + SECOND], ids=["no deadline", "time is left"])
def test_a_task_with_time_left_violates_nothing(deadline: datetime | None) -> None:
    assert not is_violated(replace(TASK, deadline=deadline), NOW)


@pytest.mark.parametrize(
    ("changes", "repaired"),
    [
        ({}, False),
        ({"deadline": NOW - SECOND}, False),
        ({"deadline": NOW + SECOND}, True),
        ({"deadline": None}, True),
        ({"status": Status.COMPLETED}, True),
        ({"status": Status.AWAITING_CONTROL}, False),
        ({"status": Status.DEFERRED}, False),
    ],
    ids=["as it was", "still past", "moved on", "taken away", "completed", "in review", "deferred"],
)
def test_what_repairs_a_violation(changes: dict[str, object], repaired: bool) -> None:
    late = replace(TASK, deadline=NOW)

    assert is_repaired(replace(late, **changes), NOW) is repaired


@given(
    st.sampled_from(Status), st.none() | st.integers(-5, 5).map(lambda n: NOW + timedelta(days=n))
)
def test_no_task_violates_and_repairs_at_once(status: Status, deadline: datetime | None) -> None:
    task = replace(TASK, status=status, deadline=deadline)

    assert not (is_violated(task, NOW) and is_repaired(task, NOW))
