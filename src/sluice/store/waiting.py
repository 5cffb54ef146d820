"""Calls that stand in an engine's line, and how their answers get back to who asked."""

from __future__ import annotations

import asyncio
import logging
import queue
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from sluice.clock import stopwatch
from sluice.errors import OutOfMemory, StoreUnavailable

if TYPE_CHECKING:
    from sluice.store.tables import Store

# When the calls of a group have taken this long, the others wait for the next commit: who was first
# is not kept long, and another process gets its turn. Where a commit takes long itself, it is that
# many times as long, so that most of the time is still for calls.
LONGEST_GROUP_SECONDS = 0.1
LONGEST_GROUP_COMMITS = 10

Work = Callable[["Store"], Any]

log = logging.getLogger("sluice.store")


def out_of_memory() -> StoreUnavailable:
    """Return what callers are told when the process was given no more memory."""
    log.error("%s", OutOfMemory.description)
    return StoreUnavailable(f"Nothing was changed. {OutOfMemory.description}")


class Waiting:
    """A call in a line, and where its answer goes."""

    __slots__ = ("error", "future", "result", "work")

    def __init__(self, work: Work, future: asyncio.Future[Any] | Future[Any]) -> None:
        self.work = work
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None

    def release(self) -> None:
        """Hand the answer over."""
        if self.future.done():  # the caller has gone
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


Line = queue.SimpleQueue[Waiting | None]  # None closes it


def group_after(first: Waiting, line: Line, most: int) -> tuple[list[Waiting], bool]:
    """Return the first call with those that stand behind it, and whether the line was closed."""
    group = [first]
    try:
        while len(group) < most:
            waiting = line.get_nowait()
            if waiting is None:
                return group, True
            group.append(waiting)
    except queue.Empty:
        pass
    return group, False


def wake_up(wake: Callable[[int], None], micros: int) -> None:
    """Say that something was planned: whatever comes of it, the answers are to go out."""
    try:
        wake(micros)
    except Exception:  # of whatever kind: it would end the writer's thread, and with it all writing
        log.exception("nobody could be woken")


def in_time(group: list[Waiting], commit_seconds: float) -> Iterator[Waiting]:
    """Yield the calls of a group, one at least, until they have taken too long.

    Args:
        commit_seconds: what a commit takes.
    """
    longest = max(LONGEST_GROUP_SECONDS, LONGEST_GROUP_COMMITS * commit_seconds)
    started = stopwatch()
    for waiting in group:
        yield waiting
        if stopwatch() - started > longest:
            return


def release(group: list[Waiting]) -> None:
    """Give out the answers of a group: each loop is woken once for all of its callers."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Waiting]] = {}
    for waiting in group:
        if isinstance(waiting.future, Future):
            waiting.release()
        else:
            by_loop.setdefault(waiting.future.get_loop(), []).append(waiting)
    for loop, callers in by_loop.items():
        try:
            loop.call_soon_threadsafe(release_all, callers)
        except RuntimeError:  # the loop was closed under the callers: nobody listens
            log.warning("%d calls were kept, but nobody waits for the answers", len(callers))


def release_all(callers: list[Waiting]) -> None:
    """Give out the answers in this thread."""
    for waiting in callers:
        waiting.release()
