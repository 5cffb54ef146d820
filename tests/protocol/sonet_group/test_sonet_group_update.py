"""`sonet_group.update`."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented

METHOD = "sonet_group.update"


@documented("sonet-group-update; flows.md 11.4")
def test_update_changes_what_is_sent_and_nothing_else(portal: PortalInTest, anna: Person) -> None:
    group_id = portal.add_group("Support", anna, description="Help", keywords="a")
    before = portal.group_named("Support")
    now = portal.clock.advance(hours=1)

    reply = anna.call(METHOD, GROUP_ID=group_id, DESCRIPTION="", CLOSED="Y")

    assert reply.result == group_id
    assert before is not None
    assert portal.group_named("Support") == replace(
        before, description="", closed=True, updated=now, activity=now
    )


@documented("sonet-group-update; settled 4: names compare without case")
def test_a_group_may_change_the_case_of_its_name(portal: PortalInTest, anna: Person) -> None:
    group_id = portal.add_group("support", anna)

    anna.call(METHOD, GROUP_ID=group_id, NAME="Support")

    group = portal.group_named("support")
    assert group is not None
    assert group.name == "Support"


@assumed("settled 4: group names are unique; the words are the nearest of flows.md 11.4")
def test_a_name_of_another_group_is_refused(portal: PortalInTest, anna: Person) -> None:
    portal.add_group("Design", anna)
    group_id = portal.add_group("Support", anna)

    reply = anna.call(METHOD, GROUP_ID=group_id, NAME="design")

    assert reply.refusal == (400, "0", "Incorrect input data")
    assert portal.group_named("Support") is not None


@assumed("an empty date takes the date away")
def test_a_date_can_be_taken_away(portal: PortalInTest, anna: Person) -> None:
    group_id = portal.add_group("Move", anna, project_start=portal.clock.now())

    anna.call(METHOD, GROUP_ID=group_id, PROJECT_DATE_START="")

    group = portal.group_named("Move")
    assert group is not None
    assert group.project_start is None


@assumed("the owner changes by sonet_group.setowner")
def test_update_leaves_the_owner(
    portal: PortalInTest, admin: Person, anna: Person, boris: Person
) -> None:
    group_id = portal.add_group("Support", anna)

    admin.call(METHOD, GROUP_ID=group_id, OWNER_ID=boris.id)

    group = portal.group_named("Support")
    assert group is not None
    assert group.owner_id == anna.id


@documented("sonet-group-update#error-handling; flows.md 11.4")
@pytest.mark.parametrize("who", ["boris", "guest"])
def test_others_than_the_owner_hear_of_no_such_group(
    request: pytest.FixtureRequest, portal: PortalInTest, anna: Person, who: str
) -> None:
    caller: Person = request.getfixturevalue(who)
    group_id = portal.add_group("Support", anna, [caller])

    reply = caller.call(METHOD, GROUP_ID=group_id, NAME="Mine")

    assert reply.refusal == (400, "0", "Socialnetwork group not found")
    assert portal.group_named("Support") is not None


@documented("sonet-group-update#error-handling; flows.md 11.4")
@pytest.mark.parametrize(
    ("group_id", "words"),
    [
        (None, "Wrong group ID"),
        ("abc", "Wrong group ID"),
        (0, "Wrong group ID"),
        (-1, "Wrong group ID"),
        (999, "Socialnetwork group not found"),
    ],
    ids=["missing", "text", "zero", "negative", "unknown"],
)
def test_a_group_id_that_is_none(admin: Person, group_id: object, words: str) -> None:
    assert admin.call(METHOD, GROUP_ID=group_id, NAME="X").refusal == (400, "0", words)
