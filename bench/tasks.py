"""Tasks dealt out and listed, in portals of very different size. Cost must not grow with it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from bench import programs
from bench.heats import SECONDS_OF_ADDS, SLUICE, Bench
from bench.load import Request
from bench.portals import DEMO_FLOW, grow, grow_tasks
from bench.programs import ACTIVATE, Running, ask
from bench.rounds import Heat, Series

WITHIN = 0.8  # what a great portal keeps of a small one's speed


@contextmanager
def tasks(bench: Bench, engine: str, sizes: Sequence[int]) -> Iterator[list[Heat]]:
    """Yield, while the programs run, the heats of portals with so many tasks each.

    Args:
        sizes: greatest first; the last one is what the others are held against.
    """
    with ExitStack() as running:
        portals = []
        for size in sizes:
            place = bench.new_portal(engine, f"tasks-{size}")
            with programs.sluice(place.address, bench.directory) as maker:
                ask(_add(maker))  # the pattern of all others
            grow_tasks(place, size)
            idle_flow, _ = grow(place, 1)
            program = running.enter_context(programs.sluice(place.address, bench.directory))
            portals.append((f"{size:,} tasks".replace(",", " "), program))
        smallest = portals[-1][1]
        heats = []
        for connections in (64, 1):
            word = f"{connections} connection" + "s" * (connections > 1)
            adding = _held(bench, portals, _add, connections)
            # Another flow is switched: one that is off takes no tasks.
            switch = smallest.call(ACTIVATE, idle_flow)
            adding.append(bench.load(f"{SLUICE}, activate", switch, connections))
            heats.append(Heat(f"{engine}: task add into a queue, {word}", "calls/s", adding))
            for title, request in (("first page", _first_page), ("page by id", _page_by_id)):
                listing = _held(bench, portals, request, connections)
                heats.append(Heat(f"{engine}: task list, {title}, {word}", "calls/s", listing))
        yield heats


def _held(
    bench: Bench, portals: Sequence[tuple[str, Running]], request: Any, connections: int
) -> list[Series]:
    """Return a series per portal: the greatest first, which the smallest is the measure of."""
    return [
        bench.load(
            name,
            request(program),
            connections,
            WITHIN if number else None,
            SECONDS_OF_ADDS if request is _add else 1,
        )
        for number, (name, program) in enumerate(portals)
    ]


def _request(running: Running, method: str, **parameters: Any) -> Request:
    return Request(running.address + method, json.dumps(parameters))


def _add(running: Running) -> Request:
    return _request(running, "tasks.task.add", fields={"TITLE": "Help", "FLOW_ID": DEMO_FLOW})


def _first_page(running: Running) -> Request:
    return _request(running, "tasks.task.list", select=["ID", "TITLE", "STATUS", "FLOW_ID"])


def _page_by_id(running: Running) -> Request:
    return _request(
        running,
        "tasks.task.list",
        select=["ID", "TITLE", "STATUS", "FLOW_ID"],
        filter={"FLOW_ID": DEMO_FLOW, ">ID": 500},
        order={"ID": "ASC"},
        start=-1,
    )
