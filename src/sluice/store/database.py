"""What an engine offers: work done on one transaction, and refusals that say what to do.

An engine takes plain synchronous functions (`work`), gives each one a `Store` on a transaction,
and answers when the work's changes are safe. Nothing else in Sluice opens a transaction.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sluice.errors import RestError

if TYPE_CHECKING:
    from sluice.store.tables import Store

Value = int | str | None
Row = tuple[Any, ...]
Parameters = Mapping[str, Value]
T = TypeVar("T")
# Takes the earliest instant for which something was planned, in microseconds; 0 if that is unknown.
Wake = Callable[[int], None]

NOTHING: Parameters = {}
# What is remembered of these tables stands on several of them at a time, and they change rarely
# beside how often they are read: people, groups, credentials, settings.
REMEMBERED = frozenset(
    "application application_user calendar_event department portal_fact portal_user stage"
    " subscription user_department user_field webhook workgroup workgroup_member".split()
)
MOST_REMEMBERED = 10_000
MOST_TOGETHER = 500  # an engine takes so many values with a statement, and more
_CHANGE = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)")


@lru_cache(maxsize=2048)
def _changes_what_is_remembered(sql: str) -> bool:
    """Tell whether a statement changes a table of `REMEMBERED`; of one we cannot read, yes."""
    change = _CHANGE.match(sql)
    return change is None or change[1] in REMEMBERED


class PortalUnusable(Exception):
    """The portal cannot be opened. The words are for whoever started the program: what is wrong,
    and what to do."""


class Commits:
    """How calls that write were committed since the start.

    Attributes:
        bounds: upper ends of the classes of groups, in calls.
        groups: how many commits were in which class; the last one is open.
        calls: how many calls they held together.
        seconds: what they took together.
        lately: what one takes on the average, in seconds; long ago counts little.
    """

    bounds = tuple(2.0**power for power in range(9))

    def __init__(self) -> None:
        self.groups = [0] * (len(self.bounds) + 1)
        self.calls = 0
        self.seconds = 0.0
        self.lately = 0.0

    def count(self, calls: int, seconds: float) -> None:
        """Count a commit."""
        self.groups[min((calls - 1).bit_length(), len(self.bounds))] += 1
        self.calls += calls
        self.seconds += seconds
        self.lately += (seconds - self.lately) / 8


class Transaction(ABC):
    """One call's view of the data.

    Attributes:
        memory: what was read and is true still, by whatever names it, see `recall`. The engine
            empties it when another process changed the portal, and when something was rolled back.
        soonest_due_micros: the earliest instant for which something was planned, or None; the
            engine tells it after the commit, see `Database.hearing`.
    """

    memory: dict[Hashable, Any]
    soonest_due_micros: int | None = None

    def falls_due(self, micros: int) -> None:
        """Announce that something is planned for this instant, to whoever waits for it."""
        if self.soonest_due_micros is None or micros < self.soonest_due_micros:
            self.soonest_due_micros = micros

    def recall(self, key: Hashable, read: Callable[[], T]) -> T:
        """Return what is remembered, reading it if nothing is; None is not remembered.

        A change of a table of `REMEMBERED` empties the memory by itself. Who remembers rows of
        another one forgets them with each change. Nobody may change what this returns.
        """
        known: T | None = self.memory.get(key)
        if known is None:
            known = read()
            if known is not None:
                self.remember(key, known)
        return known

    def recall_each(
        self, topic: Hashable, ids: Iterable[int], read: Callable[[list[int]], Mapping[int, T]]
    ) -> dict[int, T]:
        """Return what is remembered of each of these by id, reading the others together.

        Args:
            read: may leave out what is not there.
        """
        found: dict[int, T] = {}
        missing = []
        for each in ids:
            known: T | None = self.memory.get((topic, each))
            if known is None:
                missing.append(each)
            else:
                found[each] = known
        for start in range(0, len(missing), MOST_TOGETHER):
            for each, value in read(missing[start : start + MOST_TOGETHER]).items():
                self.remember((topic, each), value)
                found[each] = value
        return found

    def remember(self, key: Hashable, value: object) -> None:
        """Remember what is true from now on; the oldest is forgotten when it gets too much."""
        if len(self.memory) >= MOST_REMEMBERED:
            del self.memory[next(iter(self.memory))]
        self.memory[key] = value

    def _forget_after(self, sql: str) -> None:
        """Forget what a changing statement makes untrue."""
        if _changes_what_is_remembered(sql):
            self.memory.clear()

    @abstractmethod
    def one(self, sql: str, parameters: Parameters = NOTHING) -> Row | None:
        """Return the first row of a SELECT, or None."""

    @abstractmethod
    def all(self, sql: str, parameters: Parameters = NOTHING) -> list[Row]:
        """Return every row of a SELECT."""

    @abstractmethod
    def run(self, sql: str, parameters: Parameters = NOTHING) -> int:
        """Change rows and return how many."""

    @abstractmethod
    def add(self, sql: str, parameters: Parameters = NOTHING) -> int | None:
        """Insert with `RETURNING id` and return the id; None if `ON CONFLICT` did nothing."""

    @abstractmethod
    def add_rows(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Insert rows with these columns, ids included, in the engine's quickest way."""

    @abstractmethod
    def last_id(self, table: str) -> int:
        """Return the highest id that a table ever gave out, and 0 if it gave out none."""

    @abstractmethod
    def set_last_id(self, table: str, last: int) -> None:
        """Let a table give out higher ids than this one."""

    @abstractmethod
    def keep(self) -> None:
        """End a call, or one command of a batch: its changes are for the commit."""

    @abstractmethod
    def undo(self) -> None:
        """End a call, or one command of a batch, without its changes."""

    @abstractmethod
    def failure(self, problem: Exception) -> RestError | None:
        """Return what a command of a batch is told if it was the engine that failed in it.

        Returns:
            None if the engine did not fail.

        Raises:
            Exception: the problem, if the whole batch fails with it.
        """

    def insert(self, table: str, values: Parameters, on_conflict: str = "") -> int | None:
        """Insert a row into a table with an `id` and return the id, see `add`."""
        named = ", ".join(f":{name}" for name in values)
        columns = ", ".join(values)
        return self.add(
            f"INSERT INTO {table} ({columns}) VALUES ({named}) {on_conflict} RETURNING id", values
        )

    def update(self, table: str, row_id: int, values: Parameters) -> int:
        """Set these columns of the row with this `id` and return how many rows that were."""
        assignments = ", ".join(f"{name} = :{name}" for name in values)
        return self.run(
            f"UPDATE {table} SET {assignments} WHERE id = :id", {**values, "id": row_id}
        )


