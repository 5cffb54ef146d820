"""`/oauth/token/`: codes and refresh tokens are exchanged for access tokens.

Source: rest-protocol.md 13.3, 13.4. By GET with a query and by POST with a form, because clients
do either; a body of JSON is read as well.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

import msgspec

from sluice.clock import PortalClock
from sluice.domain.application import LOCAL, Application, State, Token, TokenKind
from sluice.errors import (
    GuessedWrong,
    InternalServerError,
    InvalidClient,
    InvalidGrant,
    NotInstalled,
    OAuthParameterMissing,
    QueryLimitExceeded,
    RestError,
    UnsupportedGrantType,
    UserAccessError,
    WrongClient,
)
from sluice.rest.guesses import Slowdown
from sluice.rest.oauth import grant
from sluice.rest.request import Incoming, Limits, read
from sluice.rest.response import Answer, told
from sluice.rest.wire_types import as_scalar_text
from sluice.store.database import Database
from sluice.store.tables import Store

# What may be exchanged -> the parameter that carries it.
_EXCHANGED = {
    "authorization_code": (TokenKind.CODE, "code"),
    "refresh_token": (TokenKind.REFRESH, "refresh_token"),
}

log = logging.getLogger("sluice.oauth")


class TokenDoor:
    """Answers requests for tokens."""

    def __init__(
        self, database: Database, clock: PortalClock, limits: Limits, slowdown: Slowdown
    ) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits
        self._slowdown = slowdown

    async def __call__(self, incoming: Incoming) -> Answer:
        try:
            if self._slowdown.is_flooding(incoming.peer):
                raise QueryLimitExceeded
            origin = incoming.origin
            params = read(incoming, self._limits).params
            exchange = partial(self._exchange, params, origin)
            return Answer(200, msgspec.json.encode(await self._database.run(exchange, writes=True)))
        except RestError as refusal:
            if isinstance(refusal, GuessedWrong) and incoming.peer:
                await self._slowdown.wrong(incoming.peer)
            facts = told(refusal)
            if not refusal.description:
                del facts["error_description"]
            return Answer(refusal.status, msgspec.json.encode(facts), error=refusal.code)
        except Exception:
            log.exception("a request for tokens failed for a reason of ours")
            return Answer(500, msgspec.json.encode(told(InternalServerError())))

    def _exchange(self, params: dict[str, Any], origin: str, store: Store) -> dict[str, Any]:
        """Use up what was sent, and return new tokens.

        Args:
            origin: where the client asks; the auth host, and the portal itself.

        Raises:
            OAuthParameterMissing, UnsupportedGrantType: the request is incomplete.
            WrongClient, InvalidClient: there is no such application, or its secret is another.
            InvalidGrant: the code or token is unknown, another application's, used or over.
            NotInstalled: the application was uninstalled.
            UserAccessError: the application is open to others alone.
        """
        now = self._clock.now_by(store.clock.state())
        grant_type = _text(params, "grant_type")
        client_id, client_secret = _text(params, "client_id"), _text(params, "client_secret")
        if grant_type not in _EXCHANGED:
            raise UnsupportedGrantType
        kind, name = _EXCHANGED[grant_type]
        sent = _text(params, name)
        application = store.applications.find_by_client_id(client_id)
        if application is None:
            raise WrongClient
        if not store.applications.has_secret(application.id, client_secret):
            raise InvalidClient
        token = store.applications.find_token(sent, kind)
        if token is None or token.application_id != application.id or token.is_over(now):
            raise InvalidGrant
        if application.state is State.UNINSTALLED:
            raise NotInstalled
        if store.credentials.actor_of(token.user_id) is None:
            raise InvalidGrant
        if not application.may_be_used_by(token.user_id):
            raise UserAccessError
        if not store.applications.use_token(sent, now):
            raise InvalidGrant
        tokens = grant(store, application.id, token.user_id, token.origin, now)
        return {
            "access_token": tokens.access_token,
            "refresh_token": tokens.refresh_token,
            "expires": int(tokens.expires.timestamp()),
            "expires_in": tokens.expires_in,
            **endpoints(store, application, token, origin),
        }


def endpoints(store: Store, application: Application, token: Token, origin: str) -> dict[str, Any]:
    """Return what the wire tells of a token's surroundings (rest-protocol.md 13.4, 15.3).

    Args:
        origin: of the auth host.
    """
    return {
        "scope": ",".join(application.scopes),
        "domain": origin.partition("://")[2],
        "server_endpoint": f"{origin}/rest/",
        "client_endpoint": f"{token.origin}/rest/",
        "status": LOCAL,
        "member_id": store.facts.get("member_id"),
        "user_id": token.user_id,
    }


def _text(params: dict[str, Any], name: str) -> str:
    value = as_scalar_text(params.get(name))
    if not value:
        raise OAuthParameterMissing(name)
    return value
