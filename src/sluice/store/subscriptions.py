"""Who wants to hear of which events."""

from __future__ import annotations

from datetime import datetime

from sluice.clock import to_micros
from sluice.domain.application import State
from sluice.domain.events import Kind, Subscription
from sluice.store.database import Row, Transaction

_COLUMNS = (
    "s.id, s.application_id, s.event, s.kind, s.handler, s.auth_user_id, s.connector,"
    " s.min_timeout_seconds, s.token, s.title, s.user_id"
)
_LISTENING = "events that somebody listens to"


class Subscriptions:
    """The `subscription` table."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def add(self, wanted: Subscription, now: datetime) -> int | None:
        """Store a wish and return its id; None when there is the same already."""
        return self._tx.insert(
            "subscription",
            {
                "application_id": wanted.application_id,
                "event": wanted.event,
                "kind": wanted.kind.value,
                "handler": wanted.handler,
                "auth_user_id": wanted.auth_user_id,
                "connector": wanted.connector,
                "min_timeout_seconds": wanted.min_timeout_seconds,
                "token": wanted.token,
                "title": wanted.title,
                "user_id": wanted.user_id,
                "created_micros": to_micros(now),
            },
            "ON CONFLICT (application_id, event, kind, handler, auth_user_id, connector)"
            " DO NOTHING",
        )

    def of_application(self, application_id: int) -> list[Subscription]:
        """Return an application's wishes, oldest first; 0 stands for outgoing webhooks."""
        rows = self._tx.all(
            f"SELECT {_COLUMNS} FROM subscription s WHERE s.application_id = :id ORDER BY s.id",
            {"id": application_id},
        )
        return [_subscription(row) for row in rows]

    def find(self, subscription_id: int) -> Subscription | None:
        """Return the wish, or None when it was taken back."""
        row = self._tx.one(
            f"SELECT {_COLUMNS} FROM subscription s WHERE s.id = :id", {"id": subscription_id}
        )
        return None if row is None else _subscription(row)

    def remove(self, subscription_id: int) -> bool:
        """Take a wish back; False when there was none."""
        return bool(
            self._tx.run("DELETE FROM subscription WHERE id = :id", {"id": subscription_id})
        )

    def remove_of(self, application_id: int) -> None:
        """Take back every wish of an application."""
        self._tx.run("DELETE FROM subscription WHERE application_id = :id", {"id": application_id})

    def to(self, event: str) -> list[Subscription]:
        """Return who hears of an event: outgoing webhooks, and applications that are installed.

        Rule (documented): nothing is sent until the installation is finished (rest-protocol.md
        15.4). The answer is kept until the people, credentials or wishes change.
        """
        return self._tx.recall(_LISTENING, self._listening).get(event, [])

    def _listening(self) -> dict[str, list[Subscription]]:
        listening: dict[str, list[Subscription]] = {}
        for row in self._tx.all(
            f"SELECT {_COLUMNS} FROM subscription s LEFT JOIN application a"
            " ON a.id = s.application_id"
            " WHERE s.application_id = 0 OR (a.state = :state AND a.removed_micros IS NULL)"
            " ORDER BY s.id",
            {"state": State.INSTALLED.value},
        ):
            listening.setdefault(row[2], []).append(_subscription(row))
        return listening


def _subscription(row: Row) -> Subscription:
    return Subscription(
        id=row[0],
        application_id=row[1],
        event=row[2],
        kind=Kind(row[3]),
        handler=row[4],
        auth_user_id=row[5],
        connector=row[6],
        min_timeout_seconds=row[7],
        token=row[8],
        title=row[9],
        user_id=row[10],
    )
