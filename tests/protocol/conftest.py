"""A portal per test, the people most tests need, and the duty to say how we know."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sluice.clock import VirtualClock
from sluice.store.engine import Place
from tests.portals import Person, PortalInTest
from tests.provenance import MARKS

MONDAY = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and not any(item.get_closest_marker(mark) for mark in MARKS):
            pytest.fail(f"{item.nodeid} does not say how we know: {', '.join(MARKS)}", False)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(MONDAY)


@pytest.fixture
def portal(place: Place, clock: VirtualClock) -> Iterator[PortalInTest]:
    portal = PortalInTest(place, clock)
    yield portal
    portal.close()


@pytest.fixture
def admin(portal: PortalInTest) -> Person:
    """The portal's administrator, user 1."""
    return portal.admin


@pytest.fixture
def anna(portal: PortalInTest) -> Person:
    """An employee without special rights."""
    return portal.add_user("Anna")


@pytest.fixture
def boris(portal: PortalInTest) -> Person:
    """Another employee: a stranger to what Anna makes."""
    return portal.add_user("Boris")


@pytest.fixture
def guest(portal: PortalInTest) -> Person:
    """An extranet guest, in no department."""
    return portal.add_user("Gustavo", departments=())
