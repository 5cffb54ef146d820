"""`tasks.task.result.*`: what came of a task, in the words of a comment. flows.md 11.8."""

from __future__ import annotations

import pytest

from tests.portals import Person, PortalInTest
from tests.protocol.tasks.satellites.wire import add_comment
from tests.protocol.tasks.task.wire import DENIED, add_task
from tests.provenance import assumed, documented, observed

RESULT = "tasks.task.result."


def results(caller: Person, task_id: str) -> list[str]:
    return [one["text"] for one in caller.call(f"{RESULT}list", taskId=task_id).result]


@documented("tasks-task-result-add-from-comment")
def test_a_comment_becomes_a_result(anna: Person) -> None:
    task_id = add_task(anna)["id"]
    comment_id = add_comment(anna, task_id, "Signed & sent")

    result = anna.call(f"{RESULT}addFromComment", commentId=comment_id).result

    when = "2026-01-12T09:30:00+00:00"
    assert result["id"] > 1
    assert result == {
        "id": result["id"],
        "taskId": int(task_id),
        "commentId": comment_id,
        "createdBy": anna.id,
        "createdAt": when,
        "updatedAt": when,
        "status": 0,
        "text": "Signed & sent",
        "formattedText": "Signed &amp; sent",
        "files": None,
    }


@observed("ResultTest::testList: newest first even within one second")
def test_the_newest_result_comes_first(anna: Person) -> None:
    task_id = add_task(anna)["id"]
    for message in ("First", "Second"):
        comment_id = add_comment(anna, task_id, message)
        anna.call(f"{RESULT}addFromComment", commentId=comment_id)

    assert results(anna, task_id) == ["Second", "First"]


@observed("ResultTest::testDeleteFromComment")
def test_a_comment_is_a_result_no_more(anna: Person) -> None:
    task_id = add_task(anna)["id"]
    comment_id = add_comment(anna, task_id, "Signed")
    anna.call(f"{RESULT}addFromComment", commentId=comment_id)

    reply = anna.call(f"{RESULT}deleteFromComment", commentId=comment_id)

    assert (reply.result, results(anna, task_id)) == (None, [])
    assert anna.call("task.commentitem.get", TASKID=task_id, ITEMID=comment_id).status == 200


@assumed("one comment is one result")
def test_a_comment_is_a_result_only_once(anna: Person) -> None:
    task_id = add_task(anna)["id"]
    comment_id = add_comment(anna, task_id, "Signed")

    first, second = (
        anna.call(f"{RESULT}addFromComment", commentId=comment_id).result for _ in range(2)
    )

    assert first == second
    assert results(anna, task_id) == ["Signed"]


@assumed("a result is its comment: it changes and goes with it")
def test_a_result_follows_its_comment(portal: PortalInTest, anna: Person) -> None:
    task_id = add_task(anna)["id"]
    comment_id = add_comment(anna, task_id, "Signed")
    anna.call(f"{RESULT}addFromComment", commentId=comment_id)
    portal.clock.advance(hours=1)

    anna.call(
        "task.commentitem.update",
        TASKID=task_id,
        ITEMID=comment_id,
        FIELDS={"POST_MESSAGE": "Sealed"},
    )
    (changed,) = anna.call(f"{RESULT}list", taskId=task_id).result
    anna.call("task.commentitem.delete", TASKID=task_id, ITEMID=comment_id)

    assert (changed["text"], changed["updatedAt"]) == ("Sealed", "2026-01-12T10:30:00+00:00")
    assert results(anna, task_id) == []


@assumed("a result is its author's and the administrators'; a stranger learns nothing")
@pytest.mark.parametrize("method", ["addFromComment", "deleteFromComment"])
def test_who_may_name_a_result(
    portal: PortalInTest, admin: Person, anna: Person, boris: Person, method: str
) -> None:
    carla = portal.add_user("Carla")
    task_id = add_task(anna, boris)["id"]
    comment_id = add_comment(boris, task_id, "Signed")

    for caller, comment in ((anna, comment_id), (carla, comment_id), (carla, 9999)):
        assert caller.call(RESULT + method, commentId=comment).refusal == DENIED
    assert carla.call(f"{RESULT}list", taskId=task_id).refusal == DENIED
    assert carla.call(f"{RESULT}list", taskId=9999).refusal == DENIED
    assert admin.call(RESULT + method, commentId=comment_id).status == 200


@documented("rest-protocol.md 6: controllers")
def test_a_result_needs_its_comments_id(anna: Person) -> None:
    assert anna.call(f"{RESULT}addFromComment").refusal == (
        400,
        "100",
        "Could not find value for parameter {commentId}",
    )
