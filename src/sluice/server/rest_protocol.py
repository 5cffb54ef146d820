"""The short way: calls are answered straight from the HTTP parser, without ASGI in between.

uvicorn makes a scope, a cycle and a task for every request and passes messages between them;
measured, that is about half of what a short call costs (bench/README.md). Here a request to
`/rest` goes from the parser to the gateway, and its answer to the socket in one write. Whatever
else arrives (other paths, `Expect: 100-continue`, a request behind one that went the long way)
goes through uvicorn to `HttpApp`, and is answered the same.
"""

from __future__ import annotations

import asyncio
from collections import deque
from http import HTTPStatus

import httptools
from msgspec import Struct

from sluice.rest.gateway import Gateway
from sluice.rest.request import JSON, Incoming, body_too_large
from sluice.rest.response import Answer, refused
from sluice.server.asgi import HEADERS
from sluice.server.limited_protocol import LimitedProtocol

# More calls than this wait unread when a client sends them without waiting for answers.
MOST_IN_LINE = 16

_STATIC = b"".join(b"%s: %s\r\n" % header for header in HEADERS)
_STATUS_LINES = {
    status.value: b"HTTP/1.1 %d %s\r\n" % (status.value, status.phrase.encode())
    for status in HTTPStatus
}


class _InLine(Struct):
    """A call in the order of its connection; `answer` is set when it is known already."""

    incoming: Incoming
    keep_alive: bool
    answer: Answer | None = None


class RestProtocol(LimitedProtocol):
    """One connection. Calls on it are answered one after the other, in order."""

    gateway: Gateway

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._incoming: Incoming | None = None  # the call that is arriving
        self._body: list[bytes] = []
        self._body_size = 0
        self._line: deque[_InLine] = deque()
        self._answering: asyncio.Task[None] | None = None
        self._last = False  # hang up after the call that is being answered
        self._dates: list[tuple[bytes, bytes]] = []
        self._head = b""

    # From the parser

    def begin_request(self) -> None:
        if not self._goes_straight():
            super().begin_request()
            return
        url = httptools.parse_url(self.url)
        self._incoming = incoming = Incoming(
            verb=self.parser.get_method().decode("ascii"),
            path=url.path,
            query=url.query or b"",
            secure=self.scheme == "https",
        )
        for name, value in self.headers:
            if name == b"content-type":
                incoming.content_type = value
            elif name == b"authorization":
                incoming.authorization = value

    def _goes_straight(self) -> bool:
        behind_another = self.cycle is not None and not self.cycle.response_complete
        return (
            self.url.startswith(b"/rest")
            and not behind_another
            and not self.expect_100_continue
            and self.parser.get_method() != b"OPTIONS"
        )

    def on_body(self, body: bytes) -> None:
        if self._incoming is None:
            super().on_body(body)
            return
        if self._last:
            return
        self._body.append(body)
        self._body_size += len(body)
        if self._body_size > self.gateway.limits.max_body_bytes:
            refusal = refused(body_too_large(self.gateway.limits.max_body_bytes), JSON)
            self._answer_next(_InLine(self._incoming, False, refusal))

    def end_request(self) -> None:
        incoming, self._incoming = self._incoming, None
        if incoming is None:
            super().end_request()
            return
        if self._body:
            incoming.body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
            self._body, self._body_size = [], 0
        self._answer_next(_InLine(incoming, self.parser.should_keep_alive()))

    # To the socket

    def _answer_next(self, call: _InLine) -> None:
        if self._last:
            return
        self._last = not call.keep_alive
        self._line.append(call)
        if len(self._line) > MOST_IN_LINE:
            self.flow.pause_reading()
        if self._answering is None:
            self._unset_keepalive_if_required()
            self._answering = task = self.loop.create_task(self._answer_line())
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _answer_line(self) -> None:
        line = self._line
        while line and not self.transport.is_closing():
            call = line.popleft()
            answer = call.answer or await self.gateway.answer(call.incoming)
            self._write(answer, call)
            if self.flow.write_paused:
                await self.flow.drain()
        self._answering = None
        if self._last:
            self.transport.close()
        elif not self.transport.is_closing():
            self.on_response_complete()

    def _write(self, answer: Answer, call: _InLine) -> None:
        if self.transport.is_closing():
            return
        if self._dates is not self.server_state.default_headers:
            self._dates = self.server_state.default_headers
            self._head = b"".join(b"%s: %s\r\n" % header for header in self._dates) + _STATIC
        body = b"" if call.incoming.verb == "HEAD" else answer.body
        self.transport.write(
            b"%b%bcontent-type: %b\r\ncontent-length: %d\r\n%b\r\n%b"
            % (
                _STATUS_LINES[answer.status],
                self._head,
                answer.content_type,
                len(answer.body),
                b"" if call.keep_alive else b"connection: close\r\n",
                body,
            )
        )

    def shutdown(self) -> None:
        if self._answering is None:
            super().shutdown()
        else:
            self._last = True
