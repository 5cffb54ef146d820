"""Loose wire values read as declared types. rest-protocol.md 2.3, 9, 11.5."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.rest.wire_types import (
    MAXIMUM_INTEGER,
    as_flag,
    as_instant,
    as_integer,
    as_list,
    as_map,
    as_scalar_text,
    as_text,
    as_truth,
    shown,
)

WIRE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        (-5, -5),
        (5.9, 5),
        (-5.9, -5),
        ("5", 5),
        (" 5 ", 5),
        ("\t\n\r\v\f5", 5),
        ("-5", -5),
        ("+5", 5),
        ("005", 5),
        ("5.9", 5),
        ("5.", 5),
        (".5", 0),
        ("1e3", 1000),
        ("1E+3", 1000),
        ("15e-1", 1),
        ("9223372036854775807", MAXIMUM_INTEGER),
        ("-9223372036854775807", -MAXIMUM_INTEGER),
        (MAXIMUM_INTEGER, MAXIMUM_INTEGER),
    ],
    ids=repr,
)
def test_what_is_an_integer(value: object, number: int) -> None:
    assert as_integer(value) == number


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        "",
        " ",
        "five",
        "5 5",
        "5x",
        "0x5",
        "1_000",
        "1,5",
        "--5",
        "e5",
        ".",
        "5e",
        "٥",
        "５",
        "²",
        "5\u00a0",
        "inf",
        "nan",
        "1e999",
        "9223372036854775808",
        "9" * 5000,
        " " * 500 + "5",
        MAXIMUM_INTEGER + 1,
        float("inf"),
        float("nan"),
        1e300,
        [5],
        {"0": 5},
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_is_no_integer(value: object) -> None:
    assert as_integer(value) is None


@given(st.integers(-MAXIMUM_INTEGER, MAXIMUM_INTEGER))
def test_every_integer_is_read_from_its_text_exactly(number: int) -> None:
    assert as_integer(number) == as_integer(str(number)) == as_integer(
        f" {number}.75"
    ) == number or (
        abs(number) > 2**50  # decimals go through a float, which is as exact as PHP's
    )


FALSE: tuple[object, ...] = (None, False, 0, 0.0, "", "0", [], {})
TRUE: tuple[object, ...] = (True, 1, -1, 0.5, "1", "false", "N", " ", "00", "0.0", [0])


@pytest.mark.parametrize(
    ("value", "truth"),
    [
        *((value, False) for value in FALSE),
        *((value, True) for value in TRUE),
    ],
    ids=repr,
)
def test_truth_is_phps(value: object, truth: bool) -> None:
    assert as_truth(value) is truth


YES: tuple[object, ...] = (True, 1, "1", "true", "True", "TRUE", "Y", "yes", " y ")
NO: tuple[object, ...] = (False, 0, "0", "false", "False", "N", "no", "", " ")
NEITHER: tuple[object, ...] = (None, 2, "2", "maybe", "None", "on", 1.0, [], ["Y"], {})


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        *((value, True) for value in YES),
        *((value, False) for value in NO),
        *((value, None) for value in NEITHER),
    ],
    ids=repr,
)
def test_a_flag_says_yes_no_or_nothing(value: object, flag: bool | None) -> None:
    assert as_flag(value) is flag


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ([], []),
        ([1, "a"], [1, "a"]),
        ([""], []),
        (["", ""], ["", ""]),
        ([None], [None]),
        ({}, []),
        ({"0": "a", "1": "b"}, ["a", "b"]),
        ({"5": "a", "3": "b"}, ["a", "b"]),
        ({"0": ""}, []),
        ({"a": 1}, None),
        ({"0": 1, "a": 2}, None),
        ({"-1": 1}, None),
        ("", None),
        ("a", None),
        (5, None),
        (None, None),
        (True, None),
    ],
    ids=repr,
)
def test_what_is_a_list(value: object, items: list[object] | None) -> None:
    assert as_list(value) == items


@pytest.mark.parametrize(
    ("value", "entries"),
    [
        ({"a": 1}, {"a": 1}),
        ({}, {}),
        ([], {}),
        (["a", "b"], {"0": "a", "1": "b"}),
        ("", None),
        (5, None),
        (None, None),
        (False, None),
    ],
    ids=repr,
)
def test_what_is_a_map(value: object, entries: dict[str, object] | None) -> None:
    assert as_map(value) == entries


@pytest.mark.parametrize(
    ("value", "controller", "classic"),
    [
        ("a", "a", "a"),
        ("", "", ""),
        (5, None, "5"),
        (True, None, "1"),
        (False, None, ""),
        (None, None, None),
        (["a"], None, None),
        ({"a": 1}, None, None),
    ],
    ids=repr,
)
def test_what_is_text_to_controllers_and_to_classic_methods(
    value: object, controller: str | None, classic: str | None
) -> None:
    assert as_text(value) == controller
    assert as_scalar_text(value) == classic


@pytest.mark.parametrize(
    "text",
    [
        "2026-09-21T16:53:20+00:00",
        "2026-09-21T16:53:20Z",
        "2026-09-21T19:53:20+03:00",
        "2026-09-21T19:53:20 03:00",
        "2026-09-21T19:53:20 0300",
        "2026-09-21T11:53:20-05:00",
        " 2026-09-21 16:53:20+00:00 ",
        "20260921T165320Z",
        "2026-09-21T18:53:20",
    ],
)
def test_what_is_an_instant(text: str) -> None:
    instant = as_instant(text, ZoneInfo("Europe/Berlin"))

    assert instant == datetime(2026, 9, 21, 16, 53, 20, tzinfo=UTC)


def test_a_date_is_its_midnight_in_the_portals_zone() -> None:
    midnight = as_instant("2026-09-21", ZoneInfo("Europe/Berlin"))

    assert midnight == datetime(2026, 9, 20, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "tomorrow",
        "2026-13-01",
        "2026-02-30",
        "2026-09-21T25:00:00",
        "2026-09-21T16:53:20+99:99",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        5,
        1790000000,
        True,
        None,
        ["2026-09-21"],
        {},
    ],
    ids=repr,
)
def test_what_is_no_instant(value: object) -> None:
    assert as_instant(value) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("abc", "abc"),
        ("", ""),
        (5, "5"),
        (5.5, "5.5"),
        (True, "1"),
        (False, ""),
        ([], "Array"),
        ({}, "Array"),
    ],
    ids=repr,
)
def test_how_a_refused_value_is_shown(value: object, text: str) -> None:
    assert shown(value) == text


@given(WIRE)
def test_every_value_is_something_or_none_to_every_reader(value: object) -> None:
    number = as_integer(value)
    assert number is None or (type(number) is int and abs(number) <= MAXIMUM_INTEGER)
    assert as_flag(value) in (True, False, None)
    assert isinstance(as_list(value), list | None)
    assert isinstance(as_map(value), dict | None)
    assert isinstance(as_scalar_text(value), str | None)
    assert isinstance(as_truth(value), bool)
    assert isinstance(shown(value), str)
    instant = as_instant(value)
    assert instant is None or instant.tzinfo is UTC
