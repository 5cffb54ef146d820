"""Applications and the tokens they call with. rest-protocol.md 3.3, 13, 14."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from msgspec import Struct

_ADDRESS = re.compile(r"https?://[!#-;=?-\[\]_a-z~]{1,2000}", re.IGNORECASE)

CODE_LIFE = timedelta(seconds=30)
ACCESS_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=180)

# Rule (documented): what this portal's administrator registers is a local application
# (rest-protocol.md 13.4, `status`).
LOCAL = "L"


class State(StrEnum):
    """How far an application has come.

    Rule (documented): while its installation runs, an application may call, but gets no events
    (rest-protocol.md 14). One that was uninstalled may not call.
    """

    INSTALLING = "installing"
    INSTALLED = "installed"
    UNINSTALLED = "uninstalled"


class Application(Struct, frozen=True, kw_only=True):
    """A local application.

    Attributes:
        id: 0 until it is stored.
        client_id: `local.`, hex, a point, digits.
        application_token: what events and launches prove their origin with. The application
            compares it, so it is kept as it is; nobody gets in with it.
        redirect_uri: where a person is sent back to after allowing it; the handler if empty.
        restricted: only the users in `user_ids` may use it.
        removed: when it was removed for good.
    """

    id: int = 0
    client_id: str
    application_token: str
    title: str
    scopes: tuple[str, ...]
    created: datetime
    redirect_uri: str = ""
    handler_url: str = ""
    install_url: str = ""
    version: int = 1
    state: State = State.INSTALLED
    restricted: bool = False
    user_ids: Collection[int] = ()
    removed: datetime | None = None

    @property
    def is_installed(self) -> bool:
        """Tell whether its installation is finished and it was not uninstalled since."""
        return self.state is State.INSTALLED

    @property
    def return_address(self) -> str:
        """Where a person is sent back to; empty when the application has no address."""
        return self.redirect_uri or self.handler_url

    def may_be_used_by(self, user_id: int) -> bool:
        """Tell whether the application is open to this user."""
        return not self.restricted or user_id in self.user_ids


def is_address(text: str) -> bool:
    """Tell whether a text is an address that a browser or a portal can go to, and nothing else.

    Rule (assumed): http or https, a host, no name or password, nothing that a header or a page
    could take for its own.
    """
    if not _ADDRESS.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:  # a port that is no number, half an IPv6 address
        return False


class TokenKind(StrEnum):
    """What a random text opens."""

    CODE = "code"
    ACCESS = "access"
    REFRESH = "refresh"


class Token(Struct, frozen=True):
    """What is known of a token, which itself is not kept.

    Attributes:
        origin: `https://portal.example`: where the portal was when its owner allowed the
            application; tokens that are made from this one tell the same.
        used: when a code or a refresh token was exchanged; each can be once.
    """

    kind: TokenKind
    application_id: int
    user_id: int
    origin: str
    expires: datetime
    used: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Tell whether its time is over."""
        return now >= self.expires
