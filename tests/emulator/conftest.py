"""A portal whose machine's clock stands at a Monday morning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from sluice.clock import VirtualClock
from sluice.store.engine import Place
from tests.background.receiver import Receiver, receiving
from tests.portals import PortalInTest

MONDAY = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)


@pytest.fixture
def machine() -> VirtualClock:
    return VirtualClock(MONDAY)


@pytest.fixture
def portal(place: Place, machine: VirtualClock) -> Iterator[PortalInTest]:
    portal = PortalInTest(place, machine, emulator=True, handler_repeats=3)
    yield portal
    portal.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver
