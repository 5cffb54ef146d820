"""The portal's clock as it is kept: every process on the portal obeys it."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from sluice.clock import ClockState, from_micros, to_micros
from sluice.store.database import Transaction

_KEY = "clock"


class StoredClock:
    """The `portal_clock` table: one row."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def state(self) -> ClockState:
        """Return how the portal's time follows from the machine's. It is kept until it changes."""
        return self._tx.recall(_KEY, self._read)

    def _read(self) -> ClockState:
        row = self._tx.one(
            "SELECT origin_micros, since_micros, busy_until_micros, version"
            " FROM portal_clock WHERE id = 1"
        )
        assert row is not None  # the migration puts it there
        return ClockState(_instant(row[0]), _instant(row[1]), _instant(row[2]), row[3])

    def save(self, state: ClockState) -> ClockState:
        """Let the clock go like this, and return the state under its new version."""
        saved = replace(state, version=state.version + 1)
        self._tx.run(
            "UPDATE portal_clock SET origin_micros = :origin, since_micros = :since,"
            " busy_until_micros = :busy_until, version = :version WHERE id = 1",
            {
                "origin": _micros(saved.origin),
                "since": _micros(saved.since),
                "busy_until": _micros(saved.busy_until),
                "version": saved.version,
            },
        )
        self._tx.remember(_KEY, saved)
        self._tx.falls_due(0)  # whoever waits for an instant looks again when that will be
        return saved


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


def _micros(instant: datetime | None) -> int | None:
    return None if instant is None else to_micros(instant)
