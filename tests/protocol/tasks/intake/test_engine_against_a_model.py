"""Counters, turns and efficiency against a naive model, over random days."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sluice.clock import VirtualClock, from_micros
from sluice.domain.efficiency import (
    Violation,
    counts_as_violating,
    counts_in_total,
    efficiency,
    window,
)
from sluice.domain.flow import Distribution, Flow
from tests.places import look
from tests.portals import EVERYBODY, Person, PortalInTest
from tests.provenance import assumed

# Seven seconds past, so that no step of whole minutes lands on a midnight.
START = datetime(2026, 1, 12, 9, 30, 7, tzinfo=UTC)
pytestmark = assumed("flows.md 6.4, 8, 13.2: held against the sentences, step by step")

MOVES = ("start", "pause", "defer", "complete", "renew", "approve", "disapprove", "delete")


class Engine(RuleBasedStateMachine):
    """Two flows and some people, on whom anything may be tried in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.clock = VirtualClock(START)
        self.portal = PortalInTest(Path(self.directory.name) / "portal.db", self.clock)
        self.boss = self.portal.add_user("Boss")
        self.team = [self.portal.add_user(name) for name in ("Carla", "Dmitri", "Eva")]
        members = tuple(person.member for person in self.team)
        self.queue = self.portal.add_flow(
            "Queue",
            self.boss,
            responsible_list=members,
            task_creators=(EVERYBODY,),
            task_control=True,
            notify_on_queue_overflow=2,
            notify_when_efficiency_decreases=80,
        )
        self.himself = self.portal.add_flow(
            "Himself",
            self.boss,
            distribution_type=Distribution.HIMSELF,
            responsible_list=members,
            task_creators=(EVERYBODY,),
        )
        self.away: dict[int, datetime] = {}
        self.last: int | None = None
        self.tasks: list[str] = []

    def teardown(self) -> None:
        self.portal.close()
        self.directory.cleanup()

    @property
    def everybody(self) -> list[Person]:
        return [self.boss, *self.team]

    def is_away(self, person: Person) -> bool:
        return self.clock.now() < self.away.get(person.id, START)

    def next_in_turn(self) -> int:
        """Return whose turn it is, in the most naive way."""
        ids = [person.id for person in self.team]
        first = 0 if self.last is None else ids.index(self.last) + 1
        order = [*self.team[first % 3 :], *self.team[: first % 3]]
        return next(person.id for person in order if not self.is_away(person))

    @precondition(lambda self: not all(self.is_away(person) for person in self.team))
    @rule(who=st.integers(0, 3))
    def add_to_the_queue(self, who: int) -> None:
        expected = self.next_in_turn()
        reply = self.everybody[who].call(
            "tasks.task.add", fields={"TITLE": "x", "FLOW_ID": self.queue.id}
        )
        task = reply.result["task"]
        assert int(task["responsibleId"]) == expected
        self.last = expected
        self.tasks.append(task["id"])

    @rule(who=st.integers(0, 3))
    def add_to_the_open_flow(self, who: int) -> None:
        reply = self.everybody[who].call(
            "tasks.task.add", fields={"TITLE": "x", "FLOW_ID": self.himself.id}
        )
        self.tasks.append(reply.result["task"]["id"])

    @rule(who=st.integers(0, 3))
    def add_what_cannot_be(self, who: int) -> None:
        reply = self.everybody[who].call(
            "tasks.task.add", fields={"TITLE": "x", "FLOW_ID": self.queue.id, "PARENT_ID": 10**9}
        )
        assert reply.status == 400

    @precondition(lambda self: self.tasks)
    @rule(data=st.data(), who=st.integers(0, 4), move=st.sampled_from(MOVES))
    def move(self, data: st.DataObject, who: int, move: str) -> None:
        task_id = data.draw(st.sampled_from(self.tasks))
        caller = [self.portal.admin, *self.everybody][who]
        reply = caller.call(f"tasks.task.{move}", taskId=task_id)
        if move == "delete" and reply.status == 200:
            self.tasks.remove(task_id)

    @precondition(lambda self: self.tasks)
    @rule(data=st.data(), to=st.integers(0, 3))
    def delegate(self, data: st.DataObject, to: int) -> None:
        task_id = data.draw(st.sampled_from(self.tasks))
        self.portal.admin.call("tasks.task.delegate", taskId=task_id, userId=self.everybody[to].id)

    @precondition(lambda self: self.tasks)
    @rule(data=st.data(), hours=st.integers(-48, 48))
    def move_a_deadline(self, data: st.DataObject, hours: int) -> None:
        task_id = data.draw(st.sampled_from(self.tasks))
        deadline = from_micros(int((self.clock.now().timestamp() + hours * 3600) * 1e6))
        self.portal.admin.call(
            "tasks.task.update", taskId=task_id, fields={"DEADLINE": deadline.isoformat()}
        )

    @precondition(lambda self: self.tasks)
    @rule(data=st.data())
    def take_out_of_its_flow(self, data: st.DataObject) -> None:
        task_id = data.draw(st.sampled_from(self.tasks))
        self.portal.admin.call("tasks.task.update", taskId=task_id, fields={"FLOW_ID": 0})

    @precondition(lambda self: sum(self.is_away(person) for person in self.team) < 2)
    @rule(who=st.integers(0, 2), days=st.integers(1, 3))
    def go_away(self, who: int, days: int) -> None:
        person = self.team[who]
        self.portal.add_absence(person, days=days)
        self.away[person.id] = max(
            self.away.get(person.id, START),
            from_micros(int((self.clock.now().timestamp() + days * 86_400) * 1e6)),
        )

    @rule(minutes=st.sampled_from([5, 60, 600, 1440, 1440 * 9]))
    def time_passes(self, minutes: int) -> None:
        self.clock.advance(minutes=minutes)
        self.portal.run_due()

    @invariant()
    def counters_equal_a_recount(self) -> None:
        assert self.portal.differences() == []

    @invariant()
    def efficiency_equals_its_definition(self) -> None:
        self.portal.run_due()  # what fell due at this very instant
        for flow in (self.queue, self.himself):
            assert self.portal.flow(flow.id).efficiency == self.defined_efficiency(flow)

    def defined_efficiency(self, flow: Flow) -> int:
        span = window(self.clock.now(), UTC)
        tasks = [self.portal.task(task_id) for task_id in self.tasks]
        tasks = [task for task in tasks if task.flow_id == flow.id]
        violations: dict[int, list[Violation]] = {}
        for task_id, happened, repaired in look(
            self.portal.place, "SELECT task_id, happened_micros, repaired_micros FROM violation"
        ):
            violation = Violation(from_micros(happened), repaired is not None)
            violations.setdefault(task_id, []).append(violation)
        return efficiency(
            sum(counts_in_total(task, span) for task in tasks),
            sum(counts_as_violating(task, violations.get(task.id, []), span) for task in tasks),
        )

    @invariant()
    def the_flow_is_a_queue_still(self) -> None:
        assert self.portal.flow(self.queue.id).distribution_type == Distribution.QUEUE


Engine.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


TestEngine = Engine.TestCase
