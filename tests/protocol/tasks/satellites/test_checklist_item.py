"""`task.checklistitem.*`: what is to be ticked off in a task. flows.md 11.8."""

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

CHECKLIST = "task.checklistitem."


def add_item(caller: Person, task_id: str, title: str = "Ask", **fields: Any) -> int:
    reply = caller.call(f"{CHECKLIST}add", TASKID=task_id, FIELDS={"TITLE": title, **fields})
    item_id: int = reply.result
    return item_id


def titles(caller: Person, task_id: str, **order: str) -> list[str]:
    reply = caller.call(f"{CHECKLIST}getlist", TASKID=task_id, ORDER=order)
    return [item["TITLE"] for item in reply.result]


@observed("flows.md 11.8; ChecklistitemTest::testAdd, testGetList")
def test_the_first_item_brings_its_checklist_with_it(anna: Person) -> None:
    task_id = add_task(anna)["id"]

    first, second = add_item(anna, task_id, "Ask"), add_item(anna, task_id, "Answer")

    listed = anna.call(f"{CHECKLIST}getlist", TASKID=task_id, ORDER={"SORT_INDEX": "asc"}).result
    root = listed[0]
    assert first > 1
    assert [item["ID"] for item in listed] == [root["ID"], str(first), str(second)]
    assert (root["PARENT_ID"], root["SORT_INDEX"]) == ("0", "0")
    assert [item["PARENT_ID"] for item in listed[1:]] == [root["ID"]] * 2


@documented("task-checklist-item-get")
def test_an_item_on_the_wire(anna: Person) -> None:
    task_id = add_task(anna)["id"]
    item_id = add_item(anna, task_id, "Ask", SORT_INDEX=7, IS_COMPLETE="Y", IS_IMPORTANT="Y")

    item = anna.call(f"{CHECKLIST}get", TASKID=task_id, ITEMID=item_id).result

    assert item == {
        "ID": str(item_id),
        "TASK_ID": task_id,
        "PARENT_ID": item["PARENT_ID"],
        "CREATED_BY": str(anna.id),
        "TITLE": "Ask",
        "SORT_INDEX": "7",
        "IS_COMPLETE": "Y",
        "IS_IMPORTANT": "Y",
        "TOGGLED_BY": str(anna.id),
        "TOGGLED_DATE": "2026-01-12T09:30:00+00:00",
        "MEMBERS": [],
        "ATTACHMENTS": [],
    }


@observed("ChecklistitemTest::testUpdate")
def test_update_changes_what_is_sent_and_answers_nothing(anna: Person) -> None:
    task_id = add_task(anna)["id"]
    item_id = add_item(anna, task_id, "Ask", IS_IMPORTANT="Y")

    reply = anna.call(
        f"{CHECKLIST}update", TASKID=task_id, ITEMID=item_id, FIELDS={"TITLE": "Ask twice"}
    )

    item = anna.call(f"{CHECKLIST}get", TASKID=task_id, ITEMID=item_id).result
    assert reply.result is None
    assert (item["TITLE"], item["IS_IMPORTANT"], item["TOGGLED_BY"]) == ("Ask twice", "Y", None)


@observed("ChecklistitemTest::testMoveAfterItem")
def test_an_item_moves_right_after_another(anna: Person) -> None:
    task_id = add_task(anna)["id"]
    items = [add_item(anna, task_id, title) for title in ("First", "Second", "Third")]

    reply = anna.call(
        f"{CHECKLIST}moveafteritem", TASKID=task_id, ITEMID=items[0], AFTERITEMID=items[1]
    )

    assert reply.result is None
    assert titles(anna, task_id, SORT_INDEX="asc")[1:] == ["Second", "First", "Third"]


@assumed("an item placed after one of another checklist goes there")
def test_an_item_moves_to_another_checklist(anna: Person) -> None:
    task_id = add_task(anna)["id"]
    other = add_item(anna, task_id, "Other list", PARENT_ID=0)
    there = add_item(anna, task_id, "There", PARENT_ID=other)
    home = add_item(anna, task_id, "Home list", PARENT_ID=0)
    item = add_item(anna, task_id, "Wanderer", PARENT_ID=home)

    anna.call(f"{CHECKLIST}moveafteritem", TASKID=task_id, ITEMID=item, AFTERITEMID=there)

    moved = anna.call(f"{CHECKLIST}get", TASKID=task_id, ITEMID=item).result
    assert (moved["PARENT_ID"], moved["SORT_INDEX"]) == (str(other), "2")


