"""A browser's visit: its cookie, whose session it is, and the proof that a form is ours.

One cookie carries a random secret. Before somebody signs in it only ties forms to the browser;
afterwards it is the session's secret, and another one than before.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta

from msgspec import Struct

from sluice.rest.request import Incoming
from sluice.store.secret import hash_of

SESSION_LIFE = timedelta(hours=12)
_SECRET_BYTES = 32
_LONGEST = 100  # characters of a secret that a browser may send


class Visit(Struct, frozen=True):
    """A browser as we know it.

    Attributes:
        secret: the cookie's value; made now if the browser brought none.
        secure: it came over TLS.
        is_new: the browser does not have the cookie yet.
    """

    secret: str
    secure: bool
    is_new: bool

    @property
    def form_key(self) -> str:
        """What a form of ours carries, and no other site can know."""
        return hash_of(f"form {self.secret}")

    def sent(self, form: Mapping[str, object]) -> bool:
        """Tell whether a form was given out to this browser."""
        key = form.get("key")
        return (
            not self.is_new
            and isinstance(key, str)
            and hmac.compare_digest(key.encode(), self.form_key.encode())
        )

    @property
    def cookies(self) -> tuple[bytes, ...]:
        """The `Set-Cookie` headers that the browser still needs."""
        return (cookie(self.secret, secure=self.secure),) if self.is_new else ()


def visit_of(incoming: Incoming) -> Visit:
    """Return whose request it is."""
    name = _name(incoming.secure)
    for header, value in incoming.headers:
        if header == b"cookie":
            for pair in value.decode("latin-1").split(";"):
                key, _, secret = pair.strip().partition("=")
                if key == name and 0 < len(secret) <= _LONGEST:
                    return Visit(secret, incoming.secure, is_new=False)
    return new_visit(secure=incoming.secure)


def new_visit(*, secure: bool) -> Visit:
    """Return a visit with a secret that nobody has seen."""
    return Visit(secrets.token_urlsafe(_SECRET_BYTES), secure, is_new=True)


def cookie(secret: str, *, secure: bool) -> bytes:
    """Return the header that gives a browser its secret.

    Lax, because a person comes from the application's site and is to be known then; no form of
    another site can make use of it, see `Visit.sent`.
    """
    protection = "; Secure" if secure else ""
    return f"{_name(secure)}={secret}; Path=/; HttpOnly; SameSite=Lax{protection}".encode("ascii")


def _name(secure: bool) -> str:
    # Browsers take a cookie of this prefix from the very host alone, over TLS alone.
    return "__Host-sluice" if secure else "sluice"
