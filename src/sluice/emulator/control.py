"""`/_sluice/*`: what developers and their tests may do with a portal that the cloud lets nobody do.

It is there when the setting `emulator` is on, and asks for no credentials: who may reach the
server may use it. Pages of other sites may not, whatever the browser lets them try.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import tzinfo
from typing import Any
from urllib.parse import urlsplit

import msgspec

from sluice.emulator.clock_facts import reading_facts, report_facts
from sluice.emulator.time_control import ClockRefused, TimeControl
from sluice.emulator.time_words import TimeUnreadable, read_amount, read_instant
from sluice.errors import InternalServerError, RestError
from sluice.rest.request import Incoming, Limits, read
from sluice.rest.response import Answer, told
from sluice.rest.wire_types import as_scalar_text

# No `access-control-allow-origin`: pages of other sites are not to read this.
_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))

log = logging.getLogger("sluice.control")


class _Refused(Exception):
    """A request is not done. The words are for whoever sent it."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class ControlDoor:
    """Answers requests of `/_sluice`."""

    def __init__(self, time: TimeControl, limits: Limits, zone: tzinfo) -> None:
        self._time = time
        self._limits = limits
        self._zone = zone
        self._does: dict[tuple[str, bytes], Callable[[dict[str, str]], Awaitable[Any]]] = {
            ("GET", b"/_sluice/clock"): self._show,
            ("POST", b"/_sluice/clock/set"): self._set,
            ("POST", b"/_sluice/clock/advance"): self._advance,
            ("POST", b"/_sluice/clock/freeze"): self._freeze,
            ("POST", b"/_sluice/clock/resume"): self._resume,
        }

    async def __call__(self, incoming: Incoming) -> Answer:
        try:
            return _answer(200, await self._do(incoming))
        except _Refused as refused:
            return _answer(refused.status, _error("REFUSED", str(refused)))
        except TimeUnreadable as problem:
            return _answer(400, _error("TIME_UNREADABLE", str(problem)))
        except ClockRefused as refused:
            return _answer(409, _error("CLOCK_REFUSED", str(refused)))
        except RestError as refusal:
            return _answer(refusal.status, told(refusal))
        except Exception:
            log.exception("a request of /_sluice failed for a reason of ours")
            return _answer(500, told(InternalServerError()))

    async def _do(self, incoming: Incoming) -> Any:
        path = b"/" + b"/".join(part for part in incoming.path.split(b"/") if part)
        does = self._does.get((incoming.verb, path))
        if does is None:
            verbs = [verb for verb, known in self._does if known == path]
            if verbs:
                raise _Refused(405, f"{path.decode()} takes {verbs[0]}.")
            known = ", ".join(f"{verb} {known.decode()}" for verb, known in self._does)
            raise _Refused(404, f"There is: {known}.")
        _check_origin(incoming)
        values = {
            name: text
            for name, value in read(incoming, self._limits).params.items()
            if (text := as_scalar_text(value)) is not None
        }
        return await does(values)

    async def _show(self, _: dict[str, str]) -> Any:
        return reading_facts(await self._time.show(), self._zone)

    async def _set(self, values: dict[str, str]) -> Any:
        instant = read_instant(_needed(values, "to"), self._zone)
        return reading_facts(await self._time.set(instant), self._zone)

    async def _advance(self, values: dict[str, str]) -> Any:
        if "to" in values:
            report = await self._time.advance(to=read_instant(values["to"], self._zone))
        else:
            report = await self._time.advance(by=read_amount(_needed(values, "by")))
        return report_facts(report, self._zone)

    async def _freeze(self, values: dict[str, str]) -> Any:
        instant = read_instant(values["at"], self._zone) if "at" in values else None
        return reading_facts(await self._time.freeze(instant), self._zone)

    async def _resume(self, values: dict[str, str]) -> Any:
        system = values.get("system", "").lower() in ("1", "y", "yes", "true")
        return reading_facts(await self._time.resume(system=system), self._zone)


def _needed(values: dict[str, str], name: str) -> str:
    if not values.get(name):
        raise _Refused(400, f"The parameter {name} is missing.")
    return values[name]


def _check_origin(incoming: Incoming) -> None:
    """Refuse what a page of another site sends.

    Raises:
        _Refused
    """
    for name, value in incoming.headers:
        if name == b"origin" and urlsplit(value).netloc.lower() != incoming.host.lower():
            raise _Refused(403, "Pages of other sites have no business here.")


def _error(code: str, words: str) -> dict[str, str]:
    return {"error": code, "error_description": words}


def _answer(status: int, body: Any) -> Answer:
    return Answer(status, msgspec.json.encode(body), headers=_HEADERS)
