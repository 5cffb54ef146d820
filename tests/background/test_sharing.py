"""Limits are shared while a portal is called, and once more in the end."""

from __future__ import annotations

import asyncio

import pytest

from sluice.background import sharing
from sluice.background.sharing import Sharing


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
