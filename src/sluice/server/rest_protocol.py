"""The short way: calls are answered straight from the HTTP parser, without ASGI in between.

uvicorn makes a scope, a cycle and a task for every request and passes messages between them;
measured, that is about half of what a short call costs (bench/README.md). Here a request to
`/rest` goes from the parser to the gateway, and its answer to the socket in one write. Other
paths, and requests behind them, go through uvicorn to `HttpApp`, and are answered the same.
"""

from __future__ import annotations

import asyncio
from collections import deque
from http import HTTPStatus
from types import SimpleNamespace

import httptools
from msgspec import Struct

from sluice.errors import RestError
from sluice.rest.door import Door
from sluice.rest.gateway import Gateway
from sluice.rest.request import JSON, Incoming, body_too_large
from sluice.rest.response import Answer, refused
from sluice.server.asgi import HEADERS, PREFLIGHT
from sluice.server.forwarded import TrustedProxies
from sluice.server.health import Health
from sluice.server.limited_protocol import LimitedProtocol

# More calls than this wait unread when a client sends them without waiting for answers.
MOST_IN_LINE = 16

_STATIC = b"".join(b"%s: %s\r\n" % header for header in HEADERS)
_STATUS_LINES = {
    status.value: b"HTTP/1.1 %d %s\r\n" % (status.value, status.phrase.encode())
    for status in HTTPStatus
}
_UNREAD = Incoming("", b"")
# Stands for the calls in line where uvicorn looks whether an earlier request is unanswered.
_UNANSWERED = SimpleNamespace(response_complete=False)


class _InLine(Struct):
    """A call in the order of its connection; `answer` is set when it is known already."""

    incoming: Incoming
    keep_alive: bool
    answer: Answer | None = None


class RestProtocol(LimitedProtocol):
    """One connection. Calls on it are answered one after the other, in order."""

    gateway: Gateway
    answer: Door
    trusted: TrustedProxies
    health: Health

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._incoming: Incoming | None = None  # the call that is arriving
        self._body: list[bytes] = []
        self._body_size = 0
        self._line: deque[_InLine] = deque()
        self._answering: asyncio.Task[None] | None = None
        self._draining = False  # the request that is arriving is the last
        self._dates: list[tuple[bytes, bytes]] = []
        self._head = b""
        self._peer = self.client[0] if self.client else ""
        self._is_proxy = self.trusted.trust(self._peer)

    # From the parser

    def begin_request(self) -> None:
        if self._is_uvicorn_answering():
            super().begin_request()
        elif self.url.startswith(b"/rest") and b"oauth" not in self.url:
            self._begin_call()
        elif self._answering is None:
            super().begin_request()
        else:
            self._begin_behind_calls()

    def _is_uvicorn_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _begin_call(self) -> None:
        url = httptools.parse_url(self.url)
        self._incoming = incoming = Incoming(
            verb=self.parser.get_method().decode("ascii"),
            path=url.path,
            query=url.query or b"",
            secure=self.scheme == "https",
            peer=self._peer,
            headers=self.headers,
        )
        for name, value in self.headers:
            if name == b"content-type":
                incoming.content_type = value
            elif name == b"authorization":
                incoming.authorization = value
            elif name == b"host":
                incoming.host = value
            elif name == b"content-length" and int(value) > self.gateway.limits.max_body_bytes:
                self._refuse_body()
                return
        if self._is_proxy:
            self.trusted.tell(incoming, self.headers)
        if self.expect_100_continue and self._answering is None:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _begin_behind_calls(self) -> None:
        before, self.cycle = self.cycle, _UNANSWERED  # type: ignore[assignment]
        try:
            super().begin_request()
        except httptools.HttpParserError:  # the address is none
            self.cycle = before
            raise

    def take_body(self, body: bytes) -> None:
        if self._incoming is None:
            super().take_body(body)
            return
        self._body.append(body)
        self._body_size += len(body)
        if self._body_size > self.gateway.limits.max_body_bytes:
            self._refuse_body()

    def end_request(self) -> None:
        incoming, self._incoming = self._incoming, None
        if incoming is None:
            if self._draining or self.health.draining:
                self.cycle.keep_alive = False
            super().end_request()
            return
        if self._body:
            incoming.body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
            self._body, self._body_size = [], 0
        is_last = self._draining or self.health.draining
        keep_alive = self.parser.should_keep_alive() and not is_last
        answer = PREFLIGHT if incoming.verb == "OPTIONS" else None
        self._answer_next(_InLine(incoming, keep_alive, answer))

    def _refuse_body(self) -> None:
        self.refuse(body_too_large(self.gateway.limits.max_body_bytes))

    def refuse(self, refusal: RestError) -> None:
        """Answer the request that arrives, when its turn comes, and hang up."""
        if self.closing:
            return
        if self._is_uvicorn_answering() and not self.cycle.more_body:
            self.cycle.keep_alive = False  # the answer before this one is the last
            self.closing = True
            return
        answer = refused(refusal, JSON)
        self._answer_next(_InLine(self._incoming or _UNREAD, False, answer))

    def eof_received(self) -> bool:  # type: ignore[override]
        """Tell whether the connection stays: who ends sending is still owed the answers."""
        is_uvicorn_owing = self._is_uvicorn_answering() and not self.cycle.more_body
        if is_uvicorn_owing:
            self.cycle.keep_alive = False
        elif self._answering is None:
            return False
        self.closing = True
        return self.scheme == "http"  # TLS has no half-closed connections here

    # To the socket

    def _answer_next(self, call: _InLine) -> None:
        self.closing = not call.keep_alive
        self._line.append(call)
        if len(self._line) > MOST_IN_LINE:
            self.flow.pause_reading()
        if self._answering is None:
            self._answering = task = self.loop.create_task(self._answer_line())
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _answer_line(self) -> None:
        line = self._line
        while line and not self.transport.is_closing():
            call = line.popleft()
            answer = call.answer or await self.answer(call.incoming)
            self._write(answer, call)
            if self.flow.write_paused:
                await self.flow.drain()
        self._answering = None
        if self.closing:
            self.hang_up()
        else:
            self.on_response_complete()

    def _write(self, answer: Answer, call: _InLine) -> None:
        if self.transport.is_closing():
            return
        if self._dates is not self.server_state.default_headers:
            self._dates = self.server_state.default_headers
            self._head = b"".join(b"%s: %s\r\n" % header for header in self._dates) + _STATIC
        body = b"" if call.incoming.verb == "HEAD" else answer.body
        self.transport.write(
            b"%b%b%bcontent-type: %b\r\ncontent-length: %d\r\n%b\r\n%b"
            % (
                _STATUS_LINES[answer.status],
                self._head,
                b"x-request-id: %b\r\n" % named if (named := call.incoming.request_id) else b"",
                answer.content_type,
                len(answer.body),
                b"" if call.keep_alive else b"connection: close\r\n",
                body,
            )
        )

    def shutdown(self) -> None:
        """Close the connection: now if it is idle, else after what is arriving or in line."""
        if self.arriving and not self.closing:
            self._draining = True
        elif self._answering is not None:
            self.closing = True
        else:
            super().shutdown()
