"""The machine's clock, a clock for tests, and instants as they are stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from sluice.clock import SystemClock, VirtualClock, from_micros, to_micros


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
