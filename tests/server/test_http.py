"""HTTP as real clients and hostile ones speak it: limits, odd requests, both listeners."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.server_process import ServerProcess, running_server

PATIENCE_SECONDS = 20.0
SMALL_LIMITS = {
    "SLUICE_MAX_BODY_BYTES": "20000",
    "SLUICE_MAX_HEADER_BYTES": "4096",
    "SLUICE_MAX_PARAMETERS": "50",
    "SLUICE_MAX_DEPTH": "8",
    "SLUICE_HEADER_TIMEOUT_SECONDS": "1",
    "SLUICE_BODY_TIMEOUT_SECONDS": "1",
    "SLUICE_IDLE_TIMEOUT_SECONDS": "1",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("http"), environment=SMALL_LIMITS) as server:
        yield server


@pytest.fixture(scope="module")
def path(server: ServerProcess) -> str:
    """The path of the administrator's webhook, with a slash at its end."""
    return urlsplit(server.ready.webhook).path


class Answer:
    """An HTTP answer, taken apart."""

    def __init__(self, head: bytes, body: bytes) -> None:
        status_line, *lines = head.decode().split("\r\n")
        self.status = int(status_line.split()[1])
        pairs = (line.split(": ", 1) for line in lines)
        self.headers = {name.lower(): value for name, value in pairs}
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Peer:
    """A client that sends bytes and reads answers."""

    def __init__(self, server: ServerProcess, *, tls: bool = False) -> None:
        address = urlsplit(server.ready.tls_url if tls else server.ready.url)
        assert address.hostname is not None
        self._socket: socket.socket = socket.create_connection(
            (address.hostname, address.port), PATIENCE_SECONDS
        )
        if tls:
            context = ssl.create_default_context(cafile=server.ready.ca_file)
            self._socket = context.wrap_socket(self._socket, server_hostname=address.hostname)
        self._buffer = b""

    def close(self) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def end_sending(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def answer(self, *, without_body: bool = False) -> Answer:
        while b"\r\n\r\n" not in self._buffer:
            self._receive()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        answer = Answer(head, b"")
        length = 0 if without_body else int(answer.headers.get("content-length", 0))
        while len(self._buffer) < length:
            self._receive()
        answer.body, self._buffer = self._buffer[:length], self._buffer[length:]
        return answer

    def is_closed(self) -> bool:
        """Tell whether the server hangs up, and says no more before that."""
        try:
            return self._socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _receive(self) -> None:
        data = self._socket.recv(65536)
        assert data, f"the server hung up after {self._buffer!r}"
        self._buffer += data


@pytest.fixture
def peer(server: ServerProcess) -> Iterator[Peer]:
    with closing(Peer(server)) as peer:
        yield peer


def post(path: str, body: bytes, *headers: bytes, version: bytes = b"1.1") -> bytes:
    lines = [
        b"POST %b HTTP/%b" % (path.encode(), version),
        b"Host: x",
        b"Content-Length: %d" % len(body),
        *headers,
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def get(path: str, *headers: bytes, verb: bytes = b"GET") -> bytes:
    return b"\r\n".join([b"%b %b HTTP/1.1" % (verb, path.encode()), b"Host: x", *headers, b"", b""])


# Every answer


def test_headers_of_every_answer(peer: Peer, path: str) -> None:
    for request in (get(f"{path}profile"), get(f"{path}nothing"), get("/elsewhere")):
        peer.send(request)
        headers = peer.answer().headers
        assert headers["content-type"] == "application/json; charset=utf-8"
        assert headers["access-control-allow-origin"] == "*"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "date" in headers
        assert "location" not in headers


@pytest.mark.parametrize("where", ["profile", "nothing"])
def test_a_preflight_is_answered(peer: Peer, path: str, where: str) -> None:
    peer.send(
        get(
            f"{path}{where}",
            b"Origin: https://app.example",
            b"Access-Control-Request-Method: POST",
            b"Access-Control-Request-Headers: content-type",
            verb=b"OPTIONS",
        )
    )

    answer = peer.answer()

    assert answer.status in (200, 204)
    assert answer.headers["access-control-allow-origin"] == "*"
    for name in ("origin", "content-type", "accept", "authorization"):
        assert name in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize(
    "place", ["/", "/rest", "/rest/", "/index.html", "/rest/a/b/c/d/e", "/%C3%A9"]
)
def test_other_places_are_json_404(peer: Peer, place: str) -> None:
    peer.send(get(place))

    answer = peer.answer()

    assert (answer.status, answer.json["error"]) == (404, "ERROR_METHOD_NOT_FOUND")


# Requests of all kinds


def test_a_connection_is_kept(peer: Peer, path: str) -> None:
    for _ in range(3):
        peer.send(get(f"{path}profile"))
        assert peer.answer().json["result"]["ID"] == "1"


def test_requests_sent_at_once_are_answered_in_order(peer: Peer, path: str) -> None:
    wanted = [404 if number % 3 == 0 else 200 for number in range(60)]
    requests = [
        get("/elsewhere") if number % 3 == 0 else post(f"{path}tasks.flow.Flow.pin", b"flowId=517")
        for number in range(60)
    ]

    peer.send(b"".join(requests))

    answers = [peer.answer() for _ in requests]
    assert [answer.status for answer in answers] == wanted
    pinned = [answer.json["result"] for answer in answers if answer.status == 200]
    assert pinned == [True, False] * 20


@pytest.mark.parametrize(
    ("behind", "status"),
    [
        (get("/elsewhere"), 404),
        (get("/rest/1/x/profile", verb=b"OPTIONS"), 200),
        (b"GARBAGE\r\n\r\n", 400),
        (get("?no-address"), 400),
    ],
    ids=["another place", "a preflight", "garbage", "no address"],
)
def test_nothing_overtakes_a_call(peer: Peer, path: str, behind: bytes, status: int) -> None:
    call = post(f"{path}tasks.flow.Flow.pin", b"flowId=517")

    peer.send(call + call + behind)

    assert [peer.answer().status for _ in range(3)] == [200, 200, status]


def test_a_call_behind_another_place_waits_for_it(peer: Peer, path: str) -> None:
    call = post(f"{path}tasks.flow.Flow.pin", b"flowId=517")

    peer.send(call + get("/elsewhere") + call + get("/elsewhere", b"Connection: close"))

    assert [peer.answer().status for _ in range(4)] == [200, 404, 200, 404]
    assert peer.is_closed()


def test_a_request_that_arrives_byte_by_byte(peer: Peer, path: str) -> None:
    for byte in post(f"{path}tasks.flow.Flow.get", b"flowId=517"):
        peer.send(bytes([byte]))

    assert peer.answer().json["result"]["id"] == 517


def test_a_chunked_body(peer: Peer, path: str) -> None:
    head = f"POST {path}tasks.flow.Flow.get HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    peer.send(head.encode() + b"\r\n5\r\nflowI\r\n5\r\nd=517\r\n0\r\n\r\n")

    assert peer.answer().json["result"]["id"] == 517


def test_http_1_0_is_answered_and_closed(peer: Peer, path: str) -> None:
    peer.send(post(f"{path}tasks.flow.Flow.get", b"flowId=517", version=b"1.0"))

    assert peer.answer().json["result"]["id"] == 517
    assert peer.is_closed()


def test_a_wish_to_close_is_followed(peer: Peer, path: str) -> None:
    peer.send(get(f"{path}profile", b"Connection: close"))

    answer = peer.answer()

    assert answer.headers["connection"] == "close"
    assert peer.is_closed()


@pytest.mark.parametrize("calls", [1, 5])
def test_a_client_that_ends_sending_is_answered(peer: Peer, path: str, calls: int) -> None:
    peer.send(post(f"{path}tasks.flow.Flow.activate", b"flowId=517") * calls * 2)
    peer.end_sending()

    assert [peer.answer().json["result"] for _ in range(calls * 2)] == [True] * calls * 2
    assert peer.is_closed()


@pytest.mark.parametrize("slashes", ["", "/"], ids=["call", "call with a slash more"])
def test_half_a_call_is_not_done(server: ServerProcess, path: str, slashes: str) -> None:
    call = post(f"{slashes}{path}tasks.flow.Flow.pin", b"flowId=517&nothing")
    with closing(Peer(server)) as peer:
        peer.send(post(f"{path}tasks.flow.Flow.pin", b"flowId=517"))
        before = peer.answer().json["result"]
    with closing(Peer(server)) as peer:
        peer.send(call[:-5])
        peer.end_sending()
        assert peer.is_closed()

    with closing(Peer(server)) as peer:
        peer.send(post(f"{path}tasks.flow.Flow.pin", b"flowId=517"))
        assert peer.answer().json["result"] is not before


@pytest.mark.parametrize("where", ["profile", "nothing"])
def test_head_has_no_body(peer: Peer, path: str, where: str) -> None:
    peer.send(get(f"{path}{where}", verb=b"HEAD"))
    answer = peer.answer(without_body=True)
    peer.send(get(f"{path}{where}"))

    assert answer.status == peer.answer().status


@pytest.mark.parametrize("verb", [b"PUT", b"PATCH", b"DELETE"])
def test_other_verbs_are_read_like_get(peer: Peer, path: str, verb: bytes) -> None:
    peer.send(get(f"{path}tasks.flow.Flow.get?flowId=517", verb=verb))

    assert peer.answer().json["result"]["id"] == 517


def test_a_client_that_asks_before_it_sends(peer: Peer, path: str) -> None:
    request = post(f"{path}tasks.flow.Flow.get", b"flowId=517", b"Expect: 100-continue")
    head, _, body = request.partition(b"\r\n\r\n")
    peer.send(head + b"\r\n\r\n")
    assert peer.answer(without_body=True).status == 100

    peer.send(body)
    assert peer.answer().json["result"]["id"] == 517


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket", b"TLS/1.2"])
def test_a_wish_for_another_protocol_is_passed_over(peer: Peer, path: str, protocol: bytes) -> None:
    peer.send(
        post(
            f"{path}tasks.flow.Flow.get",
            b"flowId=517",
            b"Connection: Upgrade, HTTP2-Settings",
            b"Upgrade: " + protocol,
            b"HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA",
        )
    )

    assert peer.answer().json["result"]["id"] == 517


@pytest.mark.parametrize("cut", [b"Upg", b"Upgrade: h", b"h2c\r\n\r\n", b"flow"])
def test_such_a_wish_may_arrive_in_pieces(peer: Peer, path: str, cut: bytes) -> None:
    request = post(
        f"{path}tasks.flow.Flow.get", b"flowId=517", b"Connection: Upgrade", b"Upgrade: h2c"
    )
    peer.send(get(f"{path}profile"))
    assert peer.answer().status == 200  # so the next bytes come on their own
    head, found, rest = request.rpartition(cut)
    for piece in (head + found, rest + get(f"{path}profile")):
        peer.send(piece)

    assert peer.answer().json["result"]["id"] == 517
    assert peer.answer().status == 200


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT sluice.example:443 HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET http://sluice.example:99999/ HTTP/1.1\r\n\r\n",
    ],
    ids=[
        "tls on the plain port",
        "no request",
        "version of the future",
        "http/2",
        "proxy",
        "negative length",
        "two lengths",
        "no address",
    ],
)
def test_what_is_no_http_is_refused_in_json(peer: Peer, rubbish: bytes) -> None:
    peer.send(rubbish)

    answer = peer.answer()

    assert (answer.status, answer.json["error"]) == (400, "INVALID_REQUEST")
    assert peer.is_closed()


