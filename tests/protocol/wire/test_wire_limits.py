"""How much of a request is read. rest-protocol.md 7.2 INVALID_REQUEST; each limit is a setting."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.portals import PortalInTest, Reply
from tests.provenance import assumed

JSON = "application/json"
WHY = "the vendor's limits are PHP's, which drops silently; a clear answer is worth more"


def ask(portal: PortalInTest, **request: Any) -> Reply:
    return portal.send(portal.admin.path + "server.time", **request)


def nested(levels: int) -> dict[str, Any]:
    value: Any = 1
    for _ in range(levels):
        value = {"x": value}
    return {"a": value}


@assumed(WHY)
def test_a_body_may_be_as_large_as_the_limit(narrow: PortalInTest) -> None:
    assert ask(narrow, body="a=" + "x" * 98).status == 200


@assumed(WHY)
@pytest.mark.parametrize("content_type", [JSON, "text/plain"])
def test_a_body_larger_than_the_limit(narrow: PortalInTest, content_type: str) -> None:
    reply = ask(narrow, body="a=" + "x" * 99, content_type=content_type)

    assert reply.refusal == (
        413,
        "INVALID_REQUEST",
        "The request's body is larger than 100 bytes (setting max_body_bytes)",
    )


FIVE = [
    {"query": "&".join(f"a{number}=1" for number in range(5))},
    {"body": "a[]=1&a[]=2&b=3&c=4&d=5&&&"},
    {"body": json.dumps({"a": [1, 2, {"b": 3}], "c": "4,,,,,,,", "d": None}), "content_type": JSON},
]
SIX = [
    {"query": "&".join(f"a{number}=1" for number in range(6))},
    {"body": "a=1&a=2&a=3&a=4&a=5&a=6"},
    {"body": json.dumps({"a": [1, 2, {"b": 3}], "c": [4, 5, 6]}), "content_type": JSON},
    {"body": json.dumps([1, 2, 3, 4, 5, 6]), "content_type": JSON},
    {"body": json.dumps({"a": [[], {}, [], [], [], []]}), "content_type": JSON},
]


@assumed(WHY)
@pytest.mark.parametrize("request_of_five", FIVE, ids=["query", "form", "json"])
def test_as_many_parameters_as_the_limit(
    narrow: PortalInTest, request_of_five: dict[str, str]
) -> None:
    assert ask(narrow, **request_of_five).status == 200


@assumed(WHY)
@pytest.mark.parametrize("request_of_six", SIX, ids=["query", "form", "json", "list", "empties"])
def test_more_parameters_than_the_limit(
    narrow: PortalInTest, request_of_six: dict[str, str]
) -> None:
    assert ask(narrow, **request_of_six).refusal == (
        400,
        "INVALID_REQUEST",
        "The request has more than 5 parameters (setting max_parameters)",
    )


@assumed(WHY)
@pytest.mark.parametrize(
    "request_of_three",
    [
        {"query": "a[x][x][x]=1"},
        {"body": "a[x][x][]=1"},
        {"body": json.dumps(nested(3)), "content_type": JSON},
        {"body": '{"a":"[[[[[[[["}', "content_type": JSON},
    ],
    ids=["query", "form", "json", "brackets in text"],
)
def test_as_deep_as_the_limit(narrow: PortalInTest, request_of_three: dict[str, str]) -> None:
    assert ask(narrow, **request_of_three).status == 200


@assumed(WHY)
@pytest.mark.parametrize(
    "request_of_four",
    [
        {"query": "a[x][x][x][x]=1"},
        {"body": "a[][][][]=1"},
        {"body": json.dumps(nested(4)), "content_type": JSON},
        {"body": '{"a":[[[[]]]]}', "content_type": JSON},
    ],
    ids=["query", "form", "json", "json lists"],
)
def test_deeper_than_the_limit(narrow: PortalInTest, request_of_four: dict[str, str]) -> None:
    assert ask(narrow, **request_of_four).refusal == (
        400,
        "INVALID_REQUEST",
        "The request has more than 3 levels (setting max_depth)",
    )


@assumed(WHY)
@pytest.mark.parametrize("levels", [65, 1_000, 100_000])
@pytest.mark.parametrize("brackets", ["[]", '{"a":}'], ids=["lists", "maps"])
def test_json_deeper_than_any_stack(portal: PortalInTest, levels: int, brackets: str) -> None:
    opening, closing = brackets[:-1], brackets[-1]
    body = '{"a":' + opening * levels + "1" + closing * levels + "}"

    assert ask(portal, body=body, content_type=JSON).words == (
        "The request has more than 64 levels (setting max_depth)"
    )


@assumed("a number of thousands of digits is a known way to keep a server busy")
@pytest.mark.parametrize("digits", [4_000, 4_300, 4_301, 1_000_000])
def test_a_number_of_many_digits(portal: PortalInTest, digits: int) -> None:
    body = b'{"flowId":' + b"9" * digits + b"}"

    reply = portal.send(portal.admin.path + "tasks.flow.Flow.get", body=body, content_type=JSON)

    assert (reply.status, reply.error) == (400, "100")
