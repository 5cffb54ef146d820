"""How people write amounts of time and instants: `1d12h`, `2026-03-01T09:00`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([wdhms])[a-z]*", re.IGNORECASE)
_AMOUNT = re.compile(rf"\s*(?:{_PART.pattern}[\s,]*)+", re.IGNORECASE)
# Years that every part of a portal can reckon with, a life of tokens before and after.
FIRST = datetime(1971, 1, 1, tzinfo=UTC)
LAST = datetime(2999, 12, 31, tzinfo=UTC)


class TimeUnreadable(ValueError):
    """A text tells no time. The words say what would."""


def read_amount(text: str) -> timedelta:
    """Return an amount of time: `90m`, `1d12h`, `2 weeks`, or a bare number of seconds.

    Raises:
        TimeUnreadable
    """
    plain = text.strip()
    try:
        if re.fullmatch(r"\d+(\.\d+)?", plain):
            return timedelta(seconds=float(plain))
        if _AMOUNT.fullmatch(plain):
            parts = [
                timedelta(**{_UNITS[found[2].lower()]: float(found[1])})
                for found in _PART.finditer(plain)
            ]
            return sum(parts, timedelta())
    except OverflowError:
        raise TimeUnreadable(f"{text!r} is longer than any portal lives.") from None
    raise TimeUnreadable(
        f"{text!r} is no amount of time. Write 90s, 30m, 2h, 5d, 1w, or several: 1d12h."
    )


def read_instant(text: str, zone: tzinfo) -> datetime:
    """Return an instant: `2026-03-01T09:00`, `2026-03-01`, with an offset or without.

    Args:
        zone: in which an instant without an offset is meant; a bare day is its beginning.

    Raises:
        TimeUnreadable
    """
    try:
        instant = datetime.fromisoformat(text.strip())
        instant = instant if instant.tzinfo else instant.replace(tzinfo=zone)
        return within(instant.astimezone(UTC))
    except (ValueError, OverflowError) as problem:
        if isinstance(problem, TimeUnreadable):
            raise
        sample = date(2026, 3, 1).isoformat()
        raise TimeUnreadable(
            f"{text!r} is no instant. Write {sample}T09:00, {sample}T09:00:00+03:00, or {sample}."
        ) from problem


def within(instant: datetime) -> datetime:
    """Return the instant if a portal can live at it.

    Raises:
        TimeUnreadable
    """
    if not FIRST <= instant <= LAST:
        raise TimeUnreadable(f"A portal lives in the years {FIRST.year} to {LAST.year}.")
    return instant
