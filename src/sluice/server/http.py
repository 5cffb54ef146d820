"""HTTP and HTTPS at once: uvicorn, raw ASGI for the calls, and limits on what may arrive.

Source: rest-protocol.md 1.4, 21. Never a redirect, never HTML.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import uvicorn
from msgspec import Struct
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sluice.errors import HeadersTooLarge, HeadersTooLate, InvalidRequest, RestError
from sluice.rest.gateway import Gateway
from sluice.rest.request import JSON, Incoming, body_too_large
from sluice.rest.response import Answer, refused
from sluice.settings import Settings

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
_HEADERS = [*_CORS, (b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]
_UPGRADE = re.compile(rb"\r\n(?i:upgrade):[^\r\n]*")
_REASONS = {400: b"Bad Request", 408: b"Request Timeout", 431: b"Request Header Fields Too Large"}


class HttpApp:
    """The ASGI application: bytes in, bytes out; what they mean is the gateway's."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        verb = scope["method"]
        if verb == "OPTIONS":
            await _send(send, Answer(204, b""), close=False)
            return
        incoming = Incoming(
            verb=verb,
            path=scope["raw_path"],
            query=scope["query_string"],
            secure=scope["scheme"] == "https",
        )
        for name, value in scope["headers"]:
            if name == b"content-type":
                incoming.content_type = value
            elif name == b"authorization":
                incoming.authorization = value
        body = await _body(receive, self._gateway.limits.max_body_bytes)
        if body is None:
            refusal = body_too_large(self._gateway.limits.max_body_bytes)
            await _send(send, refused(refusal, JSON), close=True)
            return
        incoming.body = body
        await _send(send, await self._gateway.answer(incoming), close=False)


async def _body(receive: Receive, limit: int) -> bytes | None:
    """Return the whole body, or None as soon as it is larger than the limit."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body if len(body) <= limit else None
    parts, size = [body], len(body)
    while message.get("more_body"):
        if size > limit:
            return None
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
    return b"".join(parts) if size <= limit else None


async def _send(send: Send, answer: Answer, *, close: bool) -> None:
    headers = [
        (b"content-type", answer.content_type),
        (b"content-length", str(len(answer.body)).encode()),
        *_HEADERS,
    ]
    if close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP parser, refusing headers that are too large or come too late.

    Attributes:
        waiting_since: loop time since which a request is incomplete; None between requests.
        in_headers: the request line or headers are incomplete.
    """

    max_header_bytes: int

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self.waiting_since: float | None = self.loop.time()
        self.in_headers = True
        self._header_bytes = 0

    def data_received(self, data: bytes) -> None:
        if not self.in_headers:
            self.waiting_since = self.waiting_since and self.loop.time()
        else:
            data = _without_upgrade(data)
        self._header_bytes += len(data)
        super().data_received(data)
        if self.in_headers and self._header_bytes > self.max_header_bytes:
            self._refuse_headers()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.waiting_since = self.loop.time()
        self.in_headers = True

    def on_headers_complete(self) -> None:
        self.in_headers = False
        if self._header_bytes > self.max_header_bytes:
            size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
            if size > self.max_header_bytes:
                self._refuse_headers()
                return
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self.waiting_since = None
        self.in_headers = True  # of the next request, should there be one
        self._header_bytes = 0
        super().on_message_complete()

    def _refuse_headers(self) -> None:
        limit = self.max_header_bytes
        self.refuse(
            HeadersTooLarge(
                f"The request's headers are larger than {limit} bytes (setting max_header_bytes)"
            )
        )

    def send_400_response(self, msg: str) -> None:
        self.refuse(InvalidRequest(msg))

    def shutdown(self) -> None:
        """Close the connection: now if it is idle, else after the answer that is being made."""
        super().shutdown()
        idle = self.cycle is None or self.cycle.response_complete
        if idle and self.transport.get_write_buffer_size() == 0:
            # Closing politely would wait for a TLS client that is not reading.
            self.transport.abort()

    def refuse(self, refusal: RestError) -> None:
        """Answer in the protocol's words without an application, and hang up."""
        if self.transport.is_closing():
            return
        body = refused(refusal, JSON).body
        lines = [
            b"HTTP/1.1 %d %s" % (refusal.status, _REASONS[refusal.status]),
            b"content-type: application/json; charset=utf-8",
            b"content-length: %d" % len(body),
            b"connection: close",
            *(b"%s: %s" % header for header in _HEADERS),
        ]
        self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        self.transport.close()


