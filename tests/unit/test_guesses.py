"""Failures fill a bucket that leaks; who has filled it waits."""

from __future__ import annotations

import asyncio

import pytest

from sluice.rest import guesses
from sluice.rest.guesses import Guesses, Slowdown


class Seconds:
    """A stopwatch that a test turns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def counted(times: int, seconds: Seconds) -> Guesses:
    bucket = Guesses(free=5, seconds_each=30.0, seconds=seconds)
    for _ in range(times):
        bucket.count("a")
    return bucket


@pytest.mark.parametrize(("times", "wait"), [(0, 0), (4, 0), (5, 30), (6, 60)])
def test_the_fifth_failure_in_a_row_makes_the_next_one_wait(
    times: int, wait: float, seconds: Seconds
) -> None:
    assert counted(times, seconds).wait_seconds("a") == wait


def test_waiting_helps(seconds: Seconds) -> None:
    bucket = counted(5, seconds)
    seconds.now += 29
    assert bucket.wait_seconds("a") == 1

    seconds.now += 1
    assert bucket.wait_seconds("a") == 0

    bucket.count("a")
    assert bucket.wait_seconds("a") == 30


def test_others_do_not_wait(seconds: Seconds) -> None:
    assert counted(50, seconds).wait_seconds("b") == 0


def test_success_is_forgiving(seconds: Seconds) -> None:
    bucket = counted(50, seconds)

    bucket.forget("a")

    assert bucket.wait_seconds("a") == 0


def test_memory_is_bounded(seconds: Seconds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guesses, "MOST_KEYS", 3)
    bucket = counted(9, seconds)
    for key in "bcd":
        bucket.count(key)

    assert bucket.wait_seconds("a") == 0


def test_an_address_with_many_wrong_ones_waiting_gets_no_answers(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(guesses, "LONGEST_WAIT_SECONDS", 0.01)
    slowdown = Slowdown(Guesses(free=1, seconds_each=1000.0))

    async def flood() -> tuple[bool, bool, bool]:
        waiting = [asyncio.ensure_future(slowdown.wrong("10.0.0.1")) for _ in range(32)]
        await asyncio.sleep(0)
        during = slowdown.is_flooding("10.0.0.1"), slowdown.is_flooding("10.0.0.2")
        await asyncio.gather(*waiting)
        return (*during, slowdown.is_flooding("10.0.0.1"))

    assert asyncio.run(flood()) == (True, False, False)
    assert [record.getMessage() for record in caplog.records] == [
        "10.0.0.1 keeps sending wrong codes or tokens; its answers are delayed"
    ]
