"""What docs/scale.md claims, computed: `python -m bench.scale` writes its tables anew.

Measured costs go in, and two simulations make of them what somebody would see: the latency of a
portal whose calls wait for one writer, and how often a call finds its portal closed. Both have a
fixed seed, so they print the same each time; a test holds the page to it.
"""

from __future__ import annotations

import random
import re
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from bench.scale_measured import ENGINES, Engine

PAGE = Path(__file__).parents[1] / "docs" / "scale.md"
SEED = 1
MOST_IN_GROUP, LONGEST_GROUP_MS, LONGEST_GROUP_COMMITS = 256, 100.0, 10  # `sluice.store.waiting`
# What people are assumed to do: calls of each on a working day, the share that changes something,
# and the share of a day's calls in its busiest hour.
CALLS_A_DAY, CHANGING, IN_THE_BUSIEST_HOUR = 100, 0.2, 0.2
# How unlike portals are: the most used one has k times the calls of the k-th (Zipf).
EXPONENT = 1.0
ROUND_SECONDS = 60  # each closed portal is looked at so often, see `sluice.hosting`
PEOPLE = (100, 1_000, 10_000, 100_000)
PORTALS = (10, 1_000, 100_000)
# Portals of one server, and how many it keeps open.
SERVERS = (
    (10, 100),
    (200, 200),
    (500, 500),
    (1_000, 100),
    (1_000, 1_000),
    (100_000, 100),
    (100_000, 10_000),
)
PEOPLE_A_PORTAL = 20
SIMULATED = 20_000


@dataclass(frozen=True)
class Waits:
    """What callers of one writer see, in milliseconds; `busy` is the writer's share of the time."""

    median: float
    mean: float
    p99: float
    busy: float
    group: float  # calls that share a commit


def rate(people: int, share: float = 1.0) -> float:
    """Return calls a second in the busiest hour; `share` is that of the calls that are meant."""
    return people * CALLS_A_DAY * share * IN_THE_BUSIEST_HOUR / 3600


