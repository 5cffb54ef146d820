"""What is fuzzed: functions that take any bytes, and fail when a promise is broken.

The promises: no input to any door gives a 500, an unbounded answer, or another user's data. Time
and memory are bounded by whoever runs a target. `python -m fuzz` runs them guided by coverage;
`tests/fuzz` runs what was found before, the seeds, and a few random inputs, on every test run.
"""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from sluice.clock import VirtualClock
from sluice.domain.password import hash_password
from sluice.errors import RestError
from sluice.rest.batch import commands
from sluice.rest.oauth import grant_code
from sluice.rest.references import ROOTS, substituted
from sluice.rest.request import Incoming, Limits, Unreadable, form, read, route
from sluice.rest.response import Answer, shaped, to_xml
from tests.portals import PortalInTest

Target = Callable[[bytes], None]

LIMITS = Limits(max_body_bytes=1 << 20, max_parameters=1000, max_depth=64)
# Stands in what only Boris may read; no answer to Anna may hold it.
BORIS_ONLY = "Zq7x-of-Boris-alone"
# An answer to one short input is never longer than this.
LONGEST_ANSWER = 1 << 20

_CONTENT_TYPES = (
    b"application/json",
    b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=x",
    b"",
)
_VERBS = ("GET", "POST", "HEAD", "PUT")


class Broken(AssertionError):
    """A promise does not hold."""


def decoder(data: bytes) -> None:
    """Read a request: path, query and body, in each content type."""
    path, _, rest = data.partition(b"\n")
    query, _, body = rest.partition(b"\n")
    for content_type in _CONTENT_TYPES:
        incoming = Incoming("POST", path, query, content_type, body=body)
        try:
            route(incoming.path, incoming.host)
            request = read(incoming, LIMITS)
        except RestError:
            continue
        encoded = msgspec.json.encode(shaped(request.params))
        to_xml({"result": msgspec.json.decode(encoded)})


def references(data: bytes) -> None:
    """Put earlier answers into the values of a command, and nothing into its keys."""
    first, _, second = data.partition(b"\n")
    try:
        answers: Any = json.loads(first)
    except (ValueError, RecursionError):
        answers = {"a": {"ID": 7, "TAGS": ["x", {"y": "z"}]}, "list": [{"ID": 1}, {"ID": 2}]}
    maps = {root: {"a": answers, "n": 3, "t": "text"} for root in ROOTS}
    try:
        params = form(second, LIMITS)
    except (RestError, *Unreadable):
        return
    result = substituted(params, maps)
    if list(result) != list(params):
        raise Broken("a key was substituted")
    msgspec.json.encode(shaped(result))


def batch(data: bytes) -> None:
    """Run commands as one call, as Anna."""
    cmd, _, halt = data.partition(b"\n\n")
    text = cmd.decode("utf-8", "replace")
    list(commands(text))
    lines = {f"c{number}": line for number, line in enumerate(text.split("\n")[:60])}
    body = msgspec.json.encode({"cmd": lines, "halt": halt.decode("latin-1")})
    answer = _as_anna("batch", body, b"application/json")
    if answer.status == 200:
        parts = json.loads(answer.body)["result"]
        errors = parts["result_error"]
        for error in errors.values() if isinstance(errors, dict) else errors:
            if error["error"] == "INTERNAL_SERVER_ERROR":
                raise Broken(f"a command failed for a reason of ours: {error}")


def methods(data: bytes) -> None:
    """Call any method with anything, as Anna."""
    name, _, body = data.partition(b"\n")
    content_type = _CONTENT_TYPES[data[-1] % len(_CONTENT_TYPES)] if data else b""
    _as_anna(name.decode("latin-1"), body, content_type)


def tokens(data: bytes) -> None:
    """Ask for tokens with anything; nothing but the right secret and code gives one."""
    portal = _portal()
    query, _, body = data.partition(b"\n")
    verb = _VERBS[len(data) % len(_VERBS)]
    for path in (b"/oauth/token/", b"/rest/oauth/token"):
        answer = _answered(
            portal,
            Incoming(
                verb,
                path,
                query,
                b"application/x-www-form-urlencoded",
                body=body,
                host=b"portal.example",
            ),
        )
        if b"access_token" in answer.body:
            raise Broken("tokens were given away")


def authorize(data: bytes) -> None:
    """Show and send the sign-in page with anything; nobody is sent elsewhere without signing in."""
    portal = _portal()
    parts = data.split(b"\n", 3)
    query, body, cookie, host = (*parts, b"", b"", b"", b"")[:4]
    for verb in ("GET", "POST"):
        answer = _answered(
            portal,
            Incoming(
                verb,
                b"/oauth/authorize/",
                query,
                b"application/x-www-form-urlencoded",
                body=body,
                host=host or b"portal.example",
                headers=[(b"cookie", cookie)],
            ),
        )
        headers = dict(answer.headers or ())
        if answer.status == 303 and not headers[b"location"].startswith(b"/oauth/authorize/?"):
            raise Broken("a browser was led elsewhere")
        if b"<script" in answer.body.lower():
            raise Broken("what was sent became markup")


