"""The envelope: result, error, time, total, next; JSON and XML. rest-protocol.md 4, 5, 7.1, 20."""

from __future__ import annotations

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

_encode = msgspec.json.Encoder().encode


class Answer(Struct):
    """What goes back over the wire."""

    status: int
    body: bytes
    content_type: bytes = CONTENT_TYPES["json"]


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
    """Writes the `time` object. Texts of a second are kept, because most calls share one."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._second = -1
        self._text = ""

    def as_map(self, timing: Timing) -> dict[str, Any]:
        start, finish = timing.start.timestamp(), timing.finish.timestamp()
        return {
            "start": _number(start),
            "finish": _number(finish),
            "duration": _number(max(finish - start, 0.0)),
            "processing": _number(timing.processing_seconds),
            "date_start": self._iso(timing.start, start),
            "date_finish": self._iso(timing.finish, finish),
            "operating_reset_at": timing.operating_reset_at,
            "operating": _number(timing.operating_seconds),
        }

    def _iso(self, instant: datetime, timestamp: float) -> str:
        second = int(timestamp)
        if second != self._second:
            self._text = instant.astimezone(self._zone).isoformat(timespec="seconds")
            self._second = second
        return self._text


def _number(seconds: float) -> float | int:
    """Return a number as PHP prints it: without `.0` when it is whole."""
    rounded = round(seconds, 6)
    whole = int(rounded)
    return whole if whole == rounded else rounded


def succeeded(result: Any, page: Page, time: Mapping[str, Any], output: str) -> Answer:
    """Return the answer of a call that worked; `total` and `next` stand beside `result`."""
    body: dict[str, Any] = {"result": result}
    if isinstance(result, Listed):
        body["result"] = result.result
        if result.total is not None:
            body["total"] = result.total
            after = page.start + result.rows
            if after < result.total and result.rows == PAGE_SIZE:
                body["next"] = after
    body["result"] = shaped(body["result"])
    body["time"] = time
    return Answer(200, _written(body, output), CONTENT_TYPES[output])


def refused(refusal: RestError, output: str) -> Answer:
    """Return the answer of a call that did not: no `time` (rest-protocol.md 4)."""
    body = {"error": refusal.code, "error_description": refusal.description, **refusal.extra}
    return Answer(refusal.status, _written(body, output), CONTENT_TYPES[output])


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


def _written(body: dict[str, Any], output: str) -> bytes:
    if output == XML:
        return to_xml(msgspec.to_builtins(body)).encode()
    return _encode(body)


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
    # Characters that XML 1.0 cannot carry at all are dropped.
    text = "1" if value is True else str(value)
    return escape("".join(c for c in text if c >= " " or c in "\t\n\r"))


def _element(tag: str, value: Any) -> str:
    return f"<{tag}>{_children(value)}</{tag}>"


def _tag(key: str) -> str:
    """Return an element name for a key: numbers are items, other characters become `_`."""
    if key.isdigit():
        return "item"
    tag = "".join(c if c.isalnum() or c in "_-." else "_" for c in key)
    return tag if tag[:1].isalpha() or tag[:1] == "_" else f"_{tag}"
