"""Notifications of PostgreSQL: who plans something in a portal wakes who serves it.

One connection of a process hears for all portals of a database.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import psycopg

from sluice.store.database import Wake
from sluice.store.place import Schema

CHANNEL = "sluice_due"
# A database that cannot be heard is tried again after this; the worker looks meanwhile.
AGAIN_SECONDS = 5.0

log = logging.getLogger("sluice.store")


class _Ears:
    """A connection that hears, and who is to be woken, by schema."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.wakes: dict[str, list[Wake]] = {}
        self.task = asyncio.create_task(self._listen(options))

    async def _listen(self, options: Mapping[str, Any]) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    **options, autocommit=True
                ) as link:
                    await link.execute(f"LISTEN {CHANNEL}")
                    for schema in list(self.wakes):  # it may have rung meanwhile
                        self._rung(schema)
                    async for told in link.notifies():
                        self._rung(told.payload)
            except psycopg.Error as problem:
                log.info("what other processes plan is noticed late: %s", problem)
            await asyncio.sleep(AGAIN_SECONDS)  # real seconds: the database is away

    def _rung(self, schema: str) -> None:
        for wake in self.wakes.get(schema, ()):
            wake(0)


_heard: dict[tuple[asyncio.AbstractEventLoop, str], _Ears] = {}


@asynccontextmanager
async def heard(schema: Schema, options: Mapping[str, Any], wake: Wake) -> AsyncIterator[None]:
    """Call this in the running event loop whenever somebody rings for the schema.

    Args:
        options: with which to connect.
    """
    key = asyncio.get_running_loop(), schema.connection
    if key not in _heard:
        _heard[key] = _Ears(options)
    ears = _heard[key]
    ears.wakes.setdefault(schema.name, []).append(wake)
    try:
        yield
    finally:
        ears.wakes[schema.name].remove(wake)
        if not any(ears.wakes.values()):
            del _heard[key]
            ears.task.cancel()
            await asyncio.gather(ears.task, return_exceptions=True)
