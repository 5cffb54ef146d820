"""Every setting: default, unit, sentence. Read once, then fixed.

Order: defaults, then a TOML file, then `SLUICE_*` variables, then arguments.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import tzinfo
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sluice.messages import LANGUAGES

CONFIG_NAME = "sluice.toml"
_DOMAIN = re.compile(r"[a-z0-9.-]{1,253}(:[0-9]{1,5})?")
MOST_REPEATS = 12  # the last of them is sent nearly three days after the first
_MAY_BE_0 = ("drain_delay_seconds", "handler_repeats", "slow_call_ms")
METRICS = ("off", "local", "token", "all")
PLANS = ("none", "commercial", "enterprise", "box")


class SettingError(Exception):
    """A setting cannot be used. The words say which one, where it came from, and what would do."""


def _setting(default: Any, sentence: str) -> Any:
    return field(default=default, metadata={"sentence": sentence})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one program. `sluice doctor` shows each with its origin."""

    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8024, "TCP port for HTTP; 0 picks a free one.")
    tls_port: int = _setting(8443, "TCP port for HTTPS; 0 picks a free one.")
    proxy: bool = _setting(
        False, "Listen as a proxy that leads *.bitrix24.* and the OAuth hosts to this portal."
    )
    proxy_host: str = _setting("127.0.0.1", "Address that the proxy listens on.")
    proxy_port: int = _setting(8025, "TCP port of the proxy; 0 picks a free one.")
    proxy_hosts: str = _setting(
        "", "Further host names that the proxy leads to this portal, with commas between."
    )
    proxy_allow: str = _setting(
        "",
        "Hosts that the proxy passes on to, with commas between: api.example.com, *.example.org,"
        " localhost:3000. All others are refused.",
    )
    domain: str = _setting(
        "",
        "Host name that applications know the portal by, as `sluice app` tells it; empty for the"
        " server's HTTPS address.",
    )
    database: str = _setting(
        "",
        "Where the portal is kept: sqlite:///relative.db, sqlite:////absolute.db or"
        " postgresql://host/database?schema=sluice; empty for portal.db in data_dir.",
    )
    portals: str = _setting(
        "",
        "Where further portals are kept, each under its host name: a directory, or"
        " postgresql://host/database; empty for none.",
    )
    open_portals: int = _setting(
        100, "How many of the further portals are kept open; others are opened when called."
    )
    data_dir: str = _setting(
        "",
        "Directory for the default database and the certificate authority; empty for the user's"
        " data directory.",
    )
    https_required: bool = _setting(
        False, "Answer plain HTTP with INVALID_REQUEST, as the vendor's cloud does."
    )
    plan: str = _setting(
        "",
        "Limits of a plan: none, commercial, enterprise or box; empty for what `sluice portal` set"
        " last, none at first.",
    )
    emulator: bool = _setting(
        False,
        "Let whoever reaches the server move its clock, under /_sluice; for tests, not in public.",
    )
    handler_timeout_seconds: int = _setting(
        10, "How long a handler may take to answer an event, in seconds."
    )
    handler_repeats: int = _setting(
        0,
        "How often an event is sent again to a handler that fails, after 1, 2, 4, ... minutes; the"
        " vendor never does.",
    )
    deliveries_kept: int = _setting(
        10_000, "How many deliveries of events are kept to be looked at."
    )
    time_zone: str = _setting("UTC", "The portal's time zone, an IANA name such as Europe/Berlin.")
    language: str = _setting(
        "",
        "In which the portal speaks to users who have no language of their own: en or ru; empty"
        " for what was set last, en at first.",
    )
    max_body_bytes: int = _setting(16 * 1024 * 1024, "Largest request body, in bytes.")
    max_parameters: int = _setting(10_000, "Most values in one request.")
    max_depth: int = _setting(64, "Deepest nesting of a parameter, in levels.")
    max_header_bytes: int = _setting(32 * 1024, "Largest request line and headers, in bytes.")
    header_timeout_seconds: int = _setting(
        10, "Longest time for a request to arrive whole, its body apart, in seconds."
    )
    body_timeout_seconds: int = _setting(
        60, "Longest pause inside a request's body, or in reading an answer, in seconds."
    )
    free_guesses: int = _setting(
        300,
        "Wrong webhook codes and tokens of one address before answers to further ones are delayed.",
    )
    idle_timeout_seconds: int = _setting(
        75, "How long an idle keep-alive connection stays open, in seconds."
    )
    drain_timeout_seconds: int = _setting(
        20, "How long a stopping server waits for calls in flight, in seconds."
    )
    drain_delay_seconds: int = _setting(
        0,
        "How long a stopping server goes on taking calls while /readyz answers 503, so that proxies"
        " turn to others first, in seconds.",
    )
    trusted_proxies: str = _setting(
        "",
        "Addresses or networks of reverse proxies whose X-Forwarded-For and -Proto are taken, with"
        " commas between: 127.0.0.1, 10.0.0.0/8.",
    )
    log_level: str = _setting("warning", "What is logged: debug, info, warning or error.")
    log_format: str = _setting("text", "How it is logged: text, or json with an object a line.")
    log_calls: bool = _setting(
        False,
        "Log a line for each call: method, outcome, duration, client, request id; nothing of what"
        " was sent.",
    )
    slow_call_ms: int = _setting(
        0, "Log a warning for each call that takes longer, in milliseconds; 0 is never."
    )
    metrics: str = _setting(
        "off",
        "Who may read /metrics: off (nobody), local (programs on this machine), token (who sends"
        " metrics_token) or all.",
    )
    metrics_token: str = _setting("", "The bearer token for /metrics; a secret.")

    @property
    def zone(self) -> tzinfo:
        return ZoneInfo(self.time_zone)

    @property
    def trusted_networks(self) -> list[IPv4Network | IPv6Network]:
        """The networks of `trusted_proxies`.

        Raises:
            ValueError: one of them is none.
        """
        written = (part.strip() for part in self.trusted_proxies.split(","))
        return [ip_network(part) for part in written if part]

    @property
    def data_path(self) -> Path:
        """The directory for what belongs to the installation.

        Raises:
            SettingError: there is no telling where the user's home is.
        """
        if self.data_dir:
            return _expanded(self.data_dir)
        home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
        return _expanded(home) / "sluice"

    @property
    def authority_path(self) -> Path:
        """The directory of the local certificate authority.

        Raises:
            SettingError: as `data_path`.
        """
        return self.data_path / "ca"

    @property
    def database_path(self) -> Path:
        """The portal's file, if it is kept in SQLite; `store.engine.place_of` knows the others.

        Raises:
            SettingError: the address is of another kind; or as `data_path`.
        """
        if not self.database:
            return self.data_path / "portal.db"
        scheme, separator, path = self.database.partition(":///")
        if scheme == "sqlite" and path == ":memory:":
            raise SettingError(
                "A portal is kept in a file, never in memory alone: several connections share it. "
                "Use sqlite:///portal.db"
            )
        if scheme == "sqlite" and separator and path:
            return _expanded(path)
        raise SettingError(
            f"database = {self.database!r} is no address. "
            "Use sqlite:///relative.db, sqlite:////absolute.db or postgresql://host/database"
        )