def test_two_hundred_connections_at_once(server: ServerProcess, path: str) -> None:
    peers = [Peer(server) for _ in range(200)]
    try:
        for peer in peers:
            peer.send(post(f"{path}tasks.flow.Flow.get", b"flowId=517"))
        assert [peer.answer().status for peer in peers] == [200] * 200
    finally:
        for peer in peers:
            peer.close()


# Limits


@pytest.mark.parametrize("where", ["tasks.flow.Flow.get", "nothing"])
def test_a_body_over_the_limit(peer: Peer, path: str, where: str) -> None:
    peer.send(post(f"{path}{where}", b"a=" + b"x" * 30_000))

    answer = peer.answer()

    assert (answer.status, answer.json["error"]) == (413, "INVALID_REQUEST")
    assert "20000 bytes (setting max_body_bytes)" in answer.json["error_description"]
    assert peer.is_closed()


def test_a_chunked_body_over_the_limit_is_not_waited_for(peer: Peer, path: str) -> None:
    head = f"POST {path}profile HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    peer.send(head.encode() + b"".join(b"1000\r\n" + b"x" * 4096 + b"\r\n" for _ in range(6)))

    assert peer.answer().status == 413
    assert peer.is_closed()


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_who_sends_far_too_much_still_reads_why(
    server: ServerProcess, path: str, tls: bool
) -> None:
    with closing(Peer(server, tls=tls)) as peer:
        head = f"POST {path}profile HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        peer.send(head.encode() + b"400000\r\n" + b"x" * 0x400000)

        assert peer.answer().status == 413


def test_who_asks_before_sending_too_much_is_refused_at_once(peer: Peer, path: str) -> None:
    request = post(f"{path}profile", b"x" * 30_000, b"Expect: 100-continue")

    peer.send(request.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")

    assert peer.answer().status == 413


@pytest.mark.parametrize(
    "endless",
    [b"0\r\n" + b"X-Trailer: y\r\n" * 500, b"0\r\nX-Trailer: " + b"y" * 9000, b"1;" + b"y" * 9000],
    ids=["trailers", "one trailer", "chunk extension"],
)
def test_what_comes_beside_a_chunked_body_is_limited(peer: Peer, path: str, endless: bytes) -> None:
    head = f"POST {path}profile HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    peer.send(head.encode() + endless)

    assert peer.answer().status == 431


def test_many_small_chunks_are_no_headers(peer: Peer, path: str) -> None:
    head = f"POST {path}tasks.flow.Flow.get HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    body = b"flowId=517" + b"&" * 5_000
    peer.send(head.encode() + b"\r\n" + b"".join(b"1\r\n%c\r\n" % byte for byte in body))
    peer.send(b"0\r\n\r\n")

    assert peer.answer().json["result"]["id"] == 517


@pytest.mark.parametrize(
    "request_bytes",
    [
        get("/rest/1/x/profile", b"X-Long: " + b"x" * 6000),
        get("/rest/1/x/profile?" + "a" * 6000),
        get("/rest/1/x/profile", *[b"X-%d: y" % number for number in range(800)]),
        b"GET /rest/1/x/profile HTTP/1.1\r\nX-Endless: " + b"x" * 9000,
    ],
    ids=["one header", "the path", "many headers", "without end"],
)
def test_headers_over_the_limit(peer: Peer, request_bytes: bytes) -> None:
    peer.send(request_bytes)

    answer = peer.answer()

    assert (answer.status, answer.json["error"]) == (431, "INVALID_REQUEST")
    assert "4096 bytes (setting max_header_bytes)" in answer.json["error_description"]
    assert peer.is_closed()


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        (b"&".join(b"a%d=1" % n for n in range(60)), b"", "50 parameters (setting max_parameters)"),
        (
            json.dumps({"a": list(range(60))}).encode(),
            b"application/json",
            "50 parameters (setting max_parameters)",
        ),
        (b"a" + b"[x]" * 9 + b"=1", b"", "8 levels (setting max_depth)"),
        (b'{"a":' + b"[" * 9 + b"]" * 9 + b"}", b"application/json", "8 levels"),
        (b'{"a":' + b"[" * 9000 + b"]" * 9000 + b"}", b"application/json", "8 levels"),
    ],
    ids=["form", "json", "brackets", "json depth", "json abyss"],
)
def test_parameters_over_the_limit(
    peer: Peer, path: str, body: bytes, content_type: bytes, words: str
) -> None:
    peer.send(post(f"{path}profile", body, b"Content-Type: " + content_type))

    answer = peer.answer()

    assert (answer.status, answer.json["error"]) == (400, "INVALID_REQUEST")
    assert words in answer.json["error_description"]


