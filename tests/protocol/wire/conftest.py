"""Portals with other settings than the shipped ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sluice.clock import VirtualClock
from sluice.store.engine import Place
from tests.portals import PortalInTest


@pytest.fixture
def plain_refused(place: Place, clock: VirtualClock) -> Iterator[PortalInTest]:
    """A portal that insists on HTTPS."""
    portal = PortalInTest(place, clock, https_required=True)
    yield portal
    portal.close()


@pytest.fixture
def narrow(place: Place, clock: VirtualClock) -> Iterator[PortalInTest]:
    """A portal that takes a hundred bytes, five values and three levels, and no more."""
    portal = PortalInTest(place, clock, max_body_bytes=100, max_parameters=5, max_depth=3)
    yield portal
    portal.close()
