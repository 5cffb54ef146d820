"""Lists: pages of fifty, `total` and `next`, filters and orders. rest-protocol.md 10."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Any

from msgspec import Struct

from sluice.clock import to_micros
from sluice.domain.text import name_key
from sluice.errors import ArgumentError
from sluice.rest import wire_types
from sluice.store.database import Value
from sluice.store.listing import Column, Condition, Kind, Window

PAGE_SIZE = 50

# Prefix on the wire -> operator; the longest prefix wins. A list value turns = and != into in.
OPERATORS = {
    "": "=",
    "=": "=",
    "!": "!=",
    "!=": "!=",
    "<>": "!=",
    ">": ">",
    ">=": ">=",
    "<": "<",
    "<=": "<=",
    "%": "like",
    "?": "like",
    "!%": "not like",
    "=%": "pattern",
    "%=": "pattern",
    "@": "in",
    "!@": "not in",
    "><": "between",
    "!><": "not between",
}


class Page(Struct, frozen=True):
    """The part of a list that was asked for.

    Attributes:
        start: the first row, a multiple of fifty.
        counted: False for `start=-1`: no `total`, no `next`.
    """

    start: int = 0
    counted: bool = True

    @property
    def window(self) -> Window:
        return Window(self.start, PAGE_SIZE, self.counted)


class Listed(Struct, frozen=True):
    """A list method's answer.

    Attributes:
        result: what goes under `result`: the rows, or a map with the rows in it.
        rows: how many rows this page has.
        total: how many there are in all; None when nobody counted.
    """

    result: Any
    rows: int
    total: int | None


def listed(rows: list[Any], total: int | None, under: str | None = None) -> Listed:
    """Return the answer of a list method; `under` names the member that holds the rows."""
    return Listed({under: rows} if under else rows, len(rows), total)


def page_of(start: object) -> Page:
    """Return the page that `start` asks for: 10 is on the first page, 50 begins the second."""
    number = wire_types.as_integer(start) or 0
    if number < 0:
        return Page(counted=False)
    return Page(number // PAGE_SIZE * PAGE_SIZE)


def read_filter(
    raw: Mapping[str, Any], columns: Mapping[str, Column], zone: tzinfo = UTC
) -> list[Condition]:
    """Return the conditions of a filter map; field names count in any case.

    A value that no row of its column can have (text for a number, an unresolved reference) makes
    a condition that matches nothing (rest-protocol.md 11.4, settled as "matches nothing").

    Raises:
        ArgumentError: `Filter field not allowed` or `Filter operation not allowed`.
    """
    return [_condition(key, value, columns, zone) for key, value in raw.items()]


def bare_name(key: str) -> str:
    """Return the field's name in a filter key: `ID` in `>=ID`."""
    return key.lstrip("!<>=%@?*~")


def classic_filter(fields: Mapping[str, Any], columns: Mapping[str, Column]) -> dict[str, Any]:
    """Return what a classic list method is to filter by: its `FILTER`, and fields beside it.

    Rule (observed): `user.get` and `department.get` take fields at top level (flows.md 11.1, 11.3).
    Rule (assumed): there, null and an empty text ask for nothing, because clients send arguments
    that nobody gave so; and other names are no filter.

    Args:
        fields: the whole parameter map, its names in upper case.
    """
    beside = {
        name: value
        for name, value in fields.items()
        if bare_name(name) in columns and value is not None and value != ""
    }
    return {**beside, **(wire_types.as_map(fields.get("FILTER")) or {})}


def _condition(key: str, value: object, columns: Mapping[str, Column], zone: tzinfo) -> Condition:
    name = bare_name(key)
    prefix = key[: len(key) - len(name)]
    column = columns.get(name.upper())
    if column is None:
        raise ArgumentError(f"Filter field not allowed: {name}", argument="filter")
    operator = OPERATORS.get(prefix)
    if operator is None:
        raise ArgumentError(f"Filter operation not allowed: {prefix}", argument="filter")
    return _compared(column, operator, value, zone)


