"""Pages, filters and orders as lists read them from the wire. rest-protocol.md 10, 11.4."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.clock import to_micros
from sluice.errors import ArgumentError
from sluice.rest.listing import OPERATORS, Page, listed, page_of, read_filter, read_order
from sluice.store.listing import Column, Condition, Kind, where
from tests.unit.test_wire_types import WIRE

COLUMNS = {
    "ID": Column("id", Kind.NUMBER),
    "NAME": Column("name_key", Kind.NAME),
    "CODE": Column("code"),
    "ACTIVE": Column("active", Kind.FLAG),
    "SEEN": Column("seen_micros", Kind.INSTANT),
}
EVERYTHING, NOTHING = "1 = 1", "1 = 0"
NOON = to_micros(datetime(2026, 9, 21, 12, tzinfo=UTC))


def sql(key: str, value: object) -> tuple[str, list[object]]:
    """Return the clause of a filter with one entry, and its values."""
    clause, parameters = where(read_filter({key: value}, COLUMNS))
    return clause, list(parameters.values())


@pytest.mark.parametrize(
    ("start", "page"),
    [
        (0, Page(0)),
        (10, Page(0)),
        (49, Page(0)),
        (50, Page(50)),
        ("50", Page(50)),
        ("149.9", Page(100)),
        (-1, Page(0, counted=False)),
        ("-1", Page(0, counted=False)),
        ("abc", Page(0)),
        (None, Page(0)),
        ([], Page(0)),
    ],
    ids=repr,
)
def test_start_is_a_page_of_fifty(start: object, page: Page) -> None:
    assert page_of(start) == page


def test_a_page_is_a_window_on_the_rows() -> None:
    window = page_of(120).window

    assert (window.offset, window.size, window.counted) == (100, 50, True)


def test_the_rows_may_stand_under_a_member() -> None:
    assert listed([1, 2], 2, under="tasks").result == {"tasks": [1, 2]}


@pytest.mark.parametrize(
    ("prefix", "clause", "value"),
    [
        ("", "id = :v0", 5),
        ("=", "id = :v0", 5),
        ("!", "id <> :v0", 5),
        ("!=", "id <> :v0", 5),
        ("<>", "id <> :v0", 5),
        (">", "id > :v0", 5),
        (">=", "id >= :v0", 5),
        ("<", "id < :v0", 5),
        ("<=", "id <= :v0", 5),
        ("@", "id IN (:v0)", 5),
        ("!@", "id NOT IN (:v0)", 5),
    ],
)
def test_a_prefix_chooses_the_comparison(prefix: str, clause: str, value: object) -> None:
    assert sql(f"{prefix}ID", "5") == (clause, [value])


@pytest.mark.parametrize(
    ("key", "value", "clause", "pattern"),
    [
        ("%CODE", "a_b%", "code LIKE :v0 ESCAPE '\\'", "%a\\_b\\%%"),
        ("?CODE", "ab", "code LIKE :v0 ESCAPE '\\'", "%ab%"),
        ("!%CODE", "ab", "code NOT LIKE :v0 ESCAPE '\\'", "%ab%"),
        ("%=CODE", "a%b", "code LIKE :v0 ESCAPE '\\'", "a%b"),
        ("=%CODE", "a%", "code LIKE :v0 ESCAPE '\\'", "a%"),
        ("%NAME", "TÉst", "name_key LIKE :v0 ESCAPE '\\'", "%tést%"),
    ],
)
def test_text_is_looked_for_inside_text(key: str, value: str, clause: str, pattern: str) -> None:
    assert sql(key, value) == (clause, [pattern])


@pytest.mark.parametrize(
    ("key", "value", "stored"),
    [
        ("ID", " 5.9 ", 5),
        ("CODE", 5, "5"),
        ("CODE", "", ""),
        ("NAME", "STRASSE", "strasse"),
        ("NAME", "Straße", "strasse"),
        ("ACTIVE", "Y", 1),
        ("ACTIVE", True, 1),
        ("ACTIVE", "false", 0),
        ("ACTIVE", "", 0),
        ("SEEN", "2026-09-21T12:00:00+00:00", NOON),
        ("SEEN", "2026-09-21T15:00:00 03:00", NOON),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_value_is_read_as_its_column_keeps_it(key: str, value: object, stored: object) -> None:
    assert sql(key, value)[1] == [stored]


def test_a_time_without_an_offset_is_the_portals() -> None:
    read = read_filter({"SEEN": "2026-09-21T14:00:00"}, COLUMNS, ZoneInfo("Europe/Berlin"))

    assert read == [Condition(COLUMNS["SEEN"], "=", (NOON,))]


@pytest.mark.parametrize("key", ["id", "Id", ">id"])
def test_field_names_count_in_any_case(key: str) -> None:
    assert sql(key, 5)[1] == [5]


@pytest.mark.parametrize(
    ("key", "value", "clause", "values"),
    [
        ("ID", [1, "2"], "id IN (:v0, :v1)", [1, 2]),
        ("=ID", {"a": 1, "b": 2}, "id IN (:v0, :v1)", [1, 2]),
        ("@ID", ["1"], "id IN (:v0)", [1]),
        ("!ID", [1, 2], "id NOT IN (:v0, :v1)", [1, 2]),
        ("!@ID", [1], "id NOT IN (:v0)", [1]),
        ("@ID", [1, "abc", None, [2]], "id IN (:v0)", [1]),
        ("ID", [], NOTHING, []),
        ("@ID", ["abc"], NOTHING, []),
        ("!ID", [], EVERYTHING, []),
        ("!@ID", ["abc"], EVERYTHING, []),
        ("><ID", [1, "9"], "id BETWEEN :v0 AND :v1", [1, 9]),
        ("><ID", {"0": 1, "1": 9}, "id BETWEEN :v0 AND :v1", [1, 9]),
        ("><ID", [1], NOTHING, []),
        ("><ID", [1, 2, 3], NOTHING, []),
        ("><ID", 5, NOTHING, []),
        ("><ID", "abc", NOTHING, []),
        ("><ID", None, NOTHING, []),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_list_of_values(key: str, value: object, clause: str, values: list[object]) -> None:
    assert sql(key, value) == (clause, values)


# Rows instead of nothing would be read twice by a client that walks a list by its last id.
@pytest.mark.parametrize("prefix", [">", ">=", "<", "<="])
@pytest.mark.parametrize(
    "value",
    [
        [],
        [{"id": 1}],
        [5],
        {"id": 5},
        {},
        "$result[page][49][ID]",
        "abc",
        "",
        None,
        True,
    ],
    ids=repr,
)
def test_a_comparison_with_no_single_value_matches_nothing(prefix: str, value: object) -> None:
    assert sql(f"{prefix}ID", value) == (NOTHING, [])


@pytest.mark.parametrize(
    ("key", "value"),
    [("ID", "abc"), ("@ID", "abc"), ("ID", "9" * 30), ("SEEN", "yesterday"), ("ACTIVE", "maybe")],
)
def test_a_value_that_no_row_has_matches_nothing(key: str, value: str) -> None:
    assert sql(key, value) == (NOTHING, [])
    assert sql(f"!{key}", value) == (EVERYTHING, [])


@pytest.mark.parametrize(
    ("key", "value", "clause"),
    [
        ("SEEN", None, "seen_micros IS NULL"),
        ("SEEN", "", "seen_micros IS NULL"),
        ("!SEEN", None, "seen_micros IS NOT NULL"),
        ("!=SEEN", "", "seen_micros IS NOT NULL"),
    ],
)
def test_null_asks_for_what_was_never_set(key: str, value: object, clause: str) -> None:
    assert sql(key, value)[0] == clause


# UserTest::testGetWithInternalPhone: `!UF_PHONE_INNER: null` is who has one.
@pytest.mark.parametrize("value", [None, "", False], ids=repr)
def test_a_text_that_nobody_gave_is_empty(value: object) -> None:
    assert sql("CODE", value) == ("code = :v0", [""])
    assert sql("!CODE", value) == ("code <> :v0", [""])


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("NOPE", "Filter field not allowed: NOPE"),
        (">nope", "Filter field not allowed: nope"),
        ("", "Filter field not allowed: "),
        ("0", "Filter field not allowed: 0"),
        ("id; DROP TABLE", "Filter field not allowed: id; DROP TABLE"),
        ("~ID", "Filter operation not allowed: ~"),
        ("=>ID", "Filter operation not allowed: =>"),
        ("!!ID", "Filter operation not allowed: !!"),
    ],
)
def test_what_a_filter_may_not_say(key: str, words: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        read_filter({key: 1}, COLUMNS)

    assert refused.value.description == words


def test_all_conditions_of_a_filter_count() -> None:
    clause, parameters = where(read_filter({">ID": 1, "<=ID": 9, "!CODE": "x"}, COLUMNS))

    assert clause == "id > :v0 AND id <= :v1 AND code <> :v2"
    assert parameters == {"v0": 1, "v1": 9, "v2": "x"}


@given(
    st.dictionaries(
        st.tuples(st.sampled_from([*OPERATORS]), st.sampled_from([*COLUMNS])).map("".join),
        WIRE,
        max_size=4,
    )
)
def test_a_filter_of_known_fields_is_always_sql(raw: dict[str, Any]) -> None:
    clause, parameters = where(read_filter(raw, COLUMNS))

    with closing(sqlite3.connect(":memory:")) as engine:
        engine.execute(f"CREATE TABLE t ({', '.join(one.sql for one in COLUMNS.values())})")
        assert engine.execute(f"SELECT id FROM t WHERE {clause}", parameters).fetchall() == []


@pytest.mark.parametrize(
    ("raw", "order"),
    [
        ({}, []),
        ({"ID": "ASC"}, [("id", True)]),
        ({"id": "desc"}, [("id", False)]),
        ({"NAME": "Asc", "ID": "DESC"}, [("name_key", True), ("id", False)]),
    ],
    ids=repr,
)
def test_an_order(raw: dict[str, Any], order: list[tuple[str, bool]]) -> None:
    assert [(column.sql, up) for column, up in read_order(raw, COLUMNS)] == order


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"NOPE": "ASC"}, "Order field not allowed: NOPE"),
        ({"0": "ID"}, "Order field not allowed: 0"),
        ({"ID": "up"}, "Order direction should be one of {ASC|DESC}"),
        ({"ID": ""}, "Order direction should be one of {ASC|DESC}"),
        ({"ID": ["ASC"]}, "Order direction should be one of {ASC|DESC}"),
        ({"ID": None}, "Order direction should be one of {ASC|DESC}"),
    ],
    ids=repr,
)
def test_what_an_order_may_not_say(raw: dict[str, Any], words: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        read_order(raw, COLUMNS)

    assert refused.value.description == words
