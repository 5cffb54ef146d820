"""Plain PHP against a real server over HTTPS: `http_build_query`, `curl_exec`, `json_decode`.

Everything arrives as text, and `true` as "1": the way most integrations without an SDK call.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.clients.portal import ABSENT_FLOW, DEMO_FLOW, Portal, flow_data
from tests.clients.scripts import run_php
from tests.server_process import ServerProcess

Call = Callable[[str, str, Mapping[str, Any]], Any]
ResultOf = Callable[[str, Mapping[str, Any]], Any]


@pytest.fixture
def call(server: ServerProcess) -> Call:
    """One call from PHP: the HTTP status and the decoded answer."""

    def call(webhook: str, method: str, parameters: Mapping[str, Any]) -> Any:
        return run_php(server, "call.php", webhook, method, json.dumps(parameters))

    return call


@pytest.fixture
def result_of(call: Call, server: ServerProcess) -> ResultOf:
    """The result of an administrator's call that must succeed."""

    def result_of(method: str, parameters: Mapping[str, Any]) -> Any:
        told = call(server.ready.webhook, method, parameters)
        assert told["status"] == 200, told
        return told["answer"]["result"]

    return result_of


def refusal(status: int, code: str, words: str) -> dict[str, Any]:
    """Return what the script prints for a refused call."""
    return {"status": status, "answer": {"error": code, "error_description": words}}


def test_php_creates_a_flow(result_of: ResultOf, portal: Portal, flow_name: str) -> None:
    data = {**flow_data(flow_name), "taskControl": True, "matchWorkTime": False}

    flow = result_of("tasks.flow.Flow.create", {"flowData": data})

    assert portal.flow(flow["id"]) == flow
    assert (flow["name"], flow["plannedCompletionTime"]) == (flow_name, 8400)
    assert (flow["taskControl"], flow["matchWorkTime"]) == (True, False)


def test_php_reads_a_flow(result_of: ResultOf, portal: Portal, flow_name: str) -> None:
    flow_id = portal.add_flow(flow_name)

    assert result_of("tasks.flow.Flow.get", {"flowId": flow_id}) == portal.flow(flow_id)


def test_php_renames_a_flow(result_of: ResultOf, portal: Portal, flow_name: str) -> None:
    flow_id = portal.add_flow(flow_name)
    data = {"id": flow_id, "name": flow_name + " & более"}

    flow = result_of("tasks.flow.Flow.update", {"flowData": data})

    assert flow["name"] == flow_name + " & более"
    assert portal.flow(flow_id) == flow


@pytest.mark.parametrize("exists", [True, False], ids=["taken", "free"])
def test_php_asks_whether_a_name_is(
    exists: bool, result_of: ResultOf, portal: Portal, flow_name: str
) -> None:
    if exists:
        portal.add_flow(flow_name)

    answer = result_of("tasks.flow.Flow.isExists", {"flowData": {"name": flow_name}})

    assert answer == {"exists": exists}


def test_php_pins_a_flow_and_takes_the_pin_away(
    result_of: ResultOf, portal: Portal, flow_name: str
) -> None:
    flow = {"flowId": portal.add_flow(flow_name)}

    pins = [result_of("tasks.flow.Flow.pin", flow) for _ in range(2)]

    assert pins == [True, False]


def test_php_switches_a_flow_off(result_of: ResultOf, portal: Portal, flow_name: str) -> None:
    flow_id = portal.add_flow(flow_name)

    assert result_of("tasks.flow.Flow.activate", {"flowId": flow_id}) is True
    assert portal.is_active(flow_id) is False


def test_php_deletes_a_flow(result_of: ResultOf, portal: Portal, flow_name: str) -> None:
    flow_id = portal.add_flow(flow_name)

    answer = result_of("tasks.flow.Flow.delete", {"flowData": {"id": flow_id}})

    assert answer == {"deleted": True}
    assert portal.flow(flow_id) is None


def test_php_is_told_which_parameter_is_missing(call: Call, server: ServerProcess) -> None:
    told = call(server.ready.webhook, "tasks.flow.Flow.activate", {})

    assert told == refusal(400, "100", "Could not find value for parameter {flowId}")


def test_php_is_told_that_no_flow_has_the_id(call: Call, server: ServerProcess) -> None:
    told = call(server.ready.webhook, "tasks.flow.Flow.activate", {"flowId": ABSENT_FLOW})

    assert told == refusal(400, "0", "Flow not found")


def test_a_stranger_cannot_switch_a_flow_with_php(
    call: Call, strangers_webhook: str, portal: Portal, flow_name: str
) -> None:
    flow_id = portal.add_flow(flow_name)

    told = call(strangers_webhook, "tasks.flow.Flow.activate", {"flowId": flow_id})

    assert told == refusal(400, "0", "Access denied or flow not found")
    assert portal.is_active(flow_id) is True


def test_php_calls_a_method_that_does_not_exist(call: Call, server: ServerProcess) -> None:
    told = call(server.ready.webhook, "tasks.flow.Flow.explode", {})

    assert told == refusal(404, "ERROR_METHOD_NOT_FOUND", "Method not found!")


def test_php_calls_with_a_forged_webhook(call: Call, forged_webhook: str) -> None:
    told = call(forged_webhook, "tasks.flow.Flow.get", {"flowId": DEMO_FLOW})

    assert told == refusal(401, "INVALID_CREDENTIALS", "Invalid request credentials")


def test_php_calls_with_a_webhook_that_lacks_the_scope(
    call: Call, webhook_without_tasks: str
) -> None:
    told = call(webhook_without_tasks, "tasks.flow.Flow.get", {"flowId": DEMO_FLOW})

    words = "The request requires higher privileges than provided by the webhook token"
    assert told == refusal(401, "insufficient_scope", words)
