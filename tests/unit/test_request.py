"""What is left of a request for a method: no credentials, no paging, no telemetry.

rest-protocol.md 2, 2.1, 3.1.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from sluice.rest.listing import Page
from sluice.rest.request import Incoming, Limits, Request, Route, read, route

LIMITS = Limits(max_body_bytes=1000, max_parameters=100, max_depth=10)


def read_json(value: Any, query: bytes = b"", authorization: bytes = b"") -> Request:
    return read(
        Incoming(
            "POST",
            b"/rest/x",
            query=query,
            content_type=b"application/json",
            authorization=authorization,
            body=json.dumps(value).encode(),
        ),
        LIMITS,
    )


@pytest.mark.parametrize(
    ("authorization", "query", "body", "token"),
    [
        (b"", b"", {}, None),
        (b"Bearer H", b"auth=Q", {"auth": "B", "access_token": "A"}, "H"),
        (b"", b"auth=Q", {"auth": "B", "access_token": "A"}, "B"),
        (b"", b"auth=Q", {"access_token": "A"}, "Q"),
        (b"", b"access_token=Q", {}, "Q"),
        (b"", b"access_token=Q", {"access_token": "A"}, "A"),
        (b"", b"", {"auth": ["B"], "access_token": "A"}, "A"),
        (b"", b"", {"auth": 5, "access_token": {"a": 1}}, None),
        (b"Bearer ", b"", {"auth": "B"}, "B"),
        (b"Basic H", b"", {"auth": "B"}, "B"),
    ],
    ids=[
        "none",
        "header first",
        "then auth, body over query",
        "then auth of the query",
        "then access_token",
        "access_token, body over query",
        "lists are ignored",
        "numbers and maps too",
        "empty header",
        "another scheme",
    ],
)
def test_the_token_is_found_and_taken_out(
    authorization: bytes, query: bytes, body: dict[str, Any], token: str | None
) -> None:
    request = read_json({**body, "flowId": 5}, query, authorization)

    assert request.token == token
    assert request.params == {"flowId": 5}


def test_paging_and_telemetry_are_taken_out() -> None:
    request = read_json(
        {"start": 50, "state": "s", "auth_connector": "c", "__order": "o", "ID": 5},
        b"bx24_request_id=1&bx24_sdk_ver=2&bx24_sdk_type=3",
    )

    assert request.params == {"ID": 5}
    assert request.page == Page(50)


def test_a_list_in_json_is_a_map_of_positions() -> None:
    assert read_json([5, {"a": None}]).params == {"0": 5, "1": {"a": None}}


def test_json_members_replace_the_querys_and_keep_their_types() -> None:
    request = read_json({"a": {"y": True}, "b": None}, b"a[x]=1&b=2&c=3")

    assert request.params == {"a": {"y": True}, "b": None, "c": "3"}


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        (b"/rest/user.get", Route("user.get")),
        (b"/rest/user.get.xml", Route("user.get", "xml")),
        (b"/rest//user.get/", Route("user.get")),
        (b"/rest/1/c0de/user.get.json/", Route("user.get", "json", ("1", "c0de"))),
        (b"/rest/1/c%30de/User%2EGet", Route("User.Get", "json", ("1", "c0de"))),
        (b"/rest/1/a%2Fb/user.get", Route("user.get", "json", ("1", "a/b"))),
        (b"/rest/user.get.json.xml", Route("user.get.json", "xml")),
        (b"/rest/json", Route("json")),
    ],
)
def test_what_a_path_asks_for(path: bytes, asked: Route) -> None:
    assert route(path) == asked
