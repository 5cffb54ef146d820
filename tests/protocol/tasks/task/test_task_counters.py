"""`tasks.task.counters.get`. flows.md 5.8."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portals import Person, PortalInTest
from tests.protocol.tasks.task.wire import add_task, change
from tests.provenance import assumed, documented, observed

METHOD = "tasks.task.counters.get"
DENIED = (400, "0", "Group not found or access denied. (internal error)")
SOON = "2026-01-12T12:00:00+00:00"


def expired(person: Person, **asked: Any) -> int:
    counter: int = person.call(METHOD, **asked).result["expired"]["counter"]
    return counter


@observed("flows.md 12.1, TaskTest::testGetCounters: the first key is `expired`")
def test_the_counters(anna: Person) -> None:
    counters = anna.call(METHOD).result

    assert list(counters.items()) == [
        ("expired", {"counter": 0, "code": 6291456}),
        ("new_comments", {"counter": 0, "code": 12582912}),
    ]


@documented("tasks-task-counters-get")
def test_an_overdue_task_is_counted_for_everybody_who_has_to_do_with_it(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    carla = portal.add_user("Carla")
    task_id = add_task(anna, boris, DEADLINE=SOON, AUDITORS=[boris.id])["id"]
    add_task(anna, boris)

    assert expired(boris) == 0
    portal.clock.advance(hours=3)
    portal.run_due()
    assert [expired(person) for person in (anna, boris, carla)] == [1, 1, 0]
    boris.call("tasks.task.complete", taskId=task_id)
    assert [expired(person) for person in (anna, boris)] == [0, 0]


@documented("tasks-task-counters-get")
@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("view_all", 4),
        ("view_role_responsible", 1),
        ("view_role_accomplice", 1),
        ("view_role_auditor", 1),
        ("view_role_originator", 1),
    ],
)
def test_roles_are_counted_apart(
    portal: PortalInTest, anna: Person, boris: Person, kind: str, count: int
) -> None:
    admin = portal.admin
    add_task(anna, boris, DEADLINE=SOON)
    add_task(admin, anna, DEADLINE=SOON)
    add_task(admin, boris, DEADLINE=SOON, ACCOMPLICES=[anna.id])
    add_task(admin, boris, DEADLINE=SOON, AUDITORS=[anna.id])
    add_task(admin, boris, DEADLINE=SOON)
    portal.clock.advance(hours=3)
    portal.run_due()

    assert expired(anna, type=kind) == count


@documented("tasks-task-counters-get")
def test_groups_are_counted_apart(portal: PortalInTest, anna: Person) -> None:
    group, other = (portal.add_group(name, anna) for name in ("One", "Two"))
    add_task(anna, GROUP_ID=group, DEADLINE=SOON)
    moved = add_task(anna, GROUP_ID=group, DEADLINE=SOON)["id"]
    portal.clock.advance(hours=3)
    portal.run_due()

    change(anna, moved, GROUP_ID=other)

    assert [expired(anna, groupId=number) for number in (0, group, other)] == [2, 1, 1]


@documented("tasks-task-counters-get#error-handling")
def test_others_are_counted_for_an_administrator_alone(
    portal: PortalInTest, admin: Person, anna: Person, boris: Person
) -> None:
    group = portal.add_group("Anna's", anna)
    add_task(anna, DEADLINE=SOON)
    portal.clock.advance(hours=3)
    portal.run_due()

    assert expired(admin, userId=anna.id) == 1
    assert admin.call(METHOD, groupId=group).status == 200
    assert boris.call(METHOD, userId=anna.id).refusal == DENIED
    assert boris.call(METHOD, groupId=group).refusal == DENIED
    assert boris.call(METHOD, groupId=999).refusal == DENIED
    assert admin.call(METHOD, groupId=999).refusal == DENIED


@assumed("an unknown type is as good as none")
def test_an_unknown_type_counts_everything(anna: Person) -> None:
    assert expired(anna, type="view_nothing") == 0
