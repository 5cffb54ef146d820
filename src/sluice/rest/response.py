"""The envelope: result, error, time, total, next; JSON and XML. rest-protocol.md 4, 5, 7.1, 20."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any
from xml.sax.saxutils import escape

import msgspec
from msgspec import Struct

from sluice.errors import RestError
from sluice.rest.listing import PAGE_SIZE, Listed, Page
from sluice.rest.request import XML

CONTENT_TYPES = {
    "json": b"application/json; charset=utf-8",
    "xml": b"text/xml; charset=utf-8",
}

# Characters that XML 1.0 cannot carry at all: they are dropped.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NOT_IN_TAG = re.compile("[^A-Za-z0-9_.-]")

_encode = msgspec.json.Encoder().encode


class Answer(Struct):
    """What goes back over the wire.

    Attributes:
        headers: instead of those that every call's answer has (`server/asgi.py`), for pages.
        error: the code of the refusal that it is; empty for other answers.
    """

    status: int
    body: bytes
    content_type: bytes = CONTENT_TYPES["json"]
    headers: tuple[tuple[bytes, bytes], ...] | None = None
    error: str = ""


class Timing(Struct, frozen=True):
    """What the `time` object tells.

    Attributes:
        start: when the call arrived.
        finish: when the answer was ready.
        processing_seconds: how long the method itself worked.
        operating_seconds: what this credential has used of this method in the last ten minutes.
        operating_reset_at: unix seconds at which the oldest part of that is forgotten.
    """

    start: datetime
    finish: datetime
    processing_seconds: float
    operating_seconds: float
    operating_reset_at: int


class TimeWriter:
    """Writes the `time` object as JSON. Texts of a second are kept: most calls share one."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._last = (-1, "")

    def write(self, timing: Timing) -> bytes:
        start, finish = timing.start.timestamp(), timing.finish.timestamp()
        return (
            f'{{"start":{_number(start)},"finish":{_number(finish)},'
            f'"duration":{_number(max(finish - start, 0.0))},'
            f'"processing":{_number(timing.processing_seconds)},'
            f'"date_start":"{self._iso(timing.start, start)}",'
            f'"date_finish":"{self._iso(timing.finish, finish)}",'
            f'"operating_reset_at":{timing.operating_reset_at},'
            f'"operating":{_number(timing.operating_seconds)}}}'
        ).encode()

    def _iso(self, instant: datetime, timestamp: float) -> str:
        second, text = self._last  # one value: commands of a batch are timed in other threads
        if second != int(timestamp):
            text = instant.astimezone(self._zone).isoformat(timespec="seconds")
            self._last = int(timestamp), text
        return text


def _number(seconds: float) -> str:
    """Return seconds with their microseconds, and a whole number as PHP prints it."""
    whole = int(seconds)
    return str(whole) if whole == seconds else f"{seconds:.6f}"


def succeeded(result: Any, page: Page, time: bytes, output: str) -> Answer:
    """Return the answer of a call that worked; `total` and `next` stand beside `result`."""
    counts = b""
    if isinstance(result, Listed):
        if result.total is not None:
            counts = b',"total":%d' % result.total
            if (following := next_of(result, page)) is not None:
                counts += b',"next":%d' % following
        result = result.result
    body = b'{"result":%b%b,"time":%b}' % (_encode(shaped(result)), counts, time)
    if output == XML:
        body = to_xml(msgspec.json.decode(body)).encode()
    return Answer(200, body, CONTENT_TYPES[output])


def next_of(answer: Listed, page: Page) -> int | None:
    """Return where the next page begins, or None on the last one, or when nobody counted."""
    following = page.start + answer.rows
    more = answer.total is not None and following < answer.total
    return following if more and answer.rows == PAGE_SIZE else None


def told(refusal: RestError) -> dict[str, Any]:
    """Return a refusal's three facts as the wire has them (rest-protocol.md 7.1)."""
    return {"error": refusal.code, "error_description": refusal.description, **refusal.extra}


def refused(refusal: RestError, output: str) -> Answer:
    """Return the answer of a call that did not: no `time` (rest-protocol.md 4)."""
    facts = told(refusal)
    body = to_xml(facts).encode() if output == XML else _encode(facts)
    return Answer(refusal.status, body, CONTENT_TYPES[output], error=refusal.code)


def shaped(value: Any) -> Any:
    """Return the value with PHP's shapes: an empty map is `[]`, a map with keys 0..n-1 a list.

    Source: rest-protocol.md 5. A `Struct` has fixed members and is taken as it is.
    """
    if isinstance(value, dict):
        if not value:
            return []
        items = {str(key): shaped(item) for key, item in value.items()}
        if "0" in items and list(items) == [str(number) for number in range(len(items))]:
            return list(items.values())
        return items
    if isinstance(value, list):
        return [shaped(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def to_xml(body: Mapping[str, Any]) -> str:
    """Return a body as XML: keys become elements, numbers of a list `<item>`; no declaration."""
    return f"<response>{_children(body)}</response>"


def _children(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(_element(_tag(str(key)), item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return "".join(_element("item", item) for item in value)
    if value is None or value is False:
        return ""
    return escape(_NOT_IN_XML.sub("", "1" if value is True else str(value)))


def _element(tag: str, value: Any) -> str:
    return f"<{tag}>{_children(value)}</{tag}>"


def _tag(key: str) -> str:
    """Return an element name for a key: numbers are items, other characters become `_`."""
    if key.isdigit():
        return "item"
    tag = _NOT_IN_TAG.sub("_", key)
    return tag if tag[:1].isalpha() or tag[:1] == "_" else f"_{tag}"
