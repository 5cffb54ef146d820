"""From what came over the wire to one `Request`: paths, suffixes, bodies, credentials.

Source: rest-protocol.md 1, 2, 3.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote

import msgspec
from msgspec import Struct
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from sluice.errors import (
    BodyTooLarge,
    InvalidRequest,
    MethodNotFound,
    RestError,
    WrongEncoding,
)
from sluice.rest.brackets import TooDeep, TooManyParameters, from_pairs, parse_str
from sluice.rest.listing import Page, page_of

JSON, XML = "json", "xml"

# The hosts that clients refresh and check their tokens at (rest-protocol.md 13.6).
AUTH_HOSTS = (b"oauth.bitrix.info", b"oauth.bitrix24.tech")
# `app.info` as an auth host answers it; no name that a path could ask for.
INTROSPECTION = "oauth/app.info"

# Telemetry that clients add and no method declares (rest-protocol.md 2, 3.1).
_IGNORED = (
    "state",
    "bx24_request_id",
    "bx24_sdk_ver",
    "bx24_sdk_type",
    "__order",
)
# Parameters that may hold an access token, in this order (rest-protocol.md 3.1).
CREDENTIALS = ("auth", "access_token")
CONNECTOR = "auth_connector"
_FIRST_PAGE = Page()
_HOST = re.compile(r"(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?")

_decode_json = msgspec.json.Decoder().decode


class Limits(Struct, frozen=True):
    """How much of a request is read before it is refused."""

    max_body_bytes: int
    max_parameters: int
    max_depth: int


class Incoming(Struct):
    """A request as the server received it, before anything was understood.

    Attributes:
        verb: upper case.
        path: still percent-encoded, without the query.
        content_type: the header, or empty.
        authorization: the header, or empty.
        secure: it came over TLS.
        peer: the address that it came from; empty inside the program itself.
        host: the header, or empty: the name under which the client knows the server.
        headers: all of them, names in lower case.
        request_id: what the request is called in logs and its answer; empty if nobody asked.
        method: the method that the gateway found, or empty.
    """

    verb: str
    path: bytes
    query: bytes = b""
    content_type: bytes = b""
    authorization: bytes = b""
    body: bytes = b""
    secure: bool = True
    peer: str = ""
    host: bytes = b""
    headers: Sequence[tuple[bytes, bytes]] = ()
    request_id: bytes = b""
    method: str = ""

    @property
    def origin(self) -> str:
        """Where the client reached the server: `https://portal.example:8443`.

        Raises:
            InvalidRequest: the host is no name, so that nothing may be built from it.
        """
        host = self.host.decode("latin-1").lower()
        if not _HOST.fullmatch(host):
            raise InvalidRequest("The request names no valid host")
        default = ":443" if self.secure else ":80"
        return f"{'https' if self.secure else 'http'}://{host.removesuffix(default)}"


class Route(Struct, frozen=True):
    """What the path alone says.

    Attributes:
        method: the method's name as sent, without a format suffix.
        format: `json` or `xml`.
        webhook: user and code, or None.
    """

    method: str
    format: str = JSON
    webhook: tuple[str, str] | None = None


class Request(Struct, frozen=True):
    """A call, understood but not yet allowed.

    Attributes:
        params: the one parameter map, without credentials, paging and telemetry.
        token: an access token from the header or a parameter; None if there was none.
        connector: what the caller calls itself (`auth_connector`), or empty.
    """

    params: dict[str, Any]
    page: Page
    token: str | None
    connector: str = ""


def route(path: bytes, host: bytes = b"") -> Route:
    """Return what a path asks for.

    Rule (assumed): `app.info` is the auth host's if it is asked there, or at the address that a
    client builds from `server_endpoint` (rest-protocol.md 1.3, 13.5).

    Repeated slashes count as one and one trailing slash is dropped; never a redirect
    (rest-protocol.md 1.1, 1.3).

    Raises:
        MethodNotFound: the path is no REST call.
    """
    segments = [segment for segment in path.split(b"/") if segment]
    match segments:
        case [b"rest", b"rest", b"app.info"]:
            return Route(INTROSPECTION)
        case [b"rest", b"app.info"] if host.lower() in AUTH_HOSTS:
            return Route(INTROSPECTION)
        case [b"rest", method]:
            return _named(method, None)
        case [b"rest", first, second, method] if first != b"api":
            return _named(method, (_decoded(first), _decoded(second)))
    raise MethodNotFound


def _named(method: bytes, webhook: tuple[str, str] | None) -> Route:
    name = _decoded(method)
    stem, _, suffix = name.rpartition(".")
    if stem and (wanted := suffix.lower()) in (JSON, XML):
        return Route(stem, wanted, webhook)
    return Route(name, JSON, webhook)


def _decoded(segment: bytes) -> str:
    text = segment.decode("latin-1")
    return unquote(text, "utf-8", "replace") if "%" in text else text


def read(incoming: Incoming, limits: Limits) -> Request:
    """Return the parameters and the credentials of a request.

    Raises:
        BodyTooLarge, InvalidRequest: a limit is exceeded, or a multipart body is no multipart.
        WrongEncoding: a form or query is not UTF-8, or text holds a NUL character.
    """
    try:
        params = _parameters(incoming, limits)
    except Unreadable as problem:
        raise refusal_of(problem, limits) from problem
    token = _token(incoming, params)
    connector = params.pop(CONNECTOR, "")
    return Request(
        params, take_page(params), token, connector if isinstance(connector, str) else ""
    )


def take_page(params: dict[str, Any]) -> Page:
    """Take paging and telemetry out of the parameters, and return the page asked for."""
    # Classic methods know it as START too (flows.md 11.3); no other parameter has this name.
    start = params.pop("start", params.pop("START", None))
    for name in _IGNORED:
        params.pop(name, None)
    return _FIRST_PAGE if start is None else page_of(start)


# What the parsers may find wrong; `refusal_of` says it in the protocol's words.
Unreadable = (UnicodeDecodeError, TooManyParameters, TooDeep, RecursionError)


def refusal_of(problem: Exception, limits: Limits) -> RestError:
    """Return what is answered to parameters that cannot be read."""
    if isinstance(problem, UnicodeDecodeError):
        return WrongEncoding()
    if isinstance(problem, TooManyParameters):
        return _over(f"{problem.limit} parameters", "max_parameters")
    return _over(f"{limits.max_depth} levels", "max_depth")


def _over(limit: str, setting: str) -> InvalidRequest:
    return InvalidRequest(f"The request has more than {limit} (setting {setting})")


def _parameters(incoming: Incoming, limits: Limits) -> dict[str, Any]:
    """Return the query's parameters, and the body's over them (rest-protocol.md 2)."""
    params: dict[str, Any] = {}
    if incoming.query:
        params.update(form(incoming.query, limits))
    body = incoming.body
    if incoming.verb != "POST" or not body:
        return params
    if len(body) > limits.max_body_bytes:
        raise body_too_large(limits.max_body_bytes)
    media_type = incoming.content_type.partition(b";")[0].strip().lower()
    if media_type == b"application/json":
        params.update(_json(body, limits))
    elif media_type == b"multipart/form-data":
        params.update(_multipart(body, incoming.content_type, limits))
    else:
        params.update(form(body, limits))
    return params


def body_too_large(limit: int) -> BodyTooLarge:
    """Return the refusal of a body over the limit."""
    return BodyTooLarge(f"The request's body is larger than {limit} bytes (setting max_body_bytes)")


def form(text: bytes, limits: Limits) -> dict[str, Any]:
    """Return the parameters of a query or a form; it may be `Unreadable`."""
    if b"\x00" in text or b"%00" in text:
        raise WrongEncoding
    return dict(parse_str(text, max_parameters=limits.max_parameters, max_depth=limits.max_depth))


def _json(body: bytes, limits: Limits) -> dict[str, Any]:
    """Return the members of a JSON body.

    Rule (observed): what is malformed, or no map, is as if nothing had been sent; a list has the
    keys 0, 1, ... (rest-protocol.md 2.1, settled 8).
    """
    try:
        value = _decode_json(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return {}
    if isinstance(value, list):
        value = {str(number): item for number, item in enumerate(value)}
    if not isinstance(value, dict):
        return {}
    if b"\\u0000" in body:
        _refuse_nul(value)
    # Counting brackets and commas is an upper bound; only what exceeds it is looked at closely.
    if body.count(b"{") + body.count(b"[") > limits.max_depth and _depth(value) > limits.max_depth:
        raise TooDeep(limits.max_depth)
    if body.count(b",") >= limits.max_parameters and _size(value) > limits.max_parameters:
        raise TooManyParameters(limits.max_parameters)
    return value


def _items(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _depth(value: Any) -> int:
    """Return how many levels of maps and lists the deepest parameter has, as brackets count."""
    depth, level = 0, _items(value)
    while level := [item for item in level if isinstance(item, (dict, list))]:
        depth += 1
        level = [item for outer in level for item in _items(outer)]
    return depth


def _size(value: Any) -> int:
    """Return how many values there are that hold no others."""
    size, level = 0, _items(value)
    while level:
        size += sum(not _items(item) for item in level)
        level = [item for outer in level for item in _items(outer)]
    return size


def _refuse_nul(value: Any) -> None:
    level = [value]
    while level:
        if any(isinstance(item, str) and "\x00" in item for item in level):
            raise WrongEncoding
        if any(isinstance(item, dict) and "\x00" in "".join(item) for item in level):
            raise WrongEncoding
        level = [item for outer in level for item in _items(outer)]


def _multipart(body: bytes, content_type: bytes, limits: Limits) -> dict[str, Any]:
    """Return the fields of a multipart body; its files are ignored (rest-protocol.md 2)."""
    _, options = parse_options_header(content_type)
    fields = _MultipartFields(limits.max_parameters)
    try:
        parser = MultipartParser(options.get(b"boundary", b""), fields.callbacks())  # type: ignore[arg-type]
        parser.write(body)
        parser.finalize()
    except FormParserError as problem:
        raise InvalidRequest(f"The multipart body cannot be read: {problem}") from problem
    pairs = [(name.decode(), value.decode()) for name, value in fields.pairs]
    if any("\x00" in name or "\x00" in value for name, value in pairs):
        raise WrongEncoding
    return dict(from_pairs(pairs, max_parameters=limits.max_parameters, max_depth=limits.max_depth))


class _MultipartFields:
    """Collects the parts of a multipart body that are no files."""

    def __init__(self, most: int) -> None:
        self.pairs: list[tuple[bytes, bytes]] = []
        self._most = most
        self._header = b""
        self._value = b""
        self._data: list[bytes] = []
        self._disposition = b""

    def callbacks(self) -> dict[str, Callable[..., None]]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_header_name,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_part_data": self._on_data,
            "on_part_end": self._end,
        }

    def _begin(self) -> None:
        self._data, self._disposition = [], b""

    def _on_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self._data.append(data[start:end])

    def _end(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name")
        if name is None or b"filename" in options:
            return
        if len(self.pairs) >= self._most:
            raise TooManyParameters(self._most)
        self.pairs.append((name, b"".join(self._data)))


def _token(incoming: Incoming, params: dict[str, Any]) -> str | None:
    """Take the access token: the header first, then `auth`, then `access_token`.

    Rule (observed): credentials that are no text are ignored (rest-protocol.md 3.1).
    """
    named = [params.pop(name, None) for name in CREDENTIALS]
    scheme, _, header = incoming.authorization.partition(b" ")
    if scheme.lower() == b"bearer" and header.strip():
        return header.strip().decode("latin-1")
    return next((token for token in named if isinstance(token, str) and token), None)
