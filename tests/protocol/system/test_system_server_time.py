"""`server.time`."""

from __future__ import annotations

import pytest

from sluice.clock import VirtualClock
from sluice.store.engine import Place
from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented

METHOD = "server.time"
PAGE = "common-system-server-time"


@documented(PAGE)
def test_server_time_is_the_portals_clock(portal: PortalInTest, admin: Person) -> None:
    portal.clock.advance(hours=1, microseconds=750_000)

    assert admin.call(METHOD).result == "2026-01-12T10:30:00+00:00"


@assumed("rest-protocol.md 9: dates have the portal's offset")
@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("Europe/Berlin", "2026-01-12T10:30:00+01:00"),
        ("Asia/Kolkata", "2026-01-12T15:00:00+05:30"),
        ("America/New_York", "2026-01-12T04:30:00-05:00"),
    ],
    ids=["east", "half an hour", "west"],
)
def test_server_time_is_told_in_the_portals_zone(
    place: Place, clock: VirtualClock, zone: str, told: str
) -> None:
    portal = PortalInTest(place, clock, time_zone=zone)

    reply = portal.admin.call(METHOD)
    portal.close()

    assert reply.result == told
    assert reply.body["time"]["date_start"] == told
