"""The OAuth dialect: applications, and the codes and tokens that open the portal for them.

Source: rest-protocol.md 13, 14. It is not RFC 6749: requests for tokens come by GET as well,
answers have members of their own, and a refresh token works once.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

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
from sluice.domain.events import Subscription, app_installed, app_uninstalled, app_updated
from sluice.rest.emission import send_to, tell_application
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


def install(store: Store, application: Application, now: datetime, user_id: int = 0) -> Application:
    """Finish an application's installation and return it as it is then.

    Rule (assumed): installed again, it starts anew: what it was given before opens nothing.

    Args:
        user_id: who installs it; its handlers of ONAPPINSTALL get this user's tokens.
    """
    if application.state is State.UNINSTALLED:
        store.applications.drop_tokens(application.id)
    installed = _saved(store, replace(application, state=State.INSTALLED))
    told = app_installed(installed.version, is_installed=True)
    tell_application(store, installed.id, told, now, user_id=user_id)
    return installed


def begin_installation(store: Store, application: Application, now: datetime, user_id: int) -> None:
    """Tell an application that has no page, at its install address, that it is being installed.

    Rule (documented): it is installed when that has been delivered (rest-protocol.md 14).
    """
    event = app_installed(application.version, is_installed=False)
    address = Subscription(
        application_id=application.id,
        event=event.name,
        handler=application.install_url,
        user_id=user_id,
    )
    send_to(store, address, event, now, user_id=user_id)


def uninstall(
    store: Store, application: Application, now: datetime, *, clean: bool = False
) -> Application:
    """Take an application out of use and return it as it is then.

    Its handlers hear of it and are then forgotten, with the events kept for it.

    Args:
        clean: remove its options as well.
    """
    tell_application(store, application.id, app_uninstalled(clean=clean), now)
    store.subscriptions.remove_of(application.id)
    store.offline_events.remove_of(application.id)
    if clean:
        store.applications.remove_options(application.id)
    return _saved(store, replace(application, state=State.UNINSTALLED))


def update(
    store: Store, application: Application, now: datetime, user_id: int = 0, **changes: Any
) -> Application:
    """Let another version of an application take its place, and return that.

    Rule (documented): handlers of the old version are removed (rest-protocol.md 14); they hear of
    it first, so that the application can bind them again.
    """
    updated = replace(application, version=application.version + 1, **changes)
    told = app_updated(updated.version, application.version)
    tell_application(store, application.id, told, now, user_id=user_id)
    store.subscriptions.remove_of(application.id)
    return _saved(store, updated)


def _saved(store: Store, application: Application) -> Application:
    store.applications.save(application)
    return application


def remove(store: Store, application: Application, now: datetime) -> Application:
    """Remove an application for good and return it as it is then."""
    store.subscriptions.remove_of(application.id)
    store.offline_events.remove_of(application.id)
    return _saved(store, replace(application, removed=now))


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


def grant_access(
    store: Store, application_id: int, user_id: int, origin: str, now: datetime
) -> str:
    """Give an application an access token alone, which ends for good when its time is over."""
    return _add(store, TokenKind.ACCESS, application_id, user_id, origin, now, ACCESS_LIFE)


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
