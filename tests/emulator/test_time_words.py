"""How people write amounts of time and instants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sluice.emulator.time_words import TimeUnreadable, read_amount, read_instant

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("90s", timedelta(seconds=90)),
        ("90", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("1.5h", timedelta(minutes=90)),
        ("1d12h", timedelta(hours=36)),
        ("2 Weeks, 1 day", timedelta(days=15)),
        ("0s", timedelta(0)),
    ],
)
def test_an_amount_is_read(text: str, amount: timedelta) -> None:
    assert read_amount(text) == amount


@pytest.mark.parametrize("text", ["", "soon", "-1h", "1h later", "1x", "h", "9" * 30 + "d"])
def test_what_is_no_amount_is_told(text: str) -> None:
    with pytest.raises(TimeUnreadable):
        read_amount(text)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-01T09:00", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("2026-03-01 09:00", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 2, 28, 23, tzinfo=UTC)),
        ("2026-03-01T09:00:00+03:00", datetime(2026, 3, 1, 6, tzinfo=UTC)),
        ("2026-03-01T09:00:00Z", datetime(2026, 3, 1, 9, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read(text: str, instant: datetime) -> None:
    assert read_instant(text, BERLIN) == instant


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-02-30", "1950-01-01", "9999-12-31T23:59"])
def test_what_is_no_instant_is_told(text: str) -> None:
    with pytest.raises(TimeUnreadable):
        read_instant(text, BERLIN)
