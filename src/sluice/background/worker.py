"""The only loop: it does what falls due, each job in a transaction of its own.

A job leaves the plan in the same transaction as what it does, so a program killed in the middle
does it again, and never half.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from functools import partial

from msgspec import Struct

from sluice.clock import Clock
from sluice.methods.tasks import flow_people, flow_watch
from sluice.store.database import Database
from sluice.store.jobs import Job, JobKind
from sluice.store.tables import Store

# New jobs may fall due before the one that is waited for; nothing is noticed later than this
# (flows.md 8 allows a minute).
LONGEST_NAP_SECONDS = 20.0
# A job that fails for a reason of ours is tried again after this, so that others get their turn.
AFTER_FAILURE = timedelta(minutes=5)

log = logging.getLogger("sluice.worker")


class Due(Struct, frozen=True):
    """The moment at which a job falls due: what rules see instead of a call.

    Attributes:
        now: the job's own instant, even if the worker comes later.
    """

    store: Store
    now: datetime
    zone: tzinfo


def _deadline(at: Due, task_id: int) -> None:
    if (task := at.store.tasks.find_for_change(task_id)) is not None:
        flow_watch.deadline_passed(at, task)


def _half_time(at: Due, task_id: int) -> None:
    if (task := at.store.tasks.find(task_id)) is not None:
        flow_watch.half_time_gone(at, task)


def _untaken(at: Due, task_id: int) -> None:
    if (task := at.store.tasks.find(task_id)) is not None:
        flow_watch.still_untaken(at, task)


def _efficiency(at: Due, flow_id: int) -> None:
    if (flow := at.store.flows.find_for_change(flow_id)) is not None:
        flow_watch.refreshed(at, flow)


def _people_left(at: Due, _: int) -> None:
    flow_people.people_left(at)


_DOES: Mapping[JobKind, Callable[[Due, int], None]] = {
    JobKind.DEADLINE: _deadline,
    JobKind.HALF_TIME: _half_time,
    JobKind.UNTAKEN: _untaken,
    JobKind.EFFICIENCY: _efficiency,
    JobKind.PEOPLE_LEFT: _people_left,
}


class Worker:
    """Does what falls due on one portal."""

    def __init__(self, database: Database, clock: Clock, zone: tzinfo) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone

    async def run_due(self) -> list[Job]:
        """Do everything that has fallen due, in order, and return what was done."""
        done = []
        while (job := await self._run_next()) is not None:
            done.append(job)
        return done

    async def _run_next(self) -> Job | None:
        now = self._clock.now()
        jobs = await self._database.run(lambda store: store.jobs.due(now, most=1))
        if not jobs:
            return None
        job = jobs[0]
        try:
            await self._database.run(partial(self._do, job), writes=True, long=True)
        except Exception:
            log.exception("%s of %d failed for a reason of ours", job.kind, job.subject_id)
            later = partial(_plan_again, job, now + AFTER_FAILURE)
            await self._database.run(later, writes=True)
        return job

    def _do(self, job: Job, store: Store) -> None:
        if store.jobs.take(job):  # another process may have been quicker
            _DOES[job.kind](Due(store, job.due, self._zone), job.subject_id)

    async def run(self, stopping: asyncio.Event) -> None:
        """Do what falls due until the event is set."""
        while not stopping.is_set():
            try:
                await self.run_due()
                nap = await self._nap_seconds()
            except Exception:
                log.exception("the worker cannot reach the portal")
                nap = LONGEST_NAP_SECONDS
            try:
                await asyncio.wait_for(stopping.wait(), nap)
            except TimeoutError:
                continue

    async def _nap_seconds(self) -> float:
        due = await self._database.run(lambda store: store.jobs.next_due())
        if due is None:
            return LONGEST_NAP_SECONDS
        left = (due - self._clock.now()).total_seconds()
        return min(max(left, 0.0), LONGEST_NAP_SECONDS)


def _plan_again(job: Job, due: datetime, store: Store) -> None:
    store.jobs.plan(job.kind, job.subject_id, due)
