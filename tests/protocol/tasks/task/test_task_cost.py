"""What task calls cost the store: the same however many tasks there are, and not too much."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sluice.store.sqlite import SqliteDatabase
from tests.places import only_sqlite
from tests.portals import Person, PortalInTest
from tests.protocol.tasks.task.wire import add_task, boss_of
from tests.provenance import assumed

METHOD = "tasks.task.list"
# SQLite's statements can be traced, and its plans told from a few rows.
pytestmark = [only_sqlite, pytest.mark.trusts_memory]


@contextmanager
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Collect every statement that connections opened meanwhile run, its values filled in."""
    seen: list[str] = []
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect

    def traced(*args: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*args, **options)
        connection.set_trace_callback(seen.append)
        return connection

    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", traced)
        yield seen


def reading(seen: list[str]) -> list[str]:
    return [sql for sql in seen if sql.startswith("SELECT")]


@pytest.fixture
def full(portal: PortalInTest, anna: Person, boris: Person) -> Person:
    """Somebody who reads sixty tasks of different people, groups and flows."""
    boss = boss_of(portal, anna, boris)
    for number in range(6):
        group = portal.add_group(f"Group {number}", boss, [anna, boris])
        flow = portal.add_flow(f"Flow {number}", boss, group_id=group)
        flow_task = {"TITLE": "Flow task", "FLOW_ID": flow.id}
        for _ in range(5):
            add_task(anna, boris, GROUP_ID=group, TAGS=["a", "b"], AUDITORS=[anna.id])
            boss.call("tasks.task.add", fields=flow_task)
    return boss


@assumed("architecture: a page is read at once, not row by row")
@pytest.mark.parametrize("who", ["boss", "admin"])
def test_a_page_of_fifty_asks_no_more_than_a_page_of_one(
    portal: PortalInTest, full: Person, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = full if who == "boss" else portal.admin
    with statements(monkeypatch) as seen:
        first = person.call(METHOD, filter={"ID": 2})
        few = len(reading(seen))
        seen.clear()
        page = person.call(METHOD)
        many = len(reading(seen))

    assert (len(first.result["tasks"]), len(page.result["tasks"])) == (1, 50)
    assert 0 < many <= few <= 21


@assumed("architecture: what nobody selected is not read")
def test_a_page_of_ids_asks_for_little(full: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    with statements(monkeypatch) as seen:
        full.call(METHOD, select=["ID"], start=-1)

    tables = re.findall(r"FROM (\w+)", " ".join(reading(seen)))
    assert tables.count("portal_user") == 1  # who calls
    assert "workgroup" not in tables


SEARCHES = {
    "all": {},
    "a chain": {"filter": {">ID": 3}, "order": {"ID": "ASC"}, "start": -1},
    "a responsible person's": {"filter": {"RESPONSIBLE_ID": 2}},
    "a creator's": {"filter": {"CREATED_BY": 2}},
    "a group's": {"filter": {"GROUP_ID": 2}},
    "a flow's": {"filter": {"FLOW_ID": 2}},
    "of a status": {"filter": {"STATUS": 3}},
    "overdue": {"filter": {"STATUS": -1}},
    "a member's": {"filter": {"MEMBER": 2}},
    "an auditor's": {"filter": {"AUDITOR": 2}},
    "tagged": {"filter": {"TAG": "a"}},
    "of a parent": {"filter": {"PARENT_ID": 2}},
    "of a name": {"filter": {"TITLE": "x"}},
    "of an id elsewhere": {"filter": {"XML_ID": "x"}},
    "by deadline": {"order": {"DEADLINE": "ASC"}},
    "by change": {"order": {"CHANGED_DATE": "DESC"}},
    "by activity": {"order": {"ACTIVITY_DATE": "DESC"}},
    "by name": {"order": {"TITLE": "ASC"}},
}


@assumed("architecture: no call of the hot set may grow with the number of tasks")
@pytest.mark.parametrize("asked", SEARCHES.values(), ids=SEARCHES)
@pytest.mark.parametrize("who", ["boss", "admin"])
def test_no_page_scans_the_tasks(
    portal: PortalInTest,
    full: Person,
    who: str,
    asked: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    person = full if who == "boss" else portal.admin
    with statements(monkeypatch) as seen:
        assert person.call(METHOD, **asked).status == 200

    assert any("FROM task WHERE" in sql for sql in reading(seen))
    assert isinstance(portal.place, Path)
    plans = sqlite3.connect(portal.place)
    for sql in reading(seen):
        steps = [row[3] for row in plans.execute(f"EXPLAIN QUERY PLAN {sql}")]
        scans = [step for step in steps if re.match(r"SCAN (?!CONSTANT)", step)]
        # A scan in the order that is asked for ends with the page; others must not be.
        in_order = "ORDER BY" in sql and not any("TEMP B-TREE FOR ORDER BY" in s for s in steps)
        small = all(re.match(r"SCAN (department|task_total)\b", scan) for scan in scans)
        assert not scans or in_order or small, f"{sql}\n{steps}"
    plans.close()


@assumed("architecture: each statement of a change is a round trip on PostgreSQL")
def test_a_task_for_a_queue_takes_few_statements(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    boss = boss_of(portal, anna, boris)
    flow = portal.add_flow("Queue", boss, responsible_list=(anna.member, boris.member))
    task = {"TITLE": "Help", "FLOW_ID": flow.id}
    for _ in range(3):  # each of the queue has had one
        boss.call("tasks.task.add", fields=task)

    seen: list[str] = []
    assert isinstance(portal.database, SqliteDatabase)
    portal.database._writer.sqlite.set_trace_callback(seen.append)
    assert boss.call("tasks.task.add", fields=task).status == 200

    working = [sql for sql in seen if sql.split()[0] in ("SELECT", "INSERT", "UPDATE", "DELETE")]
    assert len(reading(seen)) <= 1
    assert len(working) <= 13, working
