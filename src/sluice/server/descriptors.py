"""File descriptors: as many as the system gives, and some that connections do not get."""

from __future__ import annotations

import asyncio
import logging
import resource

from sluice.clock import stopwatch

# For the database, events that are sent, temporary files; or a quarter, if there are few.
RESERVE = 64
LOG_EACH_SECONDS = 60.0

log = logging.getLogger("sluice.server")


def take_all() -> None:
    """Raise this process's own limit to the highest that it may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError) as problem:  # some systems have a lower one that they hide
            log.debug("the limit of open files stays at %d: %s", soft, problem)


class Descriptors:
    """Which connections there is room for."""

    def __init__(self) -> None:
        self._logged = -LOG_EACH_SECONDS

    def suffice_for(self, transport: asyncio.BaseTransport) -> bool:
        """Tell whether enough descriptors are left beside this connection's.

        A new descriptor is always the lowest free number, so its own tells how many are in use.
        """
        connected = transport.get_extra_info("socket")
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        if connected is None or connected.fileno() < limit - min(RESERVE, limit // 4):
            return True
        if stopwatch() - self._logged >= LOG_EACH_SECONDS:
            self._logged = stopwatch()
            log.warning(
                "There are no file descriptors for more connections; some are closed unanswered."
                " Raise the limit of open files, which is %d.",
                limit,
            )
        return False
