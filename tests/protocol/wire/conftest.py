"""Portals with other settings than the shipped ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sluice.clock import VirtualClock
from tests.portals import PortalInTest


@pytest.fixture
def plain_refused(tmp_path: Path, clock: VirtualClock) -> Iterator[PortalInTest]:
    """A portal that insists on HTTPS."""
    portal = PortalInTest(tmp_path, clock, https_required=True)
    yield portal
    portal.close()


@pytest.fixture
def narrow(tmp_path: Path, clock: VirtualClock) -> Iterator[PortalInTest]:
    """A portal that takes a hundred bytes, five values and three levels, and no more."""
    portal = PortalInTest(tmp_path, clock, max_body_bytes=100, max_parameters=5, max_depth=3)
    yield portal
    portal.close()
