"""What the processes on one SQLite file tell each other, through a named pipe beside it.

Who plans something rings, and who serves the portal hears. And they take turns: SQLite gives its
lock to whoever happens to ask in the right moment, so of two busy processes one could wait for
seconds. Without the pipe all goes on, with later looks and less fair turns.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sluice.store.database import Wake

log = logging.getLogger("sluice.store")


class Neighbours:
    """This process's end of the pipe; one for each portal that is open."""

    def __init__(self, portal: Path) -> None:
        self._pipe: int | None = None
        try:
            self._pipe = _opened(portal)
        except OSError as problem:
            log.warning("the portal's processes cannot talk to each other: %s", problem)

    def close(self) -> None:
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None

    def ring(self, _: int = 0) -> None:
        """Wake whoever hears; a ring that nobody hears is forgotten, or heard late."""
        if self._pipe is not None:
            with suppress(BlockingIOError):  # full: it is ringing already
                os.write(self._pipe, b"\0")

    @contextmanager
    def heard(self, wake: Wake) -> Iterator[None]:
        """Call this in the running event loop at each ring."""
        pipe = self._pipe
        if pipe is None:
            yield
            return

        def rung() -> None:
            with suppress(BlockingIOError):  # another process has emptied it, and hears as well
                os.read(pipe, 4096)
            wake(0)

        loop = asyncio.get_running_loop()
        loop.add_reader(pipe, rung)
        try:
            yield
        finally:
            loop.remove_reader(pipe)

    def takes_turn(self) -> bool:
        """Say that this process is the next to write, unless another one is: then return False.

        Whoever has written asks for the next turn behind those that wait for SQLite's lock. A
        process that ends gives its turn back.
        """
        if self._pipe is not None:
            try:
                fcntl.flock(self._pipe, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            except OSError:  # a disk without locks of this kind
                return True
        return True

    def ends_turn(self) -> None:
        """Let others say that they are next: this process writes, or has given up."""
        if self._pipe is not None:
            with suppress(OSError):
                fcntl.flock(self._pipe, fcntl.LOCK_UN)


def _opened(portal: Path) -> int:
    """Open the pipe, making it for those who may use the portal's file.

    Raises:
        OSError: it cannot be made or opened.
    """
    path = portal.with_name(f"{portal.name}-pipe")
    with suppress(FileExistsError):
        os.mkfifo(path, 0o600)
        path.chmod(stat.S_IMODE(portal.stat().st_mode) & 0o666)
    # For writing too: a pipe that somebody may write to does not end.
    pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    if not stat.S_ISFIFO(os.fstat(pipe).st_mode):
        os.close(pipe)
        raise FileExistsError(f"{path} is no named pipe")
    return pipe
