"""States in which a portal refuses calls, in the vendor's words and order."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.clock import VirtualClock
from sluice.domain.portal import Flows
from tests.portals import Person, PortalInTest, Reply
from tests.provenance import assumed, documented, observed


def through_application(portal: PortalInTest, person: Person) -> Reply:
    application = portal.add_application().application
    token = portal.tokens(application, person.id).access_token
    return portal.send("/rest/profile", query=f"auth={token}")


@documented("error-codes; statuses from rest-protocol.md 7.2")
@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        ({"portal": False}, (403, "PORTAL_DELETED", "Portal was deleted")),
        ({"overload": True}, (503, "OVERLOAD_LIMIT", "REST API is blocked due to overload")),
        (
            {"rest": False},
            (403, "ACCESS_DENIED", "REST API is available only on commercial plans"),
        ),
        ({"https": True}, (400, "INVALID_REQUEST", "Https required.")),
    ],
    ids=["closed", "overloaded", "no REST", "HTTPS required"],
)
def test_a_portal_refuses_every_call(
    state: dict[str, bool], refusal: tuple[int, str, str], portal: PortalInTest, admin: Person
) -> None:
    portal.set_state(**state)


@documented("error-codes; statuses from rest-protocol.md 7.2")
@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        ({"payment": False}, (401, "PAYMENT_REQUIRED", "Subscription has been ended")),
        (
            {"auth_host": False},
            (401, "CONNECTION_ERROR", "Error connecting to authorization server"),
        ),
        (
            {"manifest": False},
            (404, "ERROR_MANIFEST_IS_NOT_AVAILABLE", "Manifest is not available"),
        ),
    ],
    ids=["not paid", "auth host down", "no manifest"],
)
def test_a_portal_refuses_applications_alone(
    state: dict[str, bool], refusal: tuple[int, str, str], portal: PortalInTest, admin: Person
) -> None:
    portal.set_state(**state)

    assert through_application(portal, admin).refusal == refusal
    assert admin.call("profile").status == 200


@documented("error-codes")
@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        ("confirm", (401, "METHOD_CONFIRM_WAITING", "Waiting for confirmation")),
        ("deny", (403, "METHOD_CONFIRM_DENIED", "Method call denied")),
        ("broken", (500, "INTERNAL_SERVER_ERROR", "Internal server error")),
        (
            "garbled",
            (500, "ERROR_UNEXPECTED_ANSWER", "Server returned an unexpected response"),
        ),
    ],
)
def test_a_portal_refuses_methods_in_batches_as_well(
    state: str, refusal: tuple[int, str, str], portal: PortalInTest, admin: Person
) -> None:
    portal.set_state(**{state: ("tasks.flow.flow.create", "profile")})

    assert admin.call("profile").refusal == refusal
    assert admin.call("user.current").status == 200
    answer = admin.call("batch", cmd={"a": "profile", "b": "user.current"}).result
    assert answer["result_error"]["a"]["error"] == refusal[1]
    assert list(answer["result"]) == ["b"]


@assumed("a call that fails inside leaves nothing behind")
@pytest.mark.parametrize("state", ["broken", "garbled"])
def test_a_method_that_fails_inside_changes_nothing(
    state: str, portal: PortalInTest, admin: Person
) -> None:
    flow = portal.add_flow("Intake", admin)
    portal.set_state(**{state: ("tasks.flow.flow.activate",)})

    assert admin.call("tasks.flow.Flow.activate", flowId=flow.id).status == 500
    admin.call("batch", cmd=[f"tasks.flow.Flow.activate?flowId={flow.id}"])

    portal.set_state(**{state: ()})
    assert admin.call("tasks.flow.Flow.get", flowId=flow.id).result["active"] is flow.active


@documented("error-codes")
def test_a_portal_refuses_guests(portal: PortalInTest, guest: Person, anna: Person) -> None:
    portal.set_state(extranet=False)

    assert guest.call("profile").refusal[:2] == (403, "ALLOWED_ONLY_INTRANET_USER")
    assert anna.call("profile").status == 200


@observed("rest-protocol.md 3.5")
def test_what_is_wrong_with_the_portal_comes_first(portal: PortalInTest, admin: Person) -> None:
    portal.set_state(portal=False, payment=False, deny=("profile",))
    assert through_application(portal, admin).error == "PORTAL_DELETED"

    portal.set_state(portal=True)
    assert through_application(portal, admin).error == "PAYMENT_REQUIRED"

    portal.set_state(payment=True)
    assert through_application(portal, admin).error == "METHOD_CONFIRM_DENIED"


# Flows that are not in the plan

DENIED = (400, "0", "Access denied or flow not found")


def create(person: Person, name: str) -> Reply:
    return person.call(
        "tasks.flow.Flow.create",
        flowData={
            "name": name,
            "plannedCompletionTime": 7200,
            "distributionType": "manually",
            "responsibleList": [["user", str(person.id)]],
        },
    )


@observed("flows.md 3.0: a tariff without flows yields the access text")
def test_a_plan_without_flows_denies_them(portal: PortalInTest, admin: Person) -> None:
    flow = portal.add_flow("Intake", admin)
    portal.set_state(flows=Flows.OFF)

    calls: dict[str, dict[str, Any]] = {
        "get": {"flowId": flow.id},
        "activate": {"flowId": flow.id},
        "pin": {"flowId": flow.id},
        "list": {},
        "update": {"flowData": {"id": flow.id, "name": "Other"}},
        "delete": {"flowData": {"id": flow.id}},
        "isExists": {"flowData": {"name": "Intake"}},
    }
    for method, parameters in calls.items():
        assert admin.call(f"tasks.flow.Flow.{method}", **parameters).refusal == DENIED
    assert create(admin, "New").refusal == DENIED


@observed("flows.md 3.0: one trial of fifteen days, told by the call that begins it")
def test_the_first_flow_begins_the_one_trial(
    portal: PortalInTest, clock: VirtualClock, admin: Person
) -> None:
    portal.set_state(flows=Flows.TRIAL)
    assert admin.call("tasks.flow.Flow.list").refusal == DENIED

    first, second = create(admin, "First").result, create(admin, "Second").result
    assert (first["trialFeatureEnabled"], second["trialFeatureEnabled"]) == (True, False)
    got = admin.call("tasks.flow.Flow.get", flowId=first["id"]).result
    assert got["trialFeatureEnabled"] is False

    clock.advance(days=15, seconds=-1)
    assert admin.call("tasks.flow.Flow.get", flowId=first["id"]).status == 200
    clock.advance(seconds=1)
    assert admin.call("tasks.flow.Flow.get", flowId=first["id"]).refusal == DENIED
    assert create(admin, "Third").refusal == DENIED


@assumed("a call that is refused begins nothing")
def test_a_refused_call_begins_no_trial(portal: PortalInTest, admin: Person) -> None:
    portal.set_state(flows=Flows.TRIAL)
    admin.call("tasks.flow.Flow.create", flowData={"name": "Half"})

    assert create(admin, "Whole").result["trialFeatureEnabled"] is True


@assumed("without flows in the plan, a task goes on without one, as for a flow that is off")
def test_a_task_goes_on_without_a_flow(portal: PortalInTest, admin: Person) -> None:
    flow = portal.add_flow("Intake", admin)
    portal.set_state(flows=Flows.OFF)

    task = admin.call(
        "tasks.task.add", fields={"TITLE": "A", "RESPONSIBLE_ID": 1, "FLOW_ID": flow.id}
    ).result["task"]

    assert int(task.get("flowId") or 0) == 0
