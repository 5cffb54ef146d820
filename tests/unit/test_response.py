"""PHP's shapes and XML. rest-protocol.md 4, 5, 20."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.errors import ArgumentError
from sluice.rest.listing import Page, listed
from sluice.rest.response import TimeWriter, Timing, refused, shaped, succeeded, to_xml
from tests.unit.test_wire_types import WIRE

START = datetime(2026, 9, 21, 16, 53, 20, 125_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ({}, []),
        ([], []),
        ({"a": {}}, {"a": []}),
        ([{}], [[]]),
        ({0: "a", 1: "b"}, ["a", "b"]),
        ({"0": "a", "1": "b"}, ["a", "b"]),
        ({"1": "a"}, {"1": "a"}),
        ({"1": "a", "0": "b"}, {"1": "a", "0": "b"}),
        ({"0": "a", "2": "b"}, {"0": "a", "2": "b"}),
        ({"0": "a", "x": "b"}, {"0": "a", "x": "b"}),
        ({"00": "a"}, {"00": "a"}),
        ({"0": {"0": {}}}, [[[]]]),
        (1.0, 1),
        (-0.0, 0),
        (1.5, 1.5),
        ([1.0, {"a": 2.0}], [1, {"a": 2}]),
        (True, True),
        (None, None),
        ("", ""),
    ],
    ids=repr,
)
def test_values_have_phps_shapes(value: object, shape: object) -> None:
    assert json.dumps(shaped(value)) == json.dumps(shape)


@given(WIRE)
def test_no_value_is_shown_as_an_empty_object(value: object) -> None:
    assert "{}" not in json.dumps(_without_text(shaped(value)))


def _without_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(number): _without_text(item) for number, item in enumerate(value.values())}
    if isinstance(value, list):
        return [_without_text(item) for item in value]
    return None if isinstance(value, str) else value


@given(WIRE)
def test_shaping_twice_changes_nothing(value: object) -> None:
    once = shaped(value)

    assert repr(shaped(once)) == repr(once)


def time_of(seconds: float, processing: float = 0.0) -> dict[str, Any]:
    timing = Timing(START, START + timedelta(seconds=seconds), processing, processing, 1790000600)
    written: dict[str, Any] = json.loads(TimeWriter(UTC).write(timing))
    return written


def test_the_time_object() -> None:
    assert time_of(0.0853, 0.0411) == {
        "start": 1790009600.125,
        "finish": 1790009600.2103,
        "duration": 0.0853,
        "processing": 0.0411,
        "date_start": "2026-09-21T16:53:20+00:00",
        "date_finish": "2026-09-21T16:53:20+00:00",
        "operating_reset_at": 1790000600,
        "operating": 0.0411,
    }


def test_a_clock_that_was_set_back_gives_no_negative_duration() -> None:
    assert time_of(-5)["duration"] == 0


def test_each_second_has_its_own_text() -> None:
    time = time_of(1.5)

    assert time["date_start"] == "2026-09-21T16:53:20+00:00"
    assert time["date_finish"] == "2026-09-21T16:53:21+00:00"


@given(st.floats(0, 1e6), st.floats(0, 1e3))
def test_the_time_object_is_json_whatever_the_numbers(seconds: float, processing: float) -> None:
    assert time_of(seconds, processing)["processing"] == pytest.approx(processing, abs=1e-6)


@pytest.mark.parametrize(
    ("rows", "total", "start", "counts"),
    [
        (50, 120, 0, {"total": 120, "next": 50}),
        (50, 120, 50, {"total": 120, "next": 100}),
        (20, 120, 100, {"total": 120}),
        (50, 50, 0, {"total": 50}),
        (0, 0, 0, {"total": 0}),
        (0, 120, 500, {"total": 120}),
        (50, None, 0, {}),
    ],
)
def test_what_a_list_tells_of_its_size(
    rows: int, total: int | None, start: int, counts: dict[str, int]
) -> None:
    answer = succeeded(listed([1] * rows, total), Page(start), b"{}", "json")

    body = json.loads(answer.body)
    assert {name: body[name] for name in ("total", "next") if name in body} == counts
    assert body["result"] == [1] * rows


def test_a_refusal_may_have_more_members() -> None:
    answer = refused(ArgumentError("Argument 'X' is null or empty", argument="X"), "json")

    assert answer.status == 400
    assert json.loads(answer.body) == {
        "error": "ERROR_ARGUMENT",
        "error_description": "Argument 'X' is null or empty",
        "argument": "X",
    }


@pytest.mark.parametrize(
    ("value", "inside"),
    [
        (True, "1"),
        (False, ""),
        (None, ""),
        (5, "5"),
        (0, "0"),
        (1.5, "1.5"),
        ("a<b>&c", "a&lt;b&gt;&amp;c"),
        ("Zoë 🦆", "Zoë 🦆"),
        ("a\x00\x1f\ufffeb\tc\n", "ab\tc\n"),
        ([1, 2], "<item>1</item><item>2</item>"),
        ([[1]], "<item><item>1</item></item>"),
        ([], ""),
        ({"ID": 1, "NAME": "x"}, "<ID>1</ID><NAME>x</NAME>"),
        ({"5": "a"}, "<item>a</item>"),
        (
            {"a b": 1, "<": 2, "-x": 3, "é": 4, "": 5},
            "<a_b>1</a_b><_>2</_><_-x>3</_-x><_>4</_><_>5</_>",
        ),
    ],
    ids=repr,
)
def test_values_in_xml(value: object, inside: str) -> None:
    assert to_xml({"result": value}) == f"<response><result>{inside}</result></response>"


@given(WIRE)
def test_every_value_is_well_formed_xml(value: object) -> None:
    root = ElementTree.fromstring(to_xml({"result": value}))

    assert [child.tag for child in root] == ["result"]