def _compared(column: Column, operator: str, value: object, zone: tzinfo) -> Condition:
    if operator in ("like", "not like", "pattern"):
        return _like(column, operator, value)
    if isinstance(value, (list, dict)):
        items = list(value.values()) if isinstance(value, dict) else value
        values = [typed for item in items if (typed := _typed(column, item, zone)) is not None]
        if operator in ("between", "not between") and len(values) == 2:
            return Condition(column, operator, tuple(values))
        if operator in ("!=", "not in"):
            return Condition(column, "not in", tuple(values))
        # Rule (assumed): a comparison with a list matches nothing (rest-protocol.md 11.4).
        return Condition(column, "in", tuple(values) if operator in ("=", "in") else ())
    if operator in ("between", "not between"):
        # Rule (assumed): one value has no between, so nothing matches (rest-protocol.md 11.4).
        return Condition(column, "in", ())
    if column.kind in (Kind.TEXT, Kind.NAME):
        value = "" if value is None else value  # a text that nobody gave is kept empty
    elif operator in ("=", "!=") and (value is None or (value == "" and column.kind != Kind.FLAG)):
        return Condition(column, operator, (None,))
    typed = _typed(column, value, zone)
    if typed is None:
        return Condition(column, "not in" if operator in ("!=", "not in") else "in", ())
    return Condition(column, operator, (typed,))


# What SQLite compares at most.
MOST_PATTERN_BYTES = 50_000


def _like(column: Column, operator: str, value: object) -> Condition:
    text = wire_types.as_scalar_text(value)
    if text is None:
        return Condition(column, "in", ())
    if operator != "pattern":
        escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        text = f"%{escaped}%"
    if column.kind == Kind.NAME:
        text = name_key(text)
    if len(text.encode()) > MOST_PATTERN_BYTES:  # nothing is as long as that
        return Condition(column, "not in" if operator == "not like" else "in", ())
    return Condition(column, "not like" if operator == "not like" else "like", (text,))


def _typed(column: Column, value: object, zone: tzinfo) -> Value:
    match column.kind:
        case Kind.NUMBER:
            return wire_types.as_integer(value)
        case Kind.FLAG:
            flag = wire_types.as_flag(value)
            return None if flag is None else int(flag)
        case Kind.INSTANT:
            instant = wire_types.as_instant(value, zone)
            return None if instant is None else to_micros(instant)
        case Kind.DATE:
            return wire_types.as_date(value)
        case Kind.NAME:
            text = wire_types.as_scalar_text(value)
            return None if text is None else name_key(text)
        case Kind.TEXT:
            return wire_types.as_scalar_text(value)


def read_order(raw: Mapping[str, Any], columns: Mapping[str, Column]) -> list[tuple[Column, bool]]:
    """Return the columns to sort by, with True for ascending.

    Raises:
        ArgumentError: a field that cannot be sorted by, or a direction other than ASC and DESC.
    """
    order: list[tuple[Column, bool]] = []
    for name, direction in raw.items():
        column = columns.get(name.upper())
        if column is None or column.within:
            raise ArgumentError(f"Order field not allowed: {name}", argument="order")
        word = str(direction).upper()
        if word not in ("ASC", "DESC"):
            raise ArgumentError("Order direction should be one of {ASC|DESC}", argument="order")
        if all(column != earlier for earlier, _ in order):  # one name in two cases
            order.append((column, word == "ASC"))
    return order


def classic_order(
    fields: Mapping[str, Any], columns: Mapping[str, Column]
) -> list[tuple[Column, bool]]:
    """Return what a classic list method is to sort by.

    Rule (documented): `SORT` names a field and `ORDER` its direction (user/user-get).
    Rule (observed): clients also send a map of field to direction, and null for neither
    (UserTest::testGetWithDefaultArguments; rest-protocol.md 10).
    Rule (assumed): a direction alone is that of `ID`.

    Raises:
        ArgumentError: as `read_order`.
    """
    sort, order = fields.get("SORT"), fields.get("ORDER")
    for given in (order, sort):
        if given and isinstance(given, Mapping):
            return read_order(given, columns)
    if not sort and not order:
        return []
    return read_order({str(sort or "ID"): order or "ASC"}, columns)
