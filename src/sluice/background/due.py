"""What falls due: the one thing that the worker, and whoever moves the clock, know of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from sluice.store.tables import Store


class Ran(Struct, frozen=True):
    """Something that fell due, and was done.

    Attributes:
        kind: what was done, in words.
        subject_id: what it was done about: a task, a flow, a delivery; 0 for the portal.
        due: the instant at which it fell due.
        failed: it failed for a reason of ours, and is planned again.
    """

    kind: str
    subject_id: int
    due: datetime
    failed: bool = False


class Source(Protocol):
    """A kind of things that fall due, such as planned jobs.

    Attributes:
        wake: set by the worker; to be called when something that has fallen due can be done now
            and could not be before. What is planned wakes by itself.
    """

    wake: Callable[[], None]

    def next_due(self, store: Store) -> datetime | None:
        """Return when the next of them falls due, or None when none is planned.

        What somebody is just doing counts until it is done, so that who moves the clock waits.
        What is planned is announced by `transaction.falls_due`, which wakes the worker.
        """
        ...

    def next_after(self, store: Store, now: datetime) -> datetime | None:
        """Return when the next of them falls due that has not yet, or None when none is planned."""
        ...

    async def run_due(self, now: datetime) -> list[Ran]:
        """Do some of what has fallen due by then, the earliest first, and return what was done.

        It is called again until it returns nothing. It may be called in several processes at a
        time: each thing is to be done by one of them, and again if that one is killed.

        Args:
            now: an instant of the portal's. While the clock is moved it is everybody's.
        """
        ...


def first_due(sources: Sequence[Source], store: Store) -> tuple[datetime, Source] | None:
    """Return when the next thing falls due, and whose it is; None when nothing is planned.

    At one instant the sources come in their order.
    """
    planned = [(due, source) for source in sources if (due := source.next_due(store)) is not None]
    return min(planned, key=lambda pair: pair[0], default=None)
