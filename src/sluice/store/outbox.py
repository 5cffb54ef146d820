"""What is to be sent to handlers, and how each attempt went."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from sluice.clock import from_micros, to_micros
from sluice.store.database import Row, Transaction

_COLUMNS = (
    "id, subscription_id, application_id, event, handler, auth_user_id, data, state, attempts,"
    " created_micros, due_micros"
)
_FORGET_AT_ONCE = 50


class DeliveryState(StrEnum):
    """How far a delivery has come."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Delivery(Struct, frozen=True, kw_only=True):
    """Something that is sent to one handler.

    Attributes:
        id: 0 until it is stored.
        subscription_id: whose wish it was; 0 for what is sent to an application's install address.
        application_id: 0 for an outgoing webhook.
        auth_user_id: whose tokens are sent; 0 for nobody's.
        data: what the wire tells of the event, nested.
        attempts: how often it was sent.
        due: when it is sent, or sent again.
    """

    id: int = 0
    subscription_id: int
    application_id: int
    event: str
    handler: str
    auth_user_id: int
    data: dict[str, Any]
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0
    created: datetime
    due: datetime


class Attempt(Struct, frozen=True):
    """One sending.

    Attributes:
        started: on the portal's clock.
        duration: in real time.
        status: of the answer; 0 when there was none.
        problem: why there was none, or why it does not count; empty when it does.
        answer: the beginning of its body.
    """

    started: datetime
    duration: timedelta
    status: int
    problem: str
    answer: str


