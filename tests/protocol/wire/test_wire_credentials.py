"""Who calls, what they were granted, and what is refused first. rest-protocol.md 3."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented, observed

ACTIVATE = "tasks.flow.Flow.activate"
NO_AUTH = (401, "NO_AUTH_FOUND", "Wrong authorization data")
NO_TOKEN = (401, "invalid_token", "Unable to get application by token")
NO_WEBHOOK = (401, "INVALID_CREDENTIALS", "Invalid request credentials")
NO_SCOPE = (
    401,
    "insufficient_scope",
    "The request requires higher privileges than provided by the webhook token",
)


@documented("error-codes")
def test_a_call_without_credentials(portal: PortalInTest) -> None:
    assert portal.send("/rest/server.time").refusal == NO_AUTH


@observed("rest-protocol.md 3.1: where a token is found")
@pytest.mark.parametrize(
    "carrier",
    [
        {"authorization": "Bearer TOKEN"},
        {"authorization": "bearer  TOKEN "},
        {"query": "auth=TOKEN"},
        {"query": "access_token=TOKEN"},
        {"body": "auth=TOKEN"},
        {"body": "access_token=TOKEN"},
        {"body": '{"auth":"TOKEN"}', "content_type": "application/json"},
        {"authorization": "Bearer TOKEN", "query": "auth[]=1"},
        {"query": "auth[]=1&access_token=TOKEN"},
    ],
    ids=str,
)
def test_a_token_that_nobody_knows(portal: PortalInTest, carrier: dict[str, Any]) -> None:
    assert portal.send("/rest/server.time", **carrier).refusal == NO_TOKEN


@observed("rest-protocol.md 3.1: arrays are ignored; other schemes are no tokens")
@pytest.mark.parametrize(
    "carrier",
    [
        {"authorization": "Basic TOKEN"},
        {"authorization": "Bearer"},
        {"authorization": "Bearer  "},
        {"authorization": "TOKEN"},
        {"query": "auth[]=TOKEN"},
        {"query": "auth="},
        {"query": "AUTH=TOKEN"},
        {"body": '{"auth":["TOKEN"],"access_token":{"a":1}}', "content_type": "application/json"},
        {"body": '{"auth":null}', "content_type": "application/json"},
    ],
    ids=str,
)
def test_what_is_no_credential(portal: PortalInTest, carrier: dict[str, Any]) -> None:
    assert portal.send("/rest/server.time", **carrier).refusal == NO_AUTH


@assumed("rest-protocol.md 3.1: the webhook in the path beats every token")
@pytest.mark.parametrize(
    "carrier",
    [
        {"authorization": "Bearer TOKEN"},
        {"query": "auth=TOKEN"},
        {"body": "access_token=TOKEN"},
        {"body": '{"auth":"TOKEN"}', "content_type": "application/json"},
    ],
    ids=["header", "query", "form", "json"],
)
def test_a_webhook_beats_a_token(portal: PortalInTest, carrier: dict[str, Any]) -> None:
    assert portal.send(portal.admin.path + "server.time", **carrier).status == 200


@observed("b24pysdk errors.invalid_credentials: 401, where the documentation says 403")
@pytest.mark.parametrize(
    "write",
    [
        "/rest/1/wrong/",
        "/rest/2/{code}/",
        "/rest/01/{code}/",
        "/rest/x/{code}/",
        "/rest/1/{upper}/",
    ],
    ids=["code", "somebody else", "user with a zero", "user is text", "case of the code"],
)
def test_a_webhook_that_does_not_exist(portal: PortalInTest, anna: Person, write: str) -> None:
    assert anna.id == 2
    code = portal.admin.path.split("/")[3]

    path = write.format(code=code, upper=code.upper())

    assert portal.send(path + "server.time").refusal == NO_WEBHOOK


@documented("rest-protocol.md 3.2: never expiring, until revoked")
def test_a_revoked_webhook_stops_working(portal: PortalInTest, anna: Person) -> None:
    assert anna.call("server.time").status == 200

    newest = portal.in_store(lambda store: store.credentials.webhooks()[-1])
    portal.in_store(lambda store: store.credentials.revoke_webhook(newest.id, portal.clock.now()))

    assert anna.call("server.time").refusal == NO_WEBHOOK
    assert portal.admin.call("server.time").status == 200


@documented("rest-protocol.md 3.2: clients treat webhooks as never expiring")
def test_a_webhook_does_not_expire(portal: PortalInTest, anna: Person) -> None:
    portal.clock.advance(days=3650)

    assert anna.call("server.time").status == 200


@observed("rest-protocol.md 7.2: authorization_error")
def test_a_dismissed_user_cannot_call(portal: PortalInTest, anna: Person) -> None:
    assert anna.call("server.time").status == 200

    user = portal.in_store(lambda store: store.users.find(anna.id))
    portal.in_store(lambda store: store.users.save(replace(user, active=False)))

    assert anna.call("server.time").refusal == (
        401,
        "authorization_error",
        "Unable to authorize user",
    )


@observed("rest-protocol.md 7.2: authorization_error")
def test_a_user_who_comes_back_can_call_again(portal: PortalInTest) -> None:
    boris = portal.add_user("Boris", active=False)
    assert boris.call("server.time").error == "authorization_error"

    user = portal.in_store(lambda store: store.users.find(boris.id))
    portal.in_store(lambda store: store.users.save(replace(user, active=True)))

    assert boris.call("server.time").status == 200


# Scopes (3.4)


@documented("tasks-flow-flow-activate")
@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (("task",), True),
        (("tasks",), True),
        (("disk", "task"), True),
        (("tasks_extended",), False),
        (("user",), False),
        ((), False),
    ],
    ids=["task", "tasks", "among others", "tasks_extended", "user", "none"],
)
def test_which_scopes_open_the_flow_methods(
    portal: PortalInTest, scopes: tuple[str, ...], allowed: bool
) -> None:
    flow = portal.add_flow("Intake", portal.admin)

    reply = portal.person(1, scopes).call(ACTIVATE, flowId=flow.id)

    assert reply.status == 200 if allowed else reply.refusal == NO_SCOPE
    assert portal.flow(flow.id).active is not allowed


@documented("rest-protocol.md 3.4: global methods")
@pytest.mark.parametrize("method", ["scope", "methods", "method.get", "server.time", "app.info"])
def test_global_methods_need_no_scope(portal: PortalInTest, method: str) -> None:
    assert portal.person(1, scopes=()).call(method).status == 200


# What is said first (3.5)


@observed("rest-protocol.md 3.5: the method is looked for before anything else")
@pytest.mark.parametrize(
    "path",
    ["/rest/no.such.method", "/rest/1/wrong/no.such.method"],
    ids=["no token", "bad webhook"],
)
def test_an_unknown_method_is_said_before_credentials(portal: PortalInTest, path: str) -> None:
    assert portal.send(path, query="auth=wrong", body="a=%FF").error == "ERROR_METHOD_NOT_FOUND"


@observed("rest-protocol.md 3.5: authentication and scope, then parameters")
@pytest.mark.parametrize(
    ("scopes", "path", "refusal"),
    [
        (("task",), "/rest/1/wrong/", NO_WEBHOOK),
        (("disk",), "", NO_SCOPE),
        (("task",), "", (400, "100", "Could not find value for parameter {flowId}")),
    ],
    ids=["credentials", "scope", "parameters"],
)
def test_the_order_of_refusals(
    portal: PortalInTest, scopes: tuple[str, ...], path: str, refusal: tuple[int, str, str]
) -> None:
    path = path or portal.person(1, scopes).path

    assert portal.send(path + ACTIVATE, body=json.dumps({})).refusal == refusal