def one_writer(
    per_second: float,
    work_ms: float,
    commit_ms: float,
    *,
    most: int = MOST_IN_GROUP,
    calls: int = SIMULATED,
) -> Waits:
    """Simulate calls that come at random (Poisson) and are committed in groups, one at a time.

    Args:
        work_ms: of each call.
        commit_ms: of each group, whatever its size.
        most: calls in a group.
    """
    chance = random.Random(SEED)
    arrivals = list(accumulate(chance.expovariate(per_second / 1000) for _ in range(calls)))
    waits: list[float] = []
    free = worked = 0.0
    groups = first = 0
    while first < calls:
        start = max(free, arrivals[first])
        last = first
        fitting = min(most, in_time(work_ms, commit_ms))
        while last < calls and last - first < fitting and arrivals[last] <= start:
            last += 1
        spent = (last - first) * work_ms + commit_ms
        free, worked, groups = start + spent, worked + spent, groups + 1
        waits += [free - arrived for arrived in arrivals[first:last]]
        first = last
    waits.sort()
    mean = sum(waits) / calls
    return Waits(waits[calls // 2], mean, waits[calls * 99 // 100], worked / free, calls / groups)


def in_time(work_ms: float, commit_ms: float) -> int:
    """Return how many calls a group holds before they have taken too long."""
    return max(1, int(max(LONGEST_GROUP_MS, LONGEST_GROUP_COMMITS * commit_ms) / work_ms))


def most_writes(work_ms: float, commit_ms: float) -> float:
    """Return the changing calls a second that one writer can do at most: full groups."""
    return 1000 / (work_ms + commit_ms / min(MOST_IN_GROUP, in_time(work_ms, commit_ms)))


def found_closed(
    portals: int, open_portals: int, *, exponent: float = EXPONENT, calls: int = 100_000
) -> float:
    """Return the share of calls whose portal is closed, the ones called last staying open."""
    chance = random.Random(SEED)
    shares = list(accumulate((rank + 1) ** -exponent for rank in range(portals)))
    opened: OrderedDict[int, None] = OrderedDict()
    closed = 0
    for number in range(2 * calls):  # the first half fills
        portal = bisect_left(shares, chance.random() * shares[-1])
        if portal in opened:
            opened.move_to_end(portal)
            continue
        closed += number >= calls
        opened[portal] = None
        if len(opened) > open_portals:
            opened.popitem(last=False)
    return closed / calls


def tables() -> Iterator[str]:
    """Yield the tables of docs/scale.md."""
    yield _costs()
    yield _one_portal()
    yield _many_portals()
    yield _sizes()


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _costs() -> str:
    def row(name: str, value: str) -> list[str]:
        return [name, *(value.format(engine=engine) for engine in ENGINES)]

    return _table(
        ["Measured", *(engine.name for engine in ENGINES)],
        [
            row("a switch (`activate`): work, ms", "{engine.activate_ms}"),
            row("a task (`tasks.task.add`): work, ms", "{engine.add_ms}"),
            row("a read (half `get`, half `tasks.task.list`): work, ms", "{engine.read_ms}"),
            row("a commit, ms", "{engine.commit_ms}"),
            row("first call of a closed portal, ms", "{engine.open_ms}"),
            row("look whether something is due in a closed one, ms", "{engine.look_ms}"),
            row("an open portal that nobody calls, ms of each second", "{engine.idle_ms}"),
            row("connections of an open portal for each process", "{engine.connections}"),
            row("memory of an open portal, MB", "{engine.memory_mb}"),
            row("disk of an empty portal, MB", "{engine.disk_mb}"),
        ],
    )


def _one_portal() -> str:
    rows = []
    for people in PEOPLE:
        per_second = rate(people, CHANGING)
        row = [_number(people), _short(rate(people)), _short(per_second)]
        for engine in ENGINES:
            if per_second >= most_writes(engine.add_ms, engine.commit_ms):
                row.append(f"beyond one writer: {_short(_most(engine))} a second at most")
                continue
            waits = one_writer(per_second, engine.add_ms, engine.commit_ms)
            told = f"{_short(waits.median)}, {_short(waits.p99)}; {round(waits.busy * 100)} %"
            row.append(told)
        rows.append(row)
    head = ["People", "Calls a second", "Changing"]
    return _table([*head, *(f"{engine.name}: median, p99 ms; busy" for engine in ENGINES)], rows)


def _most(engine: Engine) -> float:
    return most_writes(engine.add_ms, engine.commit_ms)


def _many_portals() -> str:
    rows = []
    for portals, open_portals in SERVERS:
        calls = rate(portals * PEOPLE_A_PORTAL)
        share = found_closed(portals, open_portals)
        looks = max(portals - open_portals, 0) / ROUND_SECONDS
        busy = [
            (
                calls * (CHANGING * engine.add_ms + (1 - CHANGING) * engine.read_ms) / 1000,
                (calls * share * engine.open_ms + looks * engine.look_ms) / 1000,
                min(portals, open_portals) * engine.idle_ms / 1000,
            )
            for engine in ENGINES
        ]
        row = [_number(portals), _number(open_portals), _short(calls), f"{share:.0%}"]
        row += [_short(calls * share), _short(looks)]
        rows.append([*row, *(" + ".join(map(_short, each)) for each in busy)])
    return _table(
        [
            *("Portals of a server", "`open_portals`", "Calls a second", "Find it closed"),
            *("Openings a second", "Looks a second"),
            *(f"Cores, {engine.name}" for engine in ENGINES),
        ],
        rows,
    )


def _sizes() -> str:
    rows = []
    for portals in PORTALS:
        row = [_number(portals)]
        row += [_short(portals * engine.disk_mb / 1000) for engine in ENGINES]
        row += [_short(portals * engine.memory_mb / 1000) for engine in ENGINES]
        row += [_number(portals * engine.connections) for engine in ENGINES if engine.connections]
        rows.append(row)
    names = [engine.name for engine in ENGINES]
    return _table(
        [
            "Portals",
            *(f"Disk, empty, GB: {name}" for name in names),
            *(f"Memory if all are open, GB: {name}" for name in names),
            "Connections if all are open",
        ],
        rows,
    )


def _number(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ")


def _short(value: float) -> str:
    if value >= 10:
        return _number(value)
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def with_tables(text: str) -> str:
    """Return the page with each table as it is now, found by its first line."""
    for table in tables():
        head, _, _ = table.partition("\n")
        found = re.search(rf"^{re.escape(head)}$(\n\|.*)+", text, re.MULTILINE)
        if found is None:
            raise SystemExit(f"{PAGE} has no table that begins with:\n{head}")
        text = text.replace(found[0], table)
    return text


def main() -> None:
    """Write every table into the page."""
    PAGE.write_text(with_tables(PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
