"""`task.elapseditem.*`: time spent on a task. flows.md 11.8."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portals import Person, PortalInTest
from tests.protocol.tasks.satellites.wire import (
    DENIED,
    NO_ITEM,
    UNAVAILABLE,
    call_in_order,
    missing,
)
from tests.protocol.tasks.task.wire import add_task, read
from tests.provenance import assumed, documented, observed

ELAPSED = "task.elapseditem."


def add_time(caller: Person, task_id: str, seconds: int = 3600, **fields: Any) -> int:
    reply = caller.call(f"{ELAPSED}add", TASKID=task_id, ARFIELDS={"SECONDS": seconds, **fields})
    item_id: int = reply.result
    return item_id


def seconds(caller: Person, task_id: str, **parameters: Any) -> list[str]:
    reply = caller.call(f"{ELAPSED}getlist", TASKID=task_id, **parameters)
    return [entry["SECONDS"] for entry in reply.result]


@documented("task-elapsed-item-add; task-elapsed-item-get")
def test_time_spent_on_the_wire(anna: Person) -> None:
    task_id = add_task(anna)["id"]

    item_id = add_time(anna, task_id, 5430, COMMENT_TEXT="Reading")

    when = "2026-01-12T09:30:00+00:00"
    assert item_id > 1
    assert anna.call(f"{ELAPSED}get", TASKID=task_id, ITEMID=item_id).result == {
        "ID": str(item_id),
        "TASK_ID": task_id,
        "USER_ID": str(anna.id),
        "COMMENT_TEXT": "Reading",
        "SECONDS": "5430",
        "MINUTES": "90",
        "SOURCE": "2",
        "CREATED_DATE": when,
        "DATE_START": when,
        "DATE_STOP": when,
    }


@documented("task-elapsed-item-get-list")
def test_time_is_listed_in_order_filtered_and_selected(anna: Person) -> None:
    task_id = add_task(anna)["id"]
    for spent in (60, 600, 6000):
        add_time(anna, task_id, spent)

    assert seconds(anna, task_id) == ["60", "600", "6000"]
    assert seconds(anna, task_id, ORDER={"SECONDS": "desc"}) == ["6000", "600", "60"]
    assert seconds(anna, task_id, FILTER={">=SECONDS": 600}) == ["600", "6000"]
    selected = anna.call(f"{ELAPSED}getlist", TASKID=task_id, SELECT=["ID", "SECONDS"]).result
    assert [list(row) for row in selected] == [["ID", "SECONDS"]] * 3


@documented("task-elapsed-item-get-list#NAV_PARAMS")
def test_a_page_of_time_is_named_by_its_number(anna: Person) -> None:
    task_id = add_task(anna)["id"]
    for spent in (1, 2, 3):
        add_time(anna, task_id, spent)

    def page(**navigation: Any) -> list[str]:
        return seconds(anna, task_id, PARAMS={"NAV_PARAMS": navigation})

    assert page(nPageSize=2, iNumPage=1) == ["1", "2"]
    assert page(nPageSize="2", iNumPage="2") == ["3"]
    assert page(nPageSize=2, iNumPage=10**18) == []
    assert page(nPageSize=-1, iNumPage=-5) == ["1"]


@documented("list-methods-pecularities")
def test_time_comes_fifty_entries_at_a_time(anna: Person) -> None:
    task_id = add_task(anna)["id"]
    for spent in range(51):
        add_time(anna, task_id, spent)

    first = anna.call(f"{ELAPSED}getlist", TASKID=task_id)
    second = anna.call(f"{ELAPSED}getlist", TASKID=task_id, start=50)

    assert (len(first.result), first.total, first.next) == (50, 51, 50)
    assert (len(second.result), second.next) == (1, None)


@observed("ElapseditemTest::testUpdate, testDelete")
def test_time_is_changed_and_removed_by_whose_it_is(anna: Person) -> None:
    task_id = add_task(anna)["id"]
    item_id = add_time(anna, task_id, 60, COMMENT_TEXT="Reading")

    changed = anna.call(
        f"{ELAPSED}update", TASKID=task_id, ITEMID=item_id, ARFIELDS={"COMMENT_TEXT": "Writing"}
    )
    entry = anna.call(f"{ELAPSED}get", TASKID=task_id, ITEMID=item_id).result
    removed = anna.call(f"{ELAPSED}delete", TASKID=task_id, ITEMID=item_id)

    assert (changed.result, removed.result) == (None, None)
    assert (entry["COMMENT_TEXT"], entry["SECONDS"]) == ("Writing", "60")
    assert seconds(anna, task_id) == []


@assumed("an entry is of the person whose time it is, and the administrators'")
def test_somebody_elses_time_stays_as_it_is(admin: Person, anna: Person, boris: Person) -> None:
    task_id = add_task(anna, boris)["id"]
    item_id = add_time(boris, task_id, 60)
    change = {"TASKID": task_id, "ITEMID": item_id, "ARFIELDS": {"SECONDS": 1}}

    assert anna.call(f"{ELAPSED}update", **change).refusal == DENIED
    assert anna.call(f"{ELAPSED}delete", **change).refusal == DENIED
    assert seconds(anna, task_id) == ["60"]
    assert admin.call(f"{ELAPSED}update", **change).result is None
    assert seconds(anna, task_id) == ["1"]


@documented("task-elapsed-item-add: USER_ID, CREATED_DATE")
def test_an_administrator_adds_the_time_of_others(admin: Person, anna: Person) -> None:
    task_id = add_task(anna)["id"]

    item_id = add_time(admin, task_id, USER_ID=anna.id, CREATED_DATE="2026-01-10T08:00:00+00:00")

    entry = anna.call(f"{ELAPSED}get", TASKID=task_id, ITEMID=item_id).result
    assert (entry["USER_ID"], entry["CREATED_DATE"]) == (
        str(anna.id),
        "2026-01-10T08:00:00+00:00",
    )
    assert (
        anna.call(
            f"{ELAPSED}add", TASKID=task_id, ARFIELDS={"SECONDS": 1, "USER_ID": admin.id}
        ).refusal
        == DENIED
    )


@observed("ElapseditemTest::testIsActionAllowed; flows.md 11.8")
def test_what_is_allowed_with_time(anna: Person, boris: Person) -> None:
    task_id = add_task(anna, boris)["id"]
    item_id = add_time(anna, task_id)

    def allowed(person: Person) -> list[bool]:
        return [
            person.call(
                f"{ELAPSED}isactionallowed", TASKID=task_id, ITEMID=item_id, ACTIONID=action
            ).result
            for action in (1, 2, 3)
        ]

    assert allowed(anna) == [True, True, True]
    assert allowed(boris) == [True, False, False]


@observed("ElapseditemTest::testGetManifest")
def test_the_manifest_tells_the_order_of_parameters(anna: Person) -> None:
    methods = anna.call(f"{ELAPSED}getmanifest").result["REST: available methods"]

    assert [one["name"] for one in methods["getlist"]["params"]] == [
        "TASKID",
        "ORDER",
        "FILTER",
        "SELECT",
        "PARAMS",
    ]


@observed("Core/CoreStrictParamsOrderTest::testCallMethodWithStrictParamsOrder")
def test_time_is_listed_with_parameters_in_their_order(anna: Person) -> None:
    task_id = add_task(anna)["id"]
    for spent in (60, 600):
        add_time(anna, task_id, spent)

    listed = call_in_order(
        anna,
        f"{ELAPSED}getlist",
        int(task_id),
        {"ID": "desc"},
        {">SECONDS": 1},
        ["ID", "SECONDS"],
        {"NAV_PARAMS": {"nPageSize": 1, "iNumPage": 2}},
    ).result

    assert [row["SECONDS"] for row in listed] == ["60"]


@assumed("without a task, one's own time; an administrator's list is of everybody's")
def test_time_is_listed_without_a_task(admin: Person, anna: Person, boris: Person) -> None:
    for person, spent in ((anna, 60), (boris, 600), (anna, 6000)):
        add_time(person, add_task(person)["id"], spent)

    def listed(caller: Person, *parameters: Any, **named: Any) -> list[str]:
        method = f"{ELAPSED}getlist"
        if parameters:
            reply = call_in_order(caller, method, *parameters)
        else:
            reply = caller.call(method, **named)
        return [entry["SECONDS"] for entry in reply.result]

    assert listed(anna, ORDER={"SECONDS": "desc"}) == ["6000", "60"]
    assert listed(admin) == ["60", "600", "6000"]
    assert listed(admin, {"ID": "desc"}, {">SECONDS": 60}, ["SECONDS"]) == ["6000", "600"]
    assert listed(anna, {"ID": "desc"}, {}, ["*"], {"NAV_PARAMS": {"nPageSize": 1}}) == ["6000"]


@documented("tasks-task-add: timeSpentInLogs")
def test_the_task_tells_the_time_spent_on_it(anna: Person, boris: Person) -> None:
    task_id = add_task(anna, boris)["id"]
    before = read(anna, task_id)["timeSpentInLogs"]
    add_time(anna, task_id, 60)
    add_time(boris, task_id, 600)

    rows = anna.call("tasks.task.list", select=["TIME_SPENT_IN_LOGS"]).result["tasks"]

    assert (before, read(anna, task_id)["timeSpentInLogs"]) == (None, "660")
    assert [row["timeSpentInLogs"] for row in rows] == ["660"]


@assumed("who reads the task reads the time; who works on it adds to it")
def test_an_auditor_adds_no_time_and_a_stranger_sees_none(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    carla = portal.add_user("Carla")
    task_id = add_task(anna, AUDITORS=[boris.id])["id"]
    item_id = add_time(anna, task_id)

    refused = boris.call(f"{ELAPSED}add", TASKID=task_id, ARFIELDS={"SECONDS": 1})

    assert refused.refusal == DENIED
    assert seconds(boris, task_id) == ["3600"]
    for method in ("add", "get", "getlist", "update", "delete", "isactionallowed"):
        for task in (task_id, 9999):
            foreign = carla.call(ELAPSED + method, TASKID=task, ITEMID=item_id)
            assert foreign.refusal == UNAVAILABLE


@assumed("flows.md 11.8 names no errors")
def test_how_time_methods_refuse(anna: Person) -> None:
    task_id, other = add_task(anna)["id"], add_task(anna)["id"]
    of_other = add_time(anna, other)

    def refusal(method: str, **parameters: Any) -> tuple[int, str, str]:
        return anna.call(ELAPSED + method, **parameters).refusal

    assert refusal("getlist", TASKID="abc") == missing("TASKID")
    assert refusal("update") == missing("TASKID")
    assert refusal("get", TASKID=task_id) == missing("ITEMID")
    assert refusal("add", TASKID=task_id) == missing("SECONDS")
    assert refusal("get", TASKID=task_id, ITEMID=of_other) == NO_ITEM
    assert refusal("isactionallowed", TASKID=task_id, ACTIONID=4)[1] == "ERROR_ARGUMENT"


@assumed("an entry is a number of seconds that can be added up")
@pytest.mark.parametrize("spent", ["a while", -1, 2**31, 2**70, []], ids=repr)
def test_time_is_a_number_of_seconds(anna: Person, spent: object) -> None:
    task_id = add_task(anna)["id"]

    reply = anna.call(f"{ELAPSED}add", TASKID=task_id, ARFIELDS={"SECONDS": spent})

    assert reply.refusal == (400, "ERROR_ARGUMENT", "SECONDS is a number from 0 on")


@assumed("a date is a date")
def test_time_is_not_spent_on_no_date(anna: Person) -> None:
    task_id = add_task(anna)["id"]

    reply = anna.call(
        f"{ELAPSED}add", TASKID=task_id, ARFIELDS={"SECONDS": 1, "CREATED_DATE": "soon"}
    )

    assert reply.refusal == (400, "ERROR_ARGUMENT", "CREATED_DATE is no date")
