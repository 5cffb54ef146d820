"""What docs/scale.md was computed from: costs measured by `make bench`.

On two virtual cores that did nothing else, medians of two rounds of a second; between the two was a
tenth as a rule, and a third at most. What an idle portal takes was measured over fifteen seconds
with a hundred (PostgreSQL: forty) of them open, a look two hundred times. PostgreSQL 15 and its
disk were on the same machine.
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
        activate_ms=0.089,
        add_ms=0.96,
        read_ms=1.3,
        commit_ms=0.45,
        open_ms=9.1,
        look_ms=0.83,
        idle_ms=0.053,
        connections=0,
        memory_mb=0.5,
        disk_mb=0.59,
    ),
    Engine(
        name="PostgreSQL",
        activate_ms=0.47,
        add_ms=4.1,
        read_ms=1.5,
        commit_ms=0.8,
        open_ms=29,
        look_ms=5.7,
        idle_ms=0.38,
        connections=5,
        memory_mb=5.5,
        disk_mb=2.3,
    ),
)
