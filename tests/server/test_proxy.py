"""The proxy leads the cloud's hosts to the portal, allowed hosts elsewhere, and nothing further."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sluice.server.proxy import Hosts
from tests.server_process import ServerProcess, running_server


@pytest.mark.parametrize(
    "host",
    [
        "acme.bitrix24.com",
        "a.b.bitrix24.de",
        "acme.bitrix24.com.br",
        "oauth.bitrix24.tech",
        "oauth.bitrix.info",
        "portal.example",
    ],
)
@pytest.mark.parametrize("port", [80, 443])
def test_the_cloud_is_this_portal(host: str, port: int) -> None:
    assert Hosts.of(["Portal.Example"], []).is_own(host, port)


@pytest.mark.parametrize(
    "host",
    [
        "evilbitrix24.com",
        "acme.bitrix24.com.evil.org",
        "acme.bitrix24.evil.org",
        "bitrix24.com@evil.org",
        "acme.bitrix24.",
        "acme.bitrix24.com\n",
        ".bitrix24.com",
        "oauth.bitrix.info.evil.org",
        "evil.org",
        "127.0.0.1",
        "",
    ],
)
def test_nothing_else_is_this_portal(host: str) -> None:
    assert not Hosts.of([], []).is_own(host, 443)


@pytest.mark.parametrize("port", [22, 8443, 0, 65536])
def test_the_cloud_has_no_other_ports(port: int) -> None:
    assert not Hosts.of([], []).is_own("acme.bitrix24.com", port)


@pytest.mark.parametrize(
    ("pattern", "host", "port", "is_allowed"),
    [
        ("api.example.com", "api.example.com", 443, True),
        ("api.example.com", "api.example.com", 25, False),
        ("api.example.com", "evil-api.example.com", 443, False),
        ("*.example.com", "a.example.com", 80, True),
        ("*.example.com", "example.com", 443, False),
        ("localhost:3000", "localhost", 3000, True),
        ("localhost:3000", "localhost", 443, False),
        ("", "", 443, False),
    ],
)
def test_what_is_passed_on_is_named(pattern: str, host: str, port: int, is_allowed: bool) -> None:
    assert Hosts.of([], [pattern]).is_allowed(host, port) is is_allowed


# A real proxy


@pytest.fixture(scope="module")
def echo() -> Iterator[int]:
    """The port of a program of somebody else, which sends back in capitals what it is sent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    while data := connection.recv(65536):
                        connection.sendall(data.upper())

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, echo: int) -> Iterator[ServerProcess]:
    environment = {"SLUICE_PROXY_ALLOW": f"localhost:{echo}, localhost:1"}
    directory = tmp_path_factory.mktemp("proxy")
    with running_server(directory, "--proxy-port", "0", environment=environment) as server:
        yield server


@pytest.fixture
def proxy(server: ServerProcess) -> Iterator[socket.socket]:
    """A connection to the proxy."""
    with closing(connected(server)) as connection:
        yield connection


def connected(server: ServerProcess) -> socket.socket:
    ready = json.loads((Path(server.log).with_name("ready.json")).read_text("utf-8"))
    port = int(ready["proxy"].rpartition(":")[2])
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def read_until(connection: socket.socket, end: bytes) -> bytes:
    data = b""
    while end not in data and (part := connection.recv(65536)):
        data += part
    return data


def rest_of(connection: socket.socket) -> bytes:
    data = b""
    while part := connection.recv(65536):
        data += part
    return data


