"""What is to be known of calls: how many, how long, how they ended; and their request ids.

It stands around the gateway only when something of it was asked for, so that it costs nothing
when it is off. What it costs when it is on: docs/operating.md.
"""

from __future__ import annotations

import logging
import re
import secrets
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from itertools import count
from math import inf

from sluice.clock import stopwatch
from sluice.rest.door import Door, Doors
from sluice.rest.request import Incoming
from sluice.rest.response import Answer
from sluice.server.logs import log_fields, request_id
from sluice.settings import Settings

# Upper ends of the classes of durations, in seconds.
BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
OK = "ok"
# Asked for by machines, all day long.
UNWATCHED = (b"livez", b"readyz", b"metrics")
_SANE = re.compile(rb"[A-Za-z0-9._:/+=-]{1,128}")

calls_log = logging.getLogger("sluice.calls")
slow_log = logging.getLogger("sluice.slow")


class CallCounts:
    """Calls since the start, by method and outcome. Used on the event loop alone.

    Attributes:
        outcomes: how many calls of a method ended with `ok` or with this error's code; the method
            is empty when a call was refused before it was found.
        durations: by method, how many calls were in which class of `BOUNDS`, the last one open.
        seconds: by method, what its calls took in all.
    """

    def __init__(self) -> None:
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.durations: dict[str, list[int]] = {}
        self.seconds: dict[str, float] = {}

    def add(self, method: str, outcome: str, seconds: float) -> None:
        """Count a call."""
        self.outcomes[method, outcome] += 1
        classes = self.durations.get(method)
        if classes is None:
            classes = self.durations[method] = [0] * (len(BOUNDS) + 1)
            self.seconds[method] = 0.0
        classes[bisect_left(BOUNDS, seconds)] += 1
        self.seconds[method] += seconds


class Watch:
    """Counts, logs and names calls, as far as the settings ask for it.

    Attributes:
        counts: of calls.
        connections: tells how many connections are open.
    """

    def __init__(self, settings: Settings) -> None:
        self.counts = CallCounts()
        self.connections: Callable[[], int] = lambda: 0
        self._counts_calls = settings.metrics != "off"
        self._logs_calls = settings.log_calls
        self._slow_seconds = settings.slow_call_ms / 1000 or inf
        self._process = secrets.token_hex(4)
        self._numbers = count(1)
        if self._logs_calls:
            calls_log.setLevel(logging.INFO)

    @property
    def is_on(self) -> bool:
        """Whether anything was asked for."""
        return self._counts_calls or self._logs_calls or self._slow_seconds < inf

    def doors(self, doors: Doors) -> Doors:
        """Return doors that are watched under their names."""
        return {
            path: door if path in UNWATCHED else self.around(door, path.decode())
            for path, door in doors.items()
        }

    def around(self, answer: Door, name: str = "") -> Door:
        """Return what answers the same, watched.

        Args:
            name: stands for the method of what has none.
        """

        async def watched(incoming: Incoming) -> Answer:
            incoming.request_id = self._id_of(incoming)
            token = request_id.set(incoming.request_id.decode())
            try:
                began = stopwatch()
                answered = await answer(incoming)
                self._note(incoming, name, answered, stopwatch() - began)
                return answered
            finally:
                request_id.reset(token)

        return watched

    def _id_of(self, incoming: Incoming) -> bytes:
        """Return the id that the client gave its request, if it is sane, or a new one."""
        for name, value in incoming.headers:
            if name == b"x-request-id" and _SANE.fullmatch(value):
                return value
        return f"{self._process}-{next(self._numbers)}".encode()

    def _note(self, incoming: Incoming, name: str, answered: Answer, seconds: float) -> None:
        method = incoming.method or name
        outcome = answered.error or (OK if answered.status < 400 else str(answered.status))
        if self._counts_calls:
            self.counts.add(method, outcome, seconds)
        is_slow = seconds > self._slow_seconds
        if not self._logs_calls and not is_slow:
            return
        fields = {
            "method": method,
            "status": answered.status,
            "outcome": outcome,
            "ms": round(seconds * 1000, 3),
            "client": incoming.peer,
            "bytes": len(answered.body),
        }
        if self._logs_calls:
            log_fields(calls_log, logging.INFO, "call", fields)
        if is_slow:
            log_fields(slow_log, logging.WARNING, "slow call", fields)
