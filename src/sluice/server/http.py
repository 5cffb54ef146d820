"""HTTP and HTTPS at once: uvicorn's listeners around our protocol, from start to drained stop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator

import uvicorn
from msgspec import Struct

from sluice.errors import HeadersTooLate
from sluice.rest.door import Door, Doors
from sluice.rest.gateway import Gateway
from sluice.server.asgi import HttpApp
from sluice.server.descriptors import Descriptors
from sluice.server.forwarded import TrustedProxies
from sluice.server.health import Health
from sluice.server.limited_protocol import LimitedProtocol
from sluice.server.proxy import Certificates, Hosts, Proxy
from sluice.server.rest_protocol import RestProtocol
from sluice.server.watch import Watch
from sluice.settings import Settings

# Connections that wait to be accepted; more are refused by the system.
BACKLOG = 2048


class Listener(uvicorn.Server):
    """One listening socket. The program, not the listener, handles signals."""

    def __init__(self, config: uvicorn.Config, settings: Settings) -> None:
        super().__init__(config)
        self._settings = settings

    def protocol(self) -> RestProtocol:
        """Return what answers a connection that came another way."""
        kind: Callable[..., RestProtocol] = self.config.http_protocol_class  # type: ignore[assignment]
        return kind(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

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
            if not isinstance(connection, LimitedProtocol):
                continue
            if connection.is_unread(now, self._settings.body_timeout_seconds):
                connection.transport.abort()
            elif connection.waiting_since is not None:
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


class HttpServer:
    """Both listeners of a portal, from bound sockets to drained calls."""

    def __init__(
        self,
        gateway: Gateway,
        answer: Door,
        doors: Doors,
        settings: Settings,
        context: ssl.SSLContext,
        health: Health,
        watch: Watch,
    ) -> None:
        """Bind the sockets.

        Args:
            answer: the gateway's, or what chooses between several.

        Raises:
            PortTaken: as `bind`.
        """
        self._settings = settings
        self._gateway = gateway
        self._health = health
        self._descriptors = Descriptors()
        self._trusted = TrustedProxies(settings.trusted_networks)
        self._answer = answer
        if watch.is_on:
            self._answer, doors = watch.around(answer), watch.doors(doors)
        watch.connections = self._count_connections
        app = HttpApp(gateway, self._answer, doors, self._trusted)
        self._sockets = [
            bind(settings.host, settings.port, "port"),
            bind(settings.host, settings.tls_port, "tls_port"),
        ]
        self._listeners = [
            Listener(self._config(app, None), settings),
            Listener(self._config(app, context), settings),
        ]
        self._proxy: Proxy | None = None
        self._proxy_socket: socket.socket | None = None
        self.plain, self.tls = (
            Address(settings.host, bound.getsockname()[1], secure)
            for bound, secure in zip(self._sockets, (False, True), strict=True)
        )

    def add_proxy(self, certificates: Certificates) -> Address:
        """Listen as a proxy as well, and return where.

        Raises:
            PortTaken: as `bind`.
        """
        settings = self._settings
        self._proxy_socket = bind(settings.proxy_host, settings.proxy_port, "proxy_port")
        hosts = Hosts.of(
            [settings.domain, *settings.proxy_hosts.split(",")], settings.proxy_allow.split(",")
        )
        self._proxy = Proxy(hosts, certificates, self._listeners[1].protocol)
        return Address(settings.proxy_host, self._proxy_socket.getsockname()[1], secure=False)

    def _count_connections(self) -> int:
        return sum(len(listener.server_state.connections) for listener in self._listeners)

    def _config(self, app: HttpApp, context: ssl.SSLContext | None) -> uvicorn.Config:
        protocol = type(
            "Protocol",
            (RestProtocol,),
            {
                "max_header_bytes": self._settings.max_header_bytes,
                "gateway": self._gateway,
                "answer": staticmethod(self._answer),
                "trusted": self._trusted,
                "descriptors": self._descriptors,
                "health": self._health,
            },
        )
        config = uvicorn.Config(
            app,
            http=protocol,
            ws="none",
            lifespan="off",
            loop="uvloop",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
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
            if any(task.done() for task in serving):  # a listener failed: say so, do not wait
                break
            await asyncio.sleep(0)
        else:
            async with self._proxying():
                ready()
                await asyncio.gather(*serving)
            return
        await asyncio.gather(*serving)

    @contextlib.asynccontextmanager
    async def _proxying(self) -> AsyncIterator[None]:
        """Accept the proxy's connections, if there is one."""
        if self._proxy is None or self._proxy_socket is None:
            yield
            return
        loop = asyncio.get_running_loop()
        accepting = await loop.create_server(self._proxy.connection, sock=self._proxy_socket)
        try:
            yield
        finally:
            accepting.close()
            self._proxy.close()

    def stop(self) -> None:
        """Stop accepting; `serve` returns when what is in flight has been answered."""
        for listener in self._listeners:
            listener.should_exit = True


class PortTaken(Exception):
    """A port cannot be listened on. The words say which, and what to do."""


def bind(host: str, port: int, setting: str) -> socket.socket:
    """Return a socket that listens on the address; port 0 picks a free one.

    Raises:
        PortTaken: another program listens there, or the address is not this machine's.
    """
    option = f"--{setting.replace('_', '-')}"
    bound = None
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(BACKLOG)  # two programs may bind a port at once, but only one may listen
        bound.setblocking(False)
    except OSError as problem:
        if bound is not None:
            bound.close()
        raise PortTaken(
            f"Cannot listen on {host}:{port}: {problem.strerror}. "
            f"Stop the other program, or choose another port with {option} (0 picks a free one)."
        ) from problem
    return bound
