"""What is stored to be sent: with the change that it tells of, once per call, and no more."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.domain.application import Application
from sluice.rest import oauth
from tests.portals import Person, PortalInTest
from tests.protocol.event.conftest import HANDLER, Caller
from tests.provenance import assumed, documented, observed

EVERY_EVENT = [
    *("ONTASKADD", "ONTASKUPDATE", "ONTASKDELETE", "ONTASKCOMMENTADD", "ONTASKCOMMENTUPDATE"),
    *("ONTASKCOMMENTDELETE", "ONUSERADD", "ONSLUICEFLOWADD", "ONSLUICEFLOWUPDATE"),
    *("ONSLUICEFLOWDELETE", "ONAPPINSTALL", "ONAPPUPDATE", "ONAPPUNINSTALL"),
]


@pytest.fixture
def listening(through_admin: Caller) -> Caller:
    """The application has bound every event."""
    for event in EVERY_EVENT:
        assert through_admin.bind(event).result is True
    return through_admin


def told(portal: PortalInTest) -> list[tuple[str, dict[str, Any]]]:
    return [(delivery.event, delivery.data) for delivery in portal.deliveries()]


def add_task(person: Person, **fields: Any) -> str:
    sent = {"TITLE": "Task", "RESPONSIBLE_ID": person.id, **fields}
    return str(person.call("tasks.task.add", fields=sent).result["task"]["id"])


@documented("api-reference/tasks/events-tasks")
def test_adding_changing_and_removing_a_task_is_told(
    portal: PortalInTest, listening: Caller, anna: Person
) -> None:
    task_id = add_task(anna)
    anna.call("tasks.task.update", taskId=task_id, fields={"TITLE": "Other", "PRIORITY": 2})
    anna.call("tasks.task.start", taskId=task_id)
    anna.call("tasks.task.delete", taskId=task_id)

    its = {"ID": task_id}
    updated = {
        "FIELDS_BEFORE": its,
        "FIELDS_AFTER": its,
        "IS_ACCESSIBLE_BEFORE": "undefined",
        "IS_ACCESSIBLE_AFTER": "undefined",
    }
    assert told(portal) == [
        (
            "ONTASKADD",
            {
                "FIELDS_BEFORE": "undefined",
                "FIELDS_AFTER": its,
                "IS_ACCESSIBLE_BEFORE": "N",
                "IS_ACCESSIBLE_AFTER": "undefined",
            },
        ),
        ("ONTASKUPDATE", updated),
        ("ONTASKUPDATE", updated),
        (
            "ONTASKDELETE",
            {
                "FIELDS_BEFORE": its,
                "FIELDS_AFTER": "undefined",
                "IS_ACCESSIBLE_BEFORE": "undefined",
                "IS_ACCESSIBLE_AFTER": "N",
            },
        ),
    ]
    assert {delivery.auth_user_id for delivery in portal.deliveries()} == {anna.id}


@observed("flows.md 10: one ONTASKADD, after the flow has filled all fields")
def test_a_task_of_a_flow_is_told_once(
    portal: PortalInTest, listening: Caller, anna: Person
) -> None:
    flow = portal.add_flow("Intake", portal.admin)

    task_id = add_task(portal.admin, FLOW_ID=flow.id)

    assert [event for event, _ in told(portal)] == ["ONTASKADD"]
    assert told(portal)[0][1]["FIELDS_AFTER"] == {"ID": task_id}


@observed("flows.md 10: a failed call sends none")
def test_a_refused_call_tells_nothing(
    portal: PortalInTest, listening: Caller, anna: Person, boris: Person
) -> None:
    task_id = add_task(anna)
    before = len(told(portal))

    assert boris.call("tasks.task.delete", taskId=task_id).status == 400
    assert anna.call("tasks.task.add", fields={"TITLE": ""}).status == 400
    portal.set_state(broken=("tasks.task.update",))
    assert anna.call("tasks.task.update", taskId=task_id, fields={"TITLE": "B"}).status == 500

    assert len(told(portal)) == before


@assumed("a change that changes nothing is none")
def test_no_change_is_no_event(portal: PortalInTest, listening: Caller, anna: Person) -> None:
    task_id = add_task(anna)

    anna.call("tasks.task.update", taskId=task_id, fields={"TITLE": "Task"})

    assert [event for event, _ in told(portal)] == ["ONTASKADD"]


@assumed("each command of a batch is a call of its own")
def test_commands_of_a_batch_tell_each_for_itself(
    portal: PortalInTest, listening: Caller, anna: Person
) -> None:
    cmd = {
        "a": f"tasks.task.add?fields[TITLE]=A&fields[RESPONSIBLE_ID]={anna.id}",
        "b": "tasks.task.add?fields[TITLE]=",
        "c": "tasks.task.update?taskId=$result[a][task][id]&fields[TITLE]=B",
    }

    anna.call("batch", cmd=cmd)

    assert [event for event, _ in told(portal)] == ["ONTASKADD", "ONTASKUPDATE"]


@documented("api-reference/tasks/comment-item/events-comment")
def test_comments_are_told(portal: PortalInTest, listening: Caller, anna: Person) -> None:
    task_id = add_task(anna)
    comment_id = anna.call(
        "task.commentitem.add", TASKID=task_id, FIELDS={"POST_MESSAGE": "Hello"}
    ).result
    anna.call(
        "task.commentitem.update",
        TASKID=task_id,
        ITEMID=comment_id,
        FIELDS={"POST_MESSAGE": "Bye"},
    )
    anna.call("task.commentitem.delete", TASKID=task_id, ITEMID=comment_id)

    its = {"ID": str(comment_id), "MESSAGE_ID": str(comment_id), "TASK_ID": task_id}
    assert [
        (event, data["FIELDS_BEFORE"], data["FIELDS_AFTER"])
        for event, data in told(portal)
        if "COMMENT" in event
    ] == [
        ("ONTASKCOMMENTADD", "undefined", its),
        ("ONTASKCOMMENTUPDATE", its, its),
        ("ONTASKCOMMENTDELETE", its, "undefined"),
    ]


@documented("api-reference/user/events")
def test_a_new_user_is_told(portal: PortalInTest, listening: Caller, admin: Person) -> None:
    user_id = admin.call("user.add", EMAIL="ada@example.com", UF_DEPARTMENT=[1]).result

    assert told(portal) == [("ONUSERADD", {"ID": str(user_id), "EMAIL": "ada@example.com"})]


@assumed("events of our own, for flows, which the vendor has none for")
def test_changes_of_flows_are_told(portal: PortalInTest, listening: Caller, admin: Person) -> None:
    flow_id = admin.call(
        "tasks.flow.Flow.create",
        flowData={
            "name": "Intake",
            "plannedCompletionTime": 7200,
            "distributionType": "manually",
            "responsibleList": [["user", "1"]],
        },
    ).result["id"]
    admin.call("tasks.flow.Flow.update", flowData={"id": flow_id, "name": "Other"})
    admin.call("tasks.flow.Flow.activate", flowId=flow_id)
    admin.call("tasks.flow.Flow.pin", flowId=flow_id)
    admin.call("tasks.flow.Flow.delete", flowData={"id": flow_id})

    data = {"FIELDS": {"ID": str(flow_id)}}
    assert told(portal) == [
        ("ONSLUICEFLOWADD", data),
        ("ONSLUICEFLOWUPDATE", data),
        ("ONSLUICEFLOWUPDATE", data),
        ("ONSLUICEFLOWDELETE", data),
    ]


@documented("api-reference/events/event-bind: auth_type")
def test_events_carry_the_tokens_of_the_user_that_was_named(
    portal: PortalInTest, through_admin: Caller, anna: Person, boris: Person
) -> None:
    through_admin.bind("ONTASKADD")
    through_admin.bind("ONTASKADD", auth_type=boris.id)

    add_task(anna)

    assert [delivery.auth_user_id for delivery in portal.deliveries()] == [anna.id, boris.id]


@documented("settings/app-installation: install, update, uninstall")
def test_an_application_hears_of_itself_alone(
    portal: PortalInTest, application: Application, listening: Caller
) -> None:
    now = portal.clock.now()
    other = portal.add_application("Other").application
    portal.in_store(lambda store: oauth.uninstall(store, other, now))
    assert told(portal) == []

    portal.in_store(lambda store: oauth.uninstall(store, application, now, clean=True))

    assert told(portal) == [("ONAPPUNINSTALL", {"LANGUAGE_ID": "en", "CLEAN": "1"})]
    assert portal.in_store(lambda store: store.subscriptions.of_application(application.id)) == []


@documented("settings/app-installation: handlers of the old version are removed")
def test_the_next_version_begins_without_handlers(
    portal: PortalInTest, application: Application, listening: Caller
) -> None:
    now = portal.clock.now()

    updated = portal.in_store(lambda store: oauth.update(store, application, now, 1, title="New"))

    assert (updated.version, updated.title) == (2, "New")
    assert told(portal) == [
        ("ONAPPUPDATE", {"VERSION": "2", "PREVIOUS_VERSION": "1", "LANGUAGE_ID": "en"})
    ]
    assert listening.call("event.get").result == []


@assumed("an event is a row of the change's own transaction, ready at once")
def test_a_delivery_is_due_at_the_instant_of_the_call(
    portal: PortalInTest, listening: Caller, anna: Person
) -> None:
    add_task(anna)

    (delivery,) = portal.deliveries()
    assert (delivery.created, delivery.due) == (portal.clock.now(), portal.clock.now())
    assert delivery.handler == HANDLER
