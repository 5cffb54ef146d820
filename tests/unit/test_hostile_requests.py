"""Whatever arrives, a portal answers in its protocol, and never as if the fault were its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sluice.clock import VirtualClock
from sluice.methods import method_table
from sluice.rest.door import door_for
from sluice.rest.request import Incoming
from sluice.rest.response import Answer
from tests.portals import PortalInTest
from tests.unit.test_wire_types import WIRE

EXPECTED = {200, 400, 401, 403, 404, 413}
CONTENT_TYPES = [
    b"",
    b"application/json",
    b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=x",
    b"multipart/form-data",
    b"text/plain",
]
METHODS = sorted(known.name for known in method_table())
bounded = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalInTest]:
    directory: Path = tmp_path_factory.mktemp("hostile")
    portal = PortalInTest(
        directory / "portal.db", VirtualClock(datetime(2026, 1, 12, 9, 30, tzinfo=UTC))
    )
    portal.add_flow("Intake", portal.admin)
    yield portal
    portal.close()


def is_protocol(answer: Answer) -> None:
    """Assert that an answer is one that clients can read."""
    assert answer.status in EXPECTED, answer
    if answer.content_type.startswith(b"text/xml"):
        root = ElementTree.fromstring(answer.body)
        assert root.tag == "response"
        assert (root.find("error") is None) == (answer.status == 200)
        return
    body = json.loads(answer.body)
    assert ("result" in body) == ("time" in body) == (answer.status == 200)
    if answer.status != 200:
        assert isinstance(body["error"], str)
        assert body["error"] != ""
        assert isinstance(body["error_description"], str)


@bounded
@given(
    verb=st.sampled_from(["GET", "POST", "PUT", "HEAD", "BREW"]),
    path=st.binary(max_size=60)
    | st.sampled_from([b"/rest/scope", b"/rest/1/x/scope.xml"])
    | st.text("/rest1%2e.xmljson", max_size=30).map(lambda tail: f"/rest/{tail}".encode()),
    query=st.binary(max_size=60) | st.text("a[]=&%0f+.", max_size=30).map(str.encode),
    content_type=st.sampled_from(CONTENT_TYPES) | st.binary(max_size=40),
    authorization=st.sampled_from([b"", b"Bearer x"]) | st.binary(max_size=20),
    body=st.binary(max_size=200) | WIRE.map(lambda value: json.dumps(value).encode()),
)
def test_any_bytes_are_answered(portal: PortalInTest, **request: Any) -> None:
    incoming = Incoming(**request)
    assume(door_for(incoming.path, portal.doors) is None)  # pages have their own words

    is_protocol(portal.answer(incoming))


@bounded
@given(
    method=st.sampled_from(METHODS),
    suffix=st.sampled_from(["", ".json", ".xml"]),
    query=st.binary(max_size=60),
    content_type=st.sampled_from(CONTENT_TYPES) | st.binary(max_size=40),
    body=st.binary(max_size=200)
    | st.text("a[]=&%0f+.", max_size=60).map(str.encode)
    | st.lists(
        st.sampled_from(
            [b"--x", b"--x--", b"\r\n", b'Content-Disposition: form-data; name="a"', b"v"]
        )
    ).map(b"".join),
)
def test_any_bytes_sent_to_a_method_are_answered(
    portal: PortalInTest,
    method: str,
    suffix: str,
    query: bytes,
    content_type: bytes,
    body: bytes,
) -> None:
    path = (portal.admin.path + method + suffix).encode()

    is_protocol(
        portal.answer(Incoming("POST", path, query=query, content_type=content_type, body=body))
    )


NAMES = sorted({one.wire for known in method_table() for one in known.parameters if one.wire})


@bounded
@given(
    method=st.sampled_from(METHODS),
    sent=st.dictionaries(st.sampled_from([*NAMES, "start", "auth"]) | st.text(max_size=5), WIRE),
)
def test_any_json_sent_to_a_method_is_answered(
    portal: PortalInTest, method: str, sent: dict[str, Any]
) -> None:
    reply = Incoming(
        "POST",
        (portal.admin.path + method).encode(),
        content_type=b"application/json",
        body=json.dumps(sent).encode(),
    )

    is_protocol(portal.answer(reply))