@observed("ChecklistitemTest::testComplete, testRenew")
def test_an_item_is_ticked_off_and_back(portal: PortalInTest, anna: Person, boris: Person) -> None:
    task_id = add_task(anna, boris)["id"]
    item_id = add_item(anna, task_id)
    portal.clock.advance(hours=1)

    done = boris.call(f"{CHECKLIST}complete", TASKID=task_id, ITEMID=item_id)
    ticked = anna.call(f"{CHECKLIST}get", TASKID=task_id, ITEMID=item_id).result
    back = anna.call(f"{CHECKLIST}renew", TASKID=task_id, ITEMID=item_id)
    unticked = anna.call(f"{CHECKLIST}get", TASKID=task_id, ITEMID=item_id).result

    assert (done.result, back.result) == (True, True)
    assert (ticked["IS_COMPLETE"], ticked["TOGGLED_BY"]) == ("Y", str(boris.id))
    assert ticked["TOGGLED_DATE"] == "2026-01-12T10:30:00+00:00"
    assert (unticked["IS_COMPLETE"], unticked["TOGGLED_BY"]) == ("N", str(anna.id))


@assumed("what stands below an item goes with it; flows.md 11.8 says only true")
def test_a_removed_item_takes_along_what_is_below(anna: Person) -> None:
    task_id = add_task(anna)["id"]
    upper = add_item(anna, task_id, "Upper")
    add_item(anna, task_id, "Lower", PARENT_ID=upper)

    reply = anna.call(f"{CHECKLIST}delete", TASKID=task_id, ITEMID=upper)

    assert reply.result is True
    assert len(titles(anna, task_id)) == 1


@observed("ChecklistitemTest::testIsActionAllowed")
@pytest.mark.parametrize("action", [1, 2, 3, 4])
def test_what_is_allowed_follows_the_action_map(anna: Person, boris: Person, action: int) -> None:
    task_id = add_task(anna, AUDITORS=[boris.id])["id"]
    item_id = add_item(anna, task_id)

    allowed = [
        person.call(
            f"{CHECKLIST}isactionallowed", TASKID=task_id, ITEMID=item_id, ACTIONID=action
        ).result
        for person in (anna, boris)
    ]

    assert allowed == [True, False]


@observed("ChecklistitemTest::testGetManifest")
def test_the_manifest_names_every_method_and_its_parameters(anna: Person) -> None:
    manifest = anna.call(f"{CHECKLIST}getmanifest").result

    methods = manifest["REST: available methods"]
    assert sorted(methods) == [
        "add",
        "complete",
        "delete",
        "get",
        "getlist",
        "getmanifest",
        "isactionallowed",
        "moveafteritem",
        "renew",
        "update",
    ]
    assert [one["name"] for one in methods["update"]["params"]] == ["TASKID", "ITEMID", "FIELDS"]


@observed("rest-protocol.md 2.1")
def test_parameters_come_in_their_order_without_names(anna: Person) -> None:
    task_id = add_task(anna)["id"]

    item_id = call_in_order(anna, f"{CHECKLIST}add", int(task_id), {"TITLE": "Ask"}).result
    form = anna.portal.send(f"{anna.path}{CHECKLIST}get", body=f"0={task_id}&1={item_id}")

    assert form.result["TITLE"] == "Ask"


@assumed("names count in any case, like those of any classic method")
def test_names_count_in_any_case(anna: Person) -> None:
    task_id = add_task(anna)["id"]

    item_id = anna.call(f"{CHECKLIST}add", taskId=task_id, fields={"title": "Ask"}).result

    assert anna.call(f"{CHECKLIST}get", taskid=task_id, itemId=item_id).result["TITLE"] == "Ask"


@documented("tasks-task-add: checklist, checkListTree")
def test_the_task_shows_its_checklists(anna: Person) -> None:
    task_id = add_task(anna)["id"]
    done = add_item(anna, task_id, "Done", IS_COMPLETE="Y")
    add_item(anna, task_id, "Left")

    task = read(anna, task_id)

    item = task["checklist"][str(done)]
    assert len(task["checklist"]) == 3
    assert list(item) == [
        "id",
        "taskId",
        "createdBy",
        "parentId",
        "title",
        "sortIndex",
        "isComplete",
        "isImportant",
        "toggledBy",
        "toggledDate",
        "ufChecklistFiles",
        "members",
        "attachments",
        "entityId",
        "action",
    ]
    assert (item["title"], item["isComplete"], item["ufChecklistFiles"]) == ("Done", "Y", False)
    assert item["action"] == dict.fromkeys(
        ("modify", "remove", "toggle", "add", "addAccomplice"), True
    )
    (root,) = task["checkListTree"]["descendants"]
    assert [node["fields"]["title"] for node in root["descendants"]] == ["Done", "Left"]
    assert [node["fields"]["displaySortIndex"] for node in root["descendants"]] == ["1", "2"]
    assert root["fields"]["completedCount"] == 1


