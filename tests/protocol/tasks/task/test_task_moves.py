"""`tasks.task.start`, `pause`, `defer`, `complete`, `renew`, `approve`, `disapprove`, `delegate`.

From where to where, by whom, with what marks, and how each refuses. flows.md 5.5.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from sluice.domain.task import Status
from tests.portals import Person, PortalInTest
from tests.protocol.tasks.flow.wire import send_form
from tests.protocol.tasks.task.wire import (
    DENIED,
    KEYS,
    MOVE_DENIED,
    NO_ID,
    WRONG_ID,
    add_task,
    boss_of,
    read,
)
from tests.provenance import assumed, documented, observed

REFUSALS = {
    "start": DENIED,
    "pause": MOVE_DENIED,
    "defer": MOVE_DENIED,
    "complete": DENIED,
    "renew": MOVE_DENIED,
    "approve": MOVE_DENIED,
    "disapprove": MOVE_DENIED,
    "delegate": DENIED,
}
# Where each status leads, for the one who is director and responsible at once.
MOVES = {
    ("start", 2): 3,
    ("pause", 3): 2,
    ("defer", 2): 6,
    ("defer", 3): 6,
    ("complete", 2): 5,
    ("complete", 3): 5,
    ("complete", 6): 5,
    ("complete", 4): 5,
    ("renew", 5): 2,
    ("renew", 6): 2,
    ("renew", 4): 2,
    ("approve", 4): 5,
    ("approve", 5): 5,
    ("disapprove", 4): 2,
    ("delegate", 2): 2,
    ("delegate", 3): 2,
    ("delegate", 6): 2,
}


def move(caller: Person, method: str, task_id: str, **more: Any) -> Any:
    return caller.call(f"tasks.task.{method}", taskId=task_id, **more)


@documented("tasks-task-start and its sisters")
@pytest.mark.parametrize(("method", "status"), list(itertools.product(REFUSALS, range(2, 7))))
def test_where_a_task_may_be_moved(anna: Person, boris: Person, method: str, status: int) -> None:
    task = add_task(anna, STATUS=status)
    more = {"userId": boris.id} if method == "delegate" else {}

    reply = move(anna, method, task["id"], **more)

    moved = MOVES.get((method, status))
    if moved is None:
        assert reply.refusal == REFUSALS[method]
        assert read(anna, task["id"])["status"] == str(status)
    else:
        assert list(reply.result["task"]) == KEYS
        assert reply.result["task"]["status"] == str(moved)
        assert read(anna, task["id"])["status"] == str(moved)


@documented("tasks-task-get#action: the map tells what the methods do")
@pytest.mark.parametrize("status", range(2, 7))
@pytest.mark.parametrize("who", ["director", "responsible", "accomplice", "auditor", "boss"])
def test_the_action_map_tells_what_the_methods_do(
    portal: PortalInTest, anna: Person, boris: Person, who: str, status: int
) -> None:
    people = {
        "director": anna,
        "responsible": boris,
        "accomplice": portal.add_user("Carla"),
        "auditor": portal.add_user("Dora"),
        "boss": boss_of(portal, boris),
    }
    for method in REFUSALS:
        if (method, status) == ("approve", 5):
            continue  # allowed for the director though nothing is left to approve: see below
        task = add_task(
            anna,
            boris,
            STATUS=status,
            ACCOMPLICES=[people["accomplice"].id],
            AUDITORS=[people["auditor"].id],
        )
        promised = read(people[who], task["id"])["action"][method]
        reply = move(people[who], method, task["id"], userId=portal.admin.id)
        assert (reply.status == 200) is promised, f"{method}: {reply.text[:200]}"


@documented("flows.md 5.5, the column Who")
@pytest.mark.parametrize(
    ("method", "status", "allowed"),
    [
        ("start", 2, "director responsible accomplice superior editor admin"),
        ("pause", 3, "director responsible accomplice superior editor admin"),
        ("defer", 2, "director responsible accomplice editor admin"),
        ("complete", 3, "director responsible accomplice superior editor admin"),
        ("complete", 4, "director admin"),
        ("renew", 5, "director responsible accomplice editor admin"),
        ("approve", 4, "director superior editor admin"),
        ("approve", 5, "director admin"),
        ("disapprove", 4, "director superior editor admin"),
        ("delegate", 2, "director responsible editor admin"),
    ],
)
def test_who_may_move_a_task(
    portal: PortalInTest, admin: Person, method: str, status: int, allowed: str
) -> None:
    people = {"admin": admin}
    for name in ("director", "responsible", "accomplice", "auditor", "editor", "member"):
        people[name] = portal.add_user(name.title())
    people["superior"] = boss_of(portal, people["responsible"])
    people["stranger"] = portal.add_user("Stranger")
    group = portal.add_group("Project", admin, [people["director"], people["member"]])
    admin.call("sonet_group.user.add", GROUP_ID=group, USER_ID=people["editor"].id)
    admin.call("sonet_group.user.update", GROUP_ID=group, USER_ID=people["editor"].id, ROLE="E")

    may = []
    for name, person in people.items():
        task = add_task(
            people["director"],
            people["responsible"],
            STATUS=status,
            GROUP_ID=group,
            ACCOMPLICES=[people["accomplice"].id],
            AUDITORS=[people["auditor"].id],
        )
        reply = move(person, method, task["id"], userId=people["member"].id)
        assert reply.status == 200 or reply.refusal == REFUSALS[method]
        if reply.status == 200:
            may.append(name)

    assert sorted(may) == sorted(allowed.split())


@documented("tasks-task-start#error-handling and its sisters")
@pytest.mark.parametrize("method", REFUSALS)
def test_how_each_method_refuses(admin: Person, anna: Person, boris: Person, method: str) -> None:
    foreign = add_task(anna)["id"]
    name = f"tasks.task.{method}"

    assert boris.call(name, taskId=foreign, userId=1).refusal == REFUSALS[method]
    assert boris.call(name, taskId=999, userId=1).refusal == REFUSALS[method]
    assert admin.call(name, taskId=999, userId=1).refusal == REFUSALS[method]
    assert admin.call(name, taskId="abc", userId=1).refusal == WRONG_ID
    assert admin.call(name, userId=1).refusal == NO_ID


@observed("flows.md 12.1, TaskTest::testChangeStatus")
def test_the_life_of_ones_own_task(admin: Person) -> None:
    task_id = add_task(admin)["id"]

    statuses = []
    for method in (
        "start",
        "pause",
        "defer",
        "startwatch",
        "stopwatch",
        "mute",
        "unmute",
        "favorite.add",
        "favorite.remove",
        "complete",
        "renew",
        "start",
        "complete",
        "approve",
    ):
        name = "id" if method in ("mute", "unmute") else "taskId"
        reply = admin.call(f"tasks.task.{method}", **{name: task_id})
        assert reply.status == 200, f"{method}: {reply.text}"
        if method.startswith("favorite"):
            assert reply.result is True
        else:
            assert reply.result["task"]["id"] == task_id
            statuses.append(reply.result["task"]["status"])
    disapproved = admin.call("tasks.task.disapprove", taskId=task_id)
    history = admin.call("tasks.task.history.list", taskId=task_id, filter=[]).result["list"]

    assert "".join(statuses) == "326666652355"
    assert disapproved.refusal == MOVE_DENIED
    assert (history[0]["field"], history[0]["value"]) == ("NEW", {"from": None, "to": None})


@documented("tasks-task-start")
def test_starting_marks_when_work_first_began(portal: PortalInTest, anna: Person) -> None:
    task_id = add_task(anna)["id"]

    first = move(anna, "start", task_id).result["task"]
    portal.clock.advance(hours=1)
    move(anna, "pause", task_id)
    again = move(anna, "start", task_id).result["task"]

    assert first["dateStart"] == again["dateStart"] == "2026-01-12T09:30:00+00:00"
    assert again["statusChangedDate"] == "2026-01-12T10:30:00+00:00"
    assert again["statusChangedBy"] == str(anna.id)
    assert int(again["outlookVersion"]) == int(first["outlookVersion"]) + 2


@documented("tasks-task-complete; tasks-task-renew")
def test_completing_closes_and_renewing_opens(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    task_id = add_task(anna, boris)["id"]
    portal.clock.advance(hours=1)

    completed = move(boris, "complete", task_id).result["task"]
    renewed = move(anna, "renew", task_id).result["task"]

    assert (completed["closedBy"], completed["closedDate"]) == (
        str(boris.id),
        "2026-01-12T10:30:00+00:00",
    )
    assert (renewed["closedBy"], renewed["closedDate"]) == ("0", None)


@observed("flows.md 5.5: under task control the work waits for its creator's review")
def test_controlled_work_is_reviewed(anna: Person, boris: Person) -> None:
    task_id = add_task(anna, boris, TASK_CONTROL="Y")["id"]

    handed_in = move(boris, "complete", task_id).result["task"]
    self_approved = move(boris, "approve", task_id)
    sent_back = move(anna, "disapprove", task_id).result["task"]
    move(boris, "complete", task_id)
    approved = move(anna, "approve", task_id).result["task"]

    assert (handed_in["status"], handed_in["closedDate"]) == ("4", None)
    assert self_approved.refusal == MOVE_DENIED
    assert (sent_back["status"], sent_back["closedBy"]) == ("2", "0")
    assert (approved["status"], approved["closedBy"]) == ("5", str(anna.id))


@observed("flows.md 5.5: who may accept the work needs no review")
@pytest.mark.parametrize("who", ["creator", "superior", "admin"])
def test_the_creator_a_superior_and_an_administrator_complete_at_once(
    portal: PortalInTest, admin: Person, anna: Person, boris: Person, who: str
) -> None:
    people = {"creator": anna, "superior": boss_of(portal, boris), "admin": admin}
    task_id = add_task(anna, boris, TASK_CONTROL="Y")["id"]

    assert move(people[who], "complete", task_id).result["task"]["status"] == "5"


@observed("flows.md 13.1 row 18: approve on a completed task is no change")
def test_approving_a_completed_task_changes_nothing(portal: PortalInTest, anna: Person) -> None:
    task = add_task(anna, STATUS=5)
    portal.clock.advance(hours=1)

    approved = move(anna, "approve", task["id"]).result["task"]

    assert {key: approved[key] for key in KEYS} == task


@documented("tasks-task-delegate")
def test_a_delegated_task_is_watched_by_who_gave_it_away(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    carla = portal.add_user("Carla")
    task_id = add_task(anna, boris, STATUS=3, AUDITORS=[carla.id])["id"]

    task = move(boris, "delegate", task_id, userId=str(carla.id)).result["task"]

    assert (task["responsibleId"], task["status"]) == (str(carla.id), "2")
    assert task["auditors"] == [str(boris.id)]
    assert task["responsible"]["name"] == "Carla"


@documented("tasks-task-delegate#error-handling")
def test_delegating_names_somebody_who_is_there(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    task_id = add_task(anna)["id"]
    gone = portal.add_user("Gone", active=False)

    assert move(anna, "delegate", task_id).refusal == (
        400,
        "100",
        "Could not find value for parameter {userId}",
    )
    assert move(anna, "delegate", task_id, userId="boris").refusal == (
        400,
        "100",
        "Invalid value {boris} to match with parameter {userId}. Should be value of type int.",
    )
    for nobody in (0, -1, 999, gone.id):
        assert move(anna, "delegate", task_id, userId=nobody).refusal == DENIED


@observed("rest-protocol.md 2.2: a form is as good as JSON")
def test_a_form_moves_as_json_does(anna: Person, boris: Person) -> None:
    task_id = add_task(anna)["id"]

    started = send_form(anna, "tasks.task.start", {"taskId": task_id})
    delegated = send_form(anna, "tasks.task.delegate", {"id": task_id, "userId": boris.id})

    assert started.result["task"]["status"] == "3"
    assert delegated.result["task"]["responsibleId"] == str(boris.id)


@documented("flows.md 5.5; 5.1: a status takes its instant and its author with it")
def test_the_store_holds_what_the_wire_shows(portal: PortalInTest, anna: Person) -> None:
    task_id = add_task(anna)["id"]

    move(anna, "complete", task_id)

    task = portal.task(task_id)
    assert (task.status, task.closed_by) == (Status.COMPLETED, anna.id)
    assert task.closed == task.status_changed == task.changed == portal.clock.now()


@assumed("a group's rights end with the membership, a member's with the role")
def test_who_is_no_part_of_a_task_any_more_cannot_move_it(anna: Person, boris: Person) -> None:
    task_id = add_task(anna, boris)["id"]

    anna.call("tasks.task.update", taskId=task_id, fields={"RESPONSIBLE_ID": anna.id})

    assert move(boris, "start", task_id).refusal == DENIED
    assert read(boris, task_id) == []
