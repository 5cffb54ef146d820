"""From credentials to an actor. rest-protocol.md 3, 7.2."""

from __future__ import annotations

from datetime import datetime

from sluice.domain.access import Actor
from sluice.domain.application import State
from sluice.errors import (
    ApplicationNotFound,
    ApplicationNotInstalled,
    AuthorizationError,
    ExpiredToken,
    InsufficientScope,
    InsufficientTokenScope,
    InvalidCredentials,
    InvalidToken,
    NoAuthFound,
    UserAccessError,
)
from sluice.rest.method import Method
from sluice.store.tables import Store


def authenticate(
    store: Store, webhook: tuple[str, str] | None, token: str | None, method: Method, now: datetime
) -> Actor:
    """Return who calls, and may call this method.

    A webhook in the path beats a token (rest-protocol.md 3.1, assumed).

    Raises:
        NoAuthFound: there is no credential.
        InvalidCredentials: no such webhook of that user, or it was revoked.
        AuthorizationError: the user was dismissed.
        InsufficientScope: the method needs a scope that the credential was not granted.
        and for tokens: as `_of_token`.
    """
    if webhook is None:
        if token is None:
            raise NoAuthFound
        return _of_token(store, token, method, now)
    caller = store.credentials.caller(*webhook)
    if caller is None:
        raise InvalidCredentials
    if caller.actor is None:
        raise AuthorizationError
    check_scope(caller.actor, method)
    return caller.actor


def _of_token(store: Store, secret: str, method: Method, now: datetime) -> Actor:
    """Return who calls with an access token. The order is the protocol's (rest-protocol.md 3.3).

    Raises:
        InvalidToken: nobody knows the token.
        ApplicationNotFound, ApplicationNotInstalled: its application is gone, or uninstalled.
        ExpiredToken: its hour is over.
        InsufficientScope: the application was not granted the method's scope.
        AuthorizationError: the user was dismissed.
        UserAccessError: the application is open to others alone.
    """
    found = store.credentials.token(secret)
    if found is None:
        raise InvalidToken
    token, application, actor = found.token, found.application, found.actor
    if application is None or application.removed is not None:
        raise ApplicationNotFound
    if application.state is State.UNINSTALLED:
        raise ApplicationNotInstalled
    if token.is_over(now):
        raise ExpiredToken
    if not method.allowed(frozenset(application.scopes)):
        raise InsufficientTokenScope
    if actor is None:
        raise AuthorizationError
    if not application.may_be_used_by(token.user_id):
        raise UserAccessError
    return actor


def check_scope(actor: Actor, method: Method) -> None:
    """Refuse a method whose scope the credential was not granted.

    Raises:
        InsufficientScope
    """
    if not method.allowed(actor.scopes):
        raise InsufficientScope
