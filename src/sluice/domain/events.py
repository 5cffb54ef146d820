"""What can happen, in the past tense: events, and what the wire tells of each.

Source: flows.md 10; rest-protocol.md 15.4. An event is a fact of the change that caused it, and is
stored with it; telling others comes later.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from sluice.domain.application import is_address

# How the wire writes what has no value here.
UNDEFINED = "undefined"

TASK_ADDED, TASK_UPDATED, TASK_DELETED = "ONTASKADD", "ONTASKUPDATE", "ONTASKDELETE"
COMMENT_ADDED, COMMENT_UPDATED, COMMENT_DELETED = (
    "ONTASKCOMMENTADD",
    "ONTASKCOMMENTUPDATE",
    "ONTASKCOMMENTDELETE",
)
USER_ADDED = "ONUSERADD"
APP_INSTALLED, APP_UPDATED, APP_UNINSTALLED = "ONAPPINSTALL", "ONAPPUPDATE", "ONAPPUNINSTALL"
APP_TESTED, METHOD_CONFIRMED = "ONAPPTEST", "ONAPPMETHODCONFIRM"
OFFLINE = "ONOFFLINEEVENT"
# The vendor documents no event of flows. These are ours, and named so that nobody takes them for
# the vendor's; they are off unless somebody binds them.
FLOW_ADDED, FLOW_UPDATED, FLOW_DELETED = (
    "ONSLUICEFLOWADD",
    "ONSLUICEFLOWUPDATE",
    "ONSLUICEFLOWDELETE",
)

# Event -> the scope that an application needs to hear of it; None for those of every application.
EVENTS: Mapping[str, str | None] = {
    APP_INSTALLED: None,
    APP_UPDATED: None,
    APP_UNINSTALLED: None,
    APP_TESTED: None,
    METHOD_CONFIRMED: None,
    OFFLINE: None,
    TASK_ADDED: "task",
    TASK_UPDATED: "task",
    TASK_DELETED: "task",
    COMMENT_ADDED: "task",
    COMMENT_UPDATED: "task",
    COMMENT_DELETED: "task",
    USER_ADDED: "user",
    FLOW_ADDED: "task",
    FLOW_UPDATED: "task",
    FLOW_DELETED: "task",
}
OWN = frozenset((FLOW_ADDED, FLOW_UPDATED, FLOW_DELETED))

# Events with which an application is given a refresh token as well (rest-protocol.md 15.3).
WITH_REFRESH_TOKEN = frozenset((APP_INSTALLED, APP_UPDATED, APP_TESTED, OFFLINE))
# Events that tell of no tokens at all: the application is gone, or nobody's.
WITHOUT_TOKENS = frozenset((APP_UNINSTALLED, METHOD_CONFIRMED))


class Event(Struct, frozen=True):
    """Something that happened.

    Attributes:
        name: as in `EVENTS`.
        object_id: what it happened to; offline events keep one row for each.
        data: what the wire tells, nested.
    """

    name: str
    object_id: str
    data: dict[str, Any]


def task_added(task_id: int) -> Event:
    """A task was added."""
    return Event(TASK_ADDED, str(task_id), _data(UNDEFINED, {"ID": str(task_id)}, "N", UNDEFINED))


def task_updated(task_id: int) -> Event:
    """A task was changed."""
    its_id = {"ID": str(task_id)}
    return Event(TASK_UPDATED, str(task_id), _data(its_id, its_id, UNDEFINED, UNDEFINED))


def task_deleted(task_id: int) -> Event:
    """A task was removed."""
    return Event(TASK_DELETED, str(task_id), _data({"ID": str(task_id)}, UNDEFINED, UNDEFINED, "N"))


def comment_added(task_id: int, comment_id: int) -> Event:
    """Somebody said something about a task."""
    return _comment(COMMENT_ADDED, comment_id, UNDEFINED, _of_comment(task_id, comment_id))


def comment_updated(task_id: int, comment_id: int) -> Event:
    """The words of a comment were changed."""
    its = _of_comment(task_id, comment_id)
    return _comment(COMMENT_UPDATED, comment_id, its, its)


def comment_deleted(task_id: int, comment_id: int) -> Event:
    """A comment was removed."""
    return _comment(COMMENT_DELETED, comment_id, _of_comment(task_id, comment_id), UNDEFINED)


def user_added(user_id: int, email: str) -> Event:
    """Somebody was added to the portal.

    Rule (assumed): the two facts by which a program finds the user.
    """
    return Event(USER_ADDED, str(user_id), {"ID": str(user_id), "EMAIL": email})


def flow_changed(name: str, flow_id: int) -> Event:
    """A flow was added, changed, switched or removed: one of the events of our own."""
    return Event(name, str(flow_id), {"FIELDS": {"ID": str(flow_id)}})


def app_tested(query: Mapping[str, Any]) -> Event:
    """An application asked for an event, to try its handler."""
    return Event(APP_TESTED, "", {"QUERY": dict(query)} if query else {})


def app_installed(version: int, *, is_installed: bool) -> Event:
    """An application was given to the portal."""
    return Event(
        APP_INSTALLED,
        "",
        {
            "VERSION": str(version),
            "ACTIVE": "Y",
            "INSTALLED": "Y" if is_installed else "N",
            "LANGUAGE_ID": "en",
        },
    )


def app_updated(version: int, previous: int) -> Event:
    """Another version of an application took the place of the former one."""
    return Event(
        APP_UPDATED,
        "",
        {"VERSION": str(version), "PREVIOUS_VERSION": str(previous), "LANGUAGE_ID": "en"},
    )


def app_uninstalled(*, clean: bool) -> Event:
    """An application was taken out of use; with `clean`, what it kept here is gone."""
    return Event(APP_UNINSTALLED, "", {"LANGUAGE_ID": "en", "CLEAN": "1" if clean else "0"})


def _data(before: Any, after: Any, accessible_before: str, accessible_after: str) -> dict[str, Any]:
    return {
        "FIELDS_BEFORE": before,
        "FIELDS_AFTER": after,
        "IS_ACCESSIBLE_BEFORE": accessible_before,
        "IS_ACCESSIBLE_AFTER": accessible_after,
    }


def _of_comment(task_id: int, comment_id: int) -> dict[str, str]:
    return {"ID": str(comment_id), "MESSAGE_ID": str(comment_id), "TASK_ID": str(task_id)}


def _comment(name: str, comment_id: int, before: Any, after: Any) -> Event:
    return Event(name, str(comment_id), _data(before, after, UNDEFINED, UNDEFINED))


class Kind(StrEnum):
    """How an application hears of events: they are sent to it, or kept until it asks."""

    ONLINE = "online"
    OFFLINE = "offline"


class Subscription(Struct, frozen=True, kw_only=True):
    """A wish to hear of an event.

    Attributes:
        id: 0 until it is stored.
        application_id: 0 for an outgoing webhook.
        handler: where to; empty for offline events.
        auth_user_id: whose tokens are sent; 0 for whoever caused the event.
        connector: calls that carry this value cause no offline event here.
        min_timeout_seconds: between two notices that there are offline events.
        token: of an outgoing webhook; an application's stands with the application.
        user_id: who made it.
    """

    id: int = 0
    application_id: int
    event: str
    kind: Kind = Kind.ONLINE
    handler: str = ""
    auth_user_id: int = 0
    connector: str = ""
    min_timeout_seconds: int = 1
    token: str = ""
    title: str = ""
    user_id: int


def is_handler(address: str, *, public: bool) -> bool:
    """Tell whether an address can be a handler's.

    Args:
        public: it must not be an address of this machine or of a private network. A name is
            looked at again when it is resolved.
    """
    if not is_address(address):
        return False
    host = urlsplit(address).hostname or ""
    if not public:
        return True
    try:
        return is_public(host)
    except ValueError:
        return host.rstrip(".") != "localhost" and not host.rstrip(".").endswith(".localhost")


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the Internet.

    Raises:
        ValueError: it is none.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast
