"""Where clients reach the portal: what its server wrote down when it started last."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from sluice.store.tables import Store

_FACT = "addresses"


class Addresses(Struct, frozen=True):
    """Where clients reach a portal, without a slash at the end."""

    plain: str
    tls: str


def host_addresses(host: str, port: int, tls_port: int) -> Addresses:
    """Return where clients reach a host name on these ports."""
    return Addresses(f"http://{host}:{port}", f"https://{host}:{tls_port}")


def keep_addresses(store: Store, addresses: Addresses) -> None:
    """Write down where the portal's server listens."""
    store.facts.set(_FACT, msgspec.json.encode(addresses).decode())


def kept_addresses(store: Store) -> Addresses | None:
    """Return where the portal's server listened last, or None when none ever did."""
    kept = store.facts.get(_FACT)
    return None if kept is None else msgspec.json.decode(kept, type=Addresses)


def portal_origin(store: Store, domain: str) -> str:
    """Return where applications reach the portal, as `https://portal.example`.

    Args:
        domain: the host name that the operator set, or empty.
    """
    if domain:
        return f"https://{domain}"
    kept = kept_addresses(store)
    return kept.tls if kept is not None else "https://localhost"
