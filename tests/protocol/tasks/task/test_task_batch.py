"""Tasks in a `batch`, as the SDKs' batch suites send them. flows.md 12.1 BatchTest; 2.0."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from tests.portals import Person
from tests.protocol.tasks.task.wire import add_task
from tests.provenance import observed


def command(method: str, **parameters: object) -> str:
    return f"{method}?{urlencode(parameters)}"


def batch(person: Person, commands: dict[str, str], *, halt: int = 0) -> Any:
    return person.call("batch", cmd=commands, halt=halt).result


def add_together(person: Person, count: int) -> list[int]:
    """Add tasks in batches of fifty and return their ids."""
    ids: list[int] = []
    for first in range(0, count, 50):
        answer = batch(
            person,
            {
                f"cmd_{number}": command(
                    "tasks.task.add",
                    **{
                        "fields[TITLE]": f"Task {number}",
                        "fields[RESPONSIBLE_ID]": person.id,
                        "fields[TASK_CONTROL]": "Y",
                    },
                )
                for number in range(first, min(first + 50, count))
            },
            halt=1,
        )
        assert answer["result_error"] == []
        assert set(answer["result"]) == set(answer["result_time"])
        ids += [int(added["task"]["id"]) for added in answer["result"].values()]
    return ids


@observed("BatchTest::testBatchAdd: 59 adds, each with its task")
def test_tasks_are_added_in_batches(admin: Person) -> None:
    ids = add_together(admin, 59)

    assert len(set(ids)) == 59
    assert admin.call("tasks.task.list").total == 59


@observed("BatchTest::testBatchList: lower-case prefixes, start=-1, id always there")
def test_tasks_are_listed_in_a_batch(admin: Person) -> None:
    ids = add_together(admin, 60)
    start: dict[str, object] = {"start": -1, "select[0]": "TITLE", "filter[RESPONSIBLE_ID]": 1}

    answer = batch(
        admin,
        {
            "cmd_0": command("tasks.task.list", **start, **{"order[ID]": "ASC", "filter[>id]": 0}),
            "cmd_1": command(
                "tasks.task.list",
                **start,
                **{"order[ID]": "ASC", "filter[>id]": "$result[cmd_0][tasks][49][id]"},
            ),
            "cmd_2": command(
                "tasks.task.list",
                **start,
                **{"order[ID]": "ASC", "filter[>id]": "$result[cmd_1][tasks][49][id]"},
            ),
            "cmd_3": command(
                "tasks.task.list",
                **start,
                **{"order[ID]": "DESC", "filter[<=id]": ids[9], "filter[>=id]": ids[5]},
            ),
        },
        halt=1,
    )

    pages = [
        [int(row["id"]) for row in answer["result"][f"cmd_{number}"]["tasks"]]
        for number in range(4)
    ]
    assert pages == [ids[:50], ids[50:], [], ids[9:4:-1]]
    assert (answer["result_error"], answer["result_total"], answer["result_next"]) == ([], [], [])


@observed("BatchTest::testBatchUpdate: a task for each")
def test_tasks_are_changed_in_batches(admin: Person) -> None:
    ids = add_together(admin, 59)

    titles: list[str] = []
    for first in range(0, 59, 50):
        answer = batch(
            admin,
            {
                f"cmd_{number}": command(
                    "tasks.task.update", taskId=number, **{"fields[TITLE]": f"New {number}"}
                )
                for number in ids[first : first + 50]
            },
        )
        titles += [changed["task"]["title"] for changed in answer["result"].values()]

    assert titles == [f"New {number}" for number in ids]


@observed("BatchTest::testBatchDelete: `task` true for each")
def test_tasks_are_removed_in_batches(admin: Person) -> None:
    ids = add_together(admin, 59)

    removed: list[Any] = []
    for first in range(0, 59, 50):
        commands = {
            f"cmd_{number}": command("tasks.task.delete", taskId=number)
            for number in ids[first : first + 50]
        }
        removed += batch(admin, commands)["result"].values()

    assert removed == [{"task": True}] * 59
    assert admin.call("tasks.task.list").total == 0


@observed("flows.md 2.0: a refusal is its own command's alone")
def test_one_refusal_leaves_the_others(admin: Person, anna: Person) -> None:
    foreign = add_task(admin)["id"]

    answer = batch(
        anna,
        {
            "mine": command(
                "tasks.task.add",
                **{"fields[TITLE]": "Mine", "fields[RESPONSIBLE_ID]": anna.id},
            ),
            "foreign": command("tasks.task.start", taskId=foreign),
            "untitled": command("tasks.task.add", **{"fields[RESPONSIBLE_ID]": anna.id}),
            "started": command("tasks.task.start", taskId="$result[mine][task][id]"),
        },
    )

    assert answer["result"]["started"]["task"]["status"] == "3"
    assert {name: error["error"] for name, error in answer["result_error"].items()} == {
        "foreign": "0",
        "untitled": "ERROR_CORE",
    }