TARGETS: Mapping[str, Target] = {
    "decoder": decoder,
    "references": references,
    "batch": batch,
    "methods": methods,
    "tokens": tokens,
    "authorize": authorize,
}

# Inputs to begin with: shapes that clients send.
SEEDS: Mapping[str, tuple[bytes, ...]] = {
    "decoder": (
        b'/rest/1/code/tasks.flow.Flow.get.json\nflowId=41&a[k][]=1&a[]=2\n{"flowId":41}',
        b'//rest//profile.xml\na[5]=x&a[]=y&a.b=1\n[5,{"a":null}]',
        b'/rest/x\nauth=t\n--x\r\nContent-Disposition: form-data; name="a[b]"\r\n\r\n1\r\n--x--',
    ),
    "references": (
        b'{"ID":7,"TAGS":["x","y"]}\nv=$result[a][ID]&filter[>ID]=$result[a][TAGS][49]',
        b'[{"ID":1}]\na=n-$result[a][0][ID]&b=%24total%5Bn%5D%20$error[a]&c=$result[nope][x]',
    ),
    "batch": (
        b"user.get?start=-1\ntasks.task.list?filter[>ID]=$result[c0][49][ID]&order[ID]=asc\n\n1",
        b"tasks.flow.Flow.get?flowId=1\nbatch?cmd[0]=profile\nuser.current?ID=$result[c0][ownerId]\n\n0",
    ),
    "methods": (
        b'tasks.task.list\n{"filter":{">ID":1,"!%TITLE":"x"},"select":["*"],"start":-1}',
        b"tasks.task.add\nfields[TITLE]=x&fields[RESPONSIBLE_ID]=2&fields[FLOW_ID]=1",
        b'tasks.task.get\n{"taskId":1}',
        b'sonet_group.get\n{"FILTER":{"%NAME":"o"}}',
        b'user.search\n{"FILTER":{"FIND":"an"}}',
    ),
    "tokens": (
        b"grant_type=refresh_token&client_id=local.1&client_secret=x&refresh_token=y\n",
        b"\ngrant_type=authorization_code&client_id=local.1&client_secret=x&code=y",
    ),
    "authorize": (
        b"client_id=local.1&state=xyz\nstep=sign+in&email=anna@example.com&password=x&key=\nsluice=a",
    ),
}


def _as_anna(method: str, body: bytes, content_type: bytes) -> Answer:
    """Call a method as Anna and hold the answer to the promises."""
    portal = _portal()
    answer = _answered(
        portal,
        Incoming("POST", _annas_path() + method.encode("latin-1"), b"", content_type, body=body),
    )
    if BORIS_ONLY.encode() in answer.body and BORIS_ONLY.encode() not in body:
        raise Broken(f"{method} told Anna what only Boris may read")
    return answer


def _answered(portal: PortalInTest, incoming: Incoming) -> Answer:
    answer = portal.answer(incoming)
    if answer.status >= 500:
        raise Broken(f"status {answer.status}: {answer.body[:200]!r}")
    if len(answer.body) > LONGEST_ANSWER:
        raise Broken(f"an answer of {len(answer.body)} bytes")
    return answer


@cache
def _portal() -> PortalInTest:
    """A portal with two people, each with something of their own, and an application."""
    directory = Path(tempfile.mkdtemp(prefix="sluice-fuzz-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    portal = PortalInTest(
        directory / "portal.db", VirtualClock(datetime(2026, 1, 12, 9, 30, tzinfo=UTC))
    )
    anna, boris = portal.add_user("Anna"), portal.add_user("Boris")
    portal.add_flow("Intake", anna)
    boris.call("tasks.task.add", fields={"TITLE": BORIS_ONLY, "RESPONSIBLE_ID": boris.id})
    boris.call("sonet_group.create", NAME=BORIS_ONLY, VISIBLE="N", OPENED="N")
    client = portal.add_application("Reports", redirect_uri="https://app.example/cb")
    now = portal.clock.now()
    portal.in_store(
        lambda store: (
            grant_code(store, client.application.id, boris.id, "https://portal.example", now),
            store.sessions.set_password_hash(boris.id, hash_password("correct horse"), now),
        )
    )
    return portal


@cache
def _annas_path() -> bytes:
    return _portal().webhook(2).encode()
