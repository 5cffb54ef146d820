"""What is true of a portal as a whole."""

from __future__ import annotations

import pytest

from tests.contract.conftest import Run


def test_a_fact_that_was_never_told_is_none(run: Run) -> None:
    assert run(lambda store: store.facts.get("founded")) is None


@pytest.mark.parametrize("value", ["", "x" * 100_000, "Größe 🚿 '\";--"], ids=len)
def test_a_fact_is_told_again(run: Run, value: str) -> None:
    run(lambda store: store.facts.set("plan", "before"))

    run(lambda store: store.facts.set("plan", value))

    assert run(lambda store: store.facts.get("plan")) == value
    assert run(lambda store: store.facts.get("PLAN")) is None
