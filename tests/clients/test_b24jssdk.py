"""@bitrix24/b24jssdk, the official JavaScript SDK, unmodified in Node, against a real server.

The SDK shows its own code in place of the protocol's "0" and keeps the words.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.clients.portal import ABSENT_FLOW, DEMO_FLOW, Portal, flow_data
from tests.clients.scripts import run_node
from tests.server_process import ServerProcess

Call = Callable[[str, str, Mapping[str, Any]], Any]
ResultOf = Callable[[str, Mapping[str, Any]], Any]


@pytest.fixture
def call(server: ServerProcess) -> Call:
    """One call through the SDK, in a Node process of its own."""

    def call(webhook: str, method: str, parameters: Mapping[str, Any]) -> Any:
        return run_node(server, "call.mjs", webhook, method, json.dumps(parameters))

    return call


@pytest.fixture
def result_of(call: Call, server: ServerProcess) -> ResultOf:
    """The result of an administrator's call that must succeed."""

    def result_of(method: str, parameters: Mapping[str, Any]) -> Any:
        answer = call(server.ready.webhook, method, parameters)
        assert list(answer) == ["result"], answer
        return answer["result"]

    return result_of


def test_b24jssdk_creates_a_flow(result_of: ResultOf, portal: Portal, flow_name: str) -> None:
    flow = result_of("tasks.flow.Flow.create", {"flowData": flow_data(flow_name)})

    assert flow["active"] is True
    assert portal.name_of(flow["id"]) == flow_name


def test_b24jssdk_reads_a_flow(result_of: ResultOf, portal: Portal, flow_name: str) -> None:
    flow_id = portal.add_flow(flow_name)

    assert result_of("tasks.flow.Flow.get", {"flowId": flow_id}) == portal.flow(flow_id)


def test_b24jssdk_renames_a_flow(result_of: ResultOf, portal: Portal, flow_name: str) -> None:
    flow_id = portal.add_flow(flow_name)
    data = {"id": flow_id, "name": flow_name + " (renamed)"}

    flow = result_of("tasks.flow.Flow.update", {"flowData": data})

    assert flow["name"] == flow_name + " (renamed)"
    assert portal.flow(flow_id) == flow


@pytest.mark.parametrize("exists", [True, False], ids=["taken", "free"])
def test_b24jssdk_asks_whether_a_name_is(
    exists: bool, result_of: ResultOf, portal: Portal, flow_name: str
) -> None:
    if exists:
        portal.add_flow(flow_name)

    answer = result_of("tasks.flow.Flow.isExists", {"flowData": {"name": flow_name}})

    assert answer == {"exists": exists}


def test_b24jssdk_pins_a_flow_and_takes_the_pin_away(
    result_of: ResultOf, portal: Portal, flow_name: str
) -> None:
    flow = {"flowId": portal.add_flow(flow_name)}

    pins = [result_of("tasks.flow.Flow.pin", flow) for _ in range(2)]

    assert pins == [True, False]


def test_b24jssdk_switches_a_flow_off(result_of: ResultOf, portal: Portal, flow_name: str) -> None:
    flow_id = portal.add_flow(flow_name)

    assert result_of("tasks.flow.Flow.activate", {"flowId": flow_id}) is True
    assert portal.is_active(flow_id) is False


def test_b24jssdk_deletes_a_flow(result_of: ResultOf, portal: Portal, flow_name: str) -> None:
    flow_id = portal.add_flow(flow_name)

    answer = result_of("tasks.flow.Flow.delete", {"flowData": {"id": flow_id}})

    assert answer == {"deleted": True}
    assert portal.flow(flow_id) is None


def test_b24jssdk_tells_that_a_parameter_is_missing(call: Call, server: ServerProcess) -> None:
    answer = call(server.ready.webhook, "tasks.flow.Flow.activate", {})

    words = "Could not find value for parameter {flowId}"
    assert answer == {"error": {"status": 400, "code": "100", "message": words}}


def test_b24jssdk_tells_that_no_flow_has_the_id(call: Call, server: ServerProcess) -> None:
    answer = call(server.ready.webhook, "tasks.flow.Flow.activate", {"flowId": ABSENT_FLOW})

    error = {"status": 400, "code": "ERR_BAD_REQUEST", "message": "Flow not found"}
    assert answer == {"error": error}


def test_a_stranger_cannot_switch_a_flow_with_b24jssdk(
    call: Call, strangers_webhook: str, portal: Portal, flow_name: str
) -> None:
    flow_id = portal.add_flow(flow_name)

    answer = call(strangers_webhook, "tasks.flow.Flow.activate", {"flowId": flow_id})

    words = "Access denied or flow not found"
    assert answer == {"error": {"status": 400, "code": "ERR_BAD_REQUEST", "message": words}}
    assert portal.is_active(flow_id) is True


def test_b24jssdk_tells_that_a_method_does_not_exist(call: Call, server: ServerProcess) -> None:
    answer = call(server.ready.webhook, "tasks.flow.Flow.explode", {})

    error = {"status": 404, "code": "ERROR_METHOD_NOT_FOUND", "message": "Method not found!"}
    assert answer == {"error": error}


def test_b24jssdk_tells_that_a_webhook_is_forged(call: Call, forged_webhook: str) -> None:
    answer = call(forged_webhook, "tasks.flow.Flow.get", {"flowId": DEMO_FLOW})

    words = "Invalid request credentials"
    assert answer == {"error": {"status": 401, "code": "INVALID_CREDENTIALS", "message": words}}


def test_b24jssdk_tells_that_a_webhook_lacks_the_scope(
    call: Call, webhook_without_tasks: str
) -> None:
    answer = call(webhook_without_tasks, "tasks.flow.Flow.get", {"flowId": DEMO_FLOW})

    words = "The request requires higher privileges than provided by the webhook token"
    assert answer == {"error": {"status": 401, "code": "insufficient_scope", "message": words}}
