"""Tells systemd, or whoever set `NOTIFY_SOCKET`, how the process is: sd_notify(3)."""

from __future__ import annotations

import logging
import os
import socket

READY, STOPPING = "READY=1", "STOPPING=1"

log = logging.getLogger("sluice.supervisor")


def tell_supervisor(state: str) -> None:
    """Send a state, if anybody wants to know it."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place:
        return
    if place.startswith("@"):  # a name of Linux's own, without a file
        place = "\0" + place[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
            to.sendto(state.encode(), place)
    except OSError as problem:
        log.warning("the supervisor could not be told %s: %s", state, problem)
