"""Limits are shared while a portal is called, and once more in the end."""

from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.background import sharing
from sluice.background.sharing import Sharing
from sluice.clock import VirtualClock
from sluice.errors import StoreUnavailable
from sluice.rest.response import Answer
from sluice.store.engine import Place
from tests.portals import PortalInTest


class Shared:
    """What counts how often limits were shared."""

    def __init__(self) -> None:
        self.times = 0
        self.happened = asyncio.Event()

    async def share(self) -> bool:
        self.times += 1
        self.happened.set()
        return True


def test_a_portal_that_nobody_calls_shares_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "SHARE_SECONDS", 0.001)

    async def idle() -> None:
        shared, called, stopping = Shared(), asyncio.Event(), asyncio.Event()
        running = asyncio.create_task(Sharing(shared.share, called).run(stopping))
        await asyncio.sleep(0.05)  # in which it would have shared many times
        assert shared.times == 0

        called.set()
        await asyncio.wait_for(shared.happened.wait(), 20)
        await asyncio.sleep(0.05)
        assert shared.times == 1
        assert not called.is_set()

        stopping.set()
        await asyncio.wait_for(running, 20)
        assert shared.times == 2

    asyncio.run(idle())


def test_what_cannot_be_shared_is_shared_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "SHARE_SECONDS", 0.001)
    monkeypatch.setattr(sharing, "AFTER_FAILURE_SECONDS", 0.001)

    async def later() -> None:
        shared, called, stopping = Shared(), asyncio.Event(), asyncio.Event()

        async def away_at_first() -> bool:
            if not shared.times:
                shared.times += 1
                raise StoreUnavailable("away")
            return await shared.share()

        running = asyncio.create_task(Sharing(away_at_first, called).run(stopping))
        called.set()
        await asyncio.wait_for(shared.happened.wait(), 20)
        stopping.set()
        await asyncio.wait_for(running, 20)

    asyncio.run(later())


def test_a_call_is_noted_when_it_comes_and_when_it_is_done(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(PortalInTest(place, VirtualClock(datetime(2026, 1, 12, tzinfo=UTC)))) as portal:
        gateway = portal._portal.gateway
        answered, noted = gateway._call, []

        async def shared_meanwhile(*asked: Any) -> Answer:
            noted.append(gateway.called.is_set())
            gateway.called.clear()
            return await answered(*asked)

        monkeypatch.setattr(gateway, "_call", shared_meanwhile)
        assert portal.admin.call("profile").status == 200

        assert noted == [True]
        assert gateway.called.is_set()
