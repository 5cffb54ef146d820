"""The ASGI application: what is not answered straight from the parser (`rest_protocol.py`).

Source: rest-protocol.md 1.4, 21. Never a redirect, never HTML.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from sluice.rest.door import Door, Doors, door_for
from sluice.rest.gateway import Gateway
from sluice.rest.request import JSON, Incoming, body_too_large
from sluice.rest.response import Answer, refused
from sluice.server.forwarded import TrustedProxies

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Real portals send the first two; ours allow what newer clients add (rest-protocol.md 21.2).
_CORS = [
    (b"access-control-allow-origin", b"*"),
    (
        b"access-control-allow-headers",
        b"origin, content-type, accept, authorization, idempotency-key, x-request-id",
    ),
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
]
PREFLIGHT = Answer(200, b"")
HEADERS = [*_CORS, (b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]


class HttpApp:
    """The ASGI application: bytes in, bytes out; what they mean is the doors' and the gateway's."""

    def __init__(
        self, gateway: Gateway, answer: Door, doors: Doors, trusted: TrustedProxies
    ) -> None:
        """Make the application.

        Args:
            answer: the gateway's, or what stands around it.
        """
        self._gateway = gateway
        self._answer = answer
        self._doors = doors
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        verb = scope["method"]
        if verb == "OPTIONS":
            await _send(send, PREFLIGHT, close=False)
            return
        incoming = Incoming(
            verb=verb,
            path=scope["raw_path"],
            query=scope["query_string"],
            secure=scope["scheme"] == "https",
            peer=scope["client"][0] if scope["client"] else "",
            headers=scope["headers"],
        )
        for name, value in scope["headers"]:
            if name == b"content-type":
                incoming.content_type = value
            elif name == b"authorization":
                incoming.authorization = value
            elif name == b"host":
                incoming.host = value
        if self._trusted.trust(incoming.peer):
            self._trusted.tell(incoming, scope["headers"])
        try:
            body = await _body(receive, self._gateway.limits.max_body_bytes)
        except _ClientGone:
            return
        if body is None:
            refusal = body_too_large(self._gateway.limits.max_body_bytes)
            await _send(send, refused(refusal, JSON), close=True)
            return
        incoming.body = body
        answer = door_for(incoming.path, self._doors) or self._answer
        await _send(send, await answer(incoming), close=False, request_id=incoming.request_id)


class _ClientGone(Exception):
    """The client hung up before its request was complete."""


async def _body(receive: Receive, limit: int) -> bytes | None:
    """Return the whole body, or None as soon as it is larger than the limit.

    Raises:
        _ClientGone: what arrived is a part of the body, and not to be taken for the whole.
    """
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientGone
        parts.append(message["body"])
        size += len(message["body"])
        if size > limit:
            return None
        if not message["more_body"]:
            return b"".join(parts)


async def _send(send: Send, answer: Answer, *, close: bool, request_id: bytes = b"") -> None:
    headers = [
        (b"content-type", answer.content_type),
        (b"content-length", str(len(answer.body)).encode()),
        *(HEADERS if answer.headers is None else answer.headers),
    ]
    if request_id:
        headers.append((b"x-request-id", request_id))
    if close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
