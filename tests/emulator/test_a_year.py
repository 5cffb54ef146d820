"""A year of a portal in some seconds: what must always be true is looked at after each day.

The days are random, but the same in every run. People work hard for some months and hardly at all
in others, so that alerts are raised, stay silent, are raised again, and are armed anew.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from sluice.clock import VirtualClock, from_micros
from sluice.domain.alerts import SILENCE, Alert, Notice, is_passed
from sluice.domain.calendar import calendar_from_settings
from sluice.domain.flow import Distribution, Flow
from sluice.domain.task import RUNNING, Task
from sluice.emulator.time_control import Report
from sluice.store.database import Row
from sluice.store.jobs import JobKind
from sluice.store.tables import Store
from tests.emulator.conftest import MONDAY
from tests.places import only_sqlite
from tests.portals import EVERYBODY, Person, PortalInTest

YEAR = timedelta(days=365)
HOLIDAYS = "1.01,8.03,1.05,9.05,24.12,25.12,26.12"
LAZY_MONTHS = (3, 4, 8, 9, 10)
ALERTS = {
    Notice.QUEUE_OVERFLOW: Alert.QUEUE_OVERFLOW,
    Notice.TASKS_IN_PROGRESS_OVERFLOW: Alert.TASKS_IN_PROGRESS_OVERFLOW,
    Notice.EFFICIENCY_DECREASE: Alert.EFFICIENCY_DECREASE,
}
# Jobs of a task, which only a call may take off the plan; no call is made while time advances.
OF_TASKS = {JobKind.DEADLINE.value, JobKind.HALF_TIME.value, JobKind.UNTAKEN.value}


class Year:
    """A portal with a flow of each kind, and what is remembered of it to be compared."""

    def __init__(self, portal: PortalInTest, seed: int) -> None:
        self.portal = portal
        self.random = Random(seed)
        self.calendar = calendar_from_settings(year_holidays=HOLIDAYS)
        portal.wait(portal.time.freeze(MONDAY))
        settings = {"year_holidays": HOLIDAYS}
        assert portal.admin.call("calendar.settings.set", settings=settings).result is True
        self.boss = portal.add_user("Boss")
        self.team = [portal.add_user(name) for name in ("Carla", "Dmitri", "Eva", "Farid")]
        members = tuple(person.member for person in self.team)
        common = {
            "task_creators": (EVERYBODY,),
            "match_work_time": True,
            "notify_at_half_time": True,
            "notify_on_queue_overflow": 4,
            "notify_on_tasks_in_progress_overflow": 3,
            "notify_when_efficiency_decreases": 70,
        }
        lists = {
            Distribution.QUEUE: members,
            Distribution.MANUALLY: (self.team[0].member,),
            Distribution.HIMSELF: members,
        }
        self.flows = [
            portal.add_flow(
                kind.value,
                self.boss,
                distribution_type=kind,
                responsible_list=people,
                task_control=kind is Distribution.QUEUE,
                planned_completion_seconds=self.random.choice((4, 30, 72)) * 3600,
                **common,
            )
            for kind, people in lists.items()
        ]
        self.now = MONDAY
        self.away: dict[int, datetime] = {}
        self.tasks: list[int] = []
        self.deadlines = 0
        self.alerts_seen = 0
        self.silent: dict[tuple[int, Alert], datetime] = {}
        self.raised: Counter[Notice] = Counter()
        self.raised_after_silence = 0
        self.ran: Counter[str] = Counter()
        self.done: set[tuple[str, int, datetime]] = set()

    # What people do

    def live_a_day(self) -> None:
        """Let people add tasks and work on them, then let time pass."""
        if self.random.random() < 0.1:
            self._go_away()
        for _ in range(self.random.choice((0, 1, 1, 2))):
            self._add_task()
        diligence = 1 if self.now.month in LAZY_MONTHS else 5
        for _ in range(self.random.randrange(diligence)):
            self._work()
        self._pass_time(timedelta(minutes=self.random.randrange(20 * 60, 28 * 60)))

    def _go_away(self) -> None:
        there = [person for person in self.team[1:] if person.id not in self._absent()]
        if len(there) < 2:  # a flow without anybody falls back to manual, which is tested elsewhere
            return
        person, days = self.random.choice(there), self.random.randrange(1, 9)
        until = self.now + timedelta(days=days)
        reply = self.portal.admin.call(
            "calendar.event.add",
            type="user",
            ownerId=person.id,
            name="Away",
            accessibility="absent",
            **{"from": self.now.isoformat(), "to": until.isoformat()},
        )
        assert reply.status == 200, reply.text
        self.away[person.id] = until

    def _absent(self) -> set[int]:
        return {user_id for user_id, until in self.away.items() if self.now < until}

    def _add_task(self) -> None:
        flow = self.random.choice(self.flows)
        creator = self.random.choice([self.boss, self.portal.admin])
        fields = {"TITLE": f"Task {len(self.tasks)}", "FLOW_ID": flow.id}
        reply = creator.call("tasks.task.add", fields=fields)
        task = self.portal.task(reply.result["task"]["id"])
        self.tasks.append(task.id)
        assert task.created == self.now
        if flow.distribution_type == Distribution.QUEUE:
            assert task.responsible_id not in self._absent()
        assert task.deadline is not None
        assert self.calendar.is_working_day(task.deadline.date()), task.deadline
        self.deadlines += 1
        self._look_at_alerts()

    def _work(self) -> None:
        if not self.tasks:
            return
        task = self.portal.task(self.random.choice(self.tasks[-40:]))
        fate = self.random.random()
        if fate < 0.03:
            self._call(self.portal.admin, "tasks.task.delete", task.id)
            self.tasks.remove(task.id)
        elif fate < 0.06:
            flow_id = self.random.choice([None, *(flow.id for flow in self.flows)]) or 0
            fields = {"FLOW_ID": flow_id}
            self._call(self.portal.admin, "tasks.task.update", task.id, fields=fields)
        elif task.is_untaken:
            self._call(self.random.choice(self.team), "tasks.task.start", task.id)
        else:
            worker = Person(self.portal, task.responsible_id, self._path(task.responsible_id))
            move = self.random.choice(("start", "start", "pause", "complete", "complete", "defer"))
            self._call(worker, f"tasks.task.{move}", task.id)
            creator = Person(self.portal, task.created_by, self._path(task.created_by))
            self._call(creator, f"tasks.task.{self.random.choice(('approve', 'renew'))}", task.id)

    def _path(self, user_id: int) -> str:
        return {one.id: one.path for one in (self.portal.admin, self.boss, *self.team)}[user_id]

    def _call(self, person: Person, method: str, task_id: int, **parameters: Any) -> None:
        """Try a move; whether it is allowed now is no matter of time."""
        reply = person.call(method, taskId=task_id, **parameters)
        assert reply.status in (200, 400), reply.text
        self._look_at_alerts()

    # What must be true

    def _pass_time(self, amount: timedelta) -> None:
        before, end = self._planned(), self.now + amount

        def passed(_: Report) -> None:
            self._look_at_alerts()

        report = self.portal.wait(self.portal.time.advance(by=amount, passed=passed))
        self.now = end

        assert (report.end, report.failed) == (end, 0)
        self._look_at_jobs(report, before)
        self._look_at_tasks()
        assert self.portal.differences() == []

    def _planned(self) -> dict[tuple[str, int], datetime]:
        far = self.now + 2 * YEAR
        jobs = self.portal.in_store(lambda store: store.jobs.due(far, 100_000))
        return {(job.kind.value, job.subject_id): job.due for job in jobs}

    def _look_at_jobs(self, report: Report, before: dict[tuple[str, int], datetime]) -> None:
        """No job is lost, or done twice, or done before something that fell due earlier."""
        dues = [one.due for one in report.ran]
        assert dues == sorted(dues)
        done = {(one.kind, one.subject_id, one.due) for one in report.ran}
        assert len(done) == len(report.ran)
        assert not done & self.done
        self.done |= done
        expected = {
            (kind, subject_id, due)
            for (kind, subject_id), due in before.items()
            if kind in OF_TASKS and due <= self.now
        }
        assert {one for one in done if one[0] in OF_TASKS} == expected
        left = self._planned()
        assert all(due > self.now for due in left.values())
        # What fell due later stayed on the plan.
        assert before.items() - {((kind, number), due) for kind, number, due in done} <= (
            left.items() | {item for item in before.items() if item[0][0] not in OF_TASKS}
        )
        self.ran.update(one.kind for one in report.ran)

    def _look_at_tasks(self) -> None:
        """A running task is overdue from the very instant of its deadline on."""
        tasks: list[Task] = self.portal.in_store(
            lambda store: [task for page in store.tasks.every() for task in page]
        )
        for task in tasks:
            if task.status in RUNNING and task.deadline is not None:
                assert task.overdue == (task.deadline <= self.now), task

    def _look_at_alerts(self) -> None:
        """No alert comes twice within its silence, and none is missing."""

        def look(store: Store) -> tuple[list[Row], dict[int, list[int]]]:
            new = store.transaction.all(
                "SELECT id, flow_id, kind, raised_micros FROM alert WHERE id > :seen ORDER BY id",
                {"seen": self.alerts_seen},
            )
            values = {}
            for flow in self.flows:
                counters, kept = store.tasks.counters(flow.id), store.flows.find(flow.id)
                assert kept is not None
                values[flow.id] = [counters.pending, counters.in_work, kept.efficiency]
            return new, values

        new, values = self.portal.in_store(look)
        for self.alerts_seen, flow_id, kind, raised_micros in new:
            notice, raised = Notice(kind), from_micros(raised_micros)
            self.raised[notice] += 1
            if (alert := ALERTS.get(notice)) is not None:
                silent_until = self.silent.get((flow_id, alert))
                assert silent_until is None or raised >= silent_until, (flow_id, notice, raised)
                self.raised_after_silence += silent_until is not None
                self.silent[flow_id, alert] = raised + SILENCE
        for flow in self.flows:
            for alert, value in zip(Alert, values[flow.id], strict=True):
                self._judge(flow, alert, value)

    def _judge(self, flow: Flow, alert: Alert, value: int) -> None:
        if is_passed(flow, alert, value):
            assert (flow.id, alert) in self.silent, (flow.name, alert, value, self.now)
        else:
            self.silent.pop((flow.id, alert), None)


@only_sqlite  # no matter of engines, and the longest test there is
@pytest.mark.parametrize("seed", [2026])
def test_a_year_passes(seed: int, portal: PortalInTest, machine: VirtualClock) -> None:
    year = Year(portal, seed)

    while year.now < MONDAY + YEAR:
        year.live_a_day()
        machine.advance(seconds=1)  # which means nothing to a frozen clock

    # It was a year in which everything happened that is looked at.
    assert portal.now() == year.now
    assert year.deadlines > 250
    assert min(year.ran[kind] for kind in (*OF_TASKS, JobKind.EFFICIENCY.value)) > 10, year.ran
    assert min(year.raised[notice] for notice in ALERTS) > 1, year.raised
    assert year.raised_after_silence > 0
    assert year.raised[Notice.HALF_TIME] > 10
