"""What comes back: result, time, error; PHP's shapes. rest-protocol.md 4, 5, 7."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.portals import Person, PortalInTest, Reply
from tests.provenance import assumed, documented, observed

TIME_KEYS = [
    "start",
    "finish",
    "duration",
    "processing",
    "date_start",
    "date_finish",
    "operating_reset_at",
    "operating",
]


def time_of(reply: Reply) -> dict[str, Any]:
    time: dict[str, Any] = reply.body["time"]
    return time


@documented("settings/how-to-call-rest-api/general-principles")
def test_a_success_is_a_result_and_a_time(admin: Person) -> None:
    reply = admin.call("server.time")

    assert reply.status == 200
    assert reply.content_type == "application/json; charset=utf-8"
    assert list(reply.body) == ["result", "time"]


@observed("b24phpsdk and b24pysdk fail if any of these is absent")
def test_time_has_its_eight_members_in_order(admin: Person) -> None:
    assert list(time_of(admin.call("server.time"))) == TIME_KEYS


@observed("rest-protocol.md 4: the types that strict clients ask for")
def test_time_has_the_types_that_clients_ask_for(portal: PortalInTest, admin: Person) -> None:
    portal.clock.advance(seconds=1, microseconds=125_000)

    time = time_of(admin.call("server.time"))

    for name in ("start", "finish", "duration", "processing", "operating"):
        assert type(time[name]) in (int, float), name
        assert time[name] >= 0
    assert type(time["operating_reset_at"]) is int
    assert time["start"] == portal.clock.now().timestamp()
    assert time["duration"] == pytest.approx(time["finish"] - time["start"], abs=3e-6)
    for name in ("date_start", "date_finish"):
        assert time[name] == "2026-01-12T09:30:01+00:00"
        assert datetime.fromisoformat(time[name]).utcoffset() is not None


@documented("rest-protocol.md 12.2: the sum of ten minutes, per method and credential")
def test_operating_adds_up_for_ten_minutes(portal: PortalInTest, admin: Person) -> None:
    first = time_of(admin.call("server.time"))
    portal.clock.advance(minutes=9)
    second = time_of(admin.call("server.time"))
    portal.clock.advance(minutes=1)
    third = time_of(admin.call("server.time"))

    assert second["operating"] == pytest.approx(first["operating"] + second["processing"], abs=3e-6)
    assert third["operating"] == pytest.approx(second["processing"] + third["processing"], abs=3e-6)
    assert second["operating_reset_at"] == first["operating_reset_at"]
    assert third["operating_reset_at"] == first["operating_reset_at"] + 9 * 60


@documented("rest-protocol.md 12.2: now plus at most 600 seconds")
@pytest.mark.parametrize("seconds", [0, 1, 59.9])
def test_operating_resets_within_ten_minutes(
    portal: PortalInTest, admin: Person, seconds: float
) -> None:
    portal.clock.advance(seconds=seconds)

    reset_at = time_of(admin.call("server.time"))["operating_reset_at"]

    assert 0 < reset_at - portal.clock.now().timestamp() <= 600


@documented("rest-protocol.md 12.2: per method and credential")
def test_operating_of_others_is_not_counted(
    portal: PortalInTest, admin: Person, anna: Person
) -> None:
    admin.call("server.time")

    by_anna = time_of(anna.call("server.time"))
    other_method = time_of(admin.call("scope"))

    assert by_anna["operating"] == by_anna["processing"]
    assert other_method["operating"] == other_method["processing"]


# Errors (7.1)


@documented("error-codes")
@pytest.mark.parametrize(
    ("method", "sent", "status", "code"),
    [
        ("no.such.method", {}, 404, "ERROR_METHOD_NOT_FOUND"),
        ("tasks.flow.Flow.get", {}, 400, "100"),
        ("tasks.flow.Flow.get", {"flowId": 999}, 400, "0"),
        ("feature.get", {}, 400, "CODE_EMPTY"),
    ],
    ids=["system", "binding", "business", "classic"],
)
def test_an_error_is_a_code_in_text_and_words_and_no_time(
    admin: Person, method: str, sent: dict[str, Any], status: int, code: str
) -> None:
    reply = admin.call(method, **sent)

    assert list(reply.body) == ["error", "error_description"]
    assert reply.body["error"] == code  # a string, never a number: rest-protocol.md 7.4
    assert reply.words
    assert reply.status == status
    assert reply.content_type == "application/json; charset=utf-8"


@documented("error-codes")
def test_an_argument_error_names_the_argument(admin: Person) -> None:
    reply = admin.call("access.name")

    assert list(reply.body) == ["error", "error_description", "argument"]


# PHP's shapes (5)


@observed("rest-protocol.md 5: an empty object is impossible")
def test_an_empty_map_is_a_list(admin: Person) -> None:
    reply = admin.call("access.name", ACCESS=[])

    assert reply.text.startswith('{"result":[],')


@observed("rest-protocol.md 4: result is any JSON value")
@pytest.mark.parametrize(
    ("method", "sent", "text"),
    [
        ("tasks.flow.Flow.activate", {"flowId": 1}, "true"),
        ("server.time", {}, '"2026-01-12T09:30:00+00:00"'),
        ("tasks.flow.Flow.isExists", {"flowData": {"name": "x"}}, '{"exists":false}'),
    ],
    ids=["bare truth", "text", "map"],
)
def test_a_result_stands_as_it_is(
    portal: PortalInTest, admin: Person, method: str, sent: dict[str, Any], text: str
) -> None:
    portal.add_flow("Intake", admin)

    assert admin.call(method, **sent).text.startswith(f'{{"result":{text},"time":')


@assumed("rest-protocol.md 5: raw UTF-8 is the same to every parser")
def test_text_is_not_escaped_more_than_json_needs(portal: PortalInTest) -> None:
    zoe = portal.add_user("Zoë", last_name="a/b")

    assert '"Zoë a/b"' in zoe.call("access.name", ACCESS=[f"U{zoe.id}"]).text
