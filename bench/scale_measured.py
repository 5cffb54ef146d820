"""What docs/scale.md was computed from: costs measured by `make bench`.

On two virtual cores shared with other work (a load of five to eight while it was measured), so the
best of four rounds: noise only adds. Between the best and the worst round was a factor of two to
four. PostgreSQL 15 and its disk were on the same machine.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Engine:
    """What one engine costs. Milliseconds are those of one call.

    Attributes:
        activate_ms: the time a second has for each `activate` at 64 connections.
        add_ms: the same for `tasks.task.add` into a queue.
        read_ms: the mean of that of `get` and of a page of `tasks.task.list`.
        commit_ms: what a single `activate` takes beyond that, with one connection.
        open_ms: the first call of a portal that is closed.
        look_ms: to look whether something is due in a closed portal.
        idle_ms: of a core that an open portal takes each second while nobody calls.
        connections: that one process holds to a portal that is read and written.
        memory_mb: of an open portal, in all programs together.
        disk_mb: of an empty portal.
    """

    name: str
    activate_ms: float
    add_ms: float
    read_ms: float
    commit_ms: float
    open_ms: float
    look_ms: float
    idle_ms: float
    connections: int
    memory_mb: float
    disk_mb: float


ENGINES = (
    Engine(
        name="SQLite",
        activate_ms=0.35,
        add_ms=3.2,
        read_ms=1.3,
        commit_ms=1.7,
        open_ms=40,
        look_ms=0.9,
        idle_ms=0.95,
        connections=0,
        memory_mb=0.53,
        disk_mb=0.59,
    ),
    Engine(
        name="PostgreSQL",
        activate_ms=1.1,
        add_ms=13,
        read_ms=2.7,
        commit_ms=3.9,
        open_ms=86,
        look_ms=12,
        idle_ms=3.5,
        connections=5,
        memory_mb=7.8,
        disk_mb=2.4,
    ),
)
