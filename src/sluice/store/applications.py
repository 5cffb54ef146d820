"""Applications, their tokens and their options. Secrets and tokens are stored hashed."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from sluice.clock import from_micros, to_micros
from sluice.domain.application import Application, State, Token, TokenKind
from sluice.store.database import Row, Transaction
from sluice.store.secret import hash_of

# How long a token that is over can still be told from one that never was.
REMEMBERED = timedelta(days=180)
_FORGET_AT_ONCE = 100

_COLUMNS = (
    "id, client_id, application_token, title, scopes, redirect_uri, handler_url, install_url,"
    " version, state, restricted, created_micros, removed_micros"
)
_FACTS = "kind, application_id, user_id, origin, expires_micros, used_micros"


class Applications:
    """The tables `application`, `application_user`, `oauth_token` and `application_option`."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def add(self, application: Application, client_secret: str) -> int:
        """Store a new application under the hash of its secret and return its id."""
        added = self._tx.insert(
            "application",
            {
                "client_id": application.client_id,
                "secret_hash": hash_of(client_secret),
                "application_token": application.application_token,
                "title": application.title,
                "scopes": ",".join(application.scopes),
                "redirect_uri": application.redirect_uri,
                "handler_url": application.handler_url,
                "install_url": application.install_url,
                "version": application.version,
                "state": application.state.value,
                "restricted": int(application.restricted),
                "created_micros": to_micros(application.created),
                "removed_micros": None,
            },
        )
        assert added is not None  # a random client id is new
        self._set_users(added, application.user_ids)
        return added

    def find(self, application_id: int) -> Application | None:
        """Return the application, a removed one too, or None."""
        return self._one("id = :value", application_id)

    def find_by_client_id(self, client_id: str) -> Application | None:
        """Return the application that is not removed, or None."""
        return self._one("client_id = :value AND removed_micros IS NULL", client_id)

    def all(self) -> list[Application]:
        """Return every application that is not removed, oldest first."""
        rows = self._tx.all(
            f"SELECT {_COLUMNS} FROM application WHERE removed_micros IS NULL ORDER BY id"
        )
        return [self._application(row) for row in rows]

    def _one(self, condition: str, value: int | str) -> Application | None:
        row = self._tx.one(
            f"SELECT {_COLUMNS} FROM application WHERE {condition}", {"value": value}
        )
        return None if row is None else self._application(row)

    def _application(self, row: Row) -> Application:
        users = self._tx.all(
            "SELECT user_id FROM application_user WHERE application_id = :id ORDER BY user_id",
            {"id": row[0]},
        )
        return Application(
            id=row[0],
            client_id=row[1],
            application_token=row[2],
            title=row[3],
            scopes=tuple(row[4].split(",")) if row[4] else (),
            redirect_uri=row[5],
            handler_url=row[6],
            install_url=row[7],
            version=row[8],
            state=State(row[9]),
            restricted=bool(row[10]),
            created=from_micros(row[11]),
            removed=None if row[12] is None else from_micros(row[12]),
            user_ids=tuple(user[0] for user in users),
        )

    def has_secret(self, application_id: int, client_secret: str) -> bool:
        """Tell whether this is the application's secret."""
        row = self._tx.one(
            "SELECT secret_hash FROM application WHERE id = :id", {"id": application_id}
        )
        return row is not None and hmac.compare_digest(str(row[0]), hash_of(client_secret))

    def save(self, application: Application) -> None:
        """Store an application as it is now; its client id and its secret stay."""
        removed = application.removed
        self._tx.update(
            "application",
            application.id,
            {
                "title": application.title,
                "scopes": ",".join(application.scopes),
                "redirect_uri": application.redirect_uri,
                "handler_url": application.handler_url,
                "install_url": application.install_url,
                "version": application.version,
                "state": application.state.value,
                "restricted": int(application.restricted),
                "removed_micros": None if removed is None else to_micros(removed),
            },
        )
        self._set_users(application.id, application.user_ids)

    def _set_users(self, application_id: int, user_ids: Iterable[int]) -> None:
        self._tx.run(
            "DELETE FROM application_user WHERE application_id = :id", {"id": application_id}
        )
        for user_id in sorted(set(user_ids)):
            self._tx.run(
                "INSERT INTO application_user (application_id, user_id) VALUES (:id, :user_id)",
                {"id": application_id, "user_id": user_id},
            )

    # Tokens

    def add_token(self, secret: str, token: Token, now: datetime) -> None:
        """Store a token under its hash, and forget some of those that were over long ago."""
        self._tx.run(
            f"INSERT INTO oauth_token (token_hash, {_FACTS})"
            " VALUES (:hash, :kind, :application_id, :user_id, :origin, :expires, NULL)",
            {
                "hash": hash_of(secret),
                "kind": token.kind.value,
                "application_id": token.application_id,
                "user_id": token.user_id,
                "origin": token.origin,
                "expires": to_micros(token.expires),
            },
        )
        self._tx.run(
            "DELETE FROM oauth_token WHERE token_hash IN (SELECT token_hash FROM oauth_token"
            " WHERE expires_micros < :long_ago ORDER BY expires_micros LIMIT :most)",
            {"long_ago": to_micros(now - REMEMBERED), "most": _FORGET_AT_ONCE},
        )

    def find_token(self, secret: str, kind: TokenKind) -> Token | None:
        """Return what is known of a token, one that is over too, or None if it never was."""
        row = self._tx.one(
            f"SELECT {_FACTS} FROM oauth_token WHERE token_hash = :hash AND kind = :kind",
            {"hash": hash_of(secret), "kind": kind.value},
        )
        if row is None:
            return None
        used = None if row[5] is None else from_micros(row[5])
        return Token(TokenKind(row[0]), row[1], row[2], row[3], from_micros(row[4]), used)

    def origin_of(self, application_id: int) -> str | None:
        """Return where the application reached the portal last, or None when it never has."""
        row = self._tx.one(
            "SELECT origin FROM oauth_token WHERE application_id = :id"
            " ORDER BY expires_micros DESC LIMIT 1",
            {"id": application_id},
        )
        return None if row is None else str(row[0])

    def use_token(self, secret: str, now: datetime) -> bool:
        """Use up a code or a refresh token; False when it was used up before."""
        return bool(
            self._tx.run(
                "UPDATE oauth_token SET used_micros = :now"
                " WHERE token_hash = :hash AND used_micros IS NULL",
                {"hash": hash_of(secret), "now": to_micros(now)},
            )
        )

    def drop_tokens(self, application_id: int) -> None:
        """Forget every token of an application."""
        self._tx.memory.clear()  # callers among it: other changes of tokens leave these true
        self._tx.run("DELETE FROM oauth_token WHERE application_id = :id", {"id": application_id})

    # Options

    def options(self, application_id: int, user_id: int) -> dict[str, Any]:
        """Return the options by name; user 0 has those for everybody."""
        rows = self._tx.all(
            "SELECT name, value FROM application_option"
            " WHERE application_id = :application_id AND user_id = :user_id ORDER BY name",
            {"application_id": application_id, "user_id": user_id},
        )
        return {name: msgspec.json.decode(value) for name, value in rows}

    def remove_options(self, application_id: int) -> None:
        """Forget the options of an application, everybody's and each user's."""
        self._tx.run(
            "DELETE FROM application_option WHERE application_id = :id", {"id": application_id}
        )

    def set_options(self, application_id: int, user_id: int, options: Mapping[str, object]) -> None:
        """Set these options and leave the others as they are."""
        for name, value in options.items():
            self._tx.run(
                "INSERT INTO application_option (application_id, user_id, name, value)"
                " VALUES (:application_id, :user_id, :name, :value)"
                " ON CONFLICT (application_id, user_id, name) DO UPDATE SET value = :value",
                {
                    "application_id": application_id,
                    "user_id": user_id,
                    "name": name,
                    "value": msgspec.json.encode(value).decode(),
                },
            )
