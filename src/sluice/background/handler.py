"""One request to a handler: its address is checked, its time and its answer are bounded.

A handler belongs to somebody else. It may be slow, lie about its length, lead elsewhere, or be an
address inside the operator's own network; none of that may hurt the portal.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from sluice.domain.events import is_public

if TYPE_CHECKING:
    import httpx2

# How much of an answer is read, and how much of that is kept.
MOST_ANSWER_BYTES = 64 * 1024
KEPT_CHARACTERS = 500
# Of `User-Agent`. Nobody knows what the vendor sends (rest-protocol.md, appendix C 10).
AGENT = "Bitrix24 Webhook Engine (Sluice)"


class Answered(Struct, frozen=True):
    """How a handler answered.

    Attributes:
        status: 0 when it did not.
        problem: why the event counts as not delivered; empty when it was.
        answer: the beginning of what it said.
    """

    status: int
    problem: str
    answer: str


class _NotPublic(Exception):
    """A name stands for an address that events are not sent to."""


class Handlers:
    """Sends to handlers. Connections are kept between deliveries.

    Args:
        timeout_seconds: how long a handler may take, all in all.
        context: whom to trust; nothing for the machine's own authorities.
    """

    def __init__(self, timeout_seconds: float, context: ssl.SSLContext | None = None) -> None:
        self._timeout_seconds = timeout_seconds
        self._context = context
        self._client: httpx2.AsyncClient | None = None

    async def post(self, address: str, body: bytes, *, public: bool) -> Answered:
        """Send a form and return how it was answered. Never raises, and follows no redirect.

        Args:
            public: connect to public addresses alone, whatever the name stands for now.
        """
        import httpx2  # a tenth of a second, for portals that send events

        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._post(address, body, public=public)
        except TimeoutError:
            return Answered(0, f"no answer within {self._timeout_seconds:g} seconds", "")
        except _NotPublic as problem:
            return Answered(0, str(problem), "")
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ssl.SSLError) as problem:
            return Answered(0, str(problem) or type(problem).__name__, "")

    async def _post(self, address: str, body: bytes, *, public: bool) -> Answered:
        parts = urlsplit(address)
        host = parts.hostname or ""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": AGENT,
            "Host": parts.netloc,
        }
        extensions = {}
        if public:
            # The connection goes to the very address that was checked, not to what the name stands
            # for a moment later.
            checked = await _public_address(host, parts.port or (443 if _is_tls(address) else 80))
            literal = f"[{checked}]" if ":" in checked else checked
            port = f":{parts.port}" if parts.port else ""
            address = parts._replace(netloc=literal + port).geturl()
            extensions = {"sni_hostname": host}
        async with self._opened().stream(
            "POST", address, content=body, headers=headers, extensions=extensions
        ) as response:
            answer = b""
            async for part in response.aiter_raw():
                answer += part
                if len(answer) > MOST_ANSWER_BYTES:
                    break
        status = response.status_code
        text = answer[: 4 * KEPT_CHARACTERS].decode("utf-8", "replace")[:KEPT_CHARACTERS]
        problem = "" if 200 <= status < 300 else f"the handler answered {status}"
        return Answered(status, problem, text)

    def _opened(self) -> httpx2.AsyncClient:
        import httpx2

        if self._client is None:
            self._client = httpx2.AsyncClient(
                verify=self._context or ssl.create_default_context(),
                follow_redirects=False,
                trust_env=False,  # a proxy of the operator's is not for other people's addresses
                timeout=self._timeout_seconds,
                limits=httpx2.Limits(max_connections=None, max_keepalive_connections=32),
            )
        return self._client

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def _is_tls(address: str) -> bool:
    return address.lower().startswith("https:")


async def _public_address(host: str, port: int) -> str:
    """Return an address of a host, all of whose addresses are public.

    Raises:
        _NotPublic: one of them is not.
        OSError: there is none.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if not is_public(address):
            raise _NotPublic(f"{host} stands for {address}, which is no public address")
    return addresses[0]
