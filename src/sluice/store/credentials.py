"""Incoming webhooks: who may call, as whom, with what scopes. Codes are stored hashed."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from sluice.clock import from_micros, to_micros
from sluice.domain.access import Actor, codes_of
from sluice.domain.people import UserType
from sluice.store.database import Row, Transaction


class Webhook(Struct, frozen=True):
    """An incoming webhook without its code, which nobody can read back."""

    id: int
    user_id: int
    title: str
    scopes: tuple[str, ...]
    created: datetime
    revoked: datetime | None


class Caller(Struct, frozen=True):
    """What a valid credential stands for; `actor` is None when its user may not work."""

    actor: Actor | None


_COLUMNS = "id, user_id, title, scopes, created_micros, revoked_micros"


class Credentials:
    """The webhook table, and the actor behind a credential."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def caller(self, user_id: str, code: str) -> Caller | None:
        """Return whom the webhook stands for, or None when there is no such webhook.

        The answer is kept until something changes the people or the credentials.
        """
        code_hash = hash_of(code)
        key = ("webhook", user_id, code_hash)
        known: Caller | None = self._tx.cache.get(key)
        if known is None:
            known = self._find(user_id, code_hash)
            if known is not None:  # guesses are not kept: they would fill the memory
                self._tx.cache[key] = known
        return known

    def _find(self, user_id: str, code_hash: str) -> Caller | None:
        row = self._tx.one(
            "SELECT w.id, w.user_id, w.code_hash, w.scopes, u.active, u.is_admin, u.user_type"
            " FROM webhook w JOIN portal_user u ON u.id = w.user_id"
            " WHERE w.code_hash = :code_hash AND w.revoked_micros IS NULL",
            {"code_hash": code_hash},
        )
        if row is None or not hmac.compare_digest(str(row[2]), code_hash) or str(row[1]) != user_id:
            return None
        if not row[4]:
            return Caller(None)
        return Caller(self._actor(row))

    def _actor(self, row: Row) -> Actor:
        webhook_id, user_id, _, scopes, _, is_admin, user_type = row
        is_intranet = user_type == UserType.EMPLOYEE
        return Actor(
            user_id=user_id,
            is_admin=bool(is_admin),
            is_intranet=is_intranet,
            codes=self._codes(user_id, is_intranet),
            scopes=frozenset(scopes.split(",")),
            credential=f"webhook {webhook_id}",
        )

    def actor_of(self, user_id: int) -> Actor | None:
        """Return who this user would be without any scopes; None if there is no active user."""
        row = self._tx.one(
            "SELECT is_admin, user_type FROM portal_user WHERE id = :id AND active = 1",
            {"id": user_id},
        )
        if row is None:
            return None
        return self._actor((0, user_id, None, "", None, *row))

    def _codes(self, user_id: int, is_intranet: bool) -> frozenset[str]:
        departments = self._tx.all(
            "SELECT department_id FROM user_department WHERE user_id = :user_id",
            {"user_id": user_id},
        )
        parents = {row[0]: row[1] for row in self._tx.all("SELECT id, parent_id FROM department")}
        return codes_of(
            user_id,
            is_intranet=is_intranet,
            departments=[row[0] for row in departments],
            parents=parents,
        )

    def add_webhook(
        self, user_id: int, code: str, *, title: str, scopes: Iterable[str], now: datetime
    ) -> int:
        """Store a webhook under the hash of its code and return its id."""
        self._tx.cache.clear()
        added = self._tx.insert(
            "webhook",
            {
                "user_id": user_id,
                "code_hash": hash_of(code),
                "title": title,
                "scopes": ",".join(scopes),
                "created_micros": to_micros(now),
            },
        )
        assert added is not None  # a random code is new
        return added

    def webhooks(self) -> list[Webhook]:
        """Return every webhook, revoked ones too, oldest first."""
        rows = self._tx.all(f"SELECT {_COLUMNS} FROM webhook ORDER BY id")
        return [_webhook(row) for row in rows]

    def revoke_webhook(self, webhook_id: int, now: datetime) -> bool:
        """End a webhook for good; False when there is no such working webhook."""
        self._tx.cache.clear()
        return bool(
            self._tx.run(
                "UPDATE webhook SET revoked_micros = :now"
                " WHERE id = :id AND revoked_micros IS NULL",
                {"id": webhook_id, "now": to_micros(now)},
            )
        )


def hash_of(secret: str) -> str:
    """Return what is stored of a random secret: its SHA-256, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _webhook(row: Row) -> Webhook:
    return Webhook(
        id=row[0],
        user_id=row[1],
        title=row[2],
        scopes=tuple(row[3].split(",")) if row[3] else (),
        created=from_micros(row[4]),
        revoked=None if row[5] is None else from_micros(row[5]),
    )
