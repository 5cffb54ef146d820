"""URLs and verbs: what is a call, and which one. rest-protocol.md 1."""

from __future__ import annotations

import pytest

from tests.portals import PortalInTest
from tests.provenance import assumed, documented, observed

NOW = "2026-01-12T09:30:00+00:00"
NOT_FOUND = (404, "ERROR_METHOD_NOT_FOUND", "Method not found!")


@documented("settings/how-to-call-rest-api/general-principles")
@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_both_verbs_call_any_method(portal: PortalInTest, verb: str) -> None:
    assert portal.send(portal.admin.path + "server.time", verb=verb).result == NOW


@documented("settings/how-to-call-rest-api/general-principles")
def test_a_get_request_may_change_things(portal: PortalInTest) -> None:
    flow = portal.add_flow("Intake", portal.admin)

    portal.send(
        portal.admin.path + "tasks.flow.Flow.activate", verb="GET", query=f"flowId={flow.id}"
    )

    assert portal.flow(flow.id).active is False


@assumed("rest-protocol.md 1.4: other verbs are a GET without a body")
@pytest.mark.parametrize("verb", ["HEAD", "PUT", "PATCH", "DELETE"])
def test_other_verbs_read_the_query_alone(portal: PortalInTest, verb: str) -> None:
    reply = portal.send(
        portal.admin.path + "method.get", verb=verb, query="name=server.time", body="name=nothing"
    )

    assert reply.result["isExisting"] is True


@observed("clients and curl lines: rest-protocol.md 1.1-1.3")
@pytest.mark.parametrize(
    "write",
    [
        "/rest/1/{code}/{method}",
        "/rest/1/{code}/{method}/",
        "/rest/1/{code}//{method}",
        "//rest//1///{code}//{method}//",
        "/rest/1/{code}/{method}.json",
        "/rest/1/{code}/{method}.JSON",
        "/rest/1/{code}/{method}.json/",
    ],
)
@pytest.mark.parametrize("method", ["server.time", "SERVER.TIME", "Server.Time"])
def test_a_webhook_call_in_every_form(portal: PortalInTest, write: str, method: str) -> None:
    code = portal.admin.path.split("/")[3]

    assert portal.send(write.format(code=code, method=method)).result == NOW


@observed("rest-protocol.md 1.1, 1.3: one SDK always sends a double slash after rest")
@pytest.mark.parametrize(
    "path",
    ["/rest/server.time", "/rest/server.time/", "/rest//server.time", "/rest/server.time.json"],
)
def test_a_call_without_a_webhook_is_asked_for_its_token(portal: PortalInTest, path: str) -> None:
    assert portal.send(path).error == "NO_AUTH_FOUND"


@observed("fast_bitrix24 sends lower case, b24jssdk percent-encodes: rest-protocol.md 1.2")
@pytest.mark.parametrize(
    "name",
    [
        "tasks.flow.Flow.activate",
        "tasks.flow.flow.activate",
        "TASKS.FLOW.FLOW.ACTIVATE",
        "tasks%2Eflow%2EFlow%2Eactivate",
        "tasks.flow.Flow.activate%2Ejson",
        "%74asks.flow.%46low.activate.json",
    ],
)
def test_a_controller_method_in_every_case_and_encoding(portal: PortalInTest, name: str) -> None:
    flow = portal.add_flow("Intake", portal.admin)

    assert portal.send(portal.admin.path + name, body=f"flowId={flow.id}").result is True


@observed("rest-protocol.md 1.2: any last segment but json and xml is part of the name")
@pytest.mark.parametrize(
    "name",
    [
        "no.such.method",
        "server.time.yaml",
        "server.time.json.json",
        "server.time.",
        ".json",
        "server.time%2F",
        "server.time%00",
        "server.time%20",
        "serv%ff%fe",
        "%",
        "méthode",
    ],
)
def test_a_name_that_is_no_method(portal: PortalInTest, name: str) -> None:
    assert portal.send(portal.admin.path + name).refusal == NOT_FOUND


@observed("rest-protocol.md 1.1: anything else is 404")
@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/rest",
        "/rest/",
        "/REST/server.time",
        "/server.time",
        "/rest/1/server.time",
        "/rest/1/code/server.time/more",
        "/other/1/code/server.time",
        "/rest/../server.time",
        "rest/1",
    ],
)
def test_a_path_that_is_no_call(portal: PortalInTest, path: str) -> None:
    assert portal.send(path).refusal == NOT_FOUND


@assumed("REST v3 is not built yet, and its paths are not v2 webhooks")
@pytest.mark.parametrize("path", ["/rest/api/server.time", "/rest/api/code/server.time"])
def test_the_paths_of_the_third_protocol_are_not_found(portal: PortalInTest, path: str) -> None:
    assert portal.send(path).refusal == NOT_FOUND


@documented("settings/how-to-call-rest-api/general-principles")
def test_a_trailing_slash_may_stand_before_the_query(portal: PortalInTest) -> None:
    reply = portal.send(portal.admin.path + "server.time/", query="bx24_request_id=0190")

    assert reply.result == NOW


@observed("rest-protocol.md 3.2: the vendor refuses plain HTTP")
def test_https_may_be_required(plain_refused: PortalInTest) -> None:
    path = plain_refused.admin.path + "server.time"

    assert plain_refused.send(path, secure=False).refusal == (
        400,
        "INVALID_REQUEST",
        "Https required.",
    )
    assert plain_refused.send(path, secure=True).result == NOW


@observed("rest-protocol.md 3.5: transport comes before the method")
def test_https_is_required_before_a_method_is_looked_for(plain_refused: PortalInTest) -> None:
    assert plain_refused.send("/rest/no.such.method", secure=False).error == "INVALID_REQUEST"


@assumed("rest-protocol.md 3.2: a switch, off as shipped")
def test_plain_http_is_answered_unless_forbidden(portal: PortalInTest) -> None:
    assert portal.send(portal.admin.path + "server.time", secure=False).result == NOW
