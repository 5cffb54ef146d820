"""What a flow keeps about its tasks: counters, efficiency, activity, alerts, due jobs.

Source: flows.md 8, 9. A call and the background worker both come through here, with the instant
and the store of their transaction.
"""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from sluice.domain.alerts import (
    TAKING_TIME,
    Alert,
    Notice,
    can_tell_half_time,
    can_tell_untaken,
    half_time,
    judged,
    rearmed,
    threshold,
)
from sluice.domain.distribution import People, Queue, SwitchReason, stand_in
from sluice.domain.efficiency import efficiency, is_violated, place, window
from sluice.domain.flow import Distribution, Flow
from sluice.domain.task import Task
from sluice.methods.tasks.notifications import Moment, tell_of_flow
from sluice.methods.tasks.team import people_of
from sluice.store.jobs import JobKind


def task_entered(at: Moment, task: Task, *, is_new: bool = False) -> None:
    """Note that a new task, or one from elsewhere, is now the flow's."""
    flow = _flow_of(at, task)
    if flow is None:
        return
    at.store.efficiency.count(flow.id, place(task, at.zone), 1)
    _tell_of_new_task(at, flow, task)
    if flow.notify_at_half_time or not is_new:
        _plan_half_time(at, flow, task)
    if flow.distribution_type == Distribution.HIMSELF:
        at.store.jobs.plan(JobKind.UNTAKEN, task.id, at.now + TAKING_TIME)
    _look_again(at, flow, active=True)


def task_left(at: Moment, task: Task) -> None:
    """Note that a task is the flow's no more."""
    flow = _flow_of(at, task)
    if flow is None:
        return
    at.store.efficiency.count(flow.id, place(task, at.zone), -1)
    for kind in (JobKind.HALF_TIME, JobKind.UNTAKEN):
        at.store.jobs.cancel(kind, task.id)
    _look_again(at, flow)


def task_changed(at: Moment, before: Task, after: Task) -> None:
    """Note a change of a task, whatever flow it is and was in."""
    if before.flow_id != after.flow_id:
        task_left(at, before)
        task_entered(at, after)
        return
    flow = _flow_of(at, after)
    if flow is None:
        return
    old, new = place(before, at.zone), place(after, at.zone)
    if old != new:
        at.store.efficiency.count(flow.id, old, -1)
        at.store.efficiency.count(flow.id, new, 1)
    if before.deadline != after.deadline:
        _plan_half_time(at, flow, after)
    if before.is_untaken and not after.is_untaken:
        at.store.jobs.cancel(JobKind.UNTAKEN, after.id)
    if old != new or before.status != after.status:
        _look_again(at, flow, active=before.status != after.status)


def deadline_passed(at: Moment, task: Task) -> Task:
    """Note that a deadline passed while the task was running, and return the task as it is now.

    Rule (observed): this is a violation of the flow's, until it is repaired. flows.md 8.
    """
    if task.overdue or not is_violated(task, at.now):
        return task
    late = replace(task, overdue=True, violated=at.now)
    at.store.tasks.save(task, late)
    if late.flow_id is not None:
        at.store.efficiency.add_violation(late.id, late.flow_id, late.responsible_id, at.now)
        task_changed(at, task, late)
    return late


def half_time_gone(at: Moment, task: Task) -> None:
    """Tell the responsible person that half of the time is gone, if that still matters."""
    flow = _flow_of(at, task)
    if flow is not None and can_tell_half_time(flow, task):
        _tell(at, flow, Notice.HALF_TIME, task.responsible_id, task=task)


def still_untaken(at: Moment, task: Task) -> None:
    """Tell the flow's owner that nobody took a task for a day."""
    flow = _flow_of(at, task)
    if flow is None or flow.distribution_type != Distribution.HIMSELF:
        return
    if can_tell_untaken(task, at.now):
        _tell(at, flow, Notice.UNTAKEN, owner_of(at, flow), task=task)


def refreshed(at: Moment, flow: Flow) -> Flow:
    """Reckon the flow's efficiency anew, store it if it differs, and tell of a drop."""
    span = window(at.now, at.zone)
    total, violating = at.store.efficiency.share(flow.id, span.start.astimezone(at.zone).date())
    value = efficiency(total, violating)
    if violating:
        # Late tasks grow old and leave the window: look again when the day is over.
        at.store.jobs.plan(JobKind.EFFICIENCY, flow.id, span.end + timedelta(microseconds=1))
    if value != flow.efficiency:
        at.store.flows.set_efficiency(flow.id, value)
        flow = replace(flow, efficiency=value)
    _judge(at, flow, Alert.EFFICIENCY_DECREASE, value)
    return flow


