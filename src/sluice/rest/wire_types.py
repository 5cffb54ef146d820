"""Loose wire values read as declared types, the way PHP would.

Form, query and batch values are strings, JSON keeps its types, and clients mix both.
Source: rest-protocol.md 2.3, 9, 11.5; flows.md 2.1.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, tzinfo
from typing import Any

# Ids and amounts are 64-bit numbers; anything larger is no number of ours.
MAXIMUM_INTEGER = 2**63 - 1

_NUMERIC = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_DATE = re.compile(r"\s*([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T\s]|$)")
_TRUE = frozenset(("1", "true", "y", "yes"))
_FALSE = frozenset(("0", "false", "n", "no", ""))


def as_integer(value: object) -> int | None:
    """Return the value as an integer, or None when it is none.

    Accepts numbers and numeric strings: surrounding white space, sign, decimals, exponent; what
    is after the point is cut off.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if -MAXIMUM_INTEGER <= value <= MAXIMUM_INTEGER else None
    if isinstance(value, str):
        if value.isascii() and value.isdigit() and len(value) < 19:
            return int(value)
        if len(value) > 400 or not _NUMERIC.fullmatch(value):
            return None
        digits = value.strip().lstrip("+-")
        if digits.isdigit():  # exact, where a float would round
            whole = int(value)
            return whole if -MAXIMUM_INTEGER <= whole <= MAXIMUM_INTEGER else None
        value = float(value)
    if isinstance(value, float) and math.isfinite(value):
        return int(value) if abs(value) <= MAXIMUM_INTEGER else None
    return None


def as_text(value: object) -> str | None:
    """Return the string, or None for anything else: a controller's `string` takes strings alone."""
    return value if isinstance(value, str) else None


def as_scalar_text(value: object) -> str | None:
    """Return a string or number as text, or None: how classic methods read text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, (int, float)):
        return str(value)
    return None


def as_truth(value: object) -> bool:
    """Return PHP's truth of a value: `""`, `"0"`, 0, false, nothing and empty lists are false."""
    return bool(value) and value != "0"


def as_flag(value: object) -> bool | None:
    """Return what a flag inside a structure says, or None when it says neither.

    Rule (assumed): clients send true, 1, "1", "True", "Y" and the like; all are understood,
    whatever the case (rest-protocol.md 2.3).
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, str)):
        text = str(value).strip().lower()
        if text in _TRUE:
            return True
        if text in _FALSE:
            return False
    return None


def as_list(value: object) -> list[Any] | None:
    """Return the value as a list, or None when it is none.

    Rule (assumed): a map with number keys is a list (flows.md 2.0); a list of one empty string
    is an empty one, because that is how some clients send it (rest-protocol.md 11.5).
    """
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) and key.isdigit() for key in value):
            return None
        value = list(value.values())
    if not isinstance(value, list):
        return None
    return [] if value == [""] else value


def as_map(value: object) -> dict[str, Any] | None:
    """Return the value as a map, or None when it is none; a list has the keys 0, 1, ...

    Rule (assumed): a list of one empty string is an empty map, see `as_list`.
    """
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return {} if value == [""] else {str(n): item for n, item in enumerate(value)}
    return None


def as_instant(value: object, zone: tzinfo = UTC) -> datetime | None:
    """Return the instant a date or date-time text means, or None.

    Rule (assumed): an unescaped `+` of the offset arrives as a space and still counts
    (rest-protocol.md 9). A text without an offset is in `zone`.
    """
    if not isinstance(value, str):
        return None
    text = re.sub(r" (\d\d:?\d\d)$", r"+\1", value.strip())
    if len(text) < 11:
        text = re.sub(r"\+", " ", text)
    try:
        instant = datetime.fromisoformat(text)
        instant = (instant if instant.tzinfo else instant.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    # The first and the last year there is could not be written in every time zone.
    return instant if MINYEAR < instant.year < MAXYEAR else None


def as_date(value: object) -> str | None:
    """Return the day a date or date-time text means, as `1990-05-17`, or None.

    Rule (assumed): a time of day is cut off, not converted: a birthday is the same everywhere.
    """
    if not isinstance(value, str) or not (written := _DATE.match(value)):
        return None
    try:
        return date.fromisoformat(written[1]).isoformat()
    except ValueError:  # the 30th of February
        return None


def shown(value: object) -> str:
    """Return how a complaint shows a refused value: `{abc}`, `{Array}` (rest-protocol.md 6)."""
    if isinstance(value, (list, dict)):
        return "Array"
    if isinstance(value, bool):
        return "1" if value else ""
    return str(value)
