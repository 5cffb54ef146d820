"""Events that applications fetch: one row for each event and object. rest-protocol.md 15.5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from sluice.clock import from_micros, to_micros
from sluice.store.database import Row, Transaction, Value
from sluice.store.listing import Column, Condition, Kind, Window, page

_COLUMNS = "id, event, message_id, process_id, data, failed, changed_micros"
# Rule (documented): rows stay reserved for up to thirty days.
RESERVED_FOR = timedelta(days=30)

# What `event.offline.get` and `event.offline.list` filter and sort by.
LISTED: dict[str, Column] = {
    "ID": Column("id", Kind.NUMBER),
    "TIMESTAMP_X": Column("changed_micros", Kind.INSTANT),
    "EVENT_NAME": Column("event", Kind.TEXT),
    "MESSAGE_ID": Column("message_id", Kind.TEXT),
    "PROCESS_ID": Column("process_id", Kind.TEXT),
    "ERROR": Column("failed", Kind.NUMBER),
}


class OfflineEvent(Struct, frozen=True):
    """An event that waits to be fetched.

    Attributes:
        message_id: the object's id.
        process_id: whoever fetched it without removing it; empty for nobody.
        failed: whoever fetched it could not make use of it.
        changed: when it last happened.
    """

    id: int
    event: str
    message_id: str
    process_id: str
    data: dict[str, Any]
    failed: bool
    changed: datetime


class OfflineEvents:
    """The `offline_event` table."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def add(
        self,
        application_id: int,
        connector: str,
        event: str,
        message_id: str,
        data: Mapping[str, Any],
        now: datetime,
    ) -> None:
        """Keep an event until it is fetched; of one that waits already, move the time."""
        self._tx.run(
            "INSERT INTO offline_event (application_id, connector, event, message_id, process_id,"
            " data, failed, changed_micros) VALUES (:application_id, :connector, :event,"
            " :message_id, '', :data, 0, :now)"
            " ON CONFLICT (application_id, connector, event, message_id, process_id)"
            " DO UPDATE SET changed_micros = :now, data = :data",
            {
                "application_id": application_id,
                "connector": connector,
                "event": event,
                "message_id": message_id,
                "data": msgspec.json.encode(data).decode(),
                "now": to_micros(now),
            },
        )

    def page(
        self,
        of: Mapping[str, Value],
        conditions: Sequence[Condition],
        order: Sequence[tuple[Column, bool]],
        window: Window,
    ) -> tuple[list[OfflineEvent], int | None]:
        """Return the events whose columns hold what `of` says, and how many there are in all."""
        clause = " AND ".join(f"{column} = :of_{column}" for column in of)
        rows, total = page(
            self._tx,
            columns=_COLUMNS,
            source="offline_event",
            conditions=conditions,
            order=order,
            window=window,
            extra=(clause, {f"of_{column}": value for column, value in of.items()}),
        )
        return [_event(row) for row in rows], total

    def reserve(self, event_ids: Sequence[int], process_id: str, now: datetime) -> None:
        """Keep events for whoever fetched them; what happens from now on is an event of its own."""
        for event_id in event_ids:
            self._tx.run(
                "UPDATE offline_event SET process_id = :process_id, changed_micros = :now"
                " WHERE id = :id",
                {"process_id": process_id, "now": to_micros(now), "id": event_id},
            )

    def remove(self, event_ids: Sequence[int]) -> None:
        """Remove events that were fetched."""
        for event_id in event_ids:
            self._tx.run("DELETE FROM offline_event WHERE id = :id", {"id": event_id})

    def fail(self, event_ids: Sequence[int]) -> None:
        """Note that whoever fetched these events could not make use of them."""
        for event_id in event_ids:
            self._tx.run("UPDATE offline_event SET failed = 1 WHERE id = :id", {"id": event_id})

    def forget_reserved(self, application_id: int, now: datetime) -> None:
        """Remove events that were reserved too long ago."""
        self._tx.run(
            "DELETE FROM offline_event WHERE application_id = :application_id"
            " AND process_id <> '' AND changed_micros < :before",
            {"application_id": application_id, "before": to_micros(now - RESERVED_FOR)},
        )

    def remove_of(self, application_id: int) -> None:
        """Remove every event of an application."""
        self._tx.run("DELETE FROM offline_event WHERE application_id = :id", {"id": application_id})


def _event(row: Row) -> OfflineEvent:
    return OfflineEvent(
        id=row[0],
        event=row[1],
        message_id=row[2],
        process_id=row[3],
        data=msgspec.json.decode(row[4]),
        failed=bool(row[5]),
        changed=from_micros(row[6]),
    )