def settings_changed(at: Moment, before: Flow, after: Flow, *, list_sent: bool) -> None:
    """Note that a flow got other settings: arm its alerts again, let its queue start anew.

    Rule (observed): changing a threshold arms its alert; a list that is sent, and another
    distribution, make the queue forget whose turn it was. flows.md 3.2, 6.3, 9.
    """
    for alert in rearmed(before, after):
        at.store.alerts.keep_silent(after.id, alert, None)
    if list_sent or before.distribution_type != after.distribution_type:
        at.store.flows.set_queue(after.id, Queue())


def flow_removed(at: Moment, flow: Flow) -> None:
    """Forget what was kept for a flow; its tasks stay, as tasks of no flow (flows.md 3.4)."""
    at.store.tasks.leave_flow(flow.id)
    at.store.efficiency.forget_flow(flow.id)
    at.store.alerts.forget_flow(flow.id)
    at.store.jobs.cancel(JobKind.EFFICIENCY, flow.id)


def tell_of_switch(at: Moment, flow: Flow, reason: SwitchReason) -> None:
    """Tell the new moderator why the flow was given to him (flows.md 6.7, 9)."""
    replaced = reason in (SwitchReason.MODERATOR_LEFT, SwitchReason.MODERATOR_ABSENT)
    notice = Notice.MODERATOR_CHANGED if replaced else Notice.SWITCHED_TO_MANUAL
    _tell(at, flow, notice, flow.responsible_list[0].id, detail=reason.value)


def owner_of(at: Moment, flow: Flow) -> int:
    """Return the flow's owner, or who stands in for one who left."""
    return stand_in(flow.owner_id, people_of_flow(at, flow, ()))


def people_of_flow(at: Moment, flow: Flow, team: tuple[int, ...]) -> People:
    """Return who is there for a flow; `team` is its list, expanded."""
    return People(
        team=team,
        away=at.store.calendar.absent_among(team, at.now, at.zone),
        owner_active=bool(at.store.users.active_among([flow.owner_id])),
        admins=at.store.users.administrators(),
    )


def _flow_of(at: Moment, task: Task) -> Flow | None:
    return None if task.flow_id is None else at.store.flows.find(task.flow_id)


def _look_again(at: Moment, flow: Flow, *, active: bool = False) -> None:
    """Bring the flow's activity and efficiency up to date, and judge its overflow alerts."""
    if active:
        at.store.flows.touch(flow.id, at.now)
    flow = refreshed(at, flow)
    if threshold(flow, Alert.QUEUE_OVERFLOW) or threshold(flow, Alert.TASKS_IN_PROGRESS_OVERFLOW):
        counters = at.store.tasks.counters(flow.id)
        _judge(at, flow, Alert.QUEUE_OVERFLOW, counters.pending)
        _judge(at, flow, Alert.TASKS_IN_PROGRESS_OVERFLOW, counters.in_work)


_NOTICES = {
    Alert.QUEUE_OVERFLOW: Notice.QUEUE_OVERFLOW,
    Alert.TASKS_IN_PROGRESS_OVERFLOW: Notice.TASKS_IN_PROGRESS_OVERFLOW,
    Alert.EFFICIENCY_DECREASE: Notice.EFFICIENCY_DECREASE,
}


def _judge(at: Moment, flow: Flow, alert: Alert, value: int) -> None:
    if threshold(flow, alert) is None:
        return
    silent_until = at.store.alerts.silent_until(flow.id, alert)
    verdict = judged(flow, alert, value, silent_until, at.now)
    if verdict.silent_until != silent_until:
        at.store.alerts.keep_silent(flow.id, alert, verdict.silent_until)
    if verdict.send:
        _tell(at, flow, _NOTICES[alert], owner_of(at, flow), detail=str(value))


def _tell_of_new_task(at: Moment, flow: Flow, task: Task) -> None:
    """Tell the moderator of a manual flow, or everybody who may take the task (flows.md 9)."""
    if flow.moderator_id is not None:
        _tell(at, flow, Notice.NEW_TO_DISTRIBUTE, flow.moderator_id, task=task)
    elif flow.distribution_type == Distribution.HIMSELF:
        team = people_of(at.store, flow.responsible_list)
        others = [user_id for user_id in team if user_id != task.created_by]
        _tell(at, flow, Notice.NEW_TO_TAKE, *others, task=task)


def _plan_half_time(at: Moment, flow: Flow, task: Task) -> None:
    due = None
    if flow.notify_at_half_time and task.deadline is not None:
        due = half_time(at.now, task.deadline)
    if due is None:
        at.store.jobs.cancel(JobKind.HALF_TIME, task.id)
    else:
        at.store.jobs.plan(JobKind.HALF_TIME, task.id, due)


def _tell(
    at: Moment,
    flow: Flow,
    notice: Notice,
    *user_ids: int,
    task: Task | None = None,
    detail: str = "",
) -> None:
    task_id = None if task is None else task.id
    for user_id in user_ids:
        at.store.alerts.tell(notice, flow.id, user_id, at.now, task_id=task_id, detail=detail)
    tell_of_flow(at, flow, notice, user_ids, task=task, detail=detail)
