"""Further portals are opened when they are needed, and closed when too many are open."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sluice.app import Portal
from sluice.clock import VirtualClock
from sluice.domain.alerts import TAKING_TIME
from sluice.hosting import Hosting
from sluice.rest.request import Incoming
from sluice.settings import Settings
from sluice.store.jobs import JobKind
from sluice.store.portals import InDirectory

HOSTS = ("a.example", "b.example", "c.example")
OPEN = 2


class Town:
    """A register of three portals, and what answers for them."""

    def __init__(self, directory: Path) -> None:
        self.clock = VirtualClock(datetime(2026, 1, 12, 9, 30, tzinfo=UTC))
        self.register = InDirectory(directory / "portals")
        (directory / "portals").mkdir()
        self._settings = Settings(database=f"sqlite:///{directory / 'first.db'}", open_portals=OPEN)
        self.codes = {host: self._make(host) for host in HOSTS}
        self.first = Portal(self._settings, clock=self.clock, empty=True)
        self.loop = asyncio.new_event_loop()
        self.hosting = Hosting(self.register, self._settings, self.first, self.clock)
        self._door = self.hosting.around(self.first.gateway.answer)

    def _make(self, host: str) -> str:
        portal = self.opened(host)
        try:
            return portal.administrator_code()
        finally:
            portal.close()

    def opened(self, host: str) -> Portal:
        """Open a portal as another program would."""
        settings = Settings(database=self.register.address(host))
        return Portal(settings, clock=self.clock, empty=True)

    def wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    async def call(self, host: str, method: str = "profile") -> Any:
        incoming = Incoming(
            verb="POST",
            path=f"/rest/1/{self.codes[host]}/{method}".encode(),
            host=host.encode(),
            content_type=b"application/json",
            body=b"{}",
        )
        return json.loads((await self._door(incoming)).body)

    def close(self) -> None:
        self.wait(self.hosting.close())
        self.first.close()
        self.loop.close()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(tmp_path)
    yield town
    town.close()


def test_a_portal_is_opened_when_it_is_called_and_the_longest_idle_is_closed(town: Town) -> None:
    assert town.hosting.open_hosts == []
    for host in ("a.example", "b.example", "a.example", "c.example"):
        assert town.wait(town.call(host))["result"]["ADMIN"] is True

    assert town.hosting.open_hosts == ["a.example", "c.example"]
    assert town.wait(town.call("b.example"))["result"]["ID"] == "1"


def test_many_calls_at_a_time_open_a_portal_once(town: Town) -> None:
    async def storm() -> list[Any]:
        return await asyncio.gather(*(town.call(HOSTS[n % 3]) for n in range(60)))

    assert all("result" in answer for answer in town.wait(storm()))
    assert len(town.hosting.open_hosts) <= len(HOSTS)


def test_a_portal_that_is_closed_before_its_callers_turn_is_opened_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    opens, opened = town.hosting._opens, []

    async def opens_and_closes_once(host: str) -> None:
        await opens(host)
        opened.append(host)
        if len(opened) == 1:  # as when two portals come to be open in the same turn of the loop
            closing = town.hosting._open.pop(host)
            await closing.close()

    monkeypatch.setattr(town.hosting, "_opens", opens_and_closes_once)

    assert "result" in town.wait(town.call("a.example"))
    assert opened == ["a.example"] * 2


def test_what_falls_due_in_a_portal_that_nobody_calls_is_done(town: Town) -> None:
    portal = town.opened("b.example")
    portal.database.run_now(
        lambda store: store.jobs.plan(JobKind.PEOPLE_LEFT, 0, town.clock.now() + TAKING_TIME)
    )
    portal.close()

    def looks(turns: int) -> None:
        for _ in range(turns):
            town.wait(town.hosting.look())

    looks(4)
    assert town.hosting.open_hosts == []
    town.clock.advance(days=1, seconds=1)
    looks(4)  # each time at one of three closed portals
    assert town.hosting.open_hosts == ["b.example"]

    portal = town.opened("b.example")
    try:
        assert town.wait(_done(portal))
    finally:
        portal.close()


async def _done(portal: Portal) -> bool:
    """Wait until nothing is planned any more; the worker is on this loop."""
    for _ in range(1000):
        if portal.database.run_now(lambda store: store.jobs.next_due()) is None:
            return True
        await asyncio.sleep(0.005)
    return False


def test_what_is_no_portal_is_an_error_and_nobody_elses_trouble(town: Town, tmp_path: Path) -> None:
    (tmp_path / "portals" / "bad.example.db").write_bytes(b"nothing that SQLite knows" * 100)
    town.wait(town.hosting.look())
    town.codes["bad.example"] = "x"

    refused = town.wait(town.call("bad.example"))
    assert refused["error"] == "INTERNAL_SERVER_ERROR"
    assert "result" in town.wait(town.call("a.example"))
