"""What the clients do with a webhook they do with an application's token as well.

Each client, unmodified, makes the same calls as an application: the seven flow methods, and calls
that are refused. How the tokens are renewed is in `test_production_code.py`.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.clients.portal import ABSENT_FLOW, Portal, flow_data
from tests.clients.real_part import (
    NODE_DIRECTORY,
    real_module,
    real_node_package,
    real_program,
)
from tests.clients.scripts import run_php
from tests.server_process import ServerProcess


@dataclass
class Refused(Exception):
    """A call was refused; a client that hides code and words leaves them empty."""

    status: int
    code: str = ""
    words: str = ""


@dataclass(frozen=True)
class Tokens:
    """An application and its tokens, as the command line gives them."""

    client_id: str
    client_secret: str
    application_token: str
    access_token: str
    refresh_token: str
    member_id: str


# Takes the server, tokens, a method and its parameters; returns the result or raises `Refused`.
Caller = Callable[[ServerProcess, Tokens, str, Mapping[str, Any]], Any]


def with_curl(
    server: ServerProcess, tokens: Tokens, method: str, parameters: Mapping[str, Any]
) -> Any:
    done = subprocess.run(
        [
            *(real_program("curl"), "--silent", "--show-error", "--write-out", "\n%{http_code}"),
            *("-H", f"Authorization: Bearer {tokens.access_token}"),
            *("-H", "Content-Type: application/json", "-d", json.dumps(parameters)),
            f"{server.ready.url}/rest/{method}",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    body, _, status = done.stdout.rpartition("\n")
    return result_of(int(status), json.loads(body))


def with_php(
    server: ServerProcess, tokens: Tokens, method: str, parameters: Mapping[str, Any]
) -> Any:
    sent = json.dumps({**parameters, "auth": tokens.access_token})
    told = run_php(server, "call.php", f"{server.ready.url}/rest/", method, sent)
    return result_of(told["status"], told["answer"])


def with_b24pysdk(
    server: ServerProcess, tokens: Tokens, method: str, parameters: Mapping[str, Any]
) -> Any:
    b24pysdk, errors = real_module("b24pysdk"), real_module("b24pysdk.errors")
    token = b24pysdk.BitrixToken(
        domain=urlsplit(server.ready.tls_url).netloc,
        auth_token=tokens.access_token,
        refresh_token=tokens.refresh_token,
        bitrix_app=b24pysdk.BitrixApp(
            client_id=tokens.client_id, client_secret=tokens.client_secret
        ),
    )
    try:
        return token.call_method(method, dict(parameters))["result"]
    except errors.BitrixAPIError as refusal:
        result_of(refusal.response.status_code, refusal.json_response)


def with_fast_bitrix24(
    server: ServerProcess, tokens: Tokens, method: str, parameters: Mapping[str, Any]
) -> Any:
    asked = 0

    async def token() -> str:
        nonlocal asked
        asked += 1
        if asked > 1:  # it asks again after each refusal with 401, for as long as we let it
            raise Refused(401)
        return tokens.access_token

    async def call() -> Any:
        bitrix = real_module("fast_bitrix24").BitrixAsync(
            f"{server.ready.url}/rest/", verbose=False, token_func=token
        )
        return (await bitrix.call(method, dict(parameters), raw=True))["result"]

    try:
        return asyncio.run(call())
    except real_module("aiohttp").ClientResponseError as refusal:
        raise Refused(refusal.status) from refusal


def with_b24jssdk(
    server: ServerProcess, tokens: Tokens, method: str, parameters: Mapping[str, Any]
) -> Any:
    real_node_package("@bitrix24/b24jssdk")
    done = subprocess.run(
        [
            *(real_program("node"), "oauth.mjs", server.ready.tls_url),
            *(method, json.dumps(parameters)),
        ],
        cwd=NODE_DIRECTORY,
        env={
            **os.environ,
            "NODE_EXTRA_CA_CERTS": str(server.ready.ca_file),
            "APP_CLIENT_ID": tokens.client_id,
            "APP_CLIENT_SECRET": tokens.client_secret,
            "APP_APPLICATION_TOKEN": tokens.application_token,
            "APP_ACCESS_TOKEN": tokens.access_token,
            "APP_REFRESH_TOKEN": tokens.refresh_token,
            "APP_MEMBER_ID": tokens.member_id,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    if "error" in told:
        raise Refused(told["error"]["status"], "", told["error"]["message"])
    return told["result"]


def result_of(status: int, body: Mapping[str, Any]) -> Any:
    """Return the result of an answer, or raise what it refuses."""
    if "error" in body:
        raise Refused(status, str(body["error"]), str(body["error_description"]))
    return body["result"]


CLIENTS: dict[str, Caller] = {
    "curl": with_curl,
    "PHP": with_php,
    "b24pysdk": with_b24pysdk,
    "fast-bitrix24": with_fast_bitrix24,
    "b24jssdk": with_b24jssdk,
}


@pytest.fixture(params=CLIENTS)
def caller(request: pytest.FixtureRequest) -> Caller:
    return CLIENTS[request.param]


@pytest.fixture
def call(
    caller: Caller, server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """Call a method through an application, for user 1 unless another one is named."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.ready.ca_file))

    def call(method: str, user: int = 1, scope: str = "task,user", **parameters: Any) -> Any:
        return caller(server, tokens_of(server, user, scope), method, parameters)

    return call


