"""A handler of events: a real HTTP server that keeps what it is sent, and misbehaves on request."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What it was sent so far. The path of an address says how it answers."""

    address: str
    received: list[Received] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)
    most_at_once: int = 0
    _at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _arrived: threading.Condition = field(default_factory=threading.Condition)

    def at(self, path: str) -> list[Received]:
        """Return what was sent to a path."""
        return [one for one in self.received if one.path == path]

    def keep(self, received: Received) -> None:
        """Keep a request and tell whoever waits for it."""
        with self._arrived:
            self.received.append(received)
            self._arrived.notify_all()

    def wait_for(self, number: int, seconds: float = 20.0) -> None:
        """Return when so many requests have arrived.

        Raises:
            AssertionError: they have not, after so many seconds.
        """
        with self._arrived:
            came = self._arrived.wait_for(lambda: len(self.received) >= number, seconds)
        assert came, f"{len(self.received)} of {number} arrived"

    def come_and_go(self, change: int) -> None:
        """Count who is being answered."""
        with self._lock:
            self._at_once += change
            self.most_at_once = max(self.most_at_once, self._at_once)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.keep(Received(self.path, dict(self.headers), body))
            receiver.come_and_go(1)
            try:
                self._answer()
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True
            finally:
                receiver.come_and_go(-1)

        def _answer(self) -> None:
            if self.path == "/hang":
                receiver.release.wait(30)
                self._send(200, b"at last")
            elif self.path == "/fail":
                self._send(500, b"out of order")
            elif self.path == "/redirect":
                self.send_response(302)
                self.send_header("Location", "/redirected")
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif self.path == "/huge":
                self.send_response(200)
                self.send_header("Content-Length", str(1 << 40))
                self.end_headers()
                for _ in range(64):  # much more than is read, and an end all the same
                    self.wfile.write(b"x" * 65536)
                self.close_connection = True
            elif self.path == "/close":
                self.close_connection = True
            else:
                self._send(200, b"thank you")

        def do_GET(self) -> None:
            receiver.keep(Received(f"GET {self.path}", dict(self.headers), b""))
            self._send(200, b"")

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.release.set()
        server.shutdown()
        thread.join()
        server.server_close()
