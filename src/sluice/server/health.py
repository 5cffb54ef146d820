"""Whether the process lives, and whether it should be sent calls: `/livez` and `/readyz`."""

from __future__ import annotations

import asyncio
import logging

from sluice.rest.request import Incoming
from sluice.rest.response import Answer
from sluice.store.database import Database
from sluice.store.tables import Store

TEXT = b"text/plain; charset=utf-8"
HEADERS = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))
# A database that takes longer than this does not answer.
PATIENCE_SECONDS = 2.0

log = logging.getLogger("sluice.health")


class Health:
    """What a supervisor or a proxy wants to know of a process.

    Attributes:
        draining: the process is about to stop; calls should go to others.
    """

    def __init__(self, database: Database) -> None:
        self.draining = False
        self._database = database
        self._was_ready = True

    async def alive(self, incoming: Incoming) -> Answer:
        """Answer 200: the event loop turns."""
        return told(200, "alive")

    async def ready(self, incoming: Incoming) -> Answer:
        """Answer 200 if calls would be answered now, 503 if not."""
        if self.draining:
            return told(503, "draining")
        is_ready = await self._database_answers()
        if is_ready != self._was_ready:
            self._was_ready = is_ready
            log.warning("the database %s", "answers again" if is_ready else "does not answer")
        return told(200, "ready") if is_ready else told(503, "the database does not answer")

    async def _database_answers(self) -> bool:
        """Read a row that every portal has."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._database.run(_founded)
        except Exception:
            log.debug("the database was asked", exc_info=True)
            return False


def _founded(store: Store) -> bool:
    return store.facts.get("founded") is not None


def told(status: int, word: str) -> Answer:
    """Return a word as an answer."""
    return Answer(status, f"{word}\n".encode(), TEXT, HEADERS)
