"""What somebody is told, and how its words are marked up.

Source: flows.md 9, 11.6.
"""

from __future__ import annotations

import html
import re
from datetime import datetime
from enum import IntEnum
from typing import Any

from msgspec import Struct

SYSTEM = 0  # the author of what the portal itself says
MOST_TOLD = 50  # in one answer
LARGEST_ATTACHMENT_BYTES = 60_000


class Type(IntEnum):
    """Who speaks, and whether an answer is waited for."""

    CONFIRM = 1
    FROM_USER = 2
    FROM_SYSTEM = 3


class Notification(Struct, frozen=True):
    """Something a user was told.

    Attributes:
        author_id: who says so; `SYSTEM` for the portal.
        module, event: what kind of thing it tells of, such as `tasks`, `untaken`.
        tag: a further notification of the same user with this tag takes its place; may be empty.
        sub_tag: a tag shared by several; may be empty.
        text: with BB codes.
        params: what came beside the text, such as `ATTACH`.
    """

    id: int
    user_id: int
    author_id: int
    sent: datetime
    type: Type
    module: str
    event: str
    text: str
    title: str = ""
    tag: str = ""
    sub_tag: str = ""
    params: dict[str, Any] = {}
    is_read: bool = False


_ROUND = str.maketrans("[]", "()")  # brackets in a label would end it


def link(address: str, label: str) -> str:
    """Return a BB link."""
    return f"[URL={address}]{label.translate(_ROUND)}[/URL]"


def mention(user_id: int, name: str) -> str:
    """Return the name of a user in BB code."""
    return f"[USER={user_id}]{name.translate(_ROUND)}[/USER]"


_CODES = re.compile(
    r"\[(?P<tag>B|I|U|S)\](?P<inner>.*?)\[/(?P=tag)\]"
    r"|\[URL=(?P<address>(?:https?://|/(?!/))[^\]\s]*)\](?P<label>.*?)\[/URL\]"
    r"|\[USER=(?P<user>[0-9]+)\](?P<name>.*?)\[/USER\]",
    re.IGNORECASE | re.DOTALL,
)
_DEEPEST = 8


def to_html(text: str) -> str:
    """Return a text with BB codes as HTML. Everything else in it is escaped.

    Rule (assumed): `CONVERT_TEXT` turns B, I, U, S, URL, USER, BR and line breaks into HTML; links
    lead to web addresses and to places of the portal alone.
    """
    return _to_html(html.escape(text), _DEEPEST)


def _to_html(escaped: str, deeper: int) -> str:
    def converted(found: re.Match[str]) -> str:
        if (tag := found["tag"]) is not None:
            return f"<{tag.lower()}>{_to_html(found['inner'], deeper - 1)}</{tag.lower()}>"
        if found["address"] is not None:
            label = _to_html(found["label"], deeper - 1)
            return f'<a href="{found["address"]}">{label}</a>'
        return _to_html(found["name"], deeper - 1)

    if deeper == 0:
        return escaped
    return re.sub(r"\r?\n|\[BR\]", "<br />", _CODES.sub(converted, escaped), flags=re.IGNORECASE)
