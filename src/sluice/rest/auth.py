"""From credentials to an actor. rest-protocol.md 3, 7.2."""

from __future__ import annotations

from sluice.domain.access import Actor
from sluice.errors import (
    AuthorizationError,
    InsufficientScope,
    InvalidCredentials,
    InvalidToken,
    NoAuthFound,
)
from sluice.rest.method import Method
from sluice.store.tables import Store


def authenticate(store: Store, webhook: tuple[str, str] | None, token: str | None) -> Actor:
    """Return who calls. A webhook in the path beats a token (rest-protocol.md 3.1, assumed).

    Raises:
        NoAuthFound: there is no credential.
        InvalidCredentials: no such webhook of that user, or it was revoked.
        InvalidToken: nobody knows the access token.
        AuthorizationError: the webhook's user was dismissed.
    """
    if webhook is None:
        raise NoAuthFound if token is None else InvalidToken
    caller = store.credentials.caller(*webhook)
    if caller is None:
        raise InvalidCredentials
    if caller.actor is None:
        raise AuthorizationError
    return caller.actor


def check_scope(actor: Actor, method: Method) -> None:
    """Refuse a method whose scope the credential was not granted.

    Raises:
        InsufficientScope
    """
    if not method.allowed(actor.scopes):
        raise InsufficientScope