def tokens_of(server: ServerProcess, user: int, scope: str, *options: str) -> Tokens:
    client = server.cli_answer("app", "create", "--scope", scope)
    whose = ("--client-id", client["client_id"], "--user", str(user))
    tokens = server.cli_answer("app", "token", *whose, *options)
    known = {**client, **tokens}
    return Tokens(**{name: known[name] for name in Tokens.__dataclass_fields__})


def test_an_application_makes_a_flow_renames_it_and_removes_it(
    call: Callable[..., Any], portal: Portal, flow_name: str
) -> None:
    flow = call("tasks.flow.Flow.create", flowData=flow_data(flow_name))
    assert portal.name_of(flow["id"]) == flow_name

    changes = {"id": flow["id"], "name": flow_name + " (renamed)"}
    assert call("tasks.flow.Flow.update", flowData=changes)["name"] == changes["name"]

    assert call("tasks.flow.Flow.delete", flowData={"id": flow["id"]}) == {"deleted": True}
    assert portal.flow(flow["id"]) is None


def test_an_application_reads_switches_and_pins_a_flow(
    call: Callable[..., Any], portal: Portal, flow_name: str
) -> None:
    flow_id = portal.add_flow(flow_name)

    assert call("tasks.flow.Flow.get", flowId=flow_id) == portal.flow(flow_id)
    assert call("tasks.flow.Flow.isExists", flowData={"name": flow_name}) == {"exists": True}
    assert call("tasks.flow.Flow.activate", flowId=flow_id) is True
    assert portal.is_active(flow_id) is False
    assert call("tasks.flow.Flow.pin", flowId=flow_id) is True


def test_an_application_acts_as_its_user(call: Callable[..., Any]) -> None:
    assert call("user.current", user=4)["ID"] == "4"


@pytest.mark.parametrize(
    ("user", "scope", "refusal"),
    [
        (1, "task", Refused(400, "0", "Flow not found")),
        (4, "task", Refused(400, "0", "Access denied or flow not found")),
        (
            1,
            "user",
            Refused(
                401,
                "insufficient_scope",
                "The request requires higher privileges than provided by the access token",
            ),
        ),
    ],
    ids=["no such flow", "not theirs", "scope"],
)
def test_an_application_is_refused(
    user: int, scope: str, refusal: Refused, call: Callable[..., Any]
) -> None:
    with pytest.raises(Refused) as refused:
        call("tasks.flow.Flow.get", user=user, scope=scope, flowId=ABSENT_FLOW)

    told = refused.value
    assert told.status == refusal.status
    assert told.code in ("", refusal.code)  # some clients keep the code to themselves
    assert refusal.words in (told.words or refusal.words)
