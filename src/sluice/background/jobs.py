"""Planned jobs: a deadline passes, half of the time is gone, nobody took a task.

A job leaves the plan in the same transaction as what it does, so a program killed in the middle
does it again, and never half.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from functools import partial

from msgspec import Struct

from sluice.background.due import Ran
from sluice.methods.tasks import flow_people, flow_watch
from sluice.store.database import Database
from sluice.store.jobs import Job, JobKind
from sluice.store.tables import Store

# So many share a commit; more would keep calls waiting.
MOST_AT_ONCE = 20
# A job that fails for a reason of ours is tried again after this, so that others get their turn;
# after each further failure in a row it waits twice as long, for about a day in the end.
AFTER_FAILURE = timedelta(minutes=5)
MOST_DOUBLINGS = 8

log = logging.getLogger("sluice.jobs")


class Due(Struct, frozen=True):
    """The moment at which a job falls due: what rules see instead of a call.

    Attributes:
        now: the job's own instant, even if the worker comes later.
    """

    store: Store
    now: datetime
    zone: tzinfo


def _deadline(at: Due, task_id: int) -> None:
    if (task := at.store.tasks.find(task_id)) is not None:
        flow_watch.deadline_passed(at, task)


def _half_time(at: Due, task_id: int) -> None:
    if (task := at.store.tasks.find(task_id)) is not None:
        flow_watch.half_time_gone(at, task)


def _untaken(at: Due, task_id: int) -> None:
    if (task := at.store.tasks.find(task_id)) is not None:
        flow_watch.still_untaken(at, task)


def _efficiency(at: Due, flow_id: int) -> None:
    if (flow := at.store.flows.find(flow_id)) is not None:
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


class PlannedJobs:
    """The jobs of a portal. Implements `Source`."""

    def __init__(self, database: Database, zone: tzinfo) -> None:
        self.wake: Callable[[], None] = lambda: None
        self._database = database
        self._zone = zone

    def next_due(self, store: Store) -> datetime | None:
        return store.jobs.next_due()

    def next_after(self, store: Store, now: datetime) -> datetime | None:
        return store.jobs.next_after(now)

    async def run_due(self, now: datetime) -> list[Ran]:
        return await self._database.run(partial(self._do_some, now), writes=True, long=True)

    def _do_some(self, now: datetime, store: Store) -> list[Ran]:
        """Do the earliest jobs in one transaction, in which each stands or falls alone."""
        done: list[Ran] = []
        while len(done) < MOST_AT_ONCE and (due := store.jobs.due(now, most=1)):
            job = due[0]
            if store.jobs.take(job):  # another process may have been quicker
                done.append(self._do(job, now, store))
                store.transaction.keep()
        return done

    def _do(self, job: Job, now: datetime, store: Store) -> Ran:
        try:
            _DOES[job.kind](Due(store, job.due, self._zone), job.subject_id)
        except Exception:
            log.exception("%s of %d failed for a reason of ours", job.kind, job.subject_id)
            store.transaction.undo()
            pause = AFTER_FAILURE * 2 ** min(job.failures, MOST_DOUBLINGS)
            store.jobs.put_off(job, now + pause)
            return Ran(job.kind.value, job.subject_id, job.due, failed=True)
        return Ran(job.kind.value, job.subject_id, job.due)
