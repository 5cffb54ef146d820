"""The clock is the only reader of the time of day."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import sluice
from sluice.clock import SystemClock, VirtualClock, from_micros, to_micros

PACKAGE = Path(sluice.__file__).parent
READERS = re.compile(r"datetime\.now\(|utcnow\(|date\.today\(|time\.(time|monotonic|perf_counter)")


def test_nothing_else_reads_the_time() -> None:
    readers = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if READERS.search(path.read_text("utf-8"))
    ]

    assert readers == ["clock.py"]


def test_the_system_clock_tells_utc() -> None:
    before, now, after = datetime.now(UTC), SystemClock().now(), datetime.now(UTC)

    assert before <= now <= after
    assert now.utcoffset() == timedelta(0)


def test_a_virtual_clock_stands_still_until_it_is_moved() -> None:
    clock = VirtualClock(datetime(2026, 1, 12, 12, 0, tzinfo=timezone(timedelta(hours=3))))

    assert clock.now() == clock.now() == datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
    assert clock.advance(hours=1) == clock.now() == datetime(2026, 1, 12, 10, 0, tzinfo=UTC)


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_survives_being_stored(instant: datetime) -> None:
    assert from_micros(to_micros(instant)) == instant
