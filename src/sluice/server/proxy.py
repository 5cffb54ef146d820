"""Proxy mode: production host names lead to this portal, and nothing else leads anywhere.

A program with `https://acme.bitrix24.com` or `https://oauth.bitrix.info` in its code is given this
proxy and the local authority (`HTTPS_PROXY`, a certificate bundle; `sluice exec` does both). Then
its connections end here: a certificate for the host is made on the spot, and what was meant for
the cloud is answered by the portal. Other hosts are refused unless a setting names them.

Source: rest-protocol.md 13.6, which tells where each client looks for its hosts.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from typing import Any

from msgspec import Struct

from sluice.rest.request import AUTH_HOSTS
from sluice.server.rest_protocol import RestProtocol

MOST_HEAD_BYTES = 16 * 1024
HEAD_SECONDS = 10.0
TUNNEL_IDLE_SECONDS = 300.0
CONNECT_SECONDS = 10.0
# Connections that are not handed over yet, and tunnels; more are refused.
MOST_CONNECTIONS = 256
# Hosts whose certificates are kept; the longest unused is forgotten, and made again when needed.
MOST_HOSTS = 256

_PORTAL = re.compile(
    r"(?:[a-z0-9-]{1,63}\.)+bitrix24\.(?:[a-z]{2,12}|(?:com|co|net|org)\.[a-z]{2})"
)
_CONNECT = re.compile(rb"CONNECT ([^ /]+):([0-9]{1,5}) HTTP/1\.[01]\r\n", re.IGNORECASE)
_ABSOLUTE = re.compile(rb"([A-Z]+) (https?)://([^/? ]+)([^ ]*) (HTTP/1\.[01])\r\n", re.IGNORECASE)
_HOP_BY_HOP = re.compile(
    rb"^(?:proxy-[a-z-]+|connection|keep-alive)[ \t]*:[^\r\n]*\r\n", re.IGNORECASE | re.MULTILINE
)

log = logging.getLogger("sluice.proxy")


class Hosts(Struct, frozen=True):
    """Which hosts lead where.

    Attributes:
        own: further host names that are this portal, in lower case.
        allowed: patterns of hosts that are passed on, such as `*.example.com` or `localhost:3000`;
            without a port, 80 and 443 are meant.
    """

    own: frozenset[str] = frozenset()
    allowed: tuple[str, ...] = ()

    @classmethod
    def of(cls, own: Iterable[str], allowed: Iterable[str]) -> Hosts:
        """Return the hosts that settings name."""
        return cls(
            frozenset(host.strip().lower() for host in own if host.strip()),
            tuple(pattern.strip().lower() for pattern in allowed if pattern.strip()),
        )

    def is_own(self, host: str, port: int) -> bool:
        """Tell whether a host is the cloud, and so this portal."""
        return port in (80, 443) and (
            host in self.own or host.encode() in AUTH_HOSTS or bool(_PORTAL.fullmatch(host))
        )

    def is_allowed(self, host: str, port: int) -> bool:
        """Tell whether a connection is passed on to a host."""
        named = [f"{host}:{port}", *([host] if port in (80, 443) else [])]
        return any(fnmatchcase(name, pattern) for name in named for pattern in self.allowed)


class Certificates:
    """TLS contexts for host names, made when they are asked for."""

    def __init__(self, make: Callable[[str], ssl.SSLContext]) -> None:
        self._make = make
        self._contexts: OrderedDict[str, ssl.SSLContext] = OrderedDict()
        self._making = ThreadPoolExecutor(1, "sluice-certificates")

    async def context(self, host: str) -> ssl.SSLContext:
        """Return the context that serves a host."""
        context = self._contexts.get(host)
        if context is None:
            loop = asyncio.get_running_loop()
            context = await loop.run_in_executor(self._making, self._make, host)
            self._contexts[host] = context
        self._contexts.move_to_end(host)
        if len(self._contexts) > MOST_HOSTS:
            self._contexts.popitem(last=False)
        return context

    def close(self) -> None:
        """Stop making."""
        self._making.shutdown(cancel_futures=True)


class Proxy:
    """What connections of the proxy share.

    Args:
        answer: makes the protocol that answers a connection as the HTTPS listener does.
    """

    def __init__(
        self, hosts: Hosts, certificates: Certificates, answer: Callable[[], RestProtocol]
    ) -> None:
        self.hosts = hosts
        self.certificates = certificates
        self.answer = answer
        self.open: set[asyncio.BaseProtocol] = set()
        self.tasks: set[asyncio.Task[None]] = set()

    def connection(self) -> ProxyConnection:
        """Return the protocol of a new connection."""
        return ProxyConnection(self)

    def run(self, work: Any) -> None:
        """Run a coroutine; `close` ends it."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def close(self) -> None:
        """End what is not handed over yet, and tunnels."""
        for task in list(self.tasks):
            task.cancel()
        for connection in list(self.open):
            if isinstance(connection, ProxyConnection):
                connection.transport.abort()
        self.certificates.close()


