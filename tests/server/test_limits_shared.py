"""The limits of a plan hold for all processes on a portal together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sluice.app import Portal
from sluice.clock import VirtualClock
from sluice.domain.portal import Plan
from sluice.rest.request import Incoming
from sluice.settings import Settings
from sluice.store.engine import Place, address_of
from tests.hosts import ask

BURST, PER_SECOND = 50, 2  # commercial


class Processes:
    """Several portals on one place, as so many processes have them, on one machine's clock."""

    def __init__(self, place: Place, count: int, stack: ExitStack) -> None:
        self.clock = VirtualClock(datetime(2026, 1, 12, 9, 30, tzinfo=UTC))
        self.portals: list[Portal] = []
        for _ in range(count):
            settings = Settings(database=address_of(place))
            portal = Portal(settings, clock=self.clock, empty=True)
            stack.callback(portal.close)
            self.portals.append(portal)
        self.portals[0].set_plan(Plan.COMMERCIAL)
        self._code = self.portals[0].add_webhook(1, ("user",), "in a test")[1]

    def admitted(self, number: int, calls: int) -> int:
        """Make calls through a process and return how many were let pass."""
        incoming = [
            Incoming(verb="GET", path=f"/rest/1/{self._code}/profile".encode(), peer="192.0.2.7")
            for _ in range(calls)
        ]
        answers = ask(self.portals[number].gateway.answer, incoming)
        return sum("result" in answer for answer in answers)

    def share(self) -> None:
        """Let every process tell the others, and hear of them, as happens all the time."""
        for portal in (*self.portals, *self.portals):
            ask_to_share(portal)


def ask_to_share(portal: Portal) -> None:
    import asyncio

    asyncio.run(portal.gateway.share_limits())


@pytest.fixture
def processes(place: Place) -> Iterator[Processes]:
    with ExitStack() as stack:
        processes = Processes(place, 3, stack)
        for number in range(3):  # each has seen the plan once
            processes.admitted(number, 1)
        processes.share()
        processes.clock.advance(minutes=5)
        yield processes


def test_in_the_long_run_all_together_get_what_the_plan_gives(processes: Processes) -> None:
    passed = 0
    for _ in range(200):  # twenty seconds
        for number in range(3):
            passed += processes.admitted(number, 3)
            processes.share()
        processes.clock.advance(seconds=0.1)

    assert BURST + 19 * PER_SECOND <= passed <= BURST + 21 * PER_SECOND


def test_who_was_not_called_for_a_while_gives_no_more_in_the_long_run(
    processes: Processes,
) -> None:
    passed = 0
    for turn in range(20):  # ten seconds each, in which one of them is called and shares
        for _ in range(100):
            passed += processes.admitted(turn % 2, 3)
            ask_to_share(processes.portals[turn % 2])
            processes.clock.advance(seconds=0.1)

    assert BURST + 195 * PER_SECOND <= passed <= 2 * BURST + 200 * PER_SECOND


def test_between_two_moments_a_process_knows_of_its_own_calls_alone(processes: Processes) -> None:
    passed = [processes.admitted(number, 2 * BURST) for number in range(3)]
    assert passed == [BURST] * 3  # so much can it run over, and no more

    processes.share()
    processes.clock.advance(seconds=2 * BURST / PER_SECOND - 1)
    assert [processes.admitted(number, 5) for number in range(3)] == [0, 0, 0]
    processes.clock.advance(seconds=2)
    assert processes.admitted(0, 2 * BURST) == 2 * PER_SECOND - 2


def test_operating_time_adds_up_over_processes(processes: Processes) -> None:
    from msgspec.structs import replace

    first = processes.portals[0]
    first.database.run_now(
        lambda store: store.portal.set(
            replace(store.portal.get(), plan=Plan.NONE, operating_limit=0.5)
        )
    )
    for number in range(3):
        assert processes.admitted(number, 1) == 1
        operating = processes.portals[number].gateway._meter.operating
        credential = next(iter(operating._windows))[0]
        operating.add(credential, "profile", 0.2, processes.clock.now().timestamp())
    assert processes.admitted(1, 1) == 1

    processes.share()
    assert [processes.admitted(number, 1) for number in range(3)] == [0, 0, 0]
    processes.clock.advance(minutes=11)
    assert processes.admitted(2, 1) == 1


def test_a_restart_forgets_nothing(place: Place) -> None:
    with ExitStack() as stack:
        before = Processes(place, 1, stack)
        before.admitted(0, 1)
        assert before.admitted(0, 2 * BURST) in (BURST - 1, BURST)
        before.share()
        settings = Settings(database=address_of(place))
        again = Portal(settings, clock=before.clock, empty=True)
        stack.callback(again.close)
        before.portals.append(again)
        before.admitted(1, 1)
        ask_to_share(again)

        assert before.admitted(1, 5) == 0


def test_what_cannot_be_shared_now_is_shared_later(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sluice.errors import StoreUnavailable

    here, there = processes.portals[0], processes.portals[1]
    processes.admitted(0, BURST)

    async def unavailable(*_: object, **__: object) -> None:
        raise StoreUnavailable("locked")

    with monkeypatch.context() as patched:
        patched.setattr(here.gateway._shared._database, "run", unavailable)
        with pytest.raises(StoreUnavailable):
            ask_to_share(here)
    processes.admitted(1, 1)
    ask_to_share(here)
    ask_to_share(there)

    assert processes.admitted(1, 2) == 0


def test_nothing_is_written_without_a_limit(place: Place, tmp_path: Path) -> None:
    with ExitStack() as stack:
        processes = Processes(place, 1, stack)
        processes.portals[0].set_plan(Plan.NONE)
        processes.admitted(0, 20)
        processes.share()

        counted = processes.portals[0].database.run_now(
            lambda store: store.transaction.all("SELECT address FROM limit_bucket")
        )
        assert counted == []
