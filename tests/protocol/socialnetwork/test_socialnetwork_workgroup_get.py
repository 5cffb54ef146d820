"""`socialnetwork.api.workgroup.get`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sluice.domain.people import Role
from tests.portals import Person, PortalInTest
from tests.provenance import documented

METHOD = "socialnetwork.api.workgroup.get"


@documented("socialnetwork-api-workgroup-get; flows.md 11.4")
def test_a_workgroup_with_its_people(
    portal: PortalInTest, admin: Person, anna: Person, boris: Person, guest: Person
) -> None:
    group_id = portal.add_group(
        "Move",
        anna,
        [boris],
        keywords="office, boxes",
        project=True,
        project_finish=portal.clock.now() + timedelta(days=1),
    )
    portal.in_store(lambda store: store.groups.set_role(group_id, admin.id, Role.MODERATOR))
    portal.in_store(lambda store: store.groups.set_role(group_id, guest.id, Role.REQUEST))

    reply = anna.call(METHOD, params={"groupId": group_id, "select": ["TAGS"], "mode": "mobile"})

    assert list(reply.result.items()) == [
        ("ID", group_id),
        ("ACTIVE", "Y"),
        ("SITE_ID", "s1"),
        ("SUBJECT_ID", 1),
        ("NAME", "Move"),
        ("DESCRIPTION", ""),
        ("KEYWORDS", "office, boxes"),
        ("CLOSED", "N"),
        ("VISIBLE", "Y"),
        ("OPENED", "N"),
        ("DATE_CREATE", "01/12/2026 09:30:00"),
        ("DATE_UPDATE", "01/12/2026 09:30:00"),
        ("DATE_ACTIVITY", "01/12/2026 09:30:00"),
        ("IMAGE_ID", 0),
        ("AVATAR_TYPE", None),
        ("OWNER_ID", anna.id),
        ("INITIATE_PERMS", "K"),
        ("NUMBER_OF_MEMBERS", 3),
        ("NUMBER_OF_MODERATORS", 1),
        ("PROJECT", "Y"),
        ("PROJECT_DATE_START", None),
        ("PROJECT_DATE_FINISH", "01/13/2026 09:30:00"),
        ("LANDING", None),
        ("SCRUM_OWNER_ID", None),
        ("SCRUM_MASTER_ID", None),
        ("SCRUM_SPRINT_DURATION", None),
        ("SCRUM_TASK_RESPONSIBLE", None),
        ("TYPE", "project"),
        ("MEMBERS", [admin.id, anna.id, boris.id]),
        ("CHAT_ID", None),
        ("DIALOG_ID", None),
        ("ORDINARY_MEMBERS", [boris.id]),
        ("INVITED_MEMBERS", [guest.id]),
        ("MODERATOR_MEMBERS", [admin.id]),
        ("SITE_IDS", ["s1"]),
        ("TAGS", ["office", "boxes"]),
        ("DEPARTMENTS", []),
    ]


@documented("socialnetwork-api-workgroup-get#error-handling; flows.md 11.4")
@pytest.mark.parametrize(
    "sent",
    [{}, {"params": {}}, {"params": {"groupId": 0}}, {"params": {"groupId": "abc"}}],
    ids=["nothing", "empty", "zero", "text"],
)
def test_the_group_must_be_named(admin: Person, sent: dict[str, object]) -> None:
    assert admin.call(METHOD, **sent).refusal == (
        400,
        "SONET_CONTROLLER_WORKGROUP_EMPTY",
        "Group ID is not specified",
    )


@documented("socialnetwork-api-workgroup-get#error-handling; flows.md 11.4")
def test_a_hidden_group_and_a_missing_one_are_the_same_to_a_stranger(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    hidden = portal.add_group("Secret", anna, visible=False)

    for group_id in (hidden, 999):
        reply = boris.call(METHOD, params={"groupId": group_id})

        assert reply.refusal == (400, "SONET_CONTROLLER_WORKGROUP_NOT_FOUND", "Group not found")