class ProxyConnection(asyncio.Protocol):
    """A connection until it is known where it leads."""

    transport: asyncio.Transport

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._head = b""
        self._is_read = False
        self._other: asyncio.Transport | None = None  # the far side of a tunnel

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self._timer = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._too_late)
        if len(self._proxy.open) >= MOST_CONNECTIONS:
            self._refuse(503, "Too many connections. Try again later.")
        self._proxy.open.add(self)

    def connection_lost(self, problem: Exception | None) -> None:
        self._timer.cancel()
        self._proxy.open.discard(self)
        if self._other is not None:
            self._other.close()

    def data_received(self, data: bytes) -> None:
        if self._other is not None:
            self._other.write(data)
            self._restart_timer()
            return
        if self._is_read or self.transport.is_closing():
            return
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            if len(self._head) > MOST_HEAD_BYTES:
                self._refuse(431, "The request's headers are too large.")
            return
        self._is_read = True
        self._timer.cancel()
        head, rest = self._head[: end + 4], self._head[end + 4 :]
        if connect := _CONNECT.match(head):
            self._connect(connect[1].decode("latin-1"), int(connect[2]), rest)
        elif absolute := _ABSOLUTE.match(head):
            self._forward(absolute, head, rest)
        else:
            self._refuse(400, "This is a proxy. Set it as HTTPS_PROXY and call the portal's host.")

    # Where it leads

    def _connect(self, name: str, port: int, rest: bytes) -> None:
        host = name.strip("[]").rstrip(".").lower()
        if self._proxy.hosts.is_own(host, port):
            if port == 80:
                self._established()
                self._hand_over(rest)
            elif rest:  # a client waits for the answer before it speaks TLS
                self._refuse(400, "Nothing may follow CONNECT before it is answered.")
            else:
                self.transport.pause_reading()
                self._proxy.run(self._speak_tls(host))
        elif self._proxy.hosts.is_allowed(host, port):
            self._proxy.run(self._tunnel(host, port, rest))
        else:
            self._refuse_host(host, port)

    def _forward(self, request: re.Match[bytes], head: bytes, rest: bytes) -> None:
        """Answer a request that names its host in its first line.

        One request a connection: the next might be for another host.
        """
        verb, scheme, authority, path, version = request.groups()
        name, _, digits = authority.decode("latin-1").lower().rpartition("@")[2].partition(":")
        is_secure = scheme.lower() == b"https"
        port = int(digits) if digits.isdigit() else (443 if is_secure else 80)
        if not self._proxy.hosts.is_own(name.rstrip("."), port):
            self._refuse_host(name, port)
            return
        fields = _HOP_BY_HOP.sub(b"", head[request.end() :])
        line = b"%b %b %b\r\nConnection: close\r\n" % (verb, path or b"/", version)
        self._hand_over(line + fields + rest, secure=is_secure)

    def _hand_over(self, data: bytes, *, secure: bool = False) -> None:
        """Let the portal answer from here on."""
        answer = self._proxy.answer()
        self._proxy.open.discard(self)
        self.transport.set_protocol(answer)
        answer.connection_made(self.transport)
        if secure:
            answer.scheme = "https"  # what the client meant; between it and us there is loopback
        if data:
            answer.data_received(data)

    async def _speak_tls(self, host: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            context = await self._proxy.certificates.context(host)
            answer = self._proxy.answer()
            self._established()
            transport = await loop.start_tls(
                self.transport,
                answer,
                context,
                server_side=True,
                ssl_handshake_timeout=HEAD_SECONDS,
            )
        except (OSError, ssl.SSLError) as problem:  # a client that does not trust us hangs up
            log.warning("%s: TLS with a client failed: %s", host, problem)
            self.transport.abort()
            return
        except Exception:
            log.exception("a connection of the proxy failed for a reason of ours")
            self.transport.abort()
            return
        self._proxy.open.discard(self)
        if transport is None:  # the client has gone meanwhile
            return
        answer.connection_made(transport)

    async def _tunnel(self, host: str, port: int, rest: bytes) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                other, _ = await loop.create_connection(
                    lambda: _FarSide(self), host=host, port=port
                )
        except (OSError, TimeoutError) as problem:
            log.warning("cannot reach %s:%d: %s", host, port, problem)
            self._refuse(502, f"{host}:{port} cannot be reached.")
            return
        self._established()
        self._other = other
        if rest:
            other.write(rest)
        self._restart_timer()

    # Answers

    def _established(self) -> None:
        self.transport.write(b"HTTP/1.1 200 Connection Established\r\n\r\n")

    def _refuse_host(self, host: str, port: int) -> None:
        log.warning("refused to lead to %s:%d", host[:100], port)
        self._refuse(
            403,
            f"{host}:{port} is neither this portal nor allowed. Hosts that are this portal stand in"
            " the setting proxy_hosts, hosts to pass on to in proxy_allow.",
        )

    def _refuse(self, status: int, words: str) -> None:
        self._is_read = True
        body = f"{words}\n".encode("utf-8", "replace")
        self.transport.write(
            b"HTTP/1.1 %d Refused\r\nContent-Type: text/plain; charset=utf-8\r\n"
            b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (status, len(body), body)
        )
        self.transport.close()

    def _restart_timer(self) -> None:
        self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(TUNNEL_IDLE_SECONDS, self.transport.abort)

    def _too_late(self) -> None:
        self._refuse(408, f"The request did not arrive within {HEAD_SECONDS:.0f} seconds.")

    # Back-pressure of a tunnel

    def pause_writing(self) -> None:
        if self._other is not None:
            self._other.pause_reading()

    def resume_writing(self) -> None:
        if self._other is not None:
            self._other.resume_reading()


class _FarSide(asyncio.Protocol):
    """The other end of a tunnel."""

    def __init__(self, near: ProxyConnection) -> None:
        self._near = near

    def data_received(self, data: bytes) -> None:
        self._near.transport.write(data)

    def connection_lost(self, problem: Exception | None) -> None:
        self._near.transport.close()

    def pause_writing(self) -> None:
        self._near.transport.pause_reading()

    def resume_writing(self) -> None:
        self._near.transport.resume_reading()
