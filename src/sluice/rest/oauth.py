"""The OAuth dialect: applications, and the codes and tokens that open the portal for them.

Source: rest-protocol.md 13, 14. It is not RFC 6749: requests for tokens come by GET as well,
answers have members of their own, and a refresh token works once.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from sluice.domain.application import (
    ACCESS_LIFE,
    CODE_LIFE,
    REFRESH_LIFE,
    Application,
    State,
    Token,
    TokenKind,
)
from sluice.store.tables import Store

_SECRET_BYTES = 32


class NewApplication(Struct, frozen=True):
    """A registered application, and its secret, which is told this once."""

    application: Application
    client_secret: str


class Tokens(Struct, frozen=True):
    """A pair of tokens, which are told this once.

    Attributes:
        expires: when the access token's time is over.
    """

    access_token: str
    refresh_token: str
    expires: datetime
    expires_in: int


def register(
    store: Store,
    *,
    title: str,
    scopes: Iterable[str],
    now: datetime,
    redirect_uri: str = "",
    handler_url: str = "",
    install_url: str = "",
    user_ids: Collection[int] = (),
) -> NewApplication:
    """Register a local application.

    Args:
        user_ids: who may use it; everybody when there are none.

    Rule (documented): one without an install address is installed at once; another one when its
    installation is finished (rest-protocol.md 14).
    """
    client_secret = secrets.token_urlsafe(_SECRET_BYTES + 6)
    application = Application(
        client_id=f"local.{secrets.token_hex(7)}.{secrets.randbelow(10**8):08d}",
        application_token=secrets.token_hex(16),
        title=title,
        scopes=tuple(scopes),
        created=now,
        redirect_uri=redirect_uri,
        handler_url=handler_url,
        install_url=install_url,
        restricted=bool(user_ids),
        user_ids=user_ids,
        state=State.INSTALLING if install_url else State.INSTALLED,
    )
    application_id = store.applications.add(application, client_secret)
    stored = store.applications.find(application_id)
    assert stored is not None
    return NewApplication(stored, client_secret)


def install(store: Store, application: Application) -> Application:
    """Finish an application's installation and return it as it is then.

    Rule (assumed): installed again, it starts anew: what it was given before opens nothing.
    """
    if application.state is State.UNINSTALLED:
        store.applications.drop_tokens(application.id)
    return _in_state(store, application, State.INSTALLED)


def uninstall(store: Store, application: Application) -> Application:
    """Take an application out of use and return it as it is then; its options stay."""
    return _in_state(store, application, State.UNINSTALLED)


def _in_state(store: Store, application: Application, state: State) -> Application:
    changed = replace(application, state=state)
    store.applications.save(changed)
    return changed


def remove(store: Store, application: Application, now: datetime) -> Application:
    """Remove an application for good and return it as it is then."""
    removed = replace(application, removed=now)
    store.applications.save(removed)
    return removed


def grant(
    store: Store,
    application_id: int,
    user_id: int,
    origin: str,
    now: datetime,
    *,
    life: timedelta = ACCESS_LIFE,
) -> Tokens:
    """Give an application an access token and a refresh token for a user.

    Args:
        origin: where the portal is for the application, as `https://portal.example`.
        life: of the access token.
    """
    access = _add(store, TokenKind.ACCESS, application_id, user_id, origin, now, life)
    refresh = _add(store, TokenKind.REFRESH, application_id, user_id, origin, now, REFRESH_LIFE)
    return Tokens(access, refresh, now + life, int(life.total_seconds()))


def grant_code(store: Store, application_id: int, user_id: int, origin: str, now: datetime) -> str:
    """Give an application a code, to be exchanged for tokens once and soon."""
    return _add(store, TokenKind.CODE, application_id, user_id, origin, now, CODE_LIFE)


def _add(
    store: Store,
    kind: TokenKind,
    application_id: int,
    user_id: int,
    origin: str,
    now: datetime,
    life: timedelta,
) -> str:
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    store.applications.add_token(
        secret, Token(kind, application_id, user_id, origin, now + life), now
    )
    return secret
