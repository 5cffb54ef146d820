"""How secrets are kept: as hashes, since the random ones we make cannot be guessed from them."""

from __future__ import annotations

import hashlib


def hash_of(secret: str) -> str:
    """Return what is stored of a random secret: its SHA-256, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()
