"""`/metrics`: what the process counts, in Prometheus' text format.

Counting is `watch.py`'s and the engine's, in plain numbers; the library is loaded and used only
when somebody asks.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from hmac import compare_digest
from ipaddress import ip_address
from typing import TYPE_CHECKING

from msgspec import Struct

from sluice.clock import PortalClock
from sluice.rest.guesses import Slowdown
from sluice.rest.request import Incoming
from sluice.rest.response import Answer
from sluice.server.health import HEADERS, Health, told
from sluice.server.watch import BOUNDS, Watch
from sluice.settings import Settings
from sluice.store.database import Database
from sluice.store.tables import Store

if TYPE_CHECKING:
    from prometheus_client.core import Metric

OFF, LOCAL, TOKEN, ALL = "off", "local", "token", "all"
# Refusals that are limits, and which.
LIMITS = {
    "QUERY_LIMIT_EXCEEDED": "requests",
    "OPERATION_TIME_LIMIT": "operating_time",
    "OVERLOAD_LIMIT": "overload",
}
# Headers of whatever passes requests on: then the peer is not who asks.
_OF_PROXIES = (b"forwarded", b"via", b"x-forwarded-for", b"x-real-ip")

log = logging.getLogger("sluice.metrics")


class Kept(Struct, frozen=True):
    """What the portal's database tells at one moment.

    Attributes:
        late: jobs that have fallen due and are not done.
        late_seconds: since when the earliest of them is due.
    """

    deliveries: dict[str, int]
    late: int
    late_seconds: float


class Metrics:
    """The door to the numbers."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: PortalClock,
        watch: Watch,
        health: Health,
        slowdown: Slowdown,
        version: str,
    ) -> None:
        self._access = settings.metrics
        self._token = b"Bearer " + settings.metrics_token.encode()
        self._database = database
        self._clock = clock
        self._watch = watch
        self._health = health
        self._slowdown = slowdown
        self._version = version

    async def __call__(self, incoming: Incoming) -> Answer:
        if self._access == TOKEN and not compare_digest(incoming.authorization, self._token):
            return told(401, "the setting metrics_token is wanted as a bearer token")
        if self._access == LOCAL and not _is_local(incoming):
            return told(403, "only for programs on this machine (setting metrics)")
        kept: Kept | None = None
        try:
            kept = await self._database.run(self._look, long=True)
        except Exception:
            log.warning("the database does not answer; its numbers are missing", exc_info=True)
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        body = generate_latest(_Scrape(self._families(kept)))
        return Answer(200, body, CONTENT_TYPE_LATEST.encode(), HEADERS)

    def _look(self, store: Store) -> Kept:
        now = self._clock.now_by(store.clock.state())
        late, earliest = store.jobs.late(now)
        seconds = 0.0 if earliest is None else (now - earliest).total_seconds()
        return Kept(store.outbox.count_by_state(), late, seconds)

    def _families(self, kept: Kept | None) -> Iterator[Metric]:
        from prometheus_client import CollectorRegistry, ProcessCollector
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        info = GaugeMetricFamily("sluice_info", "The running version.", labels=["version"])
        info.add_metric([self._version], 1)
        yield info
        yield from self._of_calls()
        yield from self._of_commits()
        yield CounterMetricFamily(
            "sluice_guesses_delayed",
            "Answers to wrong codes and tokens that were delayed.",
            value=self._slowdown.delayed,
        )
        yield GaugeMetricFamily(
            "sluice_connections", "Open connections.", value=self._watch.connections()
        )
        yield GaugeMetricFamily(
            "sluice_draining", "1 while the process is about to stop.", value=self._health.draining
        )
        if kept is not None:
            yield from _of_portal(kept)
        yield from ProcessCollector(registry=CollectorRegistry()).collect()

    def _of_calls(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

        counts = self._watch.counts
        calls = CounterMetricFamily(
            "sluice_calls", "Answered calls; a batch is one.", labels=["method", "outcome"]
        )
        refused = dict.fromkeys(LIMITS.values(), 0)
        for (method, outcome), number in counts.outcomes.items():
            calls.add_metric([method, outcome], number)
            if outcome in LIMITS:
                refused[LIMITS[outcome]] += number
        yield calls
        limits = CounterMetricFamily(
            "sluice_limits_refused", "Calls that a limit refused.", labels=["limit"]
        )
        for limit, number in refused.items():
            limits.add_metric([limit], number)
        yield limits
        durations = HistogramMetricFamily(
            "sluice_call_seconds",
            "From a call's arrival to its answer, waiting included.",
            labels=["method"],
        )
        for method, classes in counts.durations.items():
            durations.add_metric([method], _buckets(BOUNDS, classes), counts.seconds[method])
        yield durations

    def _of_commits(self) -> Iterator[Metric]:
        from prometheus_client.core import (
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
        )

        commits = self._database.commits
        yield HistogramMetricFamily(
            "sluice_commit_calls",
            "How many calls shared a commit.",
            buckets=_buckets(commits.bounds, commits.groups),
            sum_value=commits.calls,
        )
        yield CounterMetricFamily(
            "sluice_commit_seconds", "Time that commits took.", value=commits.seconds
        )
        yield GaugeMetricFamily(
            "sluice_waiting_calls",
            "Calls that wait for their turn to write.",
            value=self._database.waiting_calls(),
        )


class _Scrape:
    """What the library can write out."""

    def __init__(self, families: Iterator[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        return self._families


def _of_portal(kept: Kept) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    deliveries = GaugeMetricFamily(
        "sluice_deliveries", "Deliveries that the portal keeps.", labels=["state"]
    )
    for state, number in kept.deliveries.items():
        deliveries.add_metric([state], number)
    yield deliveries
    yield GaugeMetricFamily(
        "sluice_jobs_late", "Jobs that have fallen due and are not done.", value=kept.late
    )
    yield GaugeMetricFamily(
        "sluice_jobs_late_seconds", "How late the earliest of them is.", value=kept.late_seconds
    )


def _buckets(bounds: tuple[float, ...], classes: list[int]) -> list[tuple[str, float]]:
    """Return a histogram's classes as Prometheus adds them up: each with all below it."""
    total = 0
    buckets = []
    for bound, number in zip([*map(str, bounds), "+Inf"], classes, strict=True):
        total += number
        buckets.append((bound, float(total)))
    return buckets


def _is_local(incoming: Incoming) -> bool:
    """Tell whether a program on this machine asks, and no proxy on it for somebody else."""
    if any(name in _OF_PROXIES for name, _ in incoming.headers):
        return False
    return not incoming.peer or ip_address(incoming.peer).is_loopback
