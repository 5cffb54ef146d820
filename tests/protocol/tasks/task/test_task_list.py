"""`tasks.task.list`: rows, select, order, pages. Filters: `test_task_list_filters.py`. 5.6."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portals import Person, PortalInTest, Reply
from tests.protocol.tasks.flow.wire import send_form
from tests.protocol.tasks.task.wire import KEYS, add_task, change
from tests.provenance import assumed, documented, observed

METHOD = "tasks.task.list"
OF_ONE_TASK = ("checklist", "action", "checkListTree", "checkListCanAdd")


def ids(reply: Reply) -> list[int]:
    return [int(task["id"]) for task in reply.result["tasks"]]


def add_many(anna: Person, count: int, **fields: Any) -> list[int]:
    """Add tasks and return their ids."""
    return [int(add_task(anna, TITLE=f"Task {number}", **fields)["id"]) for number in range(count)]


@documented("tasks-task-list")
def test_an_empty_list(anna: Person) -> None:
    reply = anna.call(METHOD)

    assert (reply.result, reply.total, reply.next) == ({"tasks": []}, 0, None)


@documented("tasks-task-list")
@pytest.mark.parametrize("select", [None, [], ["*"], [""]], ids=repr)
def test_a_row_has_the_fields_of_a_task(anna: Person, select: object) -> None:
    task = add_task(anna, TAGS=["x"])

    row = anna.call(METHOD, select=select).result["tasks"][0]

    tags = row.pop("tags")
    assert [tag["title"] for tag in tags.values()] == ["x"]
    assert row == {key: task[key] for key in KEYS if key not in OF_ONE_TASK} | {"subStatus": "2"}
    assert list(row) == [key for key in KEYS if key not in OF_ONE_TASK] + ["subStatus"]


@observed("flows.md 12.1, BatchTest::testBatchList: id is always there")
@pytest.mark.parametrize(
    ("select", "shown"),
    [
        (["TITLE"], ["id", "title", "subStatus"]),
        (["title", "STATUS"], ["id", "title", "status", "subStatus"]),
        (["ID"], ["id", "subStatus"]),
        (["FLOW_ID"], ["id", "flowId", "subStatus"]),
        (["GROUP_ID"], ["id", "groupId", "group", "subStatus"]),
        (["CREATED_BY"], ["id", "createdBy", "creator", "subStatus"]),
        (["RESPONSIBLE_ID"], ["id", "responsibleId", "responsible", "subStatus"]),
        (["AUDITORS"], ["id", "auditors", "auditorsData", "subStatus"]),
        (["ACCOMPLICES"], ["id", "accomplices", "accomplicesData", "subStatus"]),
        (["TAGS"], ["id", "tags", "subStatus"]),
        (["NOTHING"], ["id", "subStatus"]),
    ],
    ids=repr,
)
def test_fields_are_selected(anna: Person, select: list[str], shown: list[str]) -> None:
    add_task(anna)

    assert list(anna.call(METHOD, select=select).result["tasks"][0]) == shown


@documented("tasks-task-list")
def test_the_newest_is_first(anna: Person) -> None:
    added = add_many(anna, 3)

    assert ids(anna.call(METHOD)) == added[::-1]


@observed("flows.md 12.1, TaskTest::testList: an id, ascending, an empty select")
def test_one_task_is_listed_by_its_id(anna: Person) -> None:
    added = add_many(anna, 3)

    reply = anna.call(METHOD, order={"ID": "ASC"}, filter={"ID": added[1]}, select=[])

    assert (ids(reply), reply.total) == ([added[1]], 1)


@documented("tasks-task-list")
@pytest.mark.parametrize(
    ("order", "found"),
    [
        ({"ID": "asc"}, "abc"),
        ({"id": "DESC"}, "cba"),
        ({"TITLE": "ASC"}, "bca"),
        ({"title": "desc"}, "acb"),
        ({"PRIORITY": "DESC", "ID": "DESC"}, "cab"),
        ({"PRIORITY": "ASC"}, "bac"),
        ({"DEADLINE": "DESC"}, "bac"),
        ({"RESPONSIBLE_ID": "ASC", "ID": "DESC"}, "bac"),
        ({"CREATED_DATE": "DESC"}, "cba"),
        ({"REAL_STATUS": "DESC", "ID": "ASC"}, "cab"),
        ([], "cba"),
        (None, "cba"),
    ],
    ids=repr,
)
def test_tasks_are_sorted(
    portal: PortalInTest, admin: Person, anna: Person, order: object, found: str
) -> None:
    letters = {}
    for letter, responsible, fields in (
        ("a", admin, {"TITLE": "zebra", "DEADLINE": "2026-05-01"}),
        ("b", admin, {"TITLE": "Ape", "DEADLINE": "2026-06-01", "PRIORITY": 0}),
        ("c", anna, {"TITLE": "mule", "DEADLINE": "2026-04-01", "PRIORITY": 2, "STATUS": 3}),
    ):
        letters[int(add_task(admin, responsible, **fields)["id"])] = letter
        portal.clock.advance(hours=1)

    reply = admin.call(METHOD, order=order)

    assert "".join(letters[task_id] for task_id in ids(reply)) == found


@documented("tasks-task-list#error-handling")
@pytest.mark.parametrize(
    "order",
    [
        {"NOTHING": "ASC"},
        {"TAG": "ASC"},
        {"MEMBER": "ASC"},
        {"": "ASC"},
        {">ID": "ASC"},
        {"ID; DROP TABLE task": "ASC"},
        {"ID": "sideways"},
        {"ID": ["ASC"]},
        ["ID"],
    ],
    ids=repr,
)
def test_an_unknown_sorting_key_is_refused(anna: Person, order: object) -> None:
    assert anna.call(METHOD, order=order).refusal == (
        400,
        "0",
        "Invalid sorting key (internal error)",
    )


@documented("settings/how-to-call-rest-api/list-methods-pecularities")
def test_pages_follow_each_other(anna: Person) -> None:
    added = add_many(anna, 103)

    first = anna.call(METHOD, order={"ID": "ASC"}, select=["ID"])
    second = anna.call(METHOD, order={"ID": "ASC"}, select=["ID"], start=first.next)
    third = anna.call(METHOD, order={"ID": "ASC"}, select=["ID"], start=str(second.next))
    past = anna.call(METHOD, order={"ID": "ASC"}, start=500)

    assert [page.next for page in (first, second, third, past)] == [50, 100, None, None]
    assert [page.total for page in (first, second, third, past)] == [103] * 4
    assert ids(first) + ids(second) + ids(third) == added
    assert ids(past) == []


@observed("flows.md 12.1, BatchTest: start=-1 counts nothing")
def test_a_chain_of_uncounted_pages_shows_everything(anna: Person) -> None:
    added = add_many(anna, 103)

    seen: list[int] = []
    while True:
        reply = anna.call(
            METHOD,
            order={"id": "ASC"},
            filter={">id": seen[-1] if seen else 0},
            select=["ID"],
            start=-1,
        )
        assert (reply.total, reply.next) == (None, None)
        seen += ids(reply)
        if len(ids(reply)) < 50:
            break

    assert seen == added


@observed("rest-protocol.md 2.2: a form is as good as JSON")
def test_a_form_lists_as_json_does(anna: Person) -> None:
    added = add_many(anna, 4)

    reply = send_form(
        anna,
        METHOD,
        {
            "filter": {">=ID": added[1], "!ID": [added[2]], "RESPONSIBLE_ID": anna.id},
            "order": {"ID": "ASC"},
            "select": ["ID", "TITLE"],
        },
    )

    assert reply.result["tasks"] == [
        {"id": str(added[number]), "title": f"Task {number}", "subStatus": "2"} for number in (1, 3)
    ]


@documented("tasks-task-list#substatus")
@pytest.mark.parametrize(
    ("fields", "hours", "told"),
    [
        ({}, 0, "2"),
        ({"DEADLINE": "2026-01-12T12:00:00+00:00"}, 0, "-3"),
        ({"DEADLINE": "2026-01-13T09:30:00+00:00"}, 0, "2"),
        ({"DEADLINE": "2026-01-12T12:00:00+00:00"}, 3, "-1"),
        ({"DEADLINE": "2026-01-12T12:00:00+00:00", "STATUS": 3}, 3, "-1"),
        ({"DEADLINE": "2026-01-12T12:00:00+00:00", "STATUS": 6}, 3, "-1"),
        ({"DEADLINE": "2026-01-12T12:00:00+00:00", "STATUS": 4}, 3, "4"),
        ({"DEADLINE": "2026-01-12T12:00:00+00:00", "STATUS": 5}, 3, "5"),
        ({"STATUS": 6}, 0, "6"),
    ],
    ids=repr,
)
def test_the_sub_status_tells_more_than_the_status(
    portal: PortalInTest, anna: Person, fields: dict[str, Any], hours: int, told: str
) -> None:
    add_task(anna, **fields)
    portal.clock.advance(hours=hours)

    assert anna.call(METHOD, select=["ID"]).result["tasks"][0]["subStatus"] == told


@documented("tasks-task-list#substatus")
def test_an_unread_task_is_told(anna: Person, boris: Person) -> None:
    task = add_task(anna, boris)

    def told() -> str:
        reply = boris.call(METHOD, select=["ID"])
        return str(reply.result["tasks"][0]["subStatus"])

    assert told() == "-2"
    boris.call("tasks.task.get", taskId=task["id"])
    assert told() == "2"


@observed("flows.md 12.1, TaskTest::testCountByFilter: kept right whatever happens")
def test_the_total_is_right_after_adds_and_deletes(admin: Person, anna: Person) -> None:
    added = add_many(anna, 4)
    for task_id in added[:2]:
        anna.call("tasks.task.delete", taskId=task_id)
    refused = anna.call("tasks.task.add", fields={"TITLE": "", "RESPONSIBLE_ID": anna.id})
    add_many(admin, 1)
    change(anna, str(added[3]), STATUS=5)

    assert refused.status == 400
    for person, count in ((admin, 3), (anna, 2)):
        reply = person.call(METHOD)
        assert (reply.total, len(ids(reply))) == (count, count)
        assert person.call(METHOD, filter={">ID": 0}).total == count


@documented("tasks-task-list")
def test_favourites_and_mutes_are_the_readers_own(anna: Person, boris: Person) -> None:
    task_id = add_task(anna, boris)["id"]
    boris.call("tasks.task.favorite.add", taskId=task_id)
    boris.call("tasks.task.mute", id=task_id)

    rows = [
        person.call(METHOD, select=["FAVORITE", "IS_MUTED"]).result["tasks"][0]
        for person in (anna, boris)
    ]

    assert [(row["favorite"], row["isMuted"]) for row in rows] == [("N", "N"), ("Y", "Y")]


@documented("tasks-task-list#params")
def test_params_add_to_rows(anna: Person) -> None:
    plain = add_task(anna)["id"]
    task_id = add_task(anna, DESCRIPTION="1 < 2\n& more")["id"]
    comment = anna.call(
        "task.commentitem.add", TASKID=task_id, FIELDS={"POST_MESSAGE": "Done"}
    ).result
    anna.call("tasks.task.result.addFromComment", commentId=comment)
    anna.call("task.elapseditem.add", TASKID=task_id, ARFIELDS={"SECONDS": 90, "COMMENT_TEXT": ""})

    reply = anna.call(
        METHOD,
        select=["ID"],
        params={"WITH_RESULT_INFO": "Y", "WITH_TIMER_INFO": True, "WITH_PARSED_DESCRIPTION": 1},
    )

    added = [
        "taskRequireResult",
        "taskHasOpenResult",
        "taskHasResult",
        "timeElapsed",
        "timerIsRunningForCurrentUser",
        "parsedDescription",
    ]
    rows = {row["id"]: [row[key] for key in added] for row in reply.result["tasks"]}
    assert rows == {
        plain: ["N", "N", "N", 0, "N", ""],
        task_id: ["N", "Y", "Y", 90, "N", "1 &lt; 2<br>&amp; more"],
    }


@assumed("flows.md 5.6: unknown params, and those switched off, add nothing")
@pytest.mark.parametrize(
    "params",
    [{}, [], {"WITH_TIMER_INFO": "N"}, {"NAV_PARAMS": {"nPageSize": 10}}, {"WITH_RESULT_INFO": []}],
    ids=repr,
)
def test_other_params_add_nothing(anna: Person, params: object) -> None:
    add_task(anna)

    (row,) = anna.call(METHOD, select=["ID"], params=params).result["tasks"]

    assert list(row) == ["id", "subStatus"]