class Outbox:
    """The tables `delivery` and `delivery_attempt`."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def add(self, delivery: Delivery) -> int:
        """Store something to be sent, and return its id."""
        added = self._tx.insert(
            "delivery",
            {
                "subscription_id": delivery.subscription_id,
                "application_id": delivery.application_id,
                "event": delivery.event,
                "handler": delivery.handler,
                "auth_user_id": delivery.auth_user_id,
                "data": msgspec.json.encode(delivery.data).decode(),
                "state": delivery.state.value,
                "attempts": 0,
                "created_micros": to_micros(delivery.created),
                "due_micros": to_micros(delivery.due),
            },
        )
        assert added is not None
        self._tx.falls_due(to_micros(delivery.due))
        return added

    def find(self, delivery_id: int) -> Delivery | None:
        """Return a delivery, or None."""
        row = self._tx.one(f"SELECT {_COLUMNS} FROM delivery WHERE id = :id", {"id": delivery_id})
        return None if row is None else _delivery(row)

    def newest(self, most: int) -> list[Delivery]:
        """Return the newest deliveries, newest first."""
        rows = self._tx.all(
            f"SELECT {_COLUMNS} FROM delivery ORDER BY id DESC LIMIT :most", {"most": most}
        )
        return [_delivery(row) for row in rows]

    def attempts(self, delivery_id: int) -> list[Attempt]:
        """Return the attempts of a delivery, oldest first."""
        rows = self._tx.all(
            "SELECT started_micros, duration_micros, status, problem, answer"
            " FROM delivery_attempt WHERE delivery_id = :id ORDER BY id",
            {"id": delivery_id},
        )
        return [
            Attempt(from_micros(row[0]), timedelta(microseconds=row[1]), *row[2:]) for row in rows
        ]

    def is_waiting(self, subscription_id: int) -> bool:
        """Tell whether something waits to be sent because of this wish."""
        return (
            self._tx.one(
                "SELECT id FROM delivery WHERE state = :waiting AND subscription_id = :id",
                {"waiting": DeliveryState.WAITING.value, "id": subscription_id},
            )
            is not None
        )

    def last_created(self, subscription_id: int) -> datetime | None:
        """Return when the last delivery because of this wish was made."""
        row = self._tx.one(
            "SELECT MAX(created_micros) FROM delivery WHERE subscription_id = :id",
            {"id": subscription_id},
        )
        return None if row is None or row[0] is None else from_micros(row[0])

    # For who sends

    def count_by_state(self) -> dict[str, int]:
        """Return how many deliveries are in each state."""
        counts = {state.value: 0 for state in DeliveryState}
        rows = self._tx.all("SELECT state, COUNT(*) FROM delivery GROUP BY state")
        return {**counts, **dict(rows)}

    def next_due(self) -> datetime | None:
        """Return when the next is due; what is being sent counts until it has been."""
        row = self._tx.one(
            "SELECT MIN(due_micros) FROM delivery WHERE state IN (:waiting, :sending)",
            {"waiting": DeliveryState.WAITING.value, "sending": DeliveryState.SENDING.value},
        )
        return None if row is None or row[0] is None else from_micros(row[0])

    def next_after(self, now: datetime) -> datetime | None:
        """Return when the next falls due that has not yet."""
        row = self._tx.one(
            "SELECT MIN(due_micros) FROM delivery WHERE state = :waiting AND due_micros > :now",
            {"waiting": DeliveryState.WAITING.value, "now": to_micros(now)},
        )
        return None if row is None or row[0] is None else from_micros(row[0])

    def waiting(self, now: datetime, busy: Collection[str], most: int) -> list[Delivery]:
        """Return what is due, earliest first, apart from what goes to busy handlers."""
        names = {f"busy_{number}": handler for number, handler in enumerate(sorted(busy))}
        apart = f" AND handler NOT IN ({', '.join(f':{name}' for name in names)})" if names else ""
        rows = self._tx.all(
            f"SELECT {_COLUMNS} FROM delivery WHERE state = :waiting AND due_micros <= :now{apart}"
            " ORDER BY due_micros, id LIMIT :most",
            {
                "waiting": DeliveryState.WAITING.value,
                "now": to_micros(now),
                "most": most,
                **names,
            },
        )
        return [_delivery(row) for row in rows]

    def claim(self, delivery_id: int, machine_now: datetime) -> bool:
        """Take a delivery in order to send it; False when somebody was quicker."""
        return bool(
            self._tx.run(
                "UPDATE delivery SET state = :sending, claimed_micros = :now,"
                " attempts = attempts + 1 WHERE id = :id AND state = :waiting",
                {
                    "sending": DeliveryState.SENDING.value,
                    "waiting": DeliveryState.WAITING.value,
                    "now": to_micros(machine_now),
                    "id": delivery_id,
                },
            )
        )

    def abandoned(self, before: datetime) -> list[Delivery]:
        """Return what somebody took before this instant of the machine's and never finished."""
        rows = self._tx.all(
            f"SELECT {_COLUMNS} FROM delivery WHERE state = :sending AND claimed_micros < :before"
            " ORDER BY id",
            {"sending": DeliveryState.SENDING.value, "before": to_micros(before)},
        )
        return [_delivery(row) for row in rows]

    def finish(
        self, delivery_id: int, attempt: Attempt, state: DeliveryState, due: datetime
    ) -> None:
        """Note how an attempt went, and whether and when there is to be another."""
        self._tx.insert(
            "delivery_attempt",
            {
                "delivery_id": delivery_id,
                "started_micros": to_micros(attempt.started),
                "duration_micros": attempt.duration // timedelta(microseconds=1),
                "status": attempt.status,
                "problem": attempt.problem,
                "answer": attempt.answer,
            },
        )
        self.plan(delivery_id, state, due)

    def plan(self, delivery_id: int, state: DeliveryState, due: datetime) -> None:
        """Let a delivery be in this state, and due at this instant."""
        self._tx.run(
            "UPDATE delivery SET state = :state, due_micros = :due WHERE id = :id",
            {"state": state.value, "due": to_micros(due), "id": delivery_id},
        )
        if state is DeliveryState.WAITING:
            self._tx.falls_due(to_micros(due))

    def forget(self, kept: int) -> None:
        """Forget some of the oldest that are done with, while there are more than this."""
        row = self._tx.one("SELECT MAX(id) FROM delivery")
        if row is None or row[0] is None:
            return
        oldest = self._tx.all(
            "SELECT id FROM delivery WHERE id <= :last AND state IN (:delivered, :failed)"
            " ORDER BY id LIMIT :most",
            {
                "last": row[0] - kept,
                "delivered": DeliveryState.DELIVERED.value,
                "failed": DeliveryState.FAILED.value,
                "most": _FORGET_AT_ONCE,
            },
        )
        for (delivery_id,) in oldest:
            self._tx.run(
                "DELETE FROM delivery_attempt WHERE delivery_id = :id", {"id": delivery_id}
            )
            self._tx.run("DELETE FROM delivery WHERE id = :id", {"id": delivery_id})


def _delivery(row: Row) -> Delivery:
    data: Mapping[str, Any] = msgspec.json.decode(row[6])
    return Delivery(
        id=row[0],
        subscription_id=row[1],
        application_id=row[2],
        event=row[3],
        handler=row[4],
        auth_user_id=row[5],
        data=dict(data),
        state=DeliveryState(row[7]),
        attempts=row[8],
        created=from_micros(row[9]),
        due=from_micros(row[10]),
    )
