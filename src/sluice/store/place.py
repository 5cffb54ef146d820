"""Where a portal is kept, as an address says it: a SQLite file, or a schema of PostgreSQL."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from msgspec import Struct

SCHEME = "postgresql"
DEFAULT_SCHEMA = "sluice"
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class Schema(Struct, frozen=True):
    """A portal in PostgreSQL.

    Attributes:
        connection: the address as libpq takes it; it may hold a password.
        name: the schema that holds the portal's tables, and nothing else.
    """

    connection: str
    name: str

    @property
    def address(self) -> str:
        """The whole address without a password: for people, logs and other programs."""
        parts = urlsplit(self.connection)
        user, at, host = parts.netloc.rpartition("@")
        netloc = f"{user.partition(':')[0]}{at}{host}"
        query = [
            pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "password"
        ]
        query.append(("schema", self.name))
        return _joined(netloc, parts.path, query)

    @property
    def lock(self) -> int:
        """The number of the advisory lock that one writer holds: the same in every process."""
        digest = hashlib.sha256(f"sluice portal {self.name}".encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)


def schema_at(address: str) -> Schema | None:
    """Return the schema that an address of PostgreSQL names; None if it is none of PostgreSQL.

    The address is libpq's own, with `schema=NAME` among its options.

    Raises:
        ValueError: the name is no plain one.
    """
    if not address.startswith((f"{SCHEME}://", "postgres://")):
        return None
    parts = urlsplit(address)
    query = parse_qsl(parts.query, keep_blank_values=True)
    name = dict(query).get("schema", DEFAULT_SCHEMA)
    if not _SCHEMA.fullmatch(name) or name.startswith("pg_"):
        raise ValueError(
            f"schema = {name!r} is no name for a portal's schema: small letters, digits and _,"
            " 63 at most, not beginning with a digit or with pg_."
        )
    others = [pair for pair in query if pair[0] != "schema"]
    return Schema(_joined(parts.netloc, parts.path, others), name)


def _joined(netloc: str, path: str, query: list[tuple[str, str]]) -> str:
    # Not `urlunsplit`, which leaves out the slashes of an empty host.
    options = f"?{urlencode(query, quote_via=quote)}" if query else ""
    return f"{SCHEME}://{netloc}{path}{options}"
