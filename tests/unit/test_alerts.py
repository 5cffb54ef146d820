"""When a flow's people are warned. flows.md 9."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sluice.domain.access import USER, Member
from sluice.domain.alerts import (
    SILENCE,
    Alert,
    Verdict,
    can_tell_half_time,
    can_tell_untaken,
    half_time,
    judged,
    rearmed,
)
from sluice.domain.flow import DEFAULTS, Distribution, Flow
from sluice.domain.task import Status, Task

ANNA, BORIS = 3, 5
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
TASK = Task(
    id=11,
    title="Reset a password",
    created_by=ANNA,
    responsible_id=BORIS,
    created=NOW,
    changed_by=ANNA,
    changed=NOW,
    activity=NOW,
    status_changed=NOW,
    guid="",
)


def flow(**settings: object) -> Flow:
    return Flow(
        id=42,
        creator_id=ANNA,
        efficiency=100,
        active=True,
        activity=NOW,
        demo=False,
        **{
            **DEFAULTS,
            "owner_id": ANNA,
            "name": "Intake",
            "planned_completion_seconds": 3600,
            "distribution_type": Distribution.QUEUE,
            "responsible_list": (Member(USER, BORIS),),
            **settings,
        },
    )


WATCHED = flow(
    notify_on_queue_overflow=10,
    notify_on_tasks_in_progress_overflow=50,
    notify_when_efficiency_decreases=70,
)


@pytest.mark.parametrize(
    ("alert", "value", "sent"),
    [
        (Alert.QUEUE_OVERFLOW, 10, False),
        (Alert.QUEUE_OVERFLOW, 11, True),
        (Alert.TASKS_IN_PROGRESS_OVERFLOW, 50, False),
        (Alert.TASKS_IN_PROGRESS_OVERFLOW, 51, True),
        (Alert.EFFICIENCY_DECREASE, 70, False),
        (Alert.EFFICIENCY_DECREASE, 69, True),
    ],
)
def test_an_alert_is_sent_beyond_its_threshold_only(alert: Alert, value: int, sent: bool) -> None:
    assert judged(WATCHED, alert, value, None, NOW).send is sent


@pytest.mark.parametrize("number", [None, 0])
@pytest.mark.parametrize("alert", Alert)
@pytest.mark.parametrize("value", [0, 100_000])
def test_an_alert_without_a_threshold_is_off(number: int | None, alert: Alert, value: int) -> None:
    unwatched = flow(**{alert.value: number})

    assert judged(unwatched, alert, value, None, NOW) == Verdict(send=False, silent_until=None)


def overflow(pending: int, silent_until: datetime | None, now: datetime) -> Verdict:
    return judged(WATCHED, Alert.QUEUE_OVERFLOW, pending, silent_until, now)


def test_an_alert_that_was_sent_is_silent_for_thirty_days() -> None:
    first = overflow(11, None, NOW)
    second = overflow(12, first.silent_until, NOW + timedelta(days=30) - timedelta(seconds=1))
    third = overflow(12, second.silent_until, NOW + timedelta(days=30))

    assert [verdict.send for verdict in (first, second, third)] == [True, False, True]


def test_an_alert_whose_reason_was_gone_is_sent_again_at_once() -> None:
    first = overflow(11, None, NOW)
    second = overflow(10, first.silent_until, NOW)
    third = overflow(11, second.silent_until, NOW)

    assert [verdict.send for verdict in (first, second, third)] == [True, False, True]


def test_a_changed_threshold_arms_its_alert_and_no_other() -> None:
    assert rearmed(WATCHED, replace(WATCHED, notify_on_queue_overflow=11)) == [Alert.QUEUE_OVERFLOW]
    assert rearmed(WATCHED, replace(WATCHED, name="Requests")) == []


def test_switching_an_alert_off_in_either_way_is_no_change_of_what_is_off() -> None:
    assert rearmed(flow(notify_on_queue_overflow=0), flow(notify_on_queue_overflow=None)) == []


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20 * 86_400)), max_size=30))
def test_between_two_alerts_are_thirty_days_or_a_time_without_reason(
    observed: list[tuple[int, int]],
) -> None:
    now, silent_until, last_sent = NOW, None, None
    for pending, wait_seconds in observed:
        now += timedelta(seconds=wait_seconds)
        verdict = overflow(pending, silent_until, now)
        silent_until = verdict.silent_until

        due = pending > 10 and (last_sent is None or now - last_sent >= SILENCE)
        assert verdict.send is due
        if pending <= 10:
            last_sent = None
        elif due:
            last_sent = now


# --- half of the time


def test_half_time_lies_midway_between_now_and_the_deadline() -> None:
    assert half_time(NOW, NOW + timedelta(hours=5)) == NOW + timedelta(hours=2, minutes=30)


def test_a_deadline_in_the_past_has_no_half_time() -> None:
    assert half_time(NOW, NOW) is None


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (Status.PENDING, True),
        (Status.IN_PROGRESS, True),
        (Status.AWAITING_CONTROL, False),
        (Status.COMPLETED, False),
        (Status.DEFERRED, False),
    ],
)
def test_half_time_is_told_while_the_task_is_to_be_done(status: Status, told: bool) -> None:
    assert can_tell_half_time(flow(notify_at_half_time=True), replace(TASK, status=status)) is told


def test_half_time_is_not_told_of_a_task_that_waits_with_its_creator() -> None:
    untaken = replace(TASK, responsible_id=ANNA)

    assert not can_tell_half_time(flow(notify_at_half_time=True), untaken)


def test_half_time_is_not_told_unless_the_flow_wants_it() -> None:
    assert not can_tell_half_time(flow(notify_at_half_time=False), TASK)


# --- not taken


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, True),
        ({"deadline": None}, True),
        ({"responsible_id": BORIS}, False),
        ({"status": Status.IN_PROGRESS}, False),
        ({"deadline": LATER}, False),
    ],
    ids=["still waiting", "no deadline", "given to somebody", "begun", "too late anyway"],
)
def test_the_owner_hears_of_a_task_nobody_took(changes: dict[str, object], told: bool) -> None:
    waiting = replace(TASK, responsible_id=ANNA, deadline=LATER + timedelta(hours=1))

    assert can_tell_untaken(replace(waiting, **changes), LATER) is told
