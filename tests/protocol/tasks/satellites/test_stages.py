"""`task.stages.*`: columns of a group's kanban and of one's own plan. flows.md 11.8."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portals import Person, PortalInTest
from tests.protocol.tasks.satellites.wire import UNAVAILABLE, missing
from tests.protocol.tasks.task.wire import add_task, read
from tests.provenance import assumed, documented, observed

NO_STAGE = (400, "ERROR_CORE", "Stage not found or not accessible<br>")


def columns(caller: Person, entity: int = 0) -> list[dict[str, Any]]:
    stages = caller.call("task.stages.get", entityId=entity).result
    return sorted(stages.values(), key=lambda stage: int(stage["SORT"]))


def titles(caller: Person, entity: int = 0) -> list[str]:
    return [stage["TITLE"] for stage in columns(caller, entity)]


def add_stage(caller: Person, title: str = "Later", **fields: Any) -> int:
    stage_id: int = caller.call("task.stages.add", fields={"TITLE": title, **fields}).result
    return stage_id


@documented("task-stages-get; StageTest::testGet: non-empty")
def test_everybody_has_a_plan_of_their_own(anna: Person, boris: Person) -> None:
    mine, again, his = columns(anna), columns(anna), columns(boris)

    assert mine[0] == {
        "ID": mine[0]["ID"],
        "TITLE": "Not planned",
        "SORT": "100",
        "COLOR": "00C4FB",
        "SYSTEM_TYPE": "NEW",
        "ENTITY_ID": str(anna.id),
        "ENTITY_TYPE": "U",
        "ADDITIONAL_FILTER": [],
        "TO_UPDATE": [],
        "TO_UPDATE_ACCESS": None,
    }
    assert again == mine
    assert not {stage["ID"] for stage in mine} & {stage["ID"] for stage in his}


@documented("task-stages-get: a group")
def test_a_groups_kanban_has_columns(portal: PortalInTest, anna: Person) -> None:
    group = portal.add_group("Project", anna)

    stages = columns(anna, group)

    assert [stage["SYSTEM_TYPE"] for stage in stages] == ["NEW", "WORK", "REVIEW", "FINISH"]
    assert {(stage["ENTITY_ID"], stage["ENTITY_TYPE"]) for stage in stages} == {(str(group), "G")}


@observed("StageTest::testAdd: AFTER_ID")
def test_a_column_is_added_after_another(anna: Person) -> None:
    first = columns(anna)[0]

    stage_id = add_stage(anna, "Next", AFTER_ID=first["ID"], COLOR="#ff00aa")

    added = columns(anna)[1]
    assert (added["ID"], added["TITLE"], added["COLOR"]) == (str(stage_id), "Next", "FF00AA")


@assumed("without AFTER_ID a column is the last one")
def test_a_column_is_added_at_the_end(anna: Person) -> None:
    add_stage(anna, "Last")

    assert titles(anna)[-1] == "Last"


@observed("StageTest::testUpdate")
def test_a_column_changes_its_name_and_its_place(anna: Person) -> None:
    stage_id = add_stage(anna, "Later")
    before = columns(anna)

    reply = anna.call(
        "task.stages.update", id=stage_id, fields={"TITLE": "Sooner", "AFTER_ID": before[0]["ID"]}
    )

    assert reply.result is True
    assert titles(anna)[1] == "Sooner"
    assert len(columns(anna)) == len(before)


@observed("StageTest::testDelete: with isAdmin")
def test_an_empty_column_is_removed(admin: Person) -> None:
    before = titles(admin)
    stage_id = add_stage(admin)

    reply = admin.call("task.stages.delete", id=stage_id, isAdmin=True)

    assert (reply.result, titles(admin)) == (True, before)


@assumed("new tasks stand in the first column, and a task is never in none")
def test_a_column_that_is_needed_stays(anna: Person) -> None:
    first, second = columns(anna)[:2]
    task_id = add_task(anna)["id"]
    anna.call("task.stages.movetask", id=task_id, stageId=second["ID"])

    assert anna.call("task.stages.delete", id=first["ID"]).words == (
        "The first stage cannot be deleted<br>"
    )
    assert anna.call("task.stages.delete", id=second["ID"]).words == (
        "A stage with tasks cannot be deleted<br>"
    )
    assert anna.call("task.stages.movetask", id=task_id, stageId=first["ID"]).result is True
    assert anna.call("task.stages.delete", id=second["ID"]).result is True


@observed("StageTest::testMoveTask: there and back")
def test_a_task_moves_on_its_groups_kanban(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    group = portal.add_group("Project", anna, [boris])
    first, second = columns(anna, group)[:2]
    task_id = add_task(anna, GROUP_ID=group)["id"]
    assert read(anna, task_id)["stageId"] == first["ID"]

    there = boris.call("task.stages.movetask", id=task_id, stageId=second["ID"])
    moved = read(anna, task_id)["stageId"]
    back = boris.call("task.stages.movetask", id=task_id, stageId=first["ID"])

    assert (there.result, moved, back.result) == (True, second["ID"], True)
    assert read(anna, task_id)["stageId"] == first["ID"]


@observed("StageTest::testCanMoveTask")
def test_who_may_move_tasks(
    portal: PortalInTest, admin: Person, anna: Person, boris: Person
) -> None:
    group = portal.add_group("Project", anna)

    def can(person: Person, entity: int, kind: str) -> bool:
        reply = person.call("task.stages.canmovetask", entityId=entity, entityType=kind)
        return bool(reply.result)

    assert [can(person, group, "G") for person in (anna, boris, admin)] == [True, False, True]
    assert [can(anna, entity, "U") for entity in (0, anna.id, boris.id)] == [True, True, False]
    assert can(admin, 9999, "G") is False


@assumed("a plan of one's own is in no task's group")
def test_a_plan_does_not_touch_tasks_without_a_group(anna: Person) -> None:
    columns(anna)

    assert add_task(anna)["stageId"] == "0"


@assumed("flows.md 11.8 names no errors; a stranger learns nothing")
def test_somebody_elses_board_stays_as_it_is(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    secret = portal.add_group("Secret", anna, visible=False)
    shown = portal.add_group("Shown", anna)
    mine = columns(anna)[1]["ID"]
    kanban = columns(anna, shown)[1]["ID"]
    task_id = add_task(boris)["id"]

    assert boris.call("task.stages.get", entityId=secret).refusal == NO_STAGE
    assert boris.call("task.stages.get", entityId=9999).refusal == NO_STAGE
    for stage in (mine, kanban, 9999):
        change = {"id": stage, "fields": {"TITLE": "His"}}
        assert boris.call("task.stages.update", **change).refusal == NO_STAGE
        assert boris.call("task.stages.delete", id=stage).refusal == NO_STAGE
        move = boris.call("task.stages.movetask", id=task_id, stageId=stage)
        assert move.refusal == NO_STAGE
    fields = {"TITLE": "His", "ENTITY_ID": shown}
    assert boris.call("task.stages.add", fields=fields).refusal == NO_STAGE
    assert titles(boris, shown) == titles(anna, shown)


@assumed("a task moves on the kanban of its own group")
def test_a_task_does_not_move_to_another_groups_kanban(portal: PortalInTest, anna: Person) -> None:
    group = portal.add_group("Project", anna)
    stage = columns(anna, group)[0]["ID"]
    task_id = add_task(anna)["id"]

    assert anna.call("task.stages.movetask", id=task_id, stageId=stage).refusal == NO_STAGE


@assumed("flows.md 11.8 names no errors")
def test_how_stage_methods_refuse(anna: Person, boris: Person) -> None:
    stage = columns(anna)[0]["ID"]
    foreign = add_task(boris)["id"]

    assert anna.call("task.stages.add").refusal == missing("TITLE")
    assert anna.call("task.stages.add", fields={"TITLE": " "}).refusal == missing("TITLE")
    assert anna.call("task.stages.update", fields={}).refusal == missing("id")
    assert anna.call("task.stages.movetask", id=foreign, stageId=stage).refusal == UNAVAILABLE
    late = anna.call("task.stages.add", fields={"TITLE": "x", "AFTER_ID": 9999})
    assert late.refusal == NO_STAGE
    assert len(columns(anna)) == 3


@pytest.mark.parametrize("color", ["", "red", "12345", 7, []], ids=repr)
@assumed("a colour is six hexadecimal digits")
def test_what_is_no_colour_is_left_out(anna: Person, color: object) -> None:
    add_stage(anna, COLOR=color)

    assert columns(anna)[-1]["COLOR"] == "47D1E2"
