"""When a flow's people are warned: overflow, a drop of efficiency, half of the time gone.

Source: flows.md 9. Who is told: `distribution.stand_in`, except that half time is the
responsible person's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from sluice.domain.flow import Flow
from sluice.domain.task import RUNNING, Task

SILENCE = timedelta(days=30)
TAKING_TIME = timedelta(days=1)


class Alert(StrEnum):
    """What a flow can be told to watch, by the field that holds its threshold."""

    QUEUE_OVERFLOW = "notify_on_queue_overflow"
    TASKS_IN_PROGRESS_OVERFLOW = "notify_on_tasks_in_progress_overflow"
    EFFICIENCY_DECREASE = "notify_when_efficiency_decreases"


class Notice(StrEnum):
    """What somebody is told about a flow (flows.md 9)."""

    NEW_TO_DISTRIBUTE = "new_to_distribute"
    NEW_TO_TAKE = "new_to_take"
    UNTAKEN = "untaken"
    HALF_TIME = "half_time"
    QUEUE_OVERFLOW = "queue_overflow"
    TASKS_IN_PROGRESS_OVERFLOW = "tasks_in_progress_overflow"
    EFFICIENCY_DECREASE = "efficiency_decrease"
    SWITCHED_TO_MANUAL = "switched_to_manual"
    MODERATOR_CHANGED = "moderator_changed"


class Verdict(Struct, frozen=True):
    """Whether to send an alert, and what to remember of it.

    Attributes:
        silent_until: until when the alert stays quiet; None when it is armed.
    """

    send: bool
    silent_until: datetime | None


def threshold(flow: Flow, alert: Alert) -> int | None:
    """Return the number that must be passed, or None when the alert is off: 0 is off as well."""
    number: int | None = getattr(flow, alert.value)
    return number or None


def judged(
    flow: Flow, alert: Alert, value: int, silent_until: datetime | None, now: datetime
) -> Verdict:
    """Return whether this value is worth an alert.

    Rule (observed): "sent once, then blocked for 30 days or until the condition has been false
    once (then armed again)". flows.md 9.

    Args:
        value: of the flow: its pending tasks, its tasks in progress, or its efficiency.
        silent_until: what the last verdict said, or None.
    """
    if not is_passed(flow, alert, value):
        return Verdict(send=False, silent_until=None)
    if silent_until is not None and now < silent_until:
        return Verdict(send=False, silent_until=silent_until)
    return Verdict(send=True, silent_until=now + SILENCE)


def is_passed(flow: Flow, alert: Alert, value: int) -> bool:
    """Tell whether the value is beyond the threshold.

    Rule (observed): "Comparison is strict: exactly at the threshold nothing is sent".
    """
    limit = threshold(flow, alert)
    if limit is None:
        return False
    return value < limit if alert == Alert.EFFICIENCY_DECREASE else value > limit


def rearmed(before: Flow, after: Flow) -> list[Alert]:
    """Return the alerts to forget the silence of: "Changing the threshold arms again"."""
    return [alert for alert in Alert if threshold(before, alert) != threshold(after, alert)]


def half_time(now: datetime, deadline: datetime) -> datetime | None:
    """Return the instant at which half of the time is gone, or None when all of it is.

    Rule (observed): "at now + (deadline - now)/2, counted when the task enters the flow or its
    deadline changes"; a change of status does not move it. flows.md 9.
    """
    return now + (deadline - now) / 2 if now < deadline else None


def can_tell_half_time(flow: Flow, task: Task) -> bool:
    """Tell whether the responsible person is told, now that half of the time is gone.

    Rule (observed): not "if at that moment the task is deferred, awaiting control or completed,
    or if creator = responsible (e.g. untaken)". flows.md 9.
    """
    return (
        flow.notify_at_half_time
        and task.status in RUNNING
        and task.created_by != task.responsible_id
    )


def can_tell_untaken(task: Task, now: datetime) -> bool:
    """Tell whether the owner hears of a task nobody took, `TAKING_TIME` after it came.

    Rule (observed): "himself task still untaken one day after entering, deadline not yet over".
    The flow must be `himself` still; the caller has it at hand.
    """
    return task.is_untaken and (task.deadline is None or now < task.deadline)
