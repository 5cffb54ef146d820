"""What a task is to one person: `favorite`, `startwatch`, `mute`, `pin` and back. flows.md 5.5."""

from __future__ import annotations

import pytest

from tests.portals import Person, PortalInTest
from tests.protocol.tasks.task.wire import DENIED, KEYS, NO_ID, WRONG_ID, add_task, read
from tests.provenance import assumed, documented, observed

NOT_FOUND = (400, "1", "Task not found or not accessible")
ANSWER_TASK = ("startwatch", "stopwatch", "mute", "unmute", "pin", "unpin")
ANSWER_TRUE = ("favorite.add", "favorite.remove")


@documented("tasks-task-mute, tasks-task-pin and their sisters")
@pytest.mark.parametrize(
    ("on", "off", "key"),
    [("mute", "unmute", "isMuted"), ("pin", "unpin", "isPinned")],
)
def test_a_mark_is_one_persons_own(
    anna: Person, boris: Person, on: str, off: str, key: str
) -> None:
    task_id = add_task(anna, boris)["id"]

    marked = anna.call(f"tasks.task.{on}", id=task_id).result["task"]
    again = anna.call(f"tasks.task.{on}", taskId=task_id).result["task"]

    assert (list(marked), marked[key], again[key]) == (KEYS, "Y", "Y")
    assert read(boris, task_id)[key] == "N"
    assert anna.call(f"tasks.task.{off}", id=task_id).result["task"][key] == "N"
    assert read(anna, task_id)[key] == "N"


@documented("tasks-task-favorite-add; tasks-task-favorite-remove")
def test_a_favourite_is_one_persons_own(anna: Person, boris: Person) -> None:
    task_id = add_task(anna, boris)["id"]

    added = [anna.call("tasks.task.favorite.add", taskId=task_id) for _ in range(2)]

    assert [reply.result for reply in added] == [True, True]
    assert [read(person, task_id)["favorite"] for person in (anna, boris)] == ["Y", "N"]
    assert anna.call("tasks.task.favorite.remove", taskId=task_id).result is True
    assert read(anna, task_id)["favorite"] == "N"


@documented("tasks-task-startwatch; tasks-task-stopwatch")
def test_watching_is_being_an_auditor(portal: PortalInTest, anna: Person, boris: Person) -> None:
    carla = portal.add_user("Carla")
    group = portal.add_group("Project", anna, [carla])
    task_id = add_task(anna, boris, GROUP_ID=group, AUDITORS=[boris.id])["id"]

    watched = carla.call("tasks.task.startwatch", taskId=task_id).result["task"]
    again = carla.call("tasks.task.startwatch", taskId=task_id).result["task"]
    left = carla.call("tasks.task.stopwatch", taskId=task_id).result["task"]

    assert (list(watched), watched["auditors"]) == (KEYS, [str(boris.id), str(carla.id)])
    assert again["outlookVersion"] == watched["outlookVersion"] == "2"
    assert left["auditors"] == [str(boris.id)]


@assumed("who stops watching may have had no other reason to see the task")
def test_who_only_watched_sees_the_task_no_more(anna: Person, boris: Person) -> None:
    task_id = add_task(anna, AUDITORS=[boris.id])["id"]

    reply = boris.call("tasks.task.stopwatch", taskId=task_id)

    assert reply.result["task"]["auditors"] == []
    assert read(boris, task_id) == []


@observed("flows.md 5.1: a mark is no change of the task")
@pytest.mark.parametrize("method", ["mute", "pin", "favorite.add"])
def test_a_mark_is_no_change(portal: PortalInTest, anna: Person, method: str) -> None:
    task_id = add_task(anna)["id"]
    portal.clock.advance(hours=1)

    anna.call(f"tasks.task.{method}", taskId=task_id)

    task = read(anna, task_id)
    assert (task["outlookVersion"], task["changedDate"]) == ("1", task["createdDate"])


@documented("tasks-task-favorite-add#error-handling and its sisters")
@pytest.mark.parametrize("method", [*ANSWER_TASK, *ANSWER_TRUE])
def test_how_each_method_refuses(anna: Person, boris: Person, method: str) -> None:
    name, refusal = f"tasks.task.{method}", NOT_FOUND if method in ANSWER_TRUE else DENIED
    foreign = add_task(anna)["id"]

    assert boris.call(name, taskId=foreign).refusal == refusal
    assert boris.call(name, taskId=999).refusal == refusal
    assert boris.call(name, id="abc").refusal == WRONG_ID
    assert boris.call(name).refusal == NO_ID
