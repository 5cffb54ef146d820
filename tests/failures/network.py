"""A network between a server and its PostgreSQL: it may be slow, narrow, or swallow everything."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from tests.postgres import Cluster


class Network:
    """Connections to a port of its own are led to PostgreSQL's socket.

    Attributes:
        delay_seconds: how long each piece of data is on its way.
        bytes_per_second: how much passes in each direction of a connection; 0 is all.
    """

    def __init__(self, database: Path) -> None:
        self.delay_seconds = 0.0
        self.bytes_per_second = 0
        self._database = database
        self._over = threading.Event()
        self._open: list[socket.socket] = []
        self._swallowing = threading.Event()
        self._last_words = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def swallow(self) -> None:
        """Let nothing through from now on, and close nothing: what is open stays so for ever."""
        self._swallowing.set()

    def swallow_from(self, words: bytes) -> None:
        """Begin to swallow with a piece of data for the database that contains these words."""
        self._last_words = words

    def recover(self) -> None:
        """Lead new connections through again; the old ones are lost, and nobody is told."""
        self._last_words = b""
        self._swallowing.clear()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            self._open += [near, far]
            lost = threading.Event()
            if self._swallowing.is_set():
                lost.set()
            else:
                far.connect(str(self._database))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._lead, args=(one, other, lost), daemon=True).start()

    def _lead(self, one: socket.socket, other: socket.socket, lost: threading.Event) -> None:
        try:
            while data := one.recv(16_384):
                if self._last_words and self._last_words in data:
                    self.swallow()
                if self._swallowing.is_set():
                    lost.set()
                if lost.is_set():
                    continue
                width = self.bytes_per_second
                self._over.wait(self.delay_seconds + (len(data) / width if width else 0.0))
                other.sendall(data)
            if not lost.is_set() and not self._swallowing.is_set():
                other.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self) -> None:
        self._over.set()
        for each in (self._listener, *self._open):
            each.close()


@contextmanager
def network_to(cluster: Cluster) -> Iterator[Network]:
    network = Network(cluster.directory / ".s.PGSQL.5432")
    try:
        yield network
    finally:
        network.close()


def through(network: Network, schema: str) -> str:
    """Return the address of a schema at the other end of the network."""
    return f"postgresql://sluice@127.0.0.1:{network.port}/postgres?schema={quote(schema)}"
