"""Whose a call is that came through a reverse proxy."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from sluice.rest.request import Incoming
from sluice.server.forwarded import TrustedProxies

TRUSTED = TrustedProxies([ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("::1")])


def client_behind(*forwarded: str) -> str:
    """Return whom a call is taken to be from that a proxy passed on with these headers."""
    incoming = Incoming("GET", b"/rest/profile", peer="127.0.0.1")
    TRUSTED.tell(incoming, [(b"x-forwarded-for", value.encode()) for value in forwarded])
    return incoming.peer


@pytest.mark.parametrize(
    ("address", "trusted"),
    [
        ("127.0.0.1", True),
        ("10.200.0.1", True),
        ("::ffff:10.1.2.3", True),
        ("::1", True),
        ("127.0.0.2", False),
        ("192.0.2.1", False),
        ("", False),
        ("no address", False),
    ],
)
def test_a_proxy_is_trusted_by_its_address(address: str, trusted: bool) -> None:
    assert TRUSTED.trust(address) is trusted


def test_nobody_is_trusted_unless_it_was_said() -> None:
    assert not TrustedProxies([]).trust("127.0.0.1")


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        (["192.0.2.1"], "192.0.2.1"),
        (["192.0.2.1, 10.1.1.1"], "192.0.2.1"),
        (["198.51.100.9, 192.0.2.1"], "192.0.2.1"),
        (["198.51.100.9", "192.0.2.1"], "192.0.2.1"),
        (["192.0.2.1:4711"], "192.0.2.1"),
        (["[2001:db8::1]:4711"], "2001:db8::1"),
        (["2001:db8::1"], "2001:db8::1"),
        (["::ffff:192.0.2.1"], "192.0.2.1"),
        (["10.1.1.1"], "10.1.1.1"),
        (["192.0.2.1, unknown"], "127.0.0.1"),
        (["192.0.2.1, unknown, 10.1.1.1"], "10.1.1.1"),
        ([""], "127.0.0.1"),
        ([], "127.0.0.1"),
    ],
    ids=[
        *("one client", "two proxies", "a client that writes its own", "in two headers"),
        *("a port", "a port of IPv6", "IPv6", "IPv4 as IPv6", "a client in the proxies' network"),
        *("an unknown client", "an unknown client of the second proxy", "empty", "no header"),
    ],
)
def test_the_client_is_the_last_that_is_no_proxy(headers: list[str], client: str) -> None:
    assert client_behind(*headers) == client


@pytest.mark.parametrize(("value", "secure"), [(b"https", True), (b"http", False)])
def test_the_proxy_knows_whether_its_client_came_over_tls(value: bytes, secure: bool) -> None:
    incoming = Incoming("GET", b"/rest/profile", peer="127.0.0.1", secure=not secure)

    TRUSTED.tell(incoming, [(b"x-forwarded-proto", value)])

    assert incoming.secure is secure
