"""Many portals in one place: a SQLite file in a directory, or a schema of a database, for each.

What is there is the register: a portal's host name is the name of its file or schema, so there is
nothing beside it that could say something else.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from sluice.store.database import PortalUnusable
from sluice.store.place import Schema, schema_at

LONGEST_HOST = 56  # a schema's name has 63 letters at most, and each dash takes two
_LABEL = r"(?!-)[a-z0-9-]+(?<!-)"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_PREFIX = "host_"
_SUFFIX = ".db"


class HostInvalid(ValueError):
    """A name cannot be a portal's. The words say why."""


def host_name(text: str) -> str:
    """Return a host name as portals are kept under it: in small letters.

    Raises:
        HostInvalid: it is no host name, or too long.
    """
    host = text.strip().lower().removesuffix(".")
    if not _HOST.fullmatch(host):
        raise HostInvalid(
            f"{text!r} is no host name, such as acme.example.com: letters, digits, dashes, and"
            " points between. A name in another alphabet is given in its xn-- form."
        )
    if len(_schema_name(host)) > 63 or len(host) > LONGEST_HOST:
        raise HostInvalid(f"{text!r} is too long: {LONGEST_HOST} letters at most")
    return host


class Register(Protocol):
    """Where many portals are kept, each under its host name."""

    def portals(self) -> Mapping[str, Hashable]:
        """Return the host names, each with what tells this portal from one made later.

        Raises:
            PortalUnusable: the place cannot be read.
        """
        ...

    def address(self, host: str) -> str:
        """Return the `database` address of a portal, whether it is there or not."""
        ...

    def remove(self, host: str) -> None:
        """Remove a portal for good.

        Raises:
            PortalUnusable: it cannot be removed.
        """
        ...


def register_at(address: str) -> Register:
    """Return the register in a directory, or in a database of PostgreSQL.

    Raises:
        ValueError: the address is of no known kind.
    """
    if schema := schema_at(address):
        return InDatabase(schema)
    path = address.removeprefix("sqlite:///")
    if "://" in path or not path:
        raise ValueError(
            f"portals = {address!r} is no place for portals. Use a directory, or an address such as"
            " postgresql://host/database"
        )
    return InDirectory(Path(path).expanduser())


class InDirectory:
    """A SQLite file a portal: `acme.example.com.db`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def portals(self) -> Mapping[str, Hashable]:
        found: dict[str, Hashable] = {}
        try:
            for file in sorted(self._directory.glob(f"*{_SUFFIX}")):
                host = file.name.removesuffix(_SUFFIX)
                if _HOST.fullmatch(host):
                    with suppress(FileNotFoundError):  # it was removed just now
                        found[host] = file.stat().st_ino
        except OSError as problem:
            raise PortalUnusable(f"{self._directory} cannot be read: {problem}") from problem
        return found

    def address(self, host: str) -> str:
        return f"sqlite:///{self._directory.absolute() / (host + _SUFFIX)}"

    def remove(self, host: str) -> None:
        file = self._directory / (host + _SUFFIX)
        try:
            # The file itself first: what is left of it is then nothing that anybody opens.
            for name in (
                file.name,
                *(f"{file.name}{part}" for part in ("-wal", "-shm", "-webhook", "-pipe")),
            ):
                file.with_name(name).unlink(missing_ok=True)
        except OSError as problem:
            raise PortalUnusable(f"{file} cannot be removed: {problem.strerror}") from problem


class InDatabase:
    """A schema a portal: `host_acme_example_com`."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def portals(self) -> Mapping[str, Hashable]:
        from sluice.store.postgres import schemas

        found = schemas(self._schema, _PREFIX)
        return {host: oid for name, oid in found.items() if (host := _host_of(name)) is not None}

    def address(self, host: str) -> str:
        parts = urlsplit(self._schema.connection)
        query = [*parse_qsl(parts.query, keep_blank_values=True), ("schema", _schema_name(host))]
        # Not without the slashes of an empty host, which `urlunsplit` leaves out.
        options = urlencode(query, quote_via=quote)
        return f"{parts.scheme}://{parts.netloc}{urlunsplit(('', '', parts.path, options, ''))}"

    def remove(self, host: str) -> None:
        from sluice.store.postgres import remove_schema

        remove_schema(Schema(self._schema.connection, _schema_name(host)))


def _schema_name(host: str) -> str:
    """Return a host name as a schema's name: `_` for a point, `__` for a dash.

    No label begins or ends with a dash, so it can be read back.
    """
    return _PREFIX + host.replace("-", "__").replace(".", "_")


def _host_of(schema: str) -> str | None:
    """Return the host name that `_schema_name` wrote so, or None."""
    name = schema.removeprefix(_PREFIX)
    host = re.sub(r"_+", lambda run: "." if len(run[0]) == 1 else "-" * (len(run[0]) // 2), name)
    return host if _HOST.fullmatch(host) and _schema_name(host) == schema else None
