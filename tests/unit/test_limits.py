"""Operating time: seconds of ten minutes, per credential and method. rest-protocol.md 12.2."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.rest import limits
from sluice.rest.limits import OperatingTime

NINE = 9 * 3600.0  # a full minute, so that baskets begin here


def test_seconds_add_up() -> None:
    operating = OperatingTime()
    operating.add("webhook 1", "user.get", 0.25, NINE)

    assert operating.add("webhook 1", "user.get", 0.5, NINE + 599.9) == (0.75, int(NINE) + 600)


def test_a_basket_is_forgotten_after_ten_minutes() -> None:
    operating = OperatingTime()
    operating.add("webhook 1", "user.get", 0.25, NINE)
    operating.add("webhook 1", "user.get", 0.5, NINE + 60)

    assert operating.add("webhook 1", "user.get", 1.0, NINE + 600) == (1.5, int(NINE) + 660)


@pytest.mark.parametrize(
    ("credential", "method"), [("webhook 2", "user.get"), ("webhook 1", "user.add")]
)
def test_others_are_counted_apart(credential: str, method: str) -> None:
    operating = OperatingTime()
    operating.add("webhook 1", "user.get", 0.25, NINE)

    assert operating.add(credential, method, 0.5, NINE)[0] == 0.5


def test_the_longest_idle_pair_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_PAIRS", 2)
    operating = OperatingTime()
    for method in ("first", "second", "first", "third"):
        operating.add("webhook 1", method, 1.0, NINE)

    assert operating.add("webhook 1", "first", 1.0, NINE)[0] == 3.0
    assert operating.add("webhook 1", "second", 1.0, NINE)[0] == 1.0


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 16)), min_size=1, max_size=40))
def test_the_window_is_never_more_than_ten_minutes(steps: list[tuple[int, int]]) -> None:
    operating, now = OperatingTime(), int(NINE)
    spent: list[tuple[int, int]] = []
    for wait, seconds in steps:
        now += wait
        spent.append((now, seconds))
        used, reset_at = operating.add("webhook 1", "user.get", float(seconds), float(now))

        assert now < reset_at <= now + 600
        assert used == sum(seconds for at, seconds in spent if at // 60 > now // 60 - 10)
