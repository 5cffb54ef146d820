"""Groups: unique names, members with roles, kanban columns."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from sluice.domain.access import Actor
from sluice.domain.people import FLOW_GROUP_STAGES, Group, Role, User, UserType
from sluice.store.groups import Headcount
from sluice.store.listing import Window
from sluice.store.tables import Store
from tests.contract.conftest import NOW, Run

PLAIN = Group(0, "Relaunch", 1, NOW, NOW, NOW)
FULL = Group(
    9,
    "Größe 🚿",
    2,
    NOW,
    NOW + timedelta(seconds=1),
    NOW + timedelta(microseconds=1),
    description="text",
    keywords="a,b",
    active=False,
    visible=False,
    opened=True,
    closed=True,
    project=True,
    initiate_perms="A",
    subject_id=2,
    tasks_enabled=False,
    project_start=NOW,
    project_finish=NOW + timedelta(days=1),
)


def add(run: Run, group: Group, *members: int) -> int:
    group_id = run(lambda store: store.groups.add(group, members, FLOW_GROUP_STAGES))
    assert isinstance(group_id, int)
    return group_id


@pytest.mark.parametrize("new", [PLAIN, FULL], ids=["defaults", "everything set"])
def test_a_group_comes_back_as_stored(run: Run, new: Group) -> None:
    group_id = add(run, new)
    stored = replace(new, id=group_id)

    assert run(lambda store: store.groups.find(group_id)) == stored
    assert run(lambda store: store.groups.find(group_id)) == stored
    assert run(lambda store: store.groups.named(new.name.upper())) == stored


def test_a_group_that_is_not_there_is_none(run: Run) -> None:
    assert run(lambda store: store.groups.find(1)) is None
    assert run(lambda store: store.groups.find(1)) is None
    assert run(lambda store: store.groups.named("Relaunch")) is None
    assert run(lambda store: store.groups.first_stage(1)) == 0


def test_a_name_belongs_to_one_group(run: Run) -> None:
    group_id = add(run, PLAIN, 2)

    assert run(lambda store: store.groups.add(replace(PLAIN, name="RELAUNCH"), [3], ())) is None
    assert run(lambda store: store.groups.of_user(3)) == []
    assert run(lambda store: store.groups.of_user(2)) == [(group_id, "Relaunch", Role.MEMBER)]


def test_saving_replaces_every_setting(run: Run) -> None:
    changed = replace(FULL, id=add(run, PLAIN))

    run(lambda store: store.groups.save(changed))

    assert run(lambda store: store.groups.find(changed.id)) == changed


def test_a_new_group_has_its_owner_and_each_member_once(run: Run) -> None:
    group_id = add(run, PLAIN, 3, 1, 3, 2)

    assert run(lambda store: store.groups.members(group_id)) == [
        (1, Role.OWNER),
        (2, Role.MEMBER),
        (3, Role.MEMBER),
    ]


def test_a_request_is_no_membership(run: Run) -> None:
    group_id = add(run, PLAIN)

    assert run(lambda store: store.groups.add_member(group_id, 5, Role.REQUEST)) is True

    assert run(lambda store: store.groups.requests(group_id)) == [5]
    assert run(lambda store: store.groups.role(group_id, 5)) == Role.REQUEST
    assert run(lambda store: store.groups.has_member(group_id, 5)) is False
    assert run(lambda store: store.groups.members(group_id)) == [(1, Role.OWNER)]
    assert run(lambda store: store.groups.of_user(5)) == []


def test_a_role_is_given_changed_and_taken(run: Run) -> None:
    group_id = add(run, PLAIN)
    assert run(lambda store: store.groups.add_member(group_id, 5, Role.MEMBER)) is True
    assert run(lambda store: store.groups.add_member(group_id, 5, Role.OWNER)) is False
    assert run(lambda store: store.groups.role(group_id, 5)) == Role.MEMBER

    run(lambda store: store.groups.set_role(group_id, 5, Role.MODERATOR))
    assert run(lambda store: store.groups.role(group_id, 5)) == Role.MODERATOR

    run(lambda store: store.groups.remove_member(group_id, 5))
    assert run(lambda store: store.groups.role(group_id, 5)) is None


def test_deleting_a_group_removes_its_members_and_columns(run: Run) -> None:
    group_id, other = add(run, PLAIN, 2), add(run, replace(PLAIN, name="Other"), 2)

    run(lambda store: store.groups.delete(group_id))

    assert run(lambda store: store.groups.find(group_id)) is None
    assert run(lambda store: store.groups.of_user(2)) == [(other, "Other", Role.MEMBER)]
    assert run(lambda store: store.groups.first_stage(group_id)) == 0
    assert run(lambda store: store.groups.first_stage(other)) > 0
    assert add(run, PLAIN) > other  # the name is free again, the id is not


def test_heads_are_counted_without_requests(run: Run) -> None:
    def fill(store: Store) -> None:
        for number, kind in enumerate([UserType.EMPLOYEE] * 3 + [UserType.EXTRANET], start=1):
            store.users.add(User(0, f"{number}@example.com", NOW, NOW, user_type=kind))

    run(fill)
    group_id, other = add(run, PLAIN, 2, 4), add(run, replace(PLAIN, name="Other"))
    run(lambda store: store.groups.add_member(group_id, 3, Role.REQUEST))

    assert run(lambda store: store.groups.headcounts([group_id, other, 99])) == {
        group_id: Headcount(3, 1),
        other: Headcount(1, 0),
    }
    assert run(lambda store: store.groups.headcounts([])) == {}


@pytest.mark.parametrize(
    ("user_id", "is_admin", "is_intranet", "names"),
    [
        (9, True, True, ["Open", "Secret"]),
        (9, False, True, ["Open"]),
        (2, False, True, ["Open", "Secret"]),
        (2, False, False, ["Secret"]),
        (3, False, False, []),
    ],
    ids=["administrator", "employee", "member", "guest inside", "guest who asks"],
)
def test_readers_see_their_groups(
    run: Run, user_id: int, is_admin: bool, is_intranet: bool, names: list[str]
) -> None:
    add(run, replace(PLAIN, name="Open"))
    secret = add(run, replace(PLAIN, name="Secret", visible=False), 2)
    run(lambda store: store.groups.add_member(secret, 3, Role.REQUEST))
    actor = Actor(user_id, is_admin, is_intranet, frozenset(), frozenset(), "test")

    found, total = run(lambda store: store.groups.page([], [], Window(0, 9, counted=True), actor))

    assert ([group.name for group in found], total) == (names, len(names))
