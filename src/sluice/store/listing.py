"""Pages of rows: conditions, order and window, turned into the shared SQL dialect.

`rest/listing.py` reads these from the wire. Only columns a table class declares reach the SQL;
every value travels as a parameter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from sluice.store.database import Parameters, Row, Transaction, Value


class Kind(StrEnum):
    """What a column holds, and so how a wire value is read."""

    NUMBER = "number"
    FLAG = "flag"
    TEXT = "text"
    NAME = "name"  # compared through `domain.text.name_key`; the column holds keys
    DATE = "date"  # a day without a time, as `1990-05-17`; NULL when unknown
    INSTANT = "instant"


class Column(Struct, frozen=True):
    """A column that lists may filter and sort by.

    Attributes:
        within: for what another table says of a row: a SELECT of row ids, to which the condition
            on `sql` is added. Such a column can only be filtered by.
        nullable: rows may have no value; what is denied of a value then holds of them, too.
        sparse: rows may have no value; what is denied of a value then does not hold of them.
    """

    sql: str
    kind: Kind = Kind.TEXT
    within: str = ""
    nullable: bool = False
    sparse: bool = False

    @property
    def has_gaps(self) -> bool:
        """Whether rows may have no value."""
        return self.nullable or self.sparse


class Condition(Struct, frozen=True):
    """`column operator values`, all of which must hold.

    Attributes:
        operator: `=`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `not in`, `like`, `not like`, `between` or
            `not between`. `like` takes a pattern with `%` and `_`, a backslash before a literal
            one.
    """

    column: Column
    operator: str
    values: tuple[Value, ...]


class Window(Struct, frozen=True):
    """Which rows to return, and whether to count all that match."""

    offset: int
    size: int
    counted: bool


def where(conditions: Sequence[Condition]) -> tuple[str, dict[str, Value]]:
    """Return the conditions as SQL (true when there are none) and its parameters."""
    clauses = []
    parameters: dict[str, Value] = {}
    for condition in conditions:
        names = []
        for value in condition.values:
            if value is None:  # told by IS NULL, which takes no parameter
                continue
            name = f"v{len(parameters)}"
            parameters[name] = value
            names.append(f":{name}")
        clauses.append(_clause(condition, names))
    return _all_of(clauses), parameters


# SQLite's parser goes a thousand levels deep, and each AND in a chain is a level.
_MOST_IN_CHAIN = 100


def _all_of(clauses: list[str]) -> str:
    while len(clauses) > _MOST_IN_CHAIN:
        clauses = [
            f"({_all_of(clauses[start : start + _MOST_IN_CHAIN])})"
            for start in range(0, len(clauses), _MOST_IN_CHAIN)
        ]
    return " AND ".join(clauses) or "1 = 1"


def named(stem: str, values: Sequence[Value]) -> tuple[str, dict[str, Value]]:
    """Return a list of parameters for `IN (...)`, and their values; NULL when there are none."""
    parameters = {f"{stem}{number}": value for number, value in enumerate(values)}
    return ", ".join(f":{name}" for name in parameters) or "NULL", parameters


# What denies, and what it denies: "not in the group of those who ..." needs the second.
_DENIED = {"!=": "=", "not in": "in", "not like": "like", "not between": "between"}


def _clause(condition: Condition, names: list[str]) -> str:
    if condition.column.within:
        inner = _DENIED.get(condition.operator, condition.operator)
        compared = _compared(
            condition.column.sql, condition.column.kind, inner, condition.values, names
        )
        negation = "NOT " if condition.operator in _DENIED else ""
        return f"id {negation}IN ({condition.column.within} AND {compared})"
    clause = _compared(
        condition.column.sql, condition.column.kind, condition.operator, condition.values, names
    )
    if condition.column.nullable and condition.operator in _DENIED and names:
        return f"({clause} OR {condition.column.sql} IS NULL)"
    return clause


_TEXTS = (Kind.TEXT, Kind.NAME, Kind.DATE)


def _compared(
    column: str, kind: Kind, operator: str, values: tuple[Value, ...], names: list[str]
) -> str:
    if operator in ("in", "not in"):
        if not names:  # nothing is in an empty list
            return "1 = 0" if operator == "in" else "1 = 1"
        return f"{column} {operator.upper()} ({', '.join(names)})"
    if operator in ("between", "not between"):
        return f"{column} {operator.upper()} {names[0]} AND {names[1]}"
    if operator in ("like", "not like"):
        if kind not in _TEXTS:  # an engine may have no pattern for numbers
            column = f"CAST({column} AS TEXT)"
        return f"{column} {operator.upper()} {names[0]} ESCAPE '\\'"
    if values[0] is None:
        return f"{column} IS {'NOT ' if operator == '!=' else ''}NULL"
    return f"{column} {'<>' if operator == '!=' else operator} {names[0]}"


def ordered(order: Sequence[tuple[Column, bool]], key: str = "id") -> str:
    """Return an ORDER BY, without the words; `key` is added so that no two rows are equal."""
    by = [_by(column, ascending) for column, ascending in order]
    if not any(column.sql == key for column, _ in order):
        by.append(f"{key} ASC")
    return ", ".join(by)


def _by(column: Column, ascending: bool) -> str:
    direction = "ASC" if ascending else "DESC"
    if not column.has_gaps:
        return f"{column.sql} {direction}"
    # What has no value comes before what has one, and engines have to be told.
    return f"{column.sql} {direction} NULLS {'FIRST' if ascending else 'LAST'}"


def page(
    transaction: Transaction,
    *,
    columns: str,
    source: str,
    conditions: Sequence[Condition],
    order: Sequence[tuple[Column, bool]],
    window: Window,
    extra: tuple[str, Parameters] = ("1 = 1", {}),
    key: str = "id",
) -> tuple[list[Row], int | None]:
    """Return one page of rows, and how many match in all when the window asks for it.

    Args:
        columns: the SELECT list.
        source: the FROM clause, without the word.
        order: columns with True for ascending; `key` is added so that pages never overlap.
        extra: a further condition with its parameters, which are the caller's own.
        key: the column that makes the order total.
    """
    clause, parameters = where(conditions)
    clause = f"{clause} AND {extra[0]}"
    everything: Mapping[str, Value] = {**parameters, **extra[1]}
    total = None
    if window.counted:
        counted = transaction.one(f"SELECT COUNT(*) FROM {source} WHERE {clause}", everything)
        total = int(counted[0]) if counted else 0
    rows = transaction.all(
        f"SELECT {columns} FROM {source} WHERE {clause} ORDER BY {ordered(order, key)}"
        " LIMIT :size OFFSET :offset",
        {**everything, "size": window.size, "offset": window.offset},
    )
    return rows, total
