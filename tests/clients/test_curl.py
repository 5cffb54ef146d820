"""curl against a real server: the documentation's samples, and every way people write a call."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.clients.portal import ABSENT_FLOW, DEMO_FLOW, Portal, flow_data
from tests.clients.real_part import real_program
from tests.server_process import ServerProcess


@dataclass(frozen=True, slots=True)
class Answer:
    """What `curl --include` printed."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def result(self) -> Any:
        return self.json["result"]

    @property
    def refusal(self) -> tuple[int, str, str]:
        """Return the HTTP status, the code and the words of an error."""
        assert list(self.json) == ["error", "error_description"]
        return self.status, self.json["error"], self.json["error_description"]


def curl(*arguments: str) -> Answer:
    """Run curl and return what the server answered."""
    command = [real_program("curl"), "--silent", "--show-error", "--include", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    head, _, body = done.stdout.replace("\r\n", "\n").partition("\n\n")
    status_line, *lines = head.split("\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Answer(int(status_line.split(" ")[1]), headers, body)


def post(address: str, parameters: object) -> Answer:
    """Post JSON as the documentation's samples do."""
    return curl(
        *("-X", "POST"),
        *("-H", "Content-Type: application/json"),
        *("-H", "Accept: application/json"),
        *("-d", json.dumps(parameters)),
        address,
    )


# The seven methods


def test_the_documentations_sample_switches_flow_517_off(
    server: ServerProcess, portal: Portal
) -> None:
    answer = post(server.ready.webhook + "tasks.flow.Flow.activate", {"flowId": 517})

    assert (answer.status, answer.result) == (200, True)
    assert portal.is_active(DEMO_FLOW) is False


def test_curl_creates_a_flow(server: ServerProcess, portal: Portal, flow_name: str) -> None:
    answer = post(
        server.ready.webhook + "tasks.flow.Flow.create", {"flowData": flow_data(flow_name)}
    )

    assert answer.status == 200
    assert answer.result["active"] is True
    assert portal.name_of(answer.result["id"]) == flow_name


def test_curl_reads_a_flow(server: ServerProcess, portal: Portal, flow_name: str) -> None:
    flow_id = portal.add_flow(flow_name)

    answer = post(server.ready.webhook + "tasks.flow.Flow.get", {"flowId": flow_id})

    assert answer.status == 200
    assert answer.result["id"] == flow_id
    assert answer.result["name"] == flow_name


def test_curl_renames_a_flow(server: ServerProcess, portal: Portal, flow_name: str) -> None:
    flow_id = portal.add_flow(flow_name)

    answer = post(
        server.ready.webhook + "tasks.flow.Flow.update",
        {"flowData": {"id": flow_id, "name": flow_name + " (renamed)"}},
    )

    assert answer.status == 200
    assert portal.name_of(flow_id) == flow_name + " (renamed)"


def test_curl_asks_whether_a_name_is_taken(
    server: ServerProcess, portal: Portal, flow_name: str
) -> None:
    portal.add_flow(flow_name)

    answer = post(
        server.ready.webhook + "tasks.flow.Flow.isExists", {"flowData": {"name": flow_name}}
    )

    assert answer.result == {"exists": True}


def test_curl_pins_a_flow_and_takes_the_pin_away(
    server: ServerProcess, portal: Portal, flow_name: str
) -> None:
    pin, flow = server.ready.webhook + "tasks.flow.Flow.pin", {"flowId": portal.add_flow(flow_name)}

    assert [post(pin, flow).result, post(pin, flow).result] == [True, False]


def test_curl_deletes_a_flow(server: ServerProcess, portal: Portal, flow_name: str) -> None:
    flow_id = portal.add_flow(flow_name)

    answer = post(server.ready.webhook + "tasks.flow.Flow.delete", {"flowData": {"id": flow_id}})

    assert answer.result == {"deleted": True}
    assert portal.flow(flow_id) is None


# Ways to write the same call

WAYS_TO_WRITE = {
    "a query": ("tasks.flow.Flow.get?flowId={id}",),
    "a form": ("tasks.flow.Flow.get", "-d", "flowId={id}"),
    "a multipart form": ("tasks.flow.Flow.get", "-F", "flowId={id}"),
    "text that is a form": (
        *("tasks.flow.Flow.get", "-H", "Content-Type: text/plain"),
        *("--data-raw", "flowId={id}"),
    ),
    "a query beside an empty JSON body": (
        *("tasks.flow.Flow.get?flowId={id}", "-H", "Content-Type: application/json"),
        *("-d", ""),
    ),
    "JSON with a charset": (
        *("tasks.flow.Flow.get", "-H", "Content-Type: application/json; charset=utf-8"),
        *("-d", '{{"flowId": "{id}"}}'),
    ),
    "the .json suffix": ("tasks.flow.Flow.get.json?flowId={id}",),
    "a trailing slash": ("tasks.flow.Flow.get/?flowId={id}&bx24_request_id=7",),
    "a doubled slash": ("/tasks.flow.Flow.get?flowId={id}",),
    "small letters": ("tasks.flow.flow.get?flowId={id}",),
}


@pytest.mark.parametrize("way", WAYS_TO_WRITE.values(), ids=WAYS_TO_WRITE.keys())
def test_curl_reads_a_flow_written_as(
    way: tuple[str, ...], server: ServerProcess, portal: Portal, flow_name: str
) -> None:
    flow_id = portal.add_flow(flow_name)
    method, *arguments = [part.format(id=flow_id) for part in way]

    answer = curl(server.ready.webhook + method, *arguments)

    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.result["name"] == flow_name


def test_curl_creates_a_flow_from_a_form_with_brackets(
    server: ServerProcess, portal: Portal, flow_name: str
) -> None:
    answer = curl(
        server.ready.webhook + "tasks.flow.Flow.create",
        *("--data-urlencode", f"flowData[name]={flow_name}"),
        *("-d", "flowData[plannedCompletionTime]=8400"),
        *("-d", "flowData[distributionType]=manually"),
        *("-d", "flowData[responsibleList][0][0]=user"),
        *("-d", "flowData[responsibleList][0][1]=1"),
        *("-d", "flowData[matchWorkTime]=0"),
    )

    flow = portal.flow(answer.result["id"])
    assert flow is not None
    assert flow["name"] == flow_name
    assert flow["responsibleList"] == [["user", "1"]]
    assert flow["matchWorkTime"] is False


def test_curl_reads_a_flow_as_xml(server: ServerProcess, portal: Portal, flow_name: str) -> None:
    flow_id = portal.add_flow(flow_name)

    answer = curl(server.ready.webhook + f"tasks.flow.Flow.get.xml?flowId={flow_id}")

    response = ElementTree.fromstring(answer.body)
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert response.tag == "response"
    assert response.findtext("result/name") == flow_name
    assert response.findtext("result/active") == "1"


def test_curl_reads_a_flow_over_https_that_the_local_authority_signed(
    server: ServerProcess, portal: Portal, flow_name: str
) -> None:
    flow_id = portal.add_flow(flow_name)

    answer = curl(
        *("--cacert", str(server.ready.ca_file)),
        server.ready.tls_webhook + f"tasks.flow.Flow.get?flowId={flow_id}",
    )

    assert (answer.status, answer.result["id"]) == (200, flow_id)


def test_a_foreign_page_may_post_json(server: ServerProcess) -> None:
    preflight = curl(
        *("-X", "OPTIONS"),
        *("-H", "Origin: https://shop.example"),
        *("-H", "Access-Control-Request-Method: POST"),
        *("-H", "Access-Control-Request-Headers: content-type"),
        server.ready.webhook + "tasks.flow.Flow.get",
    )

    allowed = preflight.headers["access-control-allow-headers"].lower().split(", ")
    assert preflight.status in (200, 204)
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert {"origin", "content-type", "accept"} <= set(allowed)


def test_a_foreign_page_may_read_a_refusal(server: ServerProcess) -> None:
    answer = curl("-H", "Origin: https://shop.example", server.ready.webhook + "no.such.method")

    assert answer.status == 404
    assert answer.headers["access-control-allow-origin"] == "*"


# Errors


def test_curl_is_told_which_parameter_is_missing(server: ServerProcess) -> None:
    answer = post(server.ready.webhook + "tasks.flow.Flow.activate", {})

    assert answer.refusal == (400, "100", "Could not find value for parameter {flowId}")


def test_curl_is_told_that_a_value_is_of_the_wrong_kind(server: ServerProcess) -> None:
    answer = post(server.ready.webhook + "tasks.flow.Flow.activate", {"flowId": "abc"})

    words = "Invalid value {abc} to match with parameter {flowId}. Should be value of type int."
    assert answer.refusal == (400, "100", words)


def test_rubbish_instead_of_json_counts_as_no_parameters(server: ServerProcess) -> None:
    answer = curl(
        *("-H", "Content-Type: application/json", "-d", '{"flowId": 517'),
        server.ready.webhook + "tasks.flow.Flow.activate",
    )

    assert answer.refusal == (400, "100", "Could not find value for parameter {flowId}")


def test_curl_is_told_that_no_flow_has_the_id(server: ServerProcess) -> None:
    answer = post(server.ready.webhook + "tasks.flow.Flow.get", {"flowId": ABSENT_FLOW})

    assert answer.refusal == (400, "0", "Flow not found")


def test_a_stranger_cannot_switch_a_flow_with_curl(
    strangers_webhook: str, portal: Portal, flow_name: str
) -> None:
    flow_id = portal.add_flow(flow_name)

    answer = post(strangers_webhook + "tasks.flow.Flow.activate", {"flowId": flow_id})

    assert answer.refusal == (400, "0", "Access denied or flow not found")
    assert portal.is_active(flow_id) is True


def test_curl_calls_a_method_that_does_not_exist(server: ServerProcess) -> None:
    answer = curl(server.ready.webhook + "tasks.flow.Flow.explode")

    assert answer.refusal == (404, "ERROR_METHOD_NOT_FOUND", "Method not found!")


def test_a_forged_webhook_does_not_hide_that_a_method_does_not_exist(forged_webhook: str) -> None:
    answer = curl(forged_webhook + "tasks.flow.Flow.explode")

    assert answer.refusal == (404, "ERROR_METHOD_NOT_FOUND", "Method not found!")


def test_curl_calls_with_a_forged_webhook(forged_webhook: str) -> None:
    answer = post(forged_webhook + "tasks.flow.Flow.get", {"flowId": DEMO_FLOW})

    assert answer.refusal == (401, "INVALID_CREDENTIALS", "Invalid request credentials")


def test_curl_calls_without_credentials(server: ServerProcess) -> None:
    answer = curl(f"{server.ready.url.rstrip('/')}/rest/tasks.flow.Flow.get?flowId={DEMO_FLOW}")

    assert answer.refusal == (401, "NO_AUTH_FOUND", "Wrong authorization data")


def test_curl_calls_with_a_webhook_that_lacks_the_scope(webhook_without_tasks: str) -> None:
    answer = post(webhook_without_tasks + "tasks.flow.Flow.get", {"flowId": DEMO_FLOW})

    words = "The request requires higher privileges than provided by the webhook token"
    assert answer.refusal == (401, "insufficient_scope", words)