def _without_upgrade(data: bytes) -> bytes:
    """Return a request without the wish to change to another protocol (`Upgrade: h2c`, ...).

    A client may wish so; the parser would stop before the body of such a request, and we go on
    with HTTP/1.1 as RFC 9110 7.8 allows.
    """
    head, end, body = data.partition(b"\r\n\r\n")
    if b"pgrade" in head:
        head = _UPGRADE.sub(b"", head)
    return head + end + body


class Listener(uvicorn.Server):
    """One listening socket. The program, not the listener, handles signals."""

    def __init__(self, config: uvicorn.Config, settings: Settings) -> None:
        super().__init__(config)
        self._settings = settings

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def on_tick(self, counter: int) -> bool:
        if counter % 10 == 0:
            self._refuse_the_late()
        return await super().on_tick(counter)

    def _refuse_the_late(self) -> None:
        now = asyncio.get_running_loop().time()
        for connection in list(self.server_state.connections):
            if isinstance(connection, LimitedProtocol) and connection.waiting_since is not None:
                name = "header" if connection.in_headers else "body"
                limit: int = getattr(self._settings, f"{name}_timeout_seconds")
                if now - connection.waiting_since > limit:
                    connection.refuse(
                        HeadersTooLate(
                            f"The request did not arrive within {limit} seconds"
                            f" (setting {name}_timeout_seconds)"
                        )
                    )


class Address(Struct, frozen=True):
    """Where a listener answers."""

    host: str
    port: int
    secure: bool

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}"


class HttpServer:
    """Both listeners of a portal, from bound sockets to drained calls."""

    def __init__(self, gateway: Gateway, settings: Settings, context: ssl.SSLContext) -> None:
        self._settings = settings
        app = HttpApp(gateway)
        self._sockets = [
            bind(settings.host, settings.port, "port"),
            bind(settings.host, settings.tls_port, "tls_port"),
        ]
        self._listeners = [
            Listener(self._config(app, None), settings),
            Listener(self._config(app, context), settings),
        ]
        self.plain, self.tls = (
            Address(settings.host, bound.getsockname()[1], secure)
            for bound, secure in zip(self._sockets, (False, True), strict=True)
        )

    def _config(self, app: HttpApp, context: ssl.SSLContext | None) -> uvicorn.Config:
        protocol = type(
            "Protocol", (LimitedProtocol,), {"max_header_bytes": self._settings.max_header_bytes}
        )
        config = uvicorn.Config(
            app,
            http=protocol,
            ws="none",
            lifespan="off",
            loop="uvloop",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=self._settings.idle_timeout_seconds,
            timeout_graceful_shutdown=self._settings.drain_timeout_seconds,
        )
        config.load()
        config.ssl = context
        return config

    async def serve(self, ready: Callable[[], None]) -> None:
        """Answer until `stop`, then let the calls in flight finish.

        Args:
            ready: called once, when both listeners answer.
        """
        serving = [
            asyncio.create_task(listener.serve([bound]))
            for listener, bound in zip(self._listeners, self._sockets, strict=True)
        ]
        while not all(listener.started for listener in self._listeners):
            await asyncio.sleep(0)
        ready()
        await asyncio.gather(*serving)

    def stop(self) -> None:
        """Stop accepting; `serve` returns when what is in flight has been answered."""
        for listener in self._listeners:
            listener.should_exit = True


class PortTaken(Exception):
    """A port cannot be listened on. The words say which, and what to do."""


def bind(host: str, port: int, setting: str) -> socket.socket:
    """Return a socket bound to the address; port 0 picks a free one.

    Raises:
        PortTaken: another program listens there, or the address is not this machine's.
    """
    option = f"--{setting.replace('_', '-')}"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.setblocking(False)
    except OSError as problem:
        raise PortTaken(
            f"Cannot listen on {host}:{port}: {problem.strerror}. "
            f"Stop the other program, or choose another port with {option} (0 picks a free one)."
        ) from problem
    return bound
