"""What `tasks.task.list` can be asked for. flows.md 5.6; rest-protocol.md 10, 11.4."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.clock import VirtualClock
from sluice.store.engine import Place
from tests.portals import Person, PortalInTest
from tests.protocol.tasks.task.wire import add_task
from tests.provenance import assumed, documented, observed


class Tasks:
    """A portal with seven tasks that differ, called by letters; these tests only read them."""

    def __init__(self, place: Place) -> None:
        self.portal = PortalInTest(place, VirtualClock(datetime(2026, 1, 12, 9, tzinfo=UTC)))
        self.admin = self.portal.admin
        self.anna, self.boris = (self.portal.add_user(name) for name in ("Anna", "Boris"))
        self.group = self.portal.add_group("Project", self.admin, [self.anna, self.boris])
        self.flow = self.portal.add_flow("Intake", self.admin).id
        self.letters: dict[str, str] = {}
        anna, boris = self.anna, self.boris
        self._add("a", anna, TITLE="Alpha", GROUP_ID=self.group, TAGS=["Hot", "new"], PRIORITY=2)
        self._add("b", boris, TITLE="beta", DEADLINE="2026-01-12T20:00:00+00:00", MARK="N")
        self._add("c", anna, TITLE="Alphabet", PARENT_ID=self.id("a"), TAGS=["hot"], XML_ID="x-1")
        self._add("d", boris, AUDITORS=[anna.id], ACCOMPLICES=[boris.id], STAGE_ID=7, STATUS=3)
        self._add("e", anna, DEADLINE="2026-02-01T09:00:00+00:00", STATUS=5, ADD_IN_REPORT="Y")
        self._add("f", boris, FLOW_ID=self.flow, TITLE="50% of_it", ALLOW_CHANGE_DEADLINE="Y")
        self._add("g", anna, STATUS=6, DEADLINE="2026-01-12T17:00:00+00:00", TIME_ESTIMATE=3600)
        self.admin.call(
            "task.dependence.add", taskIdFrom=self.id("a"), taskIdTo=self.id("b"), linkType=2
        )

    def _add(self, letter: str, responsible: Person, **fields: Any) -> None:
        self.portal.clock.advance(hours=1)  # so that `a` is of 10:00, `g` of 16:00
        if "FLOW_ID" in fields:
            add = {"TITLE": letter, **fields}
            task = self.admin.call("tasks.task.add", fields=add).result["task"]
        else:
            task = add_task(self.admin, responsible, **{"TITLE": letter, **fields})
        self.letters[task["id"]] = letter

    def id(self, letter: str) -> int:
        return next(int(task_id) for task_id, name in self.letters.items() if name == letter)

    def value(self, said: Any) -> Any:
        """Return what is meant by `$anna`, `$c` and the like."""
        if isinstance(said, list):
            return [self.value(item) for item in said]
        match said:
            case "$anna":
                return self.anna.id
            case "$boris":
                return str(self.boris.id)
            case "$group":
                return self.group
            case "$flow":
                return self.flow
            case str() if said.startswith("$"):
                return self.id(said[1:])
        return said

    def found(self, condition: dict[str, Any]) -> str:
        """Return the letters of the tasks found, in order of id."""
        reply = self.admin.call(
            "tasks.task.list",
            filter={key: self.value(value) for key, value in condition.items()},
            order={"ID": "ASC"},
            select=["ID"],
        )
        rows = [self.letters[task["id"]] for task in reply.result["tasks"]]
        assert reply.total == len(rows)
        return "".join(rows)


@pytest.fixture(scope="module")
def tasks(lasting_place: Place) -> Iterator[Tasks]:
    tasks = Tasks(lasting_place)
    yield tasks
    tasks.portal.close()


@documented("tasks-task-list#filter")
@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({}, "abcdefg"),
        ({"ID": "$c"}, "c"),
        ({"id": ["$c", "$a"]}, "ac"),
        ({"PARENT_ID": "$a"}, "c"),
        ({"GROUP_ID": "$group"}, "a"),
        ({"CREATED_BY": 1}, "abcdefg"),
        ({"CREATED_BY": "$anna"}, ""),
        ({"STATUS_CHANGED_BY": 1}, "deg"),
        ({"CHANGED_BY": 1}, "abcdefg"),
        ({"CLOSED_BY": "1"}, "e"),
        ({"PRIORITY": 2}, "a"),
        ({"RESPONSIBLE_ID": "$anna"}, "aceg"),
        ({"RESPONSIBLE_ID": "$boris"}, "bd"),
        ({"RESPONSIBLE_ID": ["$boris", 1]}, "bdf"),
        ({"TITLE": "alpha"}, "a"),
        ({"%TITLE": "ALPHA"}, "ac"),
        ({"%TITLE": "50% of_"}, "f"),
        ({"%TITLE": "0_ of"}, ""),
        ({"=%TITLE": "Alpha%"}, "ac"),
        ({"TAG": "hot"}, "ac"),
        ({"TAG": ["new", "HOT"]}, "ac"),
        ({"TAG": "cold"}, ""),
        ({"REAL_STATUS": 3}, "d"),
        ({"REAL_STATUS": [3, "5", 6]}, "deg"),
        ({"STATUS": 5}, "e"),
        ({"STATUS": [2, 3]}, "abcdf"),
        ({"MARK": "N"}, "b"),
        ({"MARK": ""}, "acdefg"),
        ({"SITE_ID": "s1"}, "abcdefg"),
        ({"XML_ID": "x-1"}, "c"),
        ({"ADD_IN_REPORT": "Y"}, "e"),
        ({"ADD_IN_REPORT": "N"}, "abcdfg"),
        ({"ALLOW_CHANGE_DEADLINE": "N"}, "abcdefg"),
        ({"TIME_ESTIMATE": 3600}, "g"),
        ({"STAGE_ID": 7}, "d"),
        ({"FLOW_ID": "$flow"}, "f"),
        ({"FLOW": "$flow"}, "f"),
        ({"flow_id": ["$flow", 999]}, "f"),
        ({"ACCOMPLICE": "$boris"}, "d"),
        ({"AUDITOR": "$anna"}, "d"),
        ({"AUDITOR": "$boris"}, ""),
        ({"MEMBER": "$anna"}, "acdeg"),
        ({"DEPENDS_ON": "$a"}, "b"),
        ({"ONLY_ROOT_TASKS": "Y"}, "abdefg"),
        ({"ONLY_ROOT_TASKS": "N"}, "abcdefg"),
        ({"DEADLINE": "2026-02-01T10:00:00+01:00"}, "e"),
        ({"CLOSED_DATE": "2026-01-12T14:00:00+00:00"}, "e"),
        ({"DATE_START": "2026-01-12T13:00:00+00:00"}, "d"),
        ({"SPRINT_ID": 5}, ""),
        ({"BACKLOG_ID": 5}, ""),
        ({"FORUM_TOPIC_ID": 5}, ""),
        ({"UF_CRM_TASK": "D_5"}, ""),
        ({"RESPONSIBLE_ID": "$anna", "GROUP_ID": "$group", "PRIORITY": [2]}, "a"),
    ],
    ids=repr,
)
def test_a_field_finds_tasks(tasks: Tasks, condition: dict[str, Any], found: str) -> None:
    assert tasks.found(condition) == found


@documented("tasks-task-list#filter")
@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({">ID": "$e"}, "fg"),
        ({">=ID": "$e"}, "efg"),
        ({"<ID": "$c"}, "ab"),
        ({"<=id": "$c"}, "abc"),
        ({">=id": "$b", "<id": "$d"}, "bc"),
        ({"!ID": "$b"}, "acdefg"),
        ({"!ID": ["$b", "$c"]}, "adefg"),
        ({"=ID": "$b"}, "b"),
        ({"@ID": ["$b", "$g"]}, "bg"),
        ({"!@ID": ["$b", "$g"]}, "acdef"),
        ({"><ID": ["$b", "$d"]}, "bcd"),
        ({">CREATED_DATE": "2026-01-12T14:30:00+00:00"}, "fg"),
        ({"<=CREATED_DATE": "2026-01-12 11:00:00"}, "ab"),
        ({">CHANGED_DATE": "2026-01-12T17:30:00+02:00"}, "g"),
        ({"<DEADLINE": "2026-01-13"}, "bfg"),
        ({">=DEADLINE": "2026-01-13"}, "e"),
        ({"!DEADLINE": "2026-02-01T09:00:00+00:00"}, "abcdfg"),
        ({"!RESPONSIBLE_ID": "$anna"}, "bdf"),
        ({"!STATUS": 5}, "abcdfg"),
        ({"!REAL_STATUS": [5, 6]}, "abcdf"),
        ({">PRIORITY": 1}, "a"),
        ({"!%TITLE": "alpha"}, "bdefg"),
        ({"!TAG": "new"}, "bcdefg"),
        ({"!AUDITOR": "$anna"}, "abcefg"),
        ({"!FLOW_ID": "$flow"}, "abcdeg"),
        ({"!MARK": "N"}, "acdefg"),
        ({"!PARENT_ID": "$a"}, "abdefg"),
        ({"!XML_ID": "x-1"}, "abdefg"),
        ({"!SPRINT_ID": 5}, "abcdefg"),
    ],
    ids=repr,
)
def test_a_prefix_compares(tasks: Tasks, condition: dict[str, Any], found: str) -> None:
    assert tasks.found(condition) == found


@assumed("flows.md 5.6: null asks for no value; 0 for no other task, flow or person")
@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"PARENT_ID": 0}, "abdefg"),
        ({"!PARENT_ID": "0"}, "c"),
        ({"FLOW_ID": 0}, "abcdeg"),
        ({"!FLOW_ID": 0}, "f"),
        ({"FLOW_ID": None}, "abcdeg"),
        ({"CLOSED_BY": 0}, "abcdfg"),
        ({"GROUP_ID": 0}, "bcdeg"),
        ({"SPRINT_ID": 0}, "abcdefg"),
        ({"DEADLINE": ""}, "acd"),
        ({"!DEADLINE": None}, "befg"),
        ({"!DEADLINE": ""}, "befg"),
    ],
    ids=repr,
)
def test_nothing_is_found(tasks: Tasks, condition: dict[str, Any], found: str) -> None:
    if "GROUP_ID" in condition:
        assert tasks.portal.flow(tasks.flow).group_id != 0
    assert tasks.found(condition) == found


# It is 16:00: `g` is due in an hour, `b` in four; `f` an hour after it was added at 15:00.
@documented("tasks-task-list#filter: STATUS, -1 overdue, -2 unviewed, -3 almost overdue")
@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"STATUS": -1}, ""),
        ({"STATUS": "-3"}, "bfg"),
        ({"STATUS": -2}, ""),
        ({"STATUS": [-3, 5]}, "befg"),
        ({"STATUS": [-3, -1, 3]}, "bdfg"),
        ({"!STATUS": -3}, "acde"),
        ({"!STATUS": [-3, 5]}, "acd"),
        ({"!@STATUS": [-3, 5]}, "acd"),
        ({"status": [-3, 999, "x", None]}, "bfg"),
    ],
    ids=repr,
)
def test_a_meta_status_finds_tasks(tasks: Tasks, condition: dict[str, Any], found: str) -> None:
    assert tasks.found(condition) == found


@documented("tasks-task-list#filter: STATUS")
def test_meta_statuses_follow_the_clock_and_the_reader(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    early = add_task(anna, boris, DEADLINE="2026-01-12T12:00:00+00:00")["id"]
    late = add_task(anna, boris, DEADLINE="2026-03-01")["id"]

    def found(status: int) -> list[str]:
        reply = boris.call("tasks.task.list", filter={"STATUS": status}, select=["ID"])
        return [task["id"] for task in reply.result["tasks"]]

    assert (found(-1), found(-2), found(-3)) == ([], [late, early], [early])
    boris.call("tasks.task.get", taskId=late)
    assert found(-2) == [early]
    portal.clock.advance(hours=3)
    assert (found(-1), found(-3)) == ([early], [])
    boris.call("tasks.task.complete", taskId=early)
    assert (found(-1), found(-2)) == ([], [])


@assumed("rest-protocol.md 11.4: a condition that no row can meet matches nothing")
@pytest.mark.parametrize(
    "condition",
    [
        {"ID": "abc"},
        {"ID": 10**30},
        {"ID": -5},
        {"ID": []},
        {"ID": {"deep": {"deeper": 1}}},
        {">ID": [1, 2]},
        {">ID": "$result[cmd_0][49][ID]"},
        {"><ID": 1},
        {"RESPONSIBLE_ID": True},
        {"DEADLINE": "someday"},
        {">DEADLINE": "9999-12-31T23:59:59+00:00"},
        {"<DEADLINE": "0001-01-01"},
        {"STATUS": 1},
        {"STATUS": 99},
        {"TITLE": {"a": ["b"]}},
        {"%TITLE": "x" * 100_000},
        {"FLOW_ID": 999},
        {"MEMBER": 999},
    ],
    ids=lambda condition: repr(condition)[:60],
)
def test_what_no_task_has_finds_none(tasks: Tasks, condition: dict[str, Any]) -> None:
    reply = tasks.admin.call("tasks.task.list", filter=condition)

    assert (reply.status, reply.result, reply.total) == (200, {"tasks": []}, 0)


@observed("rest-protocol.md 10: the words for what cannot be filtered by")
@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"NOTHING": 1}, "Filter field not allowed: NOTHING"),
        ({"": 1}, "Filter field not allowed: "),
        ({"ID) OR (1=1": 1}, "Filter field not allowed: ID) OR (1=1"),
        ({"~ID": 1}, "Filter operation not allowed: ~"),
        ({"!!STATUS": -1}, "Filter operation not allowed: !!"),
    ],
    ids=repr,
)
def test_what_cannot_be_filtered_by_is_refused(
    tasks: Tasks, condition: dict[str, Any], words: str
) -> None:
    reply = tasks.admin.call("tasks.task.list", filter=condition)

    assert reply.refusal == (400, "ERROR_ARGUMENT", words)