def _expanded(path: str) -> Path:
    """Return a path with `~` replaced by the user's home.

    Raises:
        SettingError: nobody says where that is (a container's nameless user, without HOME).
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as problem:
        raise SettingError(
            f"Cannot tell where {path} is, because this user has no home directory. "
            "Set data_dir (SLUICE_DATA_DIR) and database (--database) to places of your own."
        ) from problem


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and where each value came from: `default`, a file, a variable or `argument`."""

    settings: Settings
    origins: Mapping[str, str]


def load(arguments: Mapping[str, Any], environment: Mapping[str, str], directory: Path) -> Loaded:
    """Return the settings in force.

    Args:
        arguments: what the command line gave; None values count as not given.
        environment: `SLUICE_PORT=9000` sets `port`; `SLUICE_CONFIG` names the TOML file.
        directory: where `sluice.toml` is looked for when no file is named.

    Raises:
        SettingError: a file cannot be read, a name is unknown, or a value is of the wrong kind.
    """
    values: dict[str, Any] = {}
    origins = {known.name: "default" for known in fields(Settings)}
    for origin, source in _sources(arguments, environment, directory):
        for name, value in source.items():
            values[name] = _typed(name, value, origin)
            origins[name] = origin
    settings = Settings(**values)
    _check(settings, origins)
    return Loaded(settings, origins)


