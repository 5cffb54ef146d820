"""Passwords, and the sessions of people who have signed in. Both are stored hashed."""

from __future__ import annotations

from datetime import datetime

from sluice.clock import to_micros
from sluice.store.database import Transaction
from sluice.store.secret import hash_of


class Sessions:
    """The tables `user_password` and `sign_in_session`."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def password_hash(self, user_id: int) -> str | None:
        """Return what is kept of the user's password, or None when there is none."""
        row = self._tx.one(
            "SELECT password_hash FROM user_password WHERE user_id = :id", {"id": user_id}
        )
        return None if row is None else str(row[0])

    def set_password_hash(self, user_id: int, password_hash: str, now: datetime) -> None:
        """Replace the user's password and end the sessions that the former one began."""
        self._tx.run(
            "INSERT INTO user_password (user_id, password_hash, changed_micros)"
            " VALUES (:id, :hash, :now) ON CONFLICT (user_id)"
            " DO UPDATE SET password_hash = :hash, changed_micros = :now",
            {"id": user_id, "hash": password_hash, "now": to_micros(now)},
        )
        self._tx.run("DELETE FROM sign_in_session WHERE user_id = :id", {"id": user_id})

    def begin(self, secret: str, user_id: int, expires: datetime, now: datetime) -> None:
        """Store a session under the hash of its secret, and forget those that are over."""
        self._tx.run(
            "DELETE FROM sign_in_session WHERE expires_micros <= :now", {"now": to_micros(now)}
        )
        self._tx.run(
            "INSERT INTO sign_in_session (session_hash, user_id, expires_micros)"
            " VALUES (:hash, :user_id, :expires)",
            {"hash": hash_of(secret), "user_id": user_id, "expires": to_micros(expires)},
        )

    def user_id(self, secret: str, now: datetime) -> int | None:
        """Return whose session it is, or None when there is none, or its time is over."""
        row = self._tx.one(
            "SELECT user_id FROM sign_in_session"
            " WHERE session_hash = :hash AND expires_micros > :now",
            {"hash": hash_of(secret), "now": to_micros(now)},
        )
        return None if row is None else int(row[0])

    def end(self, secret: str) -> None:
        """End a session, if there is one."""
        self._tx.run(
            "DELETE FROM sign_in_session WHERE session_hash = :hash", {"hash": hash_of(secret)}
        )
