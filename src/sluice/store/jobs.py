"""What falls due later: one job per kind and subject."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from sluice.clock import from_micros, to_micros
from sluice.store.database import Transaction


class JobKind(StrEnum):
    """What happens when a job falls due."""

    DEADLINE = "deadline"
    HALF_TIME = "half time"
    UNTAKEN = "untaken"
    EFFICIENCY = "efficiency"
    PEOPLE_LEFT = "people left"


class Job(Struct, frozen=True):
    """Something that falls due.

    Attributes:
        subject_id: a task's id; a flow's for `EFFICIENCY`; 0 for `PEOPLE_LEFT`.
        failures: how often in a row it failed since it was planned.
    """

    kind: JobKind
    subject_id: int
    due: datetime
    failures: int = 0


class Jobs:
    """The `job` table."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def plan(self, kind: JobKind, subject_id: int, due: datetime) -> None:
        """Let a job fall due at this instant, instead of any other instant it had."""
        self._tx.run(
            "INSERT INTO job (kind, subject_id, due_micros) VALUES (:kind, :subject_id, :due)"
            " ON CONFLICT (kind, subject_id) DO UPDATE SET due_micros = :due, failures = 0",
            {"kind": kind.value, "subject_id": subject_id, "due": to_micros(due)},
        )
        self._tx.falls_due(to_micros(due))

    def put_off(self, job: Job, due: datetime) -> None:
        """Let a job that has failed fall due at this instant, and count the failure."""
        self._tx.run(
            "UPDATE job SET due_micros = :due, failures = failures + 1"
            " WHERE kind = :kind AND subject_id = :subject_id",
            {"kind": job.kind.value, "subject_id": job.subject_id, "due": to_micros(due)},
        )
        self._tx.falls_due(to_micros(due))

    def cancel(self, kind: JobKind, subject_id: int) -> None:
        """Take a job off the plan, if it is on it."""
        self._tx.run(
            "DELETE FROM job WHERE kind = :kind AND subject_id = :subject_id",
            {"kind": kind.value, "subject_id": subject_id},
        )

    def take(self, job: Job) -> bool:
        """Take a job off the plan to do it; False when it was moved or taken meanwhile."""
        return bool(
            self._tx.run(
                "DELETE FROM job WHERE kind = :kind AND subject_id = :subject_id"
                " AND due_micros = :due",
                {
                    "kind": job.kind.value,
                    "subject_id": job.subject_id,
                    "due": to_micros(job.due),
                },
            )
        )

    def due(self, now: datetime, most: int) -> list[Job]:
        """Return what has fallen due, earliest first."""
        rows = self._tx.all(
            "SELECT kind, subject_id, due_micros, failures FROM job WHERE due_micros <= :now"
            " ORDER BY due_micros, kind, subject_id LIMIT :most",
            {"now": to_micros(now), "most": most},
        )
        return [Job(JobKind(row[0]), row[1], from_micros(row[2]), row[3]) for row in rows]

    def late(self, now: datetime) -> tuple[int, datetime | None]:
        """Return how many jobs have fallen due and are not done, and when the earliest did."""
        row = self._tx.one(
            "SELECT COUNT(*), MIN(due_micros) FROM job WHERE due_micros <= :now",
            {"now": to_micros(now)},
        )
        if row is None or not row[0]:
            return 0, None
        return row[0], from_micros(row[1])

    def next_due(self) -> datetime | None:
        """Return when the next job falls due, or None when there is none."""
        row = self._tx.one("SELECT MIN(due_micros) FROM job")
        return None if row is None or row[0] is None else from_micros(row[0])

    def next_after(self, now: datetime) -> datetime | None:
        """Return when the next job falls due that has not yet, or None when there is none."""
        row = self._tx.one(
            "SELECT MIN(due_micros) FROM job WHERE due_micros > :now", {"now": to_micros(now)}
        )
        return None if row is None or row[0] is None else from_micros(row[0])
