"""Events: what they cost on the path of a call, and how many are sent in a second."""

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import count
from pathlib import Path

from bench import programs
from bench.heats import SLUICE, Bench, NotComparable
from bench.load import Request
from bench.portals import copy
from bench.programs import Running, ask
from bench.rounds import Heat, Series

BOUND, BARE = "sluice, a handler bound", "bare HTTP client loop"
# Of one handler at a time; the bare loop has as many connections.
AT_ONCE = 4
BATCH = 50
READY_SECONDS = 30


@contextmanager
def events(bench: Bench, many: int) -> Iterator[list[Heat]]:
    """Yield, while the programs run, the heats of events.

    Args:
        many: how many deliveries wait when sending begins; more than are sent in the time.
    """
    with ExitStack() as running:
        target = running.enter_context(programs.receiver(bench.directory / "receiver"))
        none = running.enter_context(
            programs.sluice(bench.copy_portal("unheard"), bench.directory, "bench.peers.storing")
        )
        database = bench.copy_portal("heard")
        bind(database, target.address)
        bound = running.enter_context(
            programs.sluice(database, bench.directory, "bench.peers.storing")
        )
        full = bench.copy_portal("full")
        bind(full, target.address)
        with programs.sluice(full, bench.directory, "bench.peers.storing") as filling:
            fill(filling, many)
        yield [
            *(
                Heat(
                    f"task add, {connections} connection" + "s" * (connections > 1),
                    "calls/s",
                    [
                        bench.load(BOUND, _add(bound), connections),
                        bench.load(f"{SLUICE}, nobody listens", _add(none), connections, 0.85),
                    ],
                )
                for connections in (64, 1)
            ),
            Heat(
                "deliveries to one handler",
                "requests/s",
                [
                    Series(SLUICE, _sender(bench, full)),
                    Series(BARE, lambda: _bare(target.address, bench.seconds)),
                ],
            ),
        ]


def bind(database: Path, handler: str) -> None:
    """Make an outgoing webhook for new tasks."""
    subprocess.run(
        [
            *(sys.executable, "-m", "sluice", "outgoing", "create", "--event", "ONTASKADD"),
            *("--handler", handler, "--database", f"sqlite:///{database}"),
        ],
        check=True,
        capture_output=True,
        cwd=programs.ROOT,
    )


def fill(running: Running, many: int) -> None:
    """Add so many tasks, each of which is an event to be sent."""
    cmd = ["tasks.task.add?fields[TITLE]=Help&fields[RESPONSIBLE_ID]=1"] * BATCH
    for _ in range(many // BATCH):
        answer = ask(Request(f"{running.address}batch", json.dumps({"cmd": cmd})))
        if answer.status != 200 or json.loads(answer.body)["result"]["result_error"]:
            raise NotComparable(f"a batch of tasks is refused: {answer.body[:200]}")


def _add(running: Running) -> Request:
    fields = {"TITLE": "Help", "RESPONSIBLE_ID": 1}
    return Request(f"{running.address}tasks.task.add", json.dumps({"fields": fields}))


def _sender(bench: Bench, full: Path) -> Callable[[], float]:
    """Return what measures how many deliveries a server makes in a second."""
    numbers = count()

    def run() -> float:
        database = bench.directory / f"sending-{next(numbers)}.db"
        copy(full, database)
        with programs.sluice(database, bench.directory):
            first, began = _delivered(database), time.perf_counter()
            time.sleep(bench.seconds)
            sent, seconds = _delivered(database) - first, time.perf_counter() - began
        if _waiting(database) == 0:
            raise NotComparable("all was sent before the time was over")
        return sent / seconds

    return run


def _delivered(database: Path) -> int:
    return _count(database, "delivered")


def _waiting(database: Path) -> int:
    return _count(database, "waiting")


def _count(database: Path, state: str) -> int:
    with closing(sqlite3.connect(database)) as connection:
        sql = "SELECT COUNT(*) FROM delivery WHERE state = ?"
        return int(connection.execute(sql, (state,)).fetchone()[0])


def _bare(url: str, seconds: int) -> float:
    command = ["bench.peers.bare_client", url, str(seconds), str(AT_ONCE)]
    output = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=programs.ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=seconds + READY_SECONDS,
    ).stdout
    counted = json.loads(output)
    return float(counted["requests"] / counted["seconds"])
