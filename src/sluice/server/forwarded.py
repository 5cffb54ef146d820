"""Who is behind a reverse proxy: what it says of its client, if it is one that is trusted.

Limits and guesses are counted by address. Behind a proxy every call comes from the proxy, so its
`X-Forwarded-For` and `X-Forwarded-Proto` tell whose it is; anybody else could write them as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from sluice.rest.request import Incoming

Header = tuple[bytes, bytes]


class TrustedProxies:
    """The addresses of proxies whose word is taken."""

    def __init__(self, networks: Sequence[IPv4Network | IPv6Network]) -> None:
        self._networks = networks

    def trust(self, address: str) -> bool:
        """Tell whether this address is a trusted proxy's."""
        if not self._networks:
            return False
        found = _address(address)
        return found is not None and any(found in network for network in self._networks)

    def tell(self, incoming: Incoming, headers: Sequence[Header]) -> None:
        """Let a request that came from a trusted proxy be its client's.

        Rule: each proxy adds the address that it was called from at the end, so the last one
        that is no trusted proxy's is the client's; what stands before it anybody could have
        written.
        """
        chain: list[bytes] = []
        for name, value in headers:
            if name == b"x-forwarded-for":
                chain += value.split(b",")
            elif name == b"x-forwarded-proto":
                incoming.secure = value.rpartition(b",")[2].strip().lower() == b"https"
        for written in reversed(chain):
            address = _address(_without_port(written.strip().decode("latin-1")))
            if address is None:
                return
            incoming.peer = str(address)
            if not any(address in network for network in self._networks):
                return


def _without_port(written: str) -> str:
    """Return an address as some proxies write it, `[::1]:4711` or `192.0.2.1:4711`, alone."""
    if written.startswith("["):
        return written[1:].partition("]")[0]
    return written.partition(":")[0] if written.count(":") == 1 else written


def _address(written: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(written)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