@assumed("flows.md 11.8 names no errors")
@pytest.mark.parametrize(
    "method", ["get", "getlist", "update", "moveafteritem", "delete", "complete", "renew"]
)
def test_a_stranger_learns_nothing_of_checklists(anna: Person, boris: Person, method: str) -> None:
    task_id = add_task(anna)["id"]
    item_id = add_item(anna, task_id)

    parameters = {"ITEMID": item_id, "AFTERITEMID": item_id, "FIELDS": {"TITLE": "Mine"}}
    foreign = boris.call(CHECKLIST + method, TASKID=task_id, **parameters)
    missing_task = boris.call(CHECKLIST + method, TASKID=9999, **parameters)

    assert foreign.refusal == missing_task.refusal == UNAVAILABLE
    assert titles(anna, task_id)[1:] == ["Ask"]


@assumed("an auditor reads, and changes nothing")
@pytest.mark.parametrize("method", ["add", "update", "moveafteritem", "delete", "complete"])
def test_an_auditor_changes_no_checklist(anna: Person, boris: Person, method: str) -> None:
    task_id = add_task(anna, AUDITORS=[boris.id])["id"]
    item_id = add_item(anna, task_id)

    reply = boris.call(
        CHECKLIST + method,
        TASKID=task_id,
        ITEMID=item_id,
        AFTERITEMID=item_id,
        FIELDS={"TITLE": "Mine"},
    )

    assert reply.refusal == DENIED
    assert titles(boris, task_id)[1:] == ["Ask"]


@assumed("flows.md 11.8 names no errors")
def test_how_checklist_methods_refuse(anna: Person) -> None:
    task_id, other = add_task(anna)["id"], add_task(anna)["id"]
    item_id = add_item(anna, task_id)
    of_other = add_item(anna, other)

    def refusal(method: str, **parameters: Any) -> tuple[int, str, str]:
        return anna.call(CHECKLIST + method, **parameters).refusal

    assert refusal("getlist") == missing("TASKID")
    assert refusal("get", TASKID=task_id) == missing("ITEMID")
    assert refusal("add", TASKID=task_id) == missing("TITLE")
    assert refusal("add", TASKID=task_id, FIELDS={"TITLE": " "}) == missing("TITLE")
    assert refusal("get", TASKID=task_id, ITEMID=of_other) == NO_ITEM
    assert refusal("add", TASKID=task_id, FIELDS={"TITLE": "x", "PARENT_ID": of_other}) == NO_ITEM
    assert refusal("update", TASKID=task_id, ITEMID=item_id, FIELDS={"PARENT_ID": item_id}) == (
        400,
        "ERROR_ARGUMENT",
        "An item cannot stand below itself",
    )
    assert refusal("isactionallowed", TASKID=task_id, ITEMID=item_id, ACTIONID=9)[1:] == (
        "ERROR_ARGUMENT",
        "ACTIONID is 1, 2, 3 or 4",
    )
    assert refusal("getlist", TASKID=task_id, ORDER={"ID": "sideways"})[1] == "ERROR_ARGUMENT"


@assumed("a deep tree would be a deep answer")
def test_a_checklist_has_a_greatest_depth(anna: Person) -> None:
    task_id = add_task(anna)["id"]
    item_id = add_item(anna, task_id, "0", PARENT_ID=0)
    for depth in range(1, 16):
        item_id = add_item(anna, task_id, str(depth), PARENT_ID=item_id)

    reply = anna.call(
        f"{CHECKLIST}add", TASKID=task_id, FIELDS={"TITLE": "16", "PARENT_ID": item_id}
    )

    assert reply.words == "A checklist has at most 16 levels"
    assert read(anna, task_id)["checkListTree"]["descendants"]


@assumed("a removed task leaves nothing behind")
def test_a_removed_task_takes_its_checklists_along(portal: PortalInTest, anna: Person) -> None:
    task_id = add_task(anna)["id"]
    add_item(anna, task_id)

    anna.call("tasks.task.delete", taskId=task_id)

    assert portal.in_store(lambda store: store.checklists.of_task(int(task_id))) == []
