"""When two names are the same name."""

from __future__ import annotations

import unicodedata


def name_key(name: str) -> str:
    """Return what a name is compared and found by.

    Rule (assumed): names are compared without regard to case after Unicode NFC, as the usual
    collation of the product's database does. flows.md 3.5.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
