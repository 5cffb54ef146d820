"""What fuzzing starts from, what it has found before, and a few inputs at random.

`make fuzz` goes on from here, guided by coverage.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fuzz
from fuzz import targets
from fuzz.targets import SEEDS, TARGETS, Broken, Target
from sluice.rest.response import Answer
from tests.portals import PortalInTest

FOUND = Path(fuzz.__file__).parent / "found"
REPLAYED = [
    pytest.param(name, data, id=f"{name} {origin}")
    for name in TARGETS
    for origin, data in [
        *((f"seed {number}", seed) for number, seed in enumerate(SEEDS[name])),
        *((file.name, file.read_bytes()) for file in sorted((FOUND / name).glob("*"))),
    ]
]


@pytest.mark.parametrize(("name", "data"), REPLAYED)
def test_the_promises_hold_for(name: str, data: bytes) -> None:
    TARGETS[name](data)


@pytest.mark.parametrize("name", TARGETS)
def test_the_promises_hold_for_anything(name: str) -> None:
    target: Target = TARGETS[name]

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.one_of(st.sampled_from(SEEDS[name]), st.binary(max_size=60))))
    def holds(parts: list[bytes]) -> None:
        target(b"".join(parts))

    holds()


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, b"{}"),
        Answer(200, f'{{"result":"{targets.BORIS_ONLY}"}}'.encode()),
        Answer(200, b"x" * (targets.LONGEST_ANSWER + 1)),
    ],
    ids=["a fault of ours", "another user's data", "too long an answer"],
)
def test_a_broken_promise_is_noticed(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PortalInTest, "answer", lambda self, incoming: answer)

    with pytest.raises(Broken):
        targets.methods(b"profile\n{}")
