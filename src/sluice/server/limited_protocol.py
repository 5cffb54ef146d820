"""uvicorn's HTTP parser with limits: on the size of headers, and on how long a request may take."""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sluice.errors import HeadersTooLarge, InvalidRequest, RestError
from sluice.rest.request import JSON
from sluice.rest.response import refused
from sluice.server.asgi import HEADERS

_UPGRADE = re.compile(rb"\r\n(?i:upgrade):[^\r\n]*")


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
        self.begin_request()

    def begin_request(self) -> None:
        """Hand on a request whose headers are there."""
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self.waiting_since = None
        self.in_headers = True  # of the next request, should there be one
        self._header_bytes = 0
        self.end_request()

    def end_request(self) -> None:
        """Hand on that the request's body is there as well."""
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
            b"HTTP/1.1 %d %s" % (refusal.status, HTTPStatus(refusal.status).phrase.encode()),
            b"content-type: application/json; charset=utf-8",
            b"content-length: %d" % len(body),
            b"connection: close",
            *(b"%s: %s" % header for header in HEADERS),
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