@pytest.mark.parametrize(
    ("beginning", "name"),
    [
        (b"", "header"),
        (b"POST /rest/1/x/profile HTTP/1.1\r\nHost:", "header"),
        (b"POST /rest/1/x/profile HTTP/1.1\r\nContent-Length: 50\r\n\r\nabc", "body"),
    ],
    ids=["silence", "half a header", "half a body"],
)
def test_a_request_that_does_not_arrive(peer: Peer, beginning: bytes, name: str) -> None:
    peer.send(beginning)

    answer = peer.answer()

    assert (answer.status, answer.json["error"]) == (408, "INVALID_REQUEST")
    assert f"(setting {name}_timeout_seconds)" in answer.json["error_description"]
    assert peer.is_closed()


@pytest.mark.parametrize("more", [b"", b"\r\n"], ids=["silent", "a line end more"])
def test_an_idle_connection_is_closed(peer: Peer, path: str, more: bytes) -> None:
    peer.send(get(f"{path}profile"))
    assert peer.answer().status == 200

    peer.send(more)
    assert peer.is_closed()


# TLS


def test_https_speaks_the_same(server: ServerProcess, path: str) -> None:
    with closing(Peer(server, tls=True)) as peer:
        peer.send(post(f"{path}tasks.flow.Flow.get", b"flowId=517"))

        assert peer.answer().json["result"]["id"] == 517


def test_plain_http_may_be_refused_as_the_vendor_does(tmp_path: Path) -> None:
    with running_server(tmp_path, "--https-required") as server:
        path = urlsplit(server.ready.webhook).path
        with closing(Peer(server)) as plain, closing(Peer(server, tls=True)) as secure:
            plain.send(get(f"{path}profile"))
            secure.send(get(f"{path}profile"))

            refused = plain.answer()
            assert (refused.status, refused.json) == (
                400,
                {"error": "INVALID_REQUEST", "error_description": "Https required."},
            )
            assert secure.answer().status == 200


def test_nothing_of_a_code_is_logged(server: ServerProcess, path: str) -> None:
    code = path.split("/")[3]
    banner = server.output.count(code)
    with closing(Peer(server)) as peer:
        peer.send(get(f"{path}profile") + get(f"/rest/1/{code}x/profile"))
        peer.answer()
        peer.answer()

    assert server.output.count(code) == banner
