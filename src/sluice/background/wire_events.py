"""What a handler is sent: the body of a delivery, as clients parse it.

Source: rest-protocol.md 15.2, 15.3. A form with PHP's brackets; some clients read it with PHP's
own parser, others flatten the brackets themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

from msgspec import Struct


class Surroundings(Struct, frozen=True):
    """What every `auth` tells.

    Attributes:
        domain: the portal's host.
        application_token: what the handler compares.
    """

    domain: str
    client_endpoint: str
    server_endpoint: str
    member_id: str
    application_token: str


def body(
    *,
    event: str,
    handler_id: int,
    data: Mapping[str, Any],
    ts: int,
    auth: Mapping[str, Any],
) -> bytes:
    """Return a delivery's body. Empty `data` has no key at all, as with PHP."""
    return http_build_query(
        {
            "event": event,
            "event_handler_id": handler_id,
            "data": data,
            "ts": ts,
            "auth": auth,
        }
    ).encode("ascii")


def http_build_query(values: Mapping[str, Any]) -> str:
    """Return nested values as PHP's function of this name writes them.

    True is 1, False 0; null and what is empty leave no trace.
    """
    return "&".join(_pairs("", values))


def _pairs(name: str, value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, Mapping):
        items = [(str(key), item) for key, item in value.items()]
    elif isinstance(value, (list, tuple)):
        items = [(str(key), item) for key, item in enumerate(value)]
    else:
        text = str(int(value)) if isinstance(value, bool) else str(value)
        return [f"{name}={_encoded(text)}"]
    return [
        pair
        for key, item in items
        for pair in _pairs(f"{name}%5B{_encoded(key)}%5D" if name else _encoded(key), item)
    ]


def _encoded(text: str) -> str:
    return quote_plus(text, errors="replace").replace("~", "%7E")  # PHP encodes this one too
