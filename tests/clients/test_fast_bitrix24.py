"""fast-bitrix24, unmodified, against a real server.

It posts JSON with the method in small letters, and does not show what a refused answer says:
only the HTTP status reaches its caller. Its `call` and the later pages of its `get_all` travel in
batches; here is what goes one call at a time.
"""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any

import pytest

from tests.clients.portal import ABSENT_FLOW, DEMO_FLOW, Portal, flow_data
from tests.clients.real_part import real_module
from tests.server_process import ServerProcess


def call(webhook: str, method: str, parameters: Mapping[str, Any]) -> Any:
    """Return the result of one call through a fresh client."""
    bitrix = real_module("fast_bitrix24").BitrixAsync(webhook, verbose=False)
    return asyncio.run(bitrix.call(method, dict(parameters), raw=True))["result"]


def refused_status(webhook: str, method: str, parameters: Mapping[str, Any]) -> int:
    """Return the HTTP status of a call that must be refused."""
    with pytest.raises(real_module("aiohttp").ClientResponseError) as refused:
        call(webhook, method, parameters)
    status: int = refused.value.status
    return status


def test_fast_bitrix24_creates_a_flow(
    server: ServerProcess, portal: Portal, flow_name: str
) -> None:
    data = {"flowData": flow_data(flow_name)}

    flow = call(server.ready.webhook, "tasks.flow.Flow.create", data)

    assert flow["active"] is True
    assert portal.name_of(flow["id"]) == flow_name


def test_fast_bitrix24_reads_a_flow(server: ServerProcess, portal: Portal, flow_name: str) -> None:
    flow_id = portal.add_flow(flow_name)

    flow = call(server.ready.webhook, "tasks.flow.Flow.get", {"flowId": flow_id})

    assert flow == portal.flow(flow_id)


def test_fast_bitrix24_renames_a_flow(
    server: ServerProcess, portal: Portal, flow_name: str
) -> None:
    flow_id = portal.add_flow(flow_name)
    data = {"flowData": {"id": flow_id, "name": flow_name + " (renamed)"}}

    flow = call(server.ready.webhook, "tasks.flow.Flow.update", data)

    assert flow["name"] == flow_name + " (renamed)"
    assert portal.flow(flow_id) == flow


@pytest.mark.parametrize("exists", [True, False], ids=["taken", "free"])
def test_fast_bitrix24_asks_whether_a_name_is(
    exists: bool, server: ServerProcess, portal: Portal, flow_name: str
) -> None:
    if exists:
        portal.add_flow(flow_name)
    data = {"flowData": {"name": flow_name}}

    answer = call(server.ready.webhook, "tasks.flow.Flow.isExists", data)

    assert answer == {"exists": exists}


def test_fast_bitrix24_pins_a_flow_and_takes_the_pin_away(
    server: ServerProcess, portal: Portal, flow_name: str
) -> None:
    flow = {"flowId": portal.add_flow(flow_name)}

    pins = [call(server.ready.webhook, "tasks.flow.Flow.pin", flow) for _ in range(2)]

    assert pins == [True, False]


def test_fast_bitrix24_switches_a_flow_off(
    server: ServerProcess, portal: Portal, flow_name: str
) -> None:
    flow_id = portal.add_flow(flow_name)

    result = call(server.ready.webhook, "tasks.flow.Flow.activate", {"flowId": flow_id})

    assert result is True
    assert portal.is_active(flow_id) is False


def test_fast_bitrix24_deletes_a_flow(
    server: ServerProcess, portal: Portal, flow_name: str
) -> None:
    flow_id = portal.add_flow(flow_name)
    data = {"flowData": {"id": flow_id}}

    answer = call(server.ready.webhook, "tasks.flow.Flow.delete", data)

    assert answer == {"deleted": True}
    assert portal.flow(flow_id) is None


def test_fast_bitrix24_reads_a_flow_over_https(
    server: ServerProcess, portal: Portal, flow_name: str
) -> None:
    flow_id = portal.add_flow(flow_name)
    fast_bitrix24, aiohttp = real_module("fast_bitrix24"), real_module("aiohttp")
    trust = ssl.create_default_context(cafile=server.ready.ca_file)

    async def read() -> Any:
        connector = aiohttp.TCPConnector(ssl=trust)
        async with aiohttp.ClientSession(connector=connector, raise_for_status=True) as session:
            bitrix = fast_bitrix24.BitrixAsync(
                server.ready.tls_webhook, verbose=False, client=session
            )
            return await bitrix.call("tasks.flow.Flow.get", {"flowId": flow_id}, raw=True)

    assert asyncio.run(read())["result"] == portal.flow(flow_id)


def test_fast_bitrix24_gets_all_people(server: ServerProcess) -> None:
    bitrix = real_module("fast_bitrix24").BitrixAsync(server.ready.webhook, verbose=False)

    people = asyncio.run(bitrix.get_all("user.get"))

    assert {"1", "3"} <= {person["ID"] for person in people}


def test_fast_bitrix24_stops_when_a_parameter_is_missing(server: ServerProcess) -> None:
    assert refused_status(server.ready.webhook, "tasks.flow.Flow.activate", {"id": 1}) == 400


def test_fast_bitrix24_stops_when_no_flow_has_the_id(server: ServerProcess) -> None:
    flow = {"flowId": ABSENT_FLOW}

    assert refused_status(server.ready.webhook, "tasks.flow.Flow.activate", flow) == 400


def test_a_stranger_cannot_switch_a_flow_with_fast_bitrix24(
    strangers_webhook: str, portal: Portal, flow_name: str
) -> None:
    flow_id = portal.add_flow(flow_name)

    status = refused_status(strangers_webhook, "tasks.flow.Flow.activate", {"flowId": flow_id})

    assert status == 400
    assert portal.is_active(flow_id) is True


def test_fast_bitrix24_stops_at_a_method_that_does_not_exist(server: ServerProcess) -> None:
    assert refused_status(server.ready.webhook, "tasks.flow.Flow.explode", {"flowId": 1}) == 404


def test_fast_bitrix24_stops_with_a_forged_webhook(forged_webhook: str) -> None:
    assert refused_status(forged_webhook, "tasks.flow.Flow.get", {"flowId": DEMO_FLOW}) == 401


def test_fast_bitrix24_stops_with_a_webhook_that_lacks_the_scope(
    webhook_without_tasks: str,
) -> None:
    flow = {"flowId": DEMO_FLOW}

    assert refused_status(webhook_without_tasks, "tasks.flow.Flow.get", flow) == 401
