"""`task.commentitem.*`: what people say about a task. flows.md 11.8."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portals import Person, PortalInTest
from tests.protocol.tasks.satellites.wire import (
    DENIED,
    NO_ITEM,
    UNAVAILABLE,
    add_comment,
    call_in_order,
    missing,
)
from tests.protocol.tasks.task.wire import add_task, read
from tests.provenance import assumed, documented, observed

COMMENT = "task.commentitem."


def messages(caller: Person, task_id: str, **parameters: Any) -> list[str]:
    reply = caller.call(f"{COMMENT}getlist", TASKID=task_id, **parameters)
    return [comment["POST_MESSAGE"] for comment in reply.result]


@documented("task-comment-item-add; task-comment-item-get")
def test_a_comment_on_the_wire(portal: PortalInTest) -> None:
    dora = portal.add_user("Dora", last_name="Meyer")
    task_id = add_task(dora)["id"]

    comment_id = add_comment(dora, task_id, "Done soon")

    assert comment_id > 1
    assert dora.call(f"{COMMENT}get", TASKID=task_id, ITEMID=comment_id).result == {
        "POST_MESSAGE_HTML": None,
        "ID": str(comment_id),
        "AUTHOR_ID": str(dora.id),
        "AUTHOR_NAME": "Dora Meyer",
        "AUTHOR_EMAIL": "dora@example.com",
        "POST_DATE": "2026-01-12T09:30:00+00:00",
        "POST_MESSAGE": "Done soon",
        "ATTACHED_OBJECTS": [],
    }


@observed("CommentitemTest::testGetList; flows.md 11.8")
def test_the_newest_comment_comes_first_unless_asked_otherwise(anna: Person) -> None:
    task_id = add_task(anna)["id"]
    assert messages(anna, task_id) == []

    add_comment(anna, task_id, "First")
    add_comment(anna, task_id, "Second")

    assert messages(anna, task_id) == ["Second", "First"]
    assert messages(anna, task_id, ORDER={"ID": "asc"}) == ["First", "Second"]


@documented("task-comment-item-get-list")
def test_comments_are_filtered(portal: PortalInTest, anna: Person, boris: Person) -> None:
    task_id = add_task(anna, boris)["id"]
    add_comment(anna, task_id, "Hers")
    portal.clock.advance(hours=1)
    add_comment(boris, task_id, "His")

    his = messages(anna, task_id, FILTER={"AUTHOR_ID": boris.id})
    late = messages(anna, task_id, FILTER={">POST_DATE": "2026-01-12T10:00:00+00:00"})
    none = messages(anna, task_id, FILTER={"!AUTHOR_ID": [anna.id, boris.id]})

    assert (his, late, none) == (["His"], ["His"], [])


@observed("CommentitemTest::testUpdate, testDelete")
def test_a_comment_is_changed_and_removed_by_its_author(anna: Person, boris: Person) -> None:
    task_id = add_task(anna, boris)["id"]
    comment_id = add_comment(boris, task_id, "Tuesday")

    changed = boris.call(
        f"{COMMENT}update",
        TASKID=task_id,
        ITEMID=comment_id,
        FIELDS={"POST_MESSAGE": "Wednesday"},
    )
    after_change = messages(anna, task_id)
    removed = boris.call(f"{COMMENT}delete", TASKID=task_id, ITEMID=comment_id)

    assert (changed.result, after_change) == (True, ["Wednesday"])
    assert (removed.result, messages(anna, task_id)) == (True, [])


@assumed("an entry is its author's and the administrators'")
def test_somebody_elses_comment_stays_as_it_is(admin: Person, anna: Person, boris: Person) -> None:
    task_id = add_task(anna, boris)["id"]
    comment_id = add_comment(boris, task_id, "Tuesday")
    change = {"TASKID": task_id, "ITEMID": comment_id, "FIELDS": {"POST_MESSAGE": "No"}}

    assert anna.call(f"{COMMENT}update", **change).refusal == DENIED
    assert anna.call(f"{COMMENT}delete", **change).refusal == DENIED
    assert messages(anna, task_id) == ["Tuesday"]
    assert admin.call(f"{COMMENT}update", **change).result is True


@assumed("only an administrator speaks in another's name")
def test_who_may_name_the_author(admin: Person, anna: Person, boris: Person) -> None:
    task_id = add_task(anna, boris)["id"]
    fields = {"POST_MESSAGE": "Said", "AUTHOR_ID": boris.id}

    refused = anna.call(f"{COMMENT}add", TASKID=task_id, FIELDS=fields)
    comment_id = admin.call(f"{COMMENT}add", TASKID=task_id, FIELDS=fields).result
    unknown = admin.call(f"{COMMENT}add", TASKID=task_id, FIELDS={**fields, "AUTHOR_ID": 9999})

    comment = anna.call(f"{COMMENT}get", TASKID=task_id, ITEMID=comment_id).result
    assert refused.refusal == unknown.refusal == DENIED
    assert comment["AUTHOR_NAME"] == "Boris"


@assumed("who reads a task comments on it")
def test_an_auditor_comments_and_a_stranger_does_not(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    carla = portal.add_user("Carla")
    task_id = add_task(anna, AUDITORS=[boris.id])["id"]
    comment_id = add_comment(boris, task_id, "I see")
    parameters = {"ITEMID": comment_id, "FIELDS": {"POST_MESSAGE": "Me too"}}

    for method in ("add", "get", "getlist", "update", "delete"):
        foreign = carla.call(COMMENT + method, TASKID=task_id, **parameters)
        unknown = carla.call(COMMENT + method, TASKID=9999, **parameters)
        assert foreign.refusal == unknown.refusal == UNAVAILABLE
    assert messages(anna, task_id) == ["I see"]


@assumed("flows.md 11.8 names no errors")
def test_how_comment_methods_refuse(anna: Person) -> None:
    task_id, other = add_task(anna)["id"], add_task(anna)["id"]
    of_other = add_comment(anna, other, "There")

    def refusal(method: str, **parameters: Any) -> tuple[int, str, str]:
        return anna.call(COMMENT + method, **parameters).refusal

    assert refusal("getlist") == missing("TASKID")
    assert refusal("get", TASKID=task_id) == missing("ITEMID")
    assert refusal("add", TASKID=task_id) == missing("POST_MESSAGE")
    assert refusal("get", TASKID=task_id, ITEMID=of_other) == NO_ITEM
    assert refusal("delete", TASKID=task_id, ITEMID=of_other) == NO_ITEM
    assert refusal("getlist", TASKID=task_id, FILTER={"MOOD": "good"})[1] == "ERROR_ARGUMENT"


@observed("rest-protocol.md 2.1")
def test_comment_parameters_come_in_their_order(anna: Person) -> None:
    task_id = add_task(anna)["id"]

    comment_id = call_in_order(anna, f"{COMMENT}add", task_id, {"POST_MESSAGE": "In order"}).result
    listed = call_in_order(
        anna, f"{COMMENT}getlist", task_id, {"ID": "asc"}, {"ID": comment_id}
    ).result

    assert [comment["POST_MESSAGE"] for comment in listed] == ["In order"]


@documented("tasks-task-add: commentsCount, newCommentsCount")
def test_the_task_counts_its_comments(portal: PortalInTest, anna: Person, boris: Person) -> None:
    task_id = add_task(anna, boris)["id"]
    before = read(anna, task_id)
    portal.clock.advance(minutes=1)
    add_comment(boris, task_id, "One")
    add_comment(anna, task_id, "Two")

    unseen, seen = read(anna, task_id), read(anna, task_id)

    counts = [(task["commentsCount"], task["newCommentsCount"]) for task in (before, unseen, seen)]
    assert counts == [(None, 0), ("2", 1), ("2", 0)]
    assert unseen["activityDate"] == "2026-01-12T09:31:00+00:00"
    assert unseen["outlookVersion"] == "1"


@documented("tasks-task-counters-get: new_comments")
def test_new_comments_are_counted_until_the_task_is_seen(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    task_id = add_task(anna, boris)["id"]
    portal.clock.advance(minutes=1)
    add_comment(anna, task_id, "Please")

    def new(caller: Person, kind: str = "view_all") -> int:
        counters = caller.call("tasks.task.counters.get", type=kind).result
        return int(counters["new_comments"]["counter"])

    before = new(boris), new(boris, "view_role_originator"), new(anna)
    read(boris, task_id)

    assert before == (1, 0, 0)
    assert new(boris) == 0


@assumed("a list counts what each row shows, for all rows at once")
def test_a_list_counts_the_comments_of_every_row(anna: Person) -> None:
    quiet, loud = add_task(anna)["id"], add_task(anna)["id"]
    add_comment(anna, loud, "One")

    rows = anna.call("tasks.task.list", select=["ID", "COMMENTS_COUNT"]).result["tasks"]

    assert {row["id"]: row["commentsCount"] for row in rows} == {quiet: None, loud: "1"}


@assumed("a removed task leaves nothing behind")
def test_a_removed_task_takes_its_comments_along(portal: PortalInTest, anna: Person) -> None:
    task_id = add_task(anna)["id"]
    comment_id = add_comment(anna, task_id, "Gone")

    anna.call("tasks.task.delete", taskId=task_id)

    assert portal.in_store(lambda store: store.comments.find(comment_id)) is None


@pytest.mark.parametrize("message", ["", " ", [], None], ids=repr)
@assumed("a comment says something")
def test_an_empty_comment_is_none(anna: Person, message: object) -> None:
    task_id = add_task(anna)["id"]

    reply = anna.call(f"{COMMENT}add", TASKID=task_id, FIELDS={"POST_MESSAGE": message})

    assert reply.refusal == missing("POST_MESSAGE")