def _sources(
    arguments: Mapping[str, Any], environment: Mapping[str, str], directory: Path
) -> list[tuple[str, Mapping[str, Any]]]:
    sources: list[tuple[str, Mapping[str, Any]]] = []
    named = environment.get("SLUICE_CONFIG")
    file = Path(named) if named else directory / CONFIG_NAME
    if named or file.exists():
        sources.append((str(file), _from_file(file)))
    for known in fields(Settings):
        variable = f"SLUICE_{known.name.upper()}"
        if variable in environment:
            sources.append((variable, {known.name: environment[variable]}))
    sources.append(("argument", {k: v for k, v in arguments.items() if v is not None}))
    return sources


def _from_file(file: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except OSError as problem:
        raise SettingError(f"Cannot read {file}: {problem.strerror}") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise SettingError(f"{file} is no TOML: {problem}") from problem
    names = [known.name for known in fields(Settings)]
    for name in content:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise SettingError(f"{file} sets {name}, which is no setting.{hint}")
    return content


def _typed(name: str, value: Any, origin: str) -> Any:
    """Return the value as the setting's type; variables are texts, files have types."""
    kind = type(getattr(_DEFAULTS, name))
    if kind is bool and isinstance(value, str):
        flags = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
        value = flags.get(value.strip().lower(), value)
    if kind is int and isinstance(value, str) and value.strip().isdigit():
        value = int(value)
    if type(value) is not kind:
        words = {bool: "true or false", int: "a whole number", str: "a text"}[kind]
        raise SettingError(f"{name} = {value!r} ({origin}) must be {words}")
    return value


def _check(settings: Settings, origins: Mapping[str, str]) -> None:
    for known in fields(Settings):
        value = getattr(settings, known.name)
        may_be_0 = known.name.endswith("port") or known.name in _MAY_BE_0
        if type(value) is int and (value < 0 or (value == 0 and not may_be_0)):
            raise SettingError(f"{known.name} = {value} ({origins[known.name]}) is too small")
    for name in ("port", "tls_port"):
        if getattr(settings, name) > 65535:
            raise SettingError(f"{name} ({origins[name]}) must be from 0 to 65535")
    if settings.port == settings.tls_port != 0:
        raise SettingError(
            f"port ({origins['port']}) and tls_port ({origins['tls_port']}) are both "
            f"{settings.port}; HTTP and HTTPS need a port each"
        )
    if settings.max_depth > 200:
        raise SettingError(f"max_depth ({origins['max_depth']}) must be at most 200")
    if settings.domain and not _DOMAIN.fullmatch(settings.domain):
        raise SettingError(
            f"domain = {settings.domain!r} ({origins['domain']}) is no host name, such as"
            " acme.bitrix24.com"
        )
    if settings.handler_repeats > MOST_REPEATS:
        raise SettingError(
            f"handler_repeats ({origins['handler_repeats']}) must be at most {MOST_REPEATS}"
        )
    if settings.plan not in ("", *PLANS):
        raise SettingError(f"plan ({origins['plan']}) must be one of {', '.join(PLANS)}")
    try:
        _ = settings.trusted_networks
    except ValueError as problem:
        raise SettingError(
            f"trusted_proxies ({origins['trusted_proxies']}) must be addresses or networks, such as"
            f" 127.0.0.1, 10.0.0.0/8: {problem}"
        ) from problem
    if settings.language not in ("", *LANGUAGES):
        raise SettingError(f"language ({origins['language']}) must be {' or '.join(LANGUAGES)}")
    if settings.log_level not in ("debug", "info", "warning", "error"):
        raise SettingError(
            f"log_level ({origins['log_level']}) must be debug, info, warning or error"
        )
    if settings.log_format not in ("text", "json"):
        raise SettingError(f"log_format ({origins['log_format']}) must be text or json")
    if settings.metrics not in METRICS:
        raise SettingError(f"metrics ({origins['metrics']}) must be one of {', '.join(METRICS)}")
    if settings.metrics == "token" and len(settings.metrics_token) < 16:
        raise SettingError(
            f"metrics = token ({origins['metrics']}) needs a metrics_token of 16 characters or more"
        )
    try:
        ZoneInfo(settings.time_zone)
    except (ValueError, OSError, KeyError) as problem:
        raise SettingError(
            f"time_zone = {settings.time_zone!r} ({origins['time_zone']}) is no IANA time zone"
        ) from problem


_DEFAULTS = Settings()
