"""The simulations are held to what theory says of them, and docs/scale.md to the simulations."""

from __future__ import annotations

import pytest

from bench.scale import MOST_IN_GROUP, found_closed, most_writes, one_writer, tables
from tests.docs.pages import ROOT


def test_a_writer_without_groups_waits_as_queueing_theory_says() -> None:
    """Mean wait of M/D/1 (Pollaczek and Khinchine): load * service / (2 * (1 - load))."""
    service = 2.0
    for load in (0.3, 0.6, 0.8):
        waits = one_writer(load / service * 1000, service, 0, most=1, calls=200_000)

        assert waits.busy == pytest.approx(load, rel=0.02)
        expected = service + load * service / (2 * (1 - load))
        assert waits.mean == pytest.approx(expected, rel=0.05)
        assert waits.group == 1


def test_groups_carry_what_single_commits_cannot() -> None:
    one_by_one = 1000 / (1 + 10)
    assert one_writer(2 * one_by_one, 1, 10, most=1).p99 > 10_000  # the line only grows

    together = one_writer(2 * one_by_one, 1, 10)

    assert together.p99 < 100
    assert 2 < together.group < MOST_IN_GROUP
    assert one_writer(0.99 * most_writes(1, 10), 1, 10).group > 50


def test_portals_of_equal_use_are_closed_as_often_as_there_is_no_room() -> None:
    assert found_closed(1_000, 250, exponent=0) == pytest.approx(0.75, abs=0.01)
    assert found_closed(1_000, 1_000) < 0.01
    assert found_closed(1_000, 100) < found_closed(1_000, 100, exponent=0)


def test_the_page_shows_what_the_simulations_say() -> None:
    page = (ROOT / "docs" / "scale.md").read_text("utf-8")

    for table in tables():
        assert table in page, f"run python -m bench.scale and put its tables in:\n{table}"
