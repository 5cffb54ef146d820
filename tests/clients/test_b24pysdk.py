"""b24pysdk, the official Python SDK, unmodified, against a real server over HTTPS."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.clients.portal import ABSENT_FLOW, DEMO_FLOW, Portal, flow_data
from tests.clients.real_part import real_module
from tests.server_process import ServerProcess

Connect = Callable[[str], Any]


@pytest.fixture
def client(connect_b24pysdk: Connect, server: ServerProcess) -> Any:
    """The SDK in the hands of the administrator."""
    return connect_b24pysdk(server.ready.webhook)


def refusal_of(request: Any) -> tuple[str, int, str, str]:
    """Return the SDK's class, the HTTP status, the code and the words of a refused request."""
    errors = real_module("b24pysdk.errors")
    with pytest.raises(errors.BitrixAPIError) as refused:
        _ = request.result
    body = refused.value.json_response
    status = refused.value.response.status_code
    return type(refused.value).__name__, status, body["error"], body["error_description"]


def test_b24pysdk_creates_a_flow(client: Any, portal: Portal, flow_name: str) -> None:
    flow = client.tasks.flow.flow.create(flow_data(flow_name)).result

    assert flow["active"] is True
    assert portal.name_of(flow["id"]) == flow_name


def test_b24pysdk_reads_a_flow(client: Any, portal: Portal, flow_name: str) -> None:
    flow_id = portal.add_flow(flow_name)

    assert client.tasks.flow.flow.get(flow_id).result == portal.flow(flow_id)


def test_b24pysdk_renames_a_flow(client: Any, portal: Portal, flow_name: str) -> None:
    flow_id = portal.add_flow(flow_name)

    flow = client.tasks.flow.flow.update({"id": flow_id, "name": flow_name + " (renamed)"}).result

    assert flow["name"] == flow_name + " (renamed)"
    assert portal.flow(flow_id) == flow


@pytest.mark.parametrize("exists", [True, False], ids=["taken", "free"])
def test_b24pysdk_asks_whether_a_name_is(
    exists: bool, client: Any, portal: Portal, flow_name: str
) -> None:
    if exists:
        portal.add_flow(flow_name)

    assert client.tasks.flow.flow.is_exists({"name": flow_name}).result == {"exists": exists}


def test_b24pysdk_pins_a_flow_and_takes_the_pin_away(
    client: Any, portal: Portal, flow_name: str
) -> None:
    flow_id = portal.add_flow(flow_name)

    pins = [client.tasks.flow.flow.pin(flow_id).result, client.tasks.flow.flow.pin(flow_id).result]

    assert pins == [True, False]


def test_b24pysdk_switches_a_flow_off(client: Any, portal: Portal, flow_name: str) -> None:
    flow_id = portal.add_flow(flow_name)

    assert client.tasks.flow.flow.activate(flow_id).result is True
    assert portal.is_active(flow_id) is False


def test_b24pysdk_switches_a_flow_back_on(client: Any, portal: Portal, flow_name: str) -> None:
    flow_id = portal.add_flow(flow_name)
    assert client.tasks.flow.flow.activate(flow_id).result is True

    assert client.tasks.flow.flow.activate(flow_id).result is True
    assert portal.is_active(flow_id) is True


def test_b24pysdk_deletes_a_flow(client: Any, portal: Portal, flow_name: str) -> None:
    flow_id = portal.add_flow(flow_name)

    assert client.tasks.flow.flow.delete({"id": flow_id}).result == {"deleted": True}
    assert portal.flow(flow_id) is None


def test_b24pysdk_understands_the_time_of_a_call(client: Any) -> None:
    time = client.tasks.flow.flow.get(DEMO_FLOW).time

    assert time.date_start.utcoffset() is not None
    assert time.finish >= time.start
    assert time.operating >= 0


def test_b24pysdk_tells_that_a_parameter_is_missing(client: Any) -> None:
    errors = real_module("b24pysdk.errors")

    with pytest.raises(errors.BitrixAPIBadRequest) as refused:
        client.get_token().call_method("tasks.flow.Flow.activate", {})

    assert refused.value.error == "100"
    assert refused.value.error_description == "Could not find value for parameter {flowId}"


def test_b24pysdk_tells_that_no_flow_has_the_id(client: Any) -> None:
    request = client.tasks.flow.flow.activate(ABSENT_FLOW)

    assert refusal_of(request) == ("BitrixAPIBadRequest", 400, "0", "Flow not found")


def test_a_stranger_cannot_switch_a_flow_with_b24pysdk(
    connect_b24pysdk: Connect, strangers_webhook: str, portal: Portal, flow_name: str
) -> None:
    flow_id = portal.add_flow(flow_name)

    refusal = refusal_of(connect_b24pysdk(strangers_webhook).tasks.flow.flow.activate(flow_id))

    assert refusal == ("BitrixAPIBadRequest", 400, "0", "Access denied or flow not found")
    assert portal.is_active(flow_id) is True


def test_b24pysdk_tells_that_a_method_does_not_exist(client: Any) -> None:
    errors = real_module("b24pysdk.errors")

    with pytest.raises(errors.BitrixAPINotFound) as refused:
        client.get_token().call_method("tasks.flow.Flow.explode")

    assert refused.value.error == "ERROR_METHOD_NOT_FOUND"


def test_b24pysdk_knows_the_refusal_of_a_forged_webhook(
    connect_b24pysdk: Connect, forged_webhook: str
) -> None:
    request = connect_b24pysdk(forged_webhook).tasks.flow.flow.get(DEMO_FLOW)

    assert refusal_of(request) == (
        *("BitrixAPIInvalidCredentials", 401, "INVALID_CREDENTIALS"),
        "Invalid request credentials",
    )


def test_b24pysdk_knows_the_refusal_of_a_webhook_that_lacks_the_scope(
    connect_b24pysdk: Connect, webhook_without_tasks: str
) -> None:
    request = connect_b24pysdk(webhook_without_tasks).tasks.flow.flow.get(DEMO_FLOW)

    assert refusal_of(request) == (
        *("BitrixAPIInsufficientScope", 401, "insufficient_scope"),
        "The request requires higher privileges than provided by the webhook token",
    )
