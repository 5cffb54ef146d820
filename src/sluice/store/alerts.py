"""What was told of a flow, all of it, and which alerts stay silent. flows.md 9.

Notifications (`store/notifications.py`) are what people see: a later one takes the place of an
earlier one, and may be removed. Here each stays, so that a flow's past can be looked at.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from sluice.clock import from_micros, to_micros
from sluice.domain.alerts import Alert, Notice
from sluice.store.database import Transaction


class Told(Struct, frozen=True):
    """A fact that a user was told.

    Attributes:
        task_id: the task it is about, or None.
        detail: the number or the reason that the words need.
    """

    id: int
    notice: Notice
    flow_id: int
    task_id: int | None
    user_id: int
    raised: datetime
    detail: str


class Alerts:
    """The tables `alert` and `alert_silence`."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def tell(
        self,
        notice: Notice,
        flow_id: int,
        user_id: int,
        now: datetime,
        *,
        task_id: int | None = None,
        detail: str = "",
    ) -> None:
        """Store that a user is told something."""
        self._tx.insert(
            "alert",
            {
                "kind": notice.value,
                "flow_id": flow_id,
                "task_id": task_id,
                "user_id": user_id,
                "raised_micros": to_micros(now),
                "detail": detail,
            },
        )

    def of_flow(self, flow_id: int) -> list[Told]:
        """Return what was told of a flow, oldest first."""
        rows = self._tx.all(
            "SELECT id, kind, flow_id, task_id, user_id, raised_micros, detail FROM alert"
            " WHERE flow_id = :flow_id ORDER BY id",
            {"flow_id": flow_id},
        )
        return [
            Told(row[0], Notice(row[1]), row[2], row[3], row[4], from_micros(row[5]), row[6])
            for row in rows
        ]

    def silent_until(self, flow_id: int, alert: Alert) -> datetime | None:
        """Return until when an alert stays quiet, or None when it is armed."""
        (until,) = self._tx.recall(
            ("silence", flow_id, alert), lambda: (self._silent_until(flow_id, alert),)
        )
        return until

    def _silent_until(self, flow_id: int, alert: Alert) -> datetime | None:
        row = self._tx.one(
            "SELECT until_micros FROM alert_silence WHERE flow_id = :flow_id AND kind = :kind",
            {"flow_id": flow_id, "kind": alert.value},
        )
        return None if row is None else from_micros(row[0])

    def keep_silent(self, flow_id: int, alert: Alert, until: datetime | None) -> None:
        """Let an alert stay quiet until then; None arms it."""
        self._tx.memory.pop(("silence", flow_id, alert), None)
        which = {"flow_id": flow_id, "kind": alert.value}
        if until is None:
            self._tx.run(
                "DELETE FROM alert_silence WHERE flow_id = :flow_id AND kind = :kind", which
            )
            return
        self._tx.run(
            "INSERT INTO alert_silence (flow_id, kind, until_micros)"
            " VALUES (:flow_id, :kind, :until)"
            " ON CONFLICT (flow_id, kind) DO UPDATE SET until_micros = :until",
            {**which, "until": to_micros(until)},
        )

    def forget_flow(self, flow_id: int) -> None:
        """Remove everything kept for a flow that is being removed."""
        for table in ("alert", "alert_silence"):
            self._tx.run(f"DELETE FROM {table} WHERE flow_id = :flow_id", {"flow_id": flow_id})
        for kind in Alert:
            self._tx.memory.pop(("silence", flow_id, kind), None)
