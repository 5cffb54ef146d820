"""Who may read, change and remove a task: a table of people and methods. flows.md 4, 5.9."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from sluice.domain.flow import Distribution
from tests.portals import EVERYBODY, Person, PortalInTest
from tests.protocol.tasks.task.wire import add_task, boss_of, read
from tests.provenance import assumed, observed


@dataclass(frozen=True)
class Company:
    """People, called by what they are to every task that `add` makes."""

    portal: PortalInTest
    people: dict[str, Person]
    group: int

    def add(self) -> str:
        people = self.people
        task = add_task(
            people["director"],
            people["responsible"],
            GROUP_ID=self.group,
            ACCOMPLICES=[people["accomplice"].id],
            AUDITORS=[people["auditor"].id, people["guest auditor"].id],
        )
        return str(task["id"])


@pytest.fixture
def company(portal: PortalInTest, admin: Person) -> Company:
    people = {
        name: portal.add_user(name.title().replace(" ", ""))
        for name in (
            "director",
            "responsible",
            "accomplice",
            "auditor",
            "group owner",
            "moderator",
            "member",
            "applicant",
            "stranger",
        )
    }
    people["admin"] = admin
    people["guest auditor"] = portal.add_user("GuestA", departments=())
    people["guest member"] = portal.add_user("GuestM", departments=())
    people["guest stranger"] = portal.add_user("GuestS", departments=())
    people["superior"] = boss_of(portal, people["auditor"])
    people["head elsewhere"] = portal.add_user("Elsewhere")
    portal.add_department("Elsewhere", head=people["head elsewhere"].id)
    inside = [people[name] for name in ("director", "moderator", "member", "guest member")]
    group = portal.add_group("Project", people["group owner"], inside)
    admin.call("sonet_group.user.update", GROUP_ID=group, USER_ID=people["moderator"].id, ROLE="E")
    people["applicant"].call("sonet_group.user.request", GROUP_ID=group, MESSAGE="Please")
    return Company(portal, people, group)


READERS = (
    "admin, director, responsible, accomplice, auditor, group owner, moderator, member,"
    " guest auditor, guest member, superior"
)
EDITORS = "admin, director, group owner, moderator"

# Method and what it sends beside the id; who may; what somebody else is told.
TABLE: list[tuple[str, dict[str, Any], str, tuple[int, str] | list[Any]]] = [
    ("tasks.task.get", {}, READERS, []),
    ("tasks.task.getAccess", {}, READERS, (400, "0")),
    ("tasks.task.history.list", {}, READERS, (400, "0")),
    ("tasks.task.favorite.add", {}, READERS, (400, "1")),
    ("tasks.task.favorite.remove", {}, READERS, (400, "1")),
    ("tasks.task.startwatch", {}, READERS, (400, "0")),
    ("tasks.task.stopwatch", {}, READERS, (400, "0")),
    ("tasks.task.mute", {}, READERS, (400, "0")),
    ("tasks.task.unmute", {}, READERS, (400, "0")),
    ("tasks.task.pin", {}, READERS, (400, "0")),
    ("tasks.task.unpin", {}, READERS, (400, "0")),
    ("tasks.task.update", {"fields": {"TITLE": "New"}}, EDITORS, (400, "0")),
    ("tasks.task.update", {"fields": {"FLOW_ID": 0, "TITLE": "New"}}, EDITORS, (400, "0")),
    ("tasks.task.delete", {}, EDITORS, (400, "1048582")),
]


@observed("flows.md 4, 5.7, 5.9")
@pytest.mark.parametrize(
    ("method", "sent", "allowed", "refusal"), TABLE, ids=[f"{row[0]} {row[1]}" for row in TABLE]
)
def test_who_may_do_what(
    company: Company, method: str, sent: dict[str, Any], allowed: str, refusal: Any
) -> None:
    may = set()
    for name, person in company.people.items():
        reply = person.call(method, taskId=company.add(), **sent)
        if isinstance(refusal, tuple):
            if reply.status == 200:
                may.add(name)
            else:
                assert (reply.status, reply.error) == refusal, name
        elif reply.result != refusal:
            may.add(name)

    assert may == set(allowed.split(", "))


@observed("flows.md 5.6, 5.9: a list shows what get shows")
def test_who_sees_a_task_in_a_list(company: Company) -> None:
    task_id = company.add()

    see = set()
    for name, person in company.people.items():
        reply = person.call("tasks.task.list", select=["ID"])
        found = [task["id"] for task in reply.result["tasks"]]
        assert (found, reply.total) in (([], 0), ([task_id], 1))
        if found:
            see.add(name)

    assert see == set(READERS.split(", "))


METHODS = [
    "tasks.task.get",
    "tasks.task.update",
    "tasks.task.delete",
    "tasks.task.start",
    "tasks.task.take",
    "tasks.task.pause",
    "tasks.task.defer",
    "tasks.task.complete",
    "tasks.task.renew",
    "tasks.task.approve",
    "tasks.task.disapprove",
    "tasks.task.delegate",
    "tasks.task.getAccess",
    "tasks.task.history.list",
    "tasks.task.favorite.add",
    "tasks.task.favorite.remove",
    "tasks.task.startwatch",
    "tasks.task.stopwatch",
    "tasks.task.mute",
    "tasks.task.unmute",
    "tasks.task.pin",
    "tasks.task.unpin",
]


@observed("flows.md 5.9; issue: a stranger cannot read, change or guess a task")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("who", ["stranger", "guest stranger", "applicant", "head elsewhere"])
def test_a_stranger_cannot_guess_a_task(company: Company, method: str, who: str) -> None:
    task_id = company.add()
    before = company.portal.task(task_id)
    person = company.people[who]

    replies = [
        person.call(method, taskId=number, fields={"TITLE": "Mine"}, userId=person.id)
        for number in (task_id, 999)
    ]

    real, missing = (
        (
            reply.status,
            reply.body.get("result"),
            reply.body.get("error"),
            reply.body.get("error_description"),
        )
        for reply in replies
    )
    assert real == missing
    assert company.portal.task(task_id) == before


@observed("flows.md 5.9: what a list is asked for does not open it")
@pytest.mark.parametrize(
    "condition",
    [
        lambda task_id: {"ID": task_id},
        lambda task_id: {"!ID": 0},
        lambda task_id: {"!STATUS": -1},
        lambda task_id: {"STATUS": [-2, 2]},
        lambda task_id: {"!TAG": "x"},
        lambda task_id: {"!MEMBER": 999},
        lambda task_id: {"PARENT_ID": 0},
        lambda task_id: {"ONLY_ROOT_TASKS": "Y"},
    ],
)
def test_no_filter_opens_a_foreign_task(company: Company, condition: Any) -> None:
    task_id = company.add()

    for start in (0, -1):
        reply = company.people["stranger"].call(
            "tasks.task.list", filter=condition(task_id), start=start
        )
        assert reply.result == {"tasks": []}


@observed("flows.md 4, 5.9: the flow's owner reads and changes its tasks; its creator does not")
def test_a_flows_owner_reads_and_changes_its_tasks(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    owner, creator, member = (portal.add_user(name) for name in ("Owner", "Creator", "Member"))
    flow = portal.add_flow(
        "Intake",
        creator,
        owner_id=owner.id,
        group_id=portal.add_group("Apart", boris),
        responsible_list=(member.member,),
        task_creators=(EVERYBODY,),
    )
    fields = {"TITLE": "Help", "FLOW_ID": flow.id}
    task_id = anna.call("tasks.task.add", fields=fields).result["task"]["id"]

    can_read = {
        person.id: bool(read(person, task_id)) for person in (owner, creator, member, anna, boris)
    }
    can_change = {
        person.id: person.call(
            "tasks.task.update", taskId=task_id, fields={"DESCRIPTION": str(person.id)}
        ).status
        == 200
        for person in (owner, creator, member, anna)
    }

    assert can_read == {
        owner.id: True,
        creator.id: False,
        member.id: True,
        anna.id: True,
        boris.id: True,
    }
    assert can_change == {owner.id: True, creator.id: False, member.id: False, anna.id: True}
    assert owner.call("tasks.task.delete", taskId=task_id).refusal[1] == "1048582"


@observed("flows.md 5.9: in a himself flow the team reads what nobody took")
def test_a_team_reads_what_waits_for_it(portal: PortalInTest, anna: Person) -> None:
    boss, carla, dora = (portal.add_user(name) for name in ("Boss", "Carla", "Dora"))
    flow = portal.add_flow(
        "Open",
        boss,
        distribution_type=Distribution.HIMSELF,
        responsible_list=(carla.member, dora.member),
        task_creators=(EVERYBODY,),
    )
    fields = {"TITLE": "Help", "FLOW_ID": flow.id}
    task_id = anna.call("tasks.task.add", fields=fields).result["task"]["id"]

    assert read(carla, task_id)["action"]["take"] is True
    assert carla.call("tasks.task.list").total == dora.call("tasks.task.list").total == 1
    carla.call("tasks.task.start", taskId=task_id)
    assert read(dora, task_id) == []
    assert (carla.call("tasks.task.list").total, dora.call("tasks.task.list").total) == (1, 0)


@observed("flows.md 6.5: a task that was given to somebody waits no more, begun or not")
def test_a_team_does_not_read_what_was_given_to_one_of_it(
    portal: PortalInTest, anna: Person
) -> None:
    carla, dora = (portal.add_user(name) for name in ("Carla", "Dora"))
    flow = portal.add_flow(
        "Open",
        anna,
        distribution_type=Distribution.HIMSELF,
        responsible_list=(carla.member, dora.member),
    )
    fields = {"TITLE": "Help", "FLOW_ID": flow.id}
    task_id = anna.call("tasks.task.add", fields=fields).result["task"]["id"]

    anna.call("tasks.task.delegate", taskId=task_id, userId=carla.id)

    assert read(carla, task_id)["status"] == "2"
    assert (read(dora, task_id), dora.call("tasks.task.list").total) == ([], 0)


@assumed("flows.md 2.6: superiors are heads of a department above; equals and those below are not")
def test_a_head_reads_the_tasks_of_everybody_below(portal: PortalInTest, anna: Person) -> None:
    top, middle, low = (portal.add_user(name) for name in ("Top", "Middle", "Low"))
    above = portal.add_department("Above", head=top.id)
    between = portal.add_department("Between", parent=above, head=middle.id)
    worker = portal.add_user("Worker", departments=(between,))
    for person, department in ((top, above), (middle, between), (low, between)):
        portal.admin.call("user.update", ID=person.id, UF_DEPARTMENT=[department])
    of_worker = add_task(anna, worker)["id"]
    of_middle = add_task(anna, middle)["id"]

    readers = {
        person.id: [bool(read(person, task_id)) for task_id in (of_worker, of_middle)]
        for person in (top, middle, low, worker)
    }

    assert readers == {
        top.id: [True, True],
        middle.id: [True, True],
        low.id: [False, False],
        worker.id: [True, False],
    }


@assumed("flows.md 2.6: nobody is their own superior")
def test_a_head_who_watches_is_no_superior_of_the_task(portal: PortalInTest, anna: Person) -> None:
    head = portal.add_user("Head")
    team = portal.add_department("Team", head=head.id)
    portal.admin.call("user.update", ID=head.id, UF_DEPARTMENT=[team])
    task_id = add_task(anna, AUDITORS=[head.id])["id"]

    assert read(head, task_id)["action"]["start"] is False
    assert head.call("tasks.task.start", taskId=task_id).status == 400


@assumed("rights are of this moment: a change of people changes them at once")
def test_rights_follow_people(company: Company) -> None:
    task_id = company.add()
    people, admin = company.people, company.portal.admin

    assert read(people["stranger"], task_id) == []
    admin.call("sonet_group.user.add", GROUP_ID=company.group, USER_ID=people["stranger"].id)
    assert read(people["stranger"], task_id)["id"] == task_id
    admin.call("sonet_group.user.delete", GROUP_ID=company.group, USER_ID=people["stranger"].id)
    assert read(people["stranger"], task_id) == []
    admin.call("user.update", ID=people["auditor"].id, UF_DEPARTMENT=[1])
    assert read(people["superior"], task_id) == []
