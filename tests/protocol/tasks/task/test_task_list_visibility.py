"""A list shows exactly what `get` shows, whatever people, groups, flows and tasks there are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.clock import VirtualClock
from sluice.domain.access import DEPARTMENT, Member
from sluice.domain.flow import Distribution
from sluice.store.engine import Place
from tests.portals import EVERYBODY, Person, PortalInTest
from tests.protocol.tasks.task.wire import read
from tests.provenance import observed


class Town:
    """A portal with people in three departments, two guests, three groups and five flows."""

    def __init__(self, place: Place) -> None:
        self.portal = portal = PortalInTest(
            place, VirtualClock(datetime(2026, 1, 12, 9, 30, tzinfo=UTC))
        )
        self.heads = [portal.add_user(f"Head {number}") for number in range(2)]
        upper = portal.add_department("Upper", head=self.heads[0].id)
        lower = portal.add_department("Lower", parent=upper, head=self.heads[1].id)
        self.staff = [
            portal.add_user(f"Worker {number}", departments=(department,))
            for number, department in enumerate((1, upper, upper, lower, lower))
        ]
        self.guests = [portal.add_user(f"Guest {n}", departments=()) for n in range(2)]
        self.people = [portal.admin, *self.heads, *self.staff, *self.guests]
        groups = [
            portal.add_group("First", self.staff[0], [self.staff[3], self.guests[0]]),
            portal.add_group("Second", self.heads[1], [self.staff[1]]),
        ]
        self.groups = [0, *groups]
        everybody = {"task_creators": (EVERYBODY,)}
        himself = {"distribution_type": Distribution.HIMSELF, **everybody}
        team = (Member(DEPARTMENT, lower),)
        self.flows = [
            portal.add_flow("Open", self.staff[0], responsible_list=team, **himself),
            portal.add_flow(
                "Flat",
                self.staff[1],
                owner_id=self.staff[2].id,
                responsible_list=(Member(DEPARTMENT, upper, flat=True), self.guests[1].member),
                **himself,
            ),
            portal.add_flow("Queue", self.staff[1], responsible_list=team, **everybody),
        ]

    def add(self, shape: tuple[int, ...]) -> int:
        """Add a task of this shape and return its id."""
        creator, responsible, other, group, flow, parent, moved = shape
        people = self.people
        fields: dict[str, Any] = {
            "TITLE": "T",
            "RESPONSIBLE_ID": people[responsible].id,
            "CREATED_BY": people[creator].id,
            "GROUP_ID": self.groups[group],
        }
        fields["AUDITORS" if other % 2 else "ACCOMPLICES"] = [people[other].id]
        if flow < len(self.flows):
            fields["FLOW_ID"] = self.flows[flow].id
        if parent and self.ids():
            fields["PARENT_ID"] = self.ids()[parent % len(self.ids())]
        admin = self.portal.admin
        task_id: str = admin.call("tasks.task.add", fields=fields).result["task"]["id"]
        if moved < 4:
            method = ("start", "complete", "defer", "delegate")[moved]
            admin.call(f"tasks.task.{method}", taskId=task_id, userId=people[other].id)
        return int(task_id)

    def ids(self) -> list[int]:
        """Return every task's id, as the administrator sees them."""
        return listed(self.portal.admin)


def listed(person: Person, **asked: Any) -> list[int]:
    """Return the ids that a person's list shows, all pages of it."""
    ids: list[int] = []
    start: int | None = 0
    while start is not None:
        reply = person.call(
            "tasks.task.list", order={"ID": "ASC"}, select=["ID"], start=start, **asked
        )
        ids += [int(task["id"]) for task in reply.result["tasks"]]
        start = reply.next
        assert start is not None or reply.total == len(ids)
    return ids


@pytest.fixture(scope="module")
def town(lasting_place: Place) -> Iterator[Town]:
    town = Town(lasting_place)
    yield town
    town.portal.close()


shapes = st.tuples(
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(0, 2),
    st.integers(0, 5),
    st.integers(0, 3),
    st.integers(0, 8),
)


@observed("flows.md 5.6, 5.9: a list for a person is every task, filtered by get")
@settings(max_examples=25, deadline=None)
@given(st.lists(shapes, min_size=1, max_size=6))
def test_a_list_shows_what_get_shows(town: Town, added: list[tuple[int, ...]]) -> None:
    new = [town.add(shape) for shape in added]

    for person in town.people:
        shown = [task_id for task_id in new if read(person, str(task_id))]
        assert listed(person, filter={">=ID": new[0]}) == shown, f"reader {person.id}"


@observed("flows.md 5.9: each reason to read, by itself")
def test_every_kind_of_reader_sees_some_and_not_all(town: Town) -> None:
    for creator in range(10):
        for flow in range(5):
            town.add((creator, (creator + 3) % 10, (creator + 5) % 10, creator % 3, flow, 0, 8))
    everything = set(town.ids())

    for person in town.people:
        shown = listed(person)
        assert shown == [task_id for task_id in sorted(everything) if read(person, str(task_id))]
        assert len(shown) > 0
        assert len(shown) < len(everything) or person.id == 1
