"""The portal's state, kept as facts of the portal."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from sluice.domain.portal import NORMAL, PortalState
from sluice.store.database import Transaction
from sluice.store.facts import Facts

_FACT = "state"


@lru_cache(maxsize=8)
def _decoded(kept: str) -> PortalState:
    state = msgspec.json.decode(kept, type=PortalState)
    return NORMAL if state == NORMAL else state


class PortalStates:
    """The fact that holds the state."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction
        self._facts = Facts(transaction)

    def get(self) -> PortalState:
        """Return the state, kept until something changes it; equal ones are one object."""
        return self._tx.recall("portal state", self._read)

    def _read(self) -> PortalState:
        kept = self._facts.get(_FACT)
        return NORMAL if kept is None else _decoded(kept)

    def set(self, state: PortalState) -> None:
        """Replace the state; every program on the portal obeys from its next call on."""
        self._facts.set(_FACT, msgspec.json.encode(state).decode())