def connect(connection: socket.socket, host: str) -> bytes:
    connection.sendall(f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    return read_until(connection, b"\r\n\r\n")


def call(method: str, host: str) -> bytes:
    return f"GET /rest/{method} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def trusting(server: ServerProcess) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(server.ready.ca_file))


def test_tls_ends_at_the_portal_with_a_certificate_for_the_host(
    server: ServerProcess, proxy: socket.socket
) -> None:
    assert connect(proxy, "acme.bitrix24.com:443").startswith(b"HTTP/1.1 200 ")

    with trusting(server).wrap_socket(proxy, server_hostname="acme.bitrix24.com") as secure:
        for _ in range(2):  # it is kept alive
            secure.sendall(call("profile", "acme.bitrix24.com"))
            assert b"NO_AUTH_FOUND" in read_until(secure, b"}")
        certificate: Any = secure.getpeercert()
    assert certificate["subjectAltName"] == (("DNS", "acme.bitrix24.com"),)


def test_a_connection_without_tls_leads_to_the_portal_as_well(proxy: socket.socket) -> None:
    connect(proxy, "acme.bitrix24.com:80")

    proxy.sendall(call("profile", "acme.bitrix24.com"))

    assert b"NO_AUTH_FOUND" in read_until(proxy, b"}")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_request_with_its_host_in_its_first_line_is_answered_once(
    scheme: str, proxy: socket.socket
) -> None:
    first = f"GET {scheme}://acme.bitrix24.com/rest/profile?a=b HTTP/1.1\r\n"
    fields = "Host: acme.bitrix24.com\r\nProxy-Connection: keep-alive\r\n\r\n"
    proxy.sendall((first + fields).encode())

    answer = rest_of(proxy)

    assert b"NO_AUTH_FOUND" in answer
    assert b"connection: close" in answer


def test_a_token_request_says_the_scheme_that_was_meant(
    server: ServerProcess, proxy: socket.socket
) -> None:
    client = server.cli_answer("app", "create")
    whose = ("--client-id", client["client_id"], "--user", "1")
    code = server.cli_answer("app", "code", *whose)["code"]
    query = (
        f"grant_type=authorization_code&client_id={client['client_id']}"
        f"&client_secret={client['client_secret']}&code={code}"
    )
    host = "oauth.bitrix.info"
    proxy.sendall(
        f"GET https://{host}/oauth/token/?{query} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    )

    assert b'"server_endpoint":"https://oauth.bitrix.info/rest/"' in rest_of(proxy)


@pytest.mark.parametrize(
    "request_line",
    [
        "CONNECT evil.example:443",
        "CONNECT acme.bitrix24.com:22",
        "CONNECT 127.0.0.1:22",
        "CONNECT [::1]:443",
        "GET http://evil.example/",
        "GET http://acme.bitrix24.com@evil.example/",
        "GET http://acme.bitrix24.com:8080/",
    ],
)
def test_nothing_else_leads_anywhere(request_line: str, proxy: socket.socket) -> None:
    proxy.sendall(f"{request_line} HTTP/1.1\r\nHost: acme.bitrix24.com\r\n\r\n".encode())

    answer = rest_of(proxy)

    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"proxy_allow" in answer


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /rest/profile HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
        (b"CONNECT acme.bitrix24.com:443 HTTP/1.1\r\n\r\n\x16\x03", 400),
        (b"GET http://a/ HTTP/1.1\r\nX: " + b"x" * 20_000, 431),
    ],
    ids=["no proxy request", "TLS at once", "too hasty", "endless headers"],
)
def test_what_is_no_proxy_request_is_refused(
    sent: bytes, status: int, proxy: socket.socket
) -> None:
    proxy.sendall(sent)

    assert read_until(proxy, b"\r\n").startswith(b"HTTP/1.1 %d " % status)


def test_a_host_that_is_allowed_is_passed_on(echo: int, proxy: socket.socket) -> None:
    assert connect(proxy, f"localhost:{echo}").startswith(b"HTTP/1.1 200 ")

    proxy.sendall(b"hello" * 50_000)
    proxy.sendall(b"|")

    assert read_until(proxy, b"|") == b"HELLO" * 50_000 + b"|"


def test_a_host_that_is_allowed_and_away_is_told(proxy: socket.socket) -> None:
    assert connect(proxy, "localhost:1").startswith(b"HTTP/1.1 502 ")


def test_a_client_that_does_not_trust_the_authority_hangs_up(
    server: ServerProcess, proxy: socket.socket
) -> None:
    connect(proxy, "acme.bitrix24.com:443")

    with pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(proxy, server_hostname="acme.bitrix24.com")

    with closing(connected(server)) as another:
        connect(another, "acme.bitrix24.com:443")
        secure = trusting(server).wrap_socket(another, server_hostname="acme.bitrix24.com")
        secure.sendall(call("profile", "acme.bitrix24.com"))
        assert b"NO_AUTH_FOUND" in read_until(secure, b"}")


def test_the_proxy_is_off_unless_asked_for(tmp_path: Path) -> None:
    with running_server(tmp_path):
        assert "proxy" not in json.loads((tmp_path / "ready.json").read_text("utf-8"))
