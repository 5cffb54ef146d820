"""Who may call, as whom, with what scopes. Codes and tokens are stored hashed."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from sluice.clock import from_micros, to_micros
from sluice.domain.access import Actor, codes_of
from sluice.domain.application import Application, Token, TokenKind
from sluice.domain.people import UserType
from sluice.store.applications import Applications
from sluice.store.database import Row, Transaction
from sluice.store.secret import hash_of


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


class TokenCaller(Struct, frozen=True):
    """What an access token stands for, whether or not it opens anything.

    Attributes:
        application: None when there is none any more.
        actor: None when its user may not work.
    """

    token: Token
    application: Application | None
    actor: Actor | None


_COLUMNS = "id, user_id, title, scopes, created_micros, revoked_micros"


class Credentials:
    """The webhook table, and the actor behind a credential."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction
        self._applications = Applications(transaction)

    def caller(self, user_id: str, code: str) -> Caller | None:
        """Return whom the webhook stands for, or None when there is no such webhook.

        The answer is kept until something changes the people or the credentials.
        """
        code_hash = hash_of(code)
        # Guesses find None, which is not remembered.
        return self._tx.recall(
            ("webhook", user_id, code_hash), lambda: self._find(user_id, code_hash)
        )

    def _find(self, user_id: str, code_hash: str) -> Caller | None:
        row = self._tx.one(
            "SELECT id, user_id, code_hash, scopes FROM webhook"
            " WHERE code_hash = :code_hash AND revoked_micros IS NULL",
            {"code_hash": code_hash},
        )
        if row is None or not hmac.compare_digest(str(row[2]), code_hash) or str(row[1]) != user_id:
            return None
        scopes = row[3].split(",")
        return Caller(self.actor_of(row[1], scopes=scopes, credential=f"webhook {row[0]}"))

    def token(self, secret: str) -> TokenCaller | None:
        """Return what an access token stands for, or None when there is no such token.

        The answer is kept as `caller` is; whether the token is over, its reader tells.
        """
        return self._tx.recall(("token", hash_of(secret)), lambda: self._find_token(secret))

    def _find_token(self, secret: str) -> TokenCaller | None:
        token = self._applications.find_token(secret, TokenKind.ACCESS)
        if token is None:
            return None
        application = self._applications.find(token.application_id)
        actor = None
        if application is not None:
            actor = self.actor_of(
                token.user_id,
                scopes=application.scopes,
                credential=f"application {application.id}",
                token=token,
            )
        return TokenCaller(token, application, actor)

    def actor_of(
        self,
        user_id: int,
        *,
        scopes: Iterable[str] = (),
        credential: str = "nobody's",
        token: Token | None = None,
    ) -> Actor | None:
        """Return who this user would be with these scopes; None if there is no active user."""
        row = self._tx.one(
            "SELECT is_admin, user_type FROM portal_user WHERE id = :id AND active = 1",
            {"id": user_id},
        )
        if row is None:
            return None
        is_intranet = row[1] == UserType.EMPLOYEE
        return Actor(
            user_id=user_id,
            is_admin=bool(row[0]),
            is_intranet=is_intranet,
            codes=self._codes(user_id, is_intranet),
            scopes=frozenset(scopes),
            credential=credential,
            token=token,
        )

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
        return bool(
            self._tx.run(
                "UPDATE webhook SET revoked_micros = :now"
                " WHERE id = :id AND revoked_micros IS NULL",
                {"id": webhook_id, "now": to_micros(now)},
            )
        )


def _webhook(row: Row) -> Webhook:
    return Webhook(
        id=row[0],
        user_id=row[1],
        title=row[2],
        scopes=tuple(row[3].split(",")) if row[3] else (),
        created=from_micros(row[4]),
        revoked=None if row[5] is None else from_micros(row[5]),
    )