class Database(Protocol):
    """A portal's data on some engine.

    Attributes:
        commits: of this process.
    """

    address: str
    commits: Commits

    async def run(
        self, work: Callable[[Store], T], *, writes: bool = False, long: bool = False
    ) -> T:
        """Do the work in one transaction and return what it returned, once it is safe.

        An exception rolls back what this work changed, nothing else, and is raised again.

        Args:
            work: a plain function; it must not keep the store.
            writes: the work may change something; if not, it reads one committed snapshot.
            long: the work touches many rows and must not hold up quick calls.

        Raises:
            StoreUnavailable: the change could not be made safe; nothing of it remains.
        """
        ...

    def run_now(self, work: Callable[[Store], T]) -> T:
        """Do work that writes and wait for it: for programs without an event loop."""
        ...

    def hearing(self, wake: Wake) -> AbstractAsyncContextManager[None]:
        """Hear what is planned in the portal, for whoever does it when it falls due.

        While nobody hears in this process, what is planned here is told to the processes that do;
        otherwise only here: one is enough. When a process ends nobody is told what it had planned.

        Args:
            wake: called after a commit in which something was planned, in whatever thread that
                is, and when another process has planned something, in the event loop. A needless
                call does no harm.
        """
        ...

    def waiting_calls(self) -> int:
        """Return how many calls wait for their turn to write."""
        ...

    def close(self) -> None:
        """Finish the work that is waiting, and close the files."""
        ...


def with_id(row_id: int, values: Parameters) -> Parameters:
    """Return a new row's values with its id, if it brings one; 0 leaves it to the engine."""
    return {"id": row_id, **values} if row_id else values
