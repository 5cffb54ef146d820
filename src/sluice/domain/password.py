"""Passwords: how they are kept, and how one is compared with what is kept.

Scrypt from the standard library, with a cost that OWASP's cheat sheet on storing passwords names
(16 MB, about a tenth of a second). docs/decisions/0009-scrypt.md.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

SHORTEST = 8
LONGEST = 1000  # characters; more is no password, but work for the server

_COST, _BLOCK, _PARALLEL = 2**14, 8, 5
_SALT_BYTES = 16


def hash_password(password: str) -> str:
    """Return what is kept of a password: the parameters, a salt and the hash."""
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = _scrypt(password, salt, _COST, _BLOCK, _PARALLEL)
    return f"scrypt${_COST}${_BLOCK}${_PARALLEL}${salt.hex()}${digest.hex()}"


def is_password(password: str, kept: str | None) -> bool:
    """Tell whether this is the password of which `kept` was kept.

    It takes as long when nothing was kept, so that nobody learns who has a password.
    """
    _, cost, block, parallel, salt, digest = (kept or _OF_NOBODY).split("$")
    found = _scrypt(password, bytes.fromhex(salt), int(cost), int(block), int(parallel))
    return hmac.compare_digest(found, bytes.fromhex(digest)) and kept is not None


def _scrypt(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    return hashlib.scrypt(
        password.encode(), salt=salt, n=cost, r=block, p=parallel, maxmem=64 * 1024 * 1024
    )


_OF_NOBODY = f"scrypt${_COST}${_BLOCK}${_PARALLEL}${'00' * _SALT_BYTES}${'00' * 64}"
