"""uvicorn's HTTP parser with limits: on the size of headers, and on how long a request may take."""

from __future__ import annotations

import asyncio
import logging

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sluice.errors import HeadersTooLarge, InvalidRequest, OutOfMemory, RestError
from sluice.server.descriptors import Descriptors

# What a chunk of a body may add to itself: its size in hex and two line ends.
_CHUNK_FRAME_BYTES = 12
# How long a client may go on sending what nobody reads, before the connection is closed.
LINGER_SECONDS = 5.0

log = logging.getLogger("sluice.server")


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP parser, refusing headers that are too large or come too late.

    Attributes:
        waiting_since: loop time since which a request is incomplete; None between requests.
        in_headers: the request line or headers are incomplete.
        arriving: a request has begun and is not complete.
        closing: no further request is read; what was asked before is still answered.
    """

    max_header_bytes: int
    descriptors: Descriptors

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._read_at = self.loop.time()
        self._unread_bytes = 0  # of what waits for the client, when that was looked at last
        self.waiting_since: float | None = self._read_at
        self.in_headers = True
        self.arriving = False
        self.closing = False
        self._overhead_bytes = 0  # of the request that arrives: all that is not its body
        if not self.descriptors.suffice_for(transport):
            self.closing = True
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.closing:
            return
        if not self.in_headers:
            self.waiting_since = self.loop.time()
        self._overhead_bytes += len(data)
        try:
            self._parse(data)
        except httptools.HttpParserError as problem:
            if isinstance(problem.__context__, MemoryError):
                log.error("%s", OutOfMemory.description)
                self.refuse(OutOfMemory())
                return
            log.debug("no HTTP: %s", problem)
            self.refuse(InvalidRequest("This is no valid HTTP/1.1 request"))
        if self._overhead_bytes > self.max_header_bytes:
            self._refuse_headers()

    def _parse(self, data: bytes) -> None:
        while True:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as upgrade:
                data = self._head_without_upgrade() + data[upgrade.args[0] :]

    def _head_without_upgrade(self) -> bytes:
        """Return the request's head again, without the wish to change to another protocol.

        A client may wish so (`Upgrade: h2c`, ...), and we go on with HTTP/1.1 as RFC 9110 7.8
        allows. The parser takes what follows such a head for the other protocol.

        Raises:
            HttpParserError: the other protocol is whatever a `CONNECT` wants.
        """
        method = self.parser.get_method()
        if method == b"CONNECT":
            raise httptools.HttpParserError("this is no proxy")
        self.parser = httptools.HttpRequestParser(self)
        fields = (b"%b: %b\r\n" % field for field in self.headers if field[0] != b"upgrade")
        return b"%b %b HTTP/1.1\r\n%b\r\n" % (method, self.url, b"".join(fields))

    # From the parser

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._unset_keepalive_if_required()
        self.waiting_since = self.loop.time()
        self.in_headers = True
        self.arriving = True

    def on_headers_complete(self) -> None:
        if self.closing or self.parser.should_upgrade():
            return
        self.in_headers = False
        if self._overhead_bytes > self.max_header_bytes:  # or a part of the body was counted
            size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
            if size > self.max_header_bytes:
                self._refuse_headers()
                return
        self.begin_request()

    def on_body(self, body: bytes) -> None:
        self._overhead_bytes -= len(body) + _CHUNK_FRAME_BYTES
        if not self.closing:
            self.take_body(body)

    def on_message_complete(self) -> None:
        if self.closing or self.in_headers:  # refused; or the parser stops for an upgrade
            return
        self.waiting_since = None
        self.in_headers = True  # of the next request, should there be one
        self.arriving = False
        self._overhead_bytes = 0
        self.end_request()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.arriving:
            self._unset_keepalive_if_required()

    # From the listener, every second

    def is_unread(self, now: float, seconds: float) -> bool:
        """Tell whether the client has read nothing of what waits for it for so long.

        Args:
            now: loop time.
        """
        waiting_bytes = self.transport.get_write_buffer_size()
        if waiting_bytes == 0 or waiting_bytes < self._unread_bytes:
            self._read_at = now
        self._unread_bytes = waiting_bytes
        return now - self._read_at > seconds

    # For who answers

    def begin_request(self) -> None:
        """Hand on a request whose headers are there."""
        super().on_headers_complete()

    def take_body(self, body: bytes) -> None:
        """Hand on a part of the request's body."""
        super().on_body(body)

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

    def refuse(self, refusal: RestError) -> None:
        """Answer the request that arrives in the protocol's words, and hang up."""
        raise NotImplementedError

    def hang_up(self) -> None:
        """Close the connection, after giving the client time to read the answer.

        Closing while the client is still sending would reset the connection, and the client might
        never see why.
        """
        if not self.arriving:
            self.transport.close()
        elif not self.transport.is_closing():
            if self.transport.can_write_eof():
                self.transport.write_eof()
            self.flow.resume_reading()
            self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def shutdown(self) -> None:
        """Close the connection: now if it is idle, else after the answer that is being made."""
        super().shutdown()
        idle = self.cycle is None or self.cycle.response_complete
        if idle and self.transport.get_write_buffer_size() == 0:
            # Closing politely would wait for a TLS client that is not reading.
            self.transport.abort()
