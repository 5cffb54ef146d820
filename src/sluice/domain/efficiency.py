"""How well a flow keeps its deadlines, in percent.

Source: flows.md 8. The documentation divides the overdue tasks by all; its alert "when efficiency
decreases" makes sense only the other way round, as the product has it (flows.md 13.1 row 10).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from msgspec import Struct

from sluice.domain.task import RUNNING, Status, Task

WINDOW_DAYS = 30
FIRST_SECOND = time(0, 0, 1)
LAST_SECOND = time(23, 59, 59, 999_999)  # to its end: instants here are finer than a second


class Window(Struct, frozen=True):
    """The instants that efficiency looks at, both ends included."""

    start: datetime
    end: datetime


class Violation(Struct, frozen=True):
    """A deadline that passed while the task was open.

    Attributes:
        at: when it passed.
        repaired: the task was completed or given a later deadline since.
    """

    at: datetime
    repaired: bool = False


class Place(Struct, frozen=True):
    """Where a task counts: it is in one place of each kind, so places can be kept, not counted.

    Attributes:
        counts: it is one of T as long as it is in the window.
        closed: the day on which it was closed; None while it is open, and so in every window.
        violates: it is one of V as long as its violation is in the window.
        violated: the day of its last violation; None while that is not repaired.
    """

    counts: bool
    closed: date | None
    violates: bool
    violated: date | None


def place(task: Task, zone: tzinfo) -> Place:
    """Return where the task counts, by the days of the portal's zone. flows.md 8."""
    for_others = task.created_by != task.responsible_id
    late = for_others and task.violated is not None
    return Place(
        counts=for_others and task.status != Status.DEFERRED,
        closed=task.closed.astimezone(zone).date() if task.closed else None,
        violates=late,
        violated=(
            task.violated.astimezone(zone).date() if task.violated and not task.overdue else None
        ),
    )


def efficiency(total: int, violating: int) -> int:
    """Return the share of tasks without a violation: a whole percent, 0 to 100.

    Rule (observed): `max(0, round(100 * (1 - V / T)))`, 100 for a flow without tasks; half a
    percent is rounded away from zero (flows.md 8).
    """
    if total == 0:
        return 100
    kept = max(0, total - violating)
    return (200 * kept + total) // (2 * total)


def window(now: datetime, zone: tzinfo) -> Window:
    """Return the window as it is now.

    Rule (observed): "from (today - 30 days) 00:00:01 to today 23:59:59, server time".
    """
    today = now.astimezone(zone).date()
    start = datetime.combine(today - timedelta(days=WINDOW_DAYS), FIRST_SECOND, zone)
    end = datetime.combine(today, LAST_SECOND, zone).replace(fold=1)  # the later, if there are two
    return Window(start.astimezone(UTC), end.astimezone(UTC))


def counts_in_total(task: Task, within: Window) -> bool:
    """Tell whether the task is one of T: the definition that `place` is tested against.

    Rule (observed): "createdDate <= end; closedDate empty or >= start; status not deferred;
    CREATED_BY != RESPONSIBLE_ID": what people make for themselves never counts.
    """
    return (
        task.created <= within.end
        and (task.closed is None or task.closed >= within.start)
        and task.status != Status.DEFERRED
        and task.created_by != task.responsible_id
    )


def counts_as_violating(task: Task, violations: Iterable[Violation], within: Window) -> bool:
    """Tell whether the task is one of V: the definition that `place` is tested against.

    Rule (observed): a record "dated inside the window, or dated earlier and not repaired yet".
    """
    return task.created_by != task.responsible_id and any(
        within.start <= violation.at <= within.end
        or (violation.at < within.start and not violation.repaired)
        for violation in violations
    )


def is_violated(task: Task, now: datetime) -> bool:
    """Tell whether the task must have an unrepaired record; one that has none gets it now.

    Rule (observed): a record is made when the deadline passes while the task is open, and again
    when the deadline is moved back into the past.
    Rule (assumed): the deadline passes at its own instant, and who opens a task again after its
    deadline violates it again.
    """
    return task.status in RUNNING and task.deadline is not None and task.deadline <= now


def is_repaired(task: Task, now: datetime) -> bool:
    """Tell whether unrepaired records of the task are to be marked repaired.

    Rule (observed): "when the deadline is moved to the future or the task is completed".
    Rule (assumed): a deadline taken away is moved as far as can be.
    """
    return task.status == Status.COMPLETED or task.deadline is None or task.deadline > now
