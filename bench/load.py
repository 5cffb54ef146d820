"""Send one kind of call over keep-alive connections for some seconds, and count the answers.

`wrk` does it when it is installed: it costs the machine little. Otherwise a generator of ours does,
which is right but slow: with it the numbers at 64 connections are bounded by the generator.
"""

import asyncio
import json
import random
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

LUA = Path(__file__).with_name("load.lua")
FLOW = "{flow}"  # in a body: where the number of a flow goes when calls are spread over many
GRACE_SECONDS = 10  # how long a run may last beyond its time before it is given up
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CONNECTION_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


class LoadFailed(Exception):
    """Some answers were refusals, or did not come: the run says nothing."""


@dataclass(frozen=True)
class Request:
    """What every call of a run sends; `spread` is the range of flows that take turns, if any."""

    url: str
    body: str
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    spread: tuple[int, int] | None = None
    method: str = "POST"

    @property
    def target(self) -> str:
        """Return path and query, as the first line of a request says them."""
        parts = urlsplit(self.url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def render(self) -> bytes:
        """Return the bytes of one call."""
        parts = urlsplit(self.url)
        body = self.body
        if self.spread:
            body = body.replace(FLOW, str(random.randint(*self.spread)))
        lines = [
            f"{self.method} {self.target} HTTP/1.1",
            *([] if "Host" in self.headers else [f"Host: {parts.netloc}"]),
            *(f"{name}: {value}" for name, value in self.headers.items()),
            f"Content-Length: {len(body)}",
        ]
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


@dataclass(frozen=True)
class Load:
    """What one run counted. Only whole answers with status 2xx and no `error` count as calls."""

    calls: int
    seconds: float
    median_micros: int
    p99_micros: int

    @property
    def per_second(self) -> float:
        """Return the calls answered in a second."""
        return self.calls / self.seconds


Generator = Callable[[Request, int, int], Load]


def wrk(request: Request, connections: int, seconds: int) -> Load:
    """Run `wrk` and return what it counted.

    Raises:
        LoadFailed: an answer was not 2xx, held an `error`, or never came.
    """
    headers = [
        part for name, value in request.headers.items() for part in ("-H", f"{name}: {value}")
    ]
    run = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(LUA), *headers]
    run += ["--timeout", f"{seconds + GRACE_SECONDS}s", request.url]
    given = [request.method, request.body, *(str(end) for end in request.spread or ())]
    output = subprocess.run(
        [*run, "--", *given],
        check=True,
        capture_output=True,
        text=True,
        timeout=seconds + GRACE_SECONDS,
    ).stdout
    counted = json.loads(output.splitlines()[-1])
    return _accept(
        Load(
            counted["calls"],
            counted["micros"] / 1e6,
            counted["median_micros"],
            counted["p99_micros"],
        ),
        counted["refused"],
        counted["broken"],
    )


def at_once(
    generator: Generator, requests: Sequence[Request], connections: int, seconds: int
) -> float:
    """Send calls to several servers at the same time; return the calls a second of all of them.

    Args:
        connections: of all together; each gets an equal share.

    Raises:
        LoadFailed: an answer was not 2xx, held an `error`, or never came.
    """
    with ThreadPoolExecutor(len(requests)) as threads:
        share = connections // len(requests)
        loads = threads.map(lambda request: generator(request, share, seconds), requests)
        return sum(load.per_second for load in loads)


def asyncio_client(request: Request, connections: int, seconds: int) -> Load:
    """Call from this process and return what was counted.

    Raises:
        LoadFailed: an answer was not 2xx, held an `error`, or never came.
    """
    return asyncio.run(_call_from_here(request, connections, seconds))


def available() -> tuple[str, Generator]:
    """Return the best generator of this machine, with its name."""
    if not shutil.which("wrk"):
        return "asyncio client", asyncio_client
    version = subprocess.run(["wrk", "-v"], check=False, capture_output=True, text=True).stdout
    return " ".join(version.split()[:2]), wrk


def _accept(load: Load, refused: int, broken: int) -> Load:
    if refused or broken or not load.calls:
        raise LoadFailed(f"{load.calls} calls answered, {refused} refused, {broken} broken")
    return load


@dataclass
class _Tally:
    request: Request
    deadline: float
    micros: list[int] = field(default_factory=list)
    refused: int = 0
    broken: int = 0

    def is_over(self) -> bool:
        return time.perf_counter() >= self.deadline

    def count(self, head: bytes, body: bytes, seconds: float) -> None:
        self.micros.append(int(seconds * 1e6))
        if not head.startswith(b"HTTP/1.1 2") or b'"error"' in body:
            self.refused += 1


class _Connection(asyncio.Protocol):
    """A connection with one call in flight, until the time is over or the server closes it."""

    transport: asyncio.Transport

    def __init__(self, tally: _Tally) -> None:
        self.tally = tally
        self.closed = asyncio.get_running_loop().create_future()
        self.waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, separator, body = self.received.partition(b"\r\n\r\n")
        length = CONTENT_LENGTH.search(head)
        if not separator or not length or len(body) < int(length[1]):
            return
        self.waiting = False
        self.tally.count(head, body, time.perf_counter() - self.sent)
        if self.tally.is_over() or CONNECTION_CLOSE.search(head):
            self.transport.close()
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.waiting:
            self.tally.broken += 1
        self.closed.set_result(None)

    def _send(self) -> None:
        self.received = b""
        self.waiting = True
        self.sent = time.perf_counter()
        self.transport.write(self.tally.request.render())


async def _call_from_here(request: Request, connections: int, seconds: int) -> Load:
    start = time.perf_counter()
    tally = _Tally(request, start + seconds)
    async with asyncio.timeout(seconds + GRACE_SECONDS):
        await asyncio.gather(*(_keep_calling(tally) for _ in range(connections)))
    elapsed = time.perf_counter() - start
    micros = sorted(tally.micros) or [0]
    load = Load(
        len(tally.micros), elapsed, micros[len(micros) // 2], micros[len(micros) * 99 // 100]
    )
    return _accept(load, tally.refused, tally.broken)


async def _keep_calling(tally: _Tally) -> None:
    host, _, port = urlsplit(tally.request.url).netloc.partition(":")
    loop = asyncio.get_running_loop()
    while not tally.is_over():
        _, connection = await loop.create_connection(lambda: _Connection(tally), host, int(port))
        await connection.closed
