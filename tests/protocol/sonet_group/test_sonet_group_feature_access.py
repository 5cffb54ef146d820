"""`sonet_group.feature.access`."""

from __future__ import annotations

import pytest

from sluice.domain.people import Role
from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented

METHOD = "sonet_group.feature.access"


@assumed("flows.md 2.7 names the operations; the least role for each is our choice")
@pytest.mark.parametrize(
    ("role", "operation", "may"),
    [
        (Role.MEMBER, "create_tasks", True),
        (Role.MEMBER, "view", True),
        (Role.MEMBER, "delete_tasks", False),
        (Role.MODERATOR, "delete_tasks", True),
        (Role.MODERATOR, "edit_tasks", True),
        (Role.REQUEST, "view", False),
        (None, "view_all", False),
        (Role.MEMBER, "dance", False),
    ],
)
def test_what_a_role_may_do(
    portal: PortalInTest,
    anna: Person,
    boris: Person,
    role: Role | None,
    operation: str,
    may: bool,
) -> None:
    group_id = portal.add_group("Support", anna)
    if role is not None:
        portal.in_store(lambda store: store.groups.set_role(group_id, boris.id, role))

    reply = boris.call(METHOD, GROUP_ID=group_id, FEATURE="tasks", OPERATION=operation)

    assert reply.result is may


@documented("flows.md 2.7: features can be switched off")
def test_a_feature_that_is_off_allows_nothing(
    portal: PortalInTest, admin: Person, anna: Person
) -> None:
    group_id = portal.add_group("Support", anna, tasks_enabled=False)

    for caller in (admin, anna):
        reply = caller.call(METHOD, GROUP_ID=group_id, FEATURE="tasks", OPERATION="view")

        assert reply.result is False


@assumed("the portal has no other features than tasks")
def test_an_unknown_feature_allows_nothing(
    portal: PortalInTest, admin: Person, anna: Person
) -> None:
    group_id = portal.add_group("Support", anna)

    reply = admin.call(METHOD, GROUP_ID=group_id, FEATURE="blog", OPERATION="view")

    assert reply.result is False


@documented("flows.md 4: the portal's administrators pass every check")
def test_the_administrator_may_do_it_in_any_group(
    portal: PortalInTest, admin: Person, anna: Person
) -> None:
    group_id = portal.add_group("Secret", anna, visible=False)

    reply = admin.call(METHOD, GROUP_ID=group_id, FEATURE="tasks", OPERATION="delete_tasks")

    assert reply.result is True


@assumed("flows.md 11.4 names the words, not the cases")
@pytest.mark.parametrize(
    "sent",
    [{}, {"FEATURE": "tasks"}, {"OPERATION": "view"}],
    ids=["nothing", "feature", "operation"],
)
def test_feature_and_operation_must_be_named(
    portal: PortalInTest, anna: Person, sent: dict[str, str]
) -> None:
    group_id = portal.add_group("Support", anna)

    reply = anna.call(METHOD, GROUP_ID=group_id, **sent)

    assert reply.refusal == (400, "0", "Incorrect input data")
