"""What people are told of flows and tasks. flows.md 9."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.clock import VirtualClock
from sluice.domain.access import USER, Member
from sluice.domain.flow import Distribution
from tests.portals import Person, PortalInTest
from tests.provenance import assumed, observed


def told(person: Person) -> list[tuple[str, str]]:
    """Return the kinds and words of what somebody was told, oldest first."""
    found = person.call("im.notify.get").result["notifications"]
    return [(one["notify_event"], one["text"]) for one in found[::-1]]


def kinds(person: Person) -> list[str]:
    return [kind for kind, _ in told(person)]


def add(person: Person, title: str = "Wheel", **fields: Any) -> str:
    made = {"TITLE": title, "RESPONSIBLE_ID": person.id, **fields}
    task = person.call("tasks.task.add", fields=made).result["task"]
    return str(task["id"])


@observed("flows.md 9: new task to distribute")
def test_a_moderator_hears_of_each_task_once(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    flow = portal.add_flow(
        "Bikes",
        anna,
        distribution_type=Distribution.MANUALLY,
        responsible_list=(Member(USER, boris.id),),
    )
    task = add(anna, FLOW_ID=flow.id, RESPONSIBLE_ID=boris.id)

    ((kind, words),) = told(boris)
    assert kind == "new_to_distribute"
    assert f"/tasks/task/view/{task}/]Wheel[/URL]" in words
    assert f"ID_from={flow.id}" in words
    assert "]Bikes[/URL]" in words
    (one,) = boris.call("im.notify.get").result["notifications"]
    assert (one["author_id"], one["notify_type"], one["notify_module"]) == (0, 3, "tasks")
    assert one["notify_title"] == "New task to distribute"
    assert one["notify_sub_tag"] == f"TASKS|TASK|{task}"
    assert told(anna) == []


@observed("flows.md 9: new task to take; every active member but the creator")
def test_a_team_hears_of_a_task_to_take(
    portal: PortalInTest, anna: Person, boris: Person, admin: Person
) -> None:
    carla = portal.add_user("Carla")
    flow = portal.add_flow(
        "Bikes",
        anna,
        distribution_type=Distribution.HIMSELF,
        responsible_list=tuple(Member(USER, one.id) for one in (anna, boris, carla)),
    )
    admin.call("user.update", ID=carla.id, ACTIVE="N")
    add(anna, FLOW_ID=flow.id)

    assert kinds(boris) == ["new_to_take"]
    assert told(anna) == []
    assert portal.in_store(lambda store: store.notifications.totals(carla.id)).all == 0


@observed("flows.md 9: task not taken; half of the time gone")
def test_time_that_goes_by_is_told(
    portal: PortalInTest, anna: Person, boris: Person, clock: VirtualClock
) -> None:
    to_take = portal.add_flow(
        "Taken",
        anna,
        distribution_type=Distribution.HIMSELF,
        responsible_list=(Member(USER, boris.id),),
        planned_completion_seconds=7 * 86_400,
    )
    dealt = portal.add_flow(
        "Dealt",
        anna,
        responsible_list=(Member(USER, boris.id),),
        planned_completion_seconds=4 * 86_400,
        notify_at_half_time=True,
    )
    add(anna, "Untaken", FLOW_ID=to_take.id)
    add(anna, "Halved", FLOW_ID=dealt.id)
    clock.advance(days=8)
    portal.run_due()

    assert "untaken" in kinds(anna)
    assert kinds(boris) == ["new_to_take", "task_given", "half_time"]


@observed("flows.md 9: alerts, and their silence")
def test_an_alert_is_told_once_until_its_condition_was_false(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    flow = portal.add_flow(
        "Bikes",
        anna,
        responsible_list=(Member(USER, boris.id),),
        notify_on_queue_overflow=1,
    )
    first = add(boris, FLOW_ID=flow.id)
    assert told(anna) == []  # exactly at the threshold nothing is said
    second = add(boris, FLOW_ID=flow.id)
    add(boris, FLOW_ID=flow.id)

    ((kind, words),) = told(anna)
    assert kind == "queue_overflow"
    assert words.endswith(": 2.")
    for task in (first, second):
        boris.call("tasks.task.delete", taskId=task)
    add(boris, FLOW_ID=flow.id)

    # A flow and a kind have one tag, so the newer one takes the place of the older.
    assert [kind for kind in kinds(anna) if kind == "queue_overflow"] == ["queue_overflow"]
    assert portal.told(flow.id).count(("queue_overflow", anna.id)) == 2


@observed("flows.md 6.7, 9: switched to manual, with the reason")
@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "everybody in its team is absent"), ("ru", "вся команда отсутствует")],
)
def test_a_new_moderator_is_told_why_in_his_language(
    language: str, words: str, portal: PortalInTest, anna: Person, boris: Person
) -> None:
    flow = portal.add_flow("Bikes", anna, responsible_list=(Member(USER, boris.id),))
    portal.set_language(anna, language)
    portal.add_absence(boris, days=2)
    add(boris, FLOW_ID=flow.id)

    assert words in dict(told(anna))["switched_to_manual"]


@assumed("flows.md 9: ordinary task notices, per normal task rules")
def test_the_people_of_a_task_hear_what_others_do(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    carla = portal.add_user("Carla")
    task = add(anna, RESPONSIBLE_ID=boris.id, AUDITORS=[carla.id])
    assert (kinds(anna), kinds(boris), kinds(carla)) == ([], ["task_given"], ["task_watched"])

    boris.call("tasks.task.start", taskId=task)
    assert (kinds(anna), kinds(boris)) == (["task_status"], ["task_given"])
    boris.call("tasks.task.complete", taskId=task)
    assert kinds(anna) == ["task_status"]  # in place of the one before
    assert "completed" in told(anna)[0][1]

    anna.call("tasks.task.update", taskId=task, fields={"TITLE": "Wheels"})
    anna.call("tasks.task.update", taskId=task, fields={"TAGS": ["a"]})
    assert kinds(boris) == ["task_given", "task_changed"]
    boris.call("task.commentitem.add", TASKID=task, FIELDS={"POST_MESSAGE": "Done?"})
    assert kinds(anna)[-1] == "task_comment"
    assert "[USER=" in told(anna)[-1][1]
    anna.call("tasks.task.delegate", taskId=task, userId=carla.id)
    anna.call("tasks.task.delete", taskId=task)
    assert kinds(boris)[-1] == "task_removed" or kinds(carla)[-1] == "task_removed"


@assumed("flows.md 9: nobody is told what they did themselves")
def test_who_does_everything_alone_is_told_nothing(anna: Person) -> None:
    task = add(anna)
    anna.call("tasks.task.start", taskId=task)
    anna.call("task.commentitem.add", TASKID=task, FIELDS={"POST_MESSAGE": "Done."})
    anna.call("tasks.task.complete", taskId=task)

    assert told(anna) == []


@observed("flows.md 9: self notices are not suppressed")
def test_an_owner_who_fills_the_queue_is_told(portal: PortalInTest, anna: Person) -> None:
    flow = portal.add_flow("Bikes", anna, notify_on_queue_overflow=1)
    for _ in range(2):
        add(anna, FLOW_ID=flow.id)

    assert kinds(anna) == ["queue_overflow"]


@assumed("a call that is refused tells nobody")
def test_what_is_undone_was_told_to_nobody(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    refused = anna.call(
        "tasks.task.add", fields={"TITLE": "x", "RESPONSIBLE_ID": boris.id, "PARENT_ID": 9999}
    )

    assert refused.status == 400
    assert told(boris) == []
