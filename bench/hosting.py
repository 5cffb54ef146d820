"""Many portals behind one address: what an idle one costs the others, and one by itself."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from time import perf_counter, sleep
from urllib.parse import urlsplit

from bench import programs
from bench.heats import SQLITE, Bench, NotComparable
from bench.load import Request
from bench.places import Place, processor_seconds, proportional_bytes
from bench.portals import DEMO_FLOW
from bench.programs import ACTIVATE, GET, Running, ask
from bench.rounds import Heat, Series
from sluice.store.place import schema_at
from sluice.store.portals import register_at
from sluice.store.postgres import open_postgres
from tests.postgres import Cluster

HOT = 10
WITHIN = 0.8  # what the hot ones keep of their speed
CONNECTIONS = 60
IDLE_SECONDS = 5


@dataclass(frozen=True)
class _Hosted:
    """A server of so many portals, and the paths of the webhooks of those that are called."""

    name: str
    running: Running
    webhooks: dict[str, str]
    cluster: Cluster | None

    def call(self, host: str, method: str) -> Request:
        """Return the call of a portal's flow."""
        parts = urlsplit(self.running.address)
        url = f"{parts.scheme}://{parts.netloc}{self.webhooks[host]}{method}"
        headers = {"Content-Type": "application/json", "Host": host}
        return Request(url, f'{{"flowId": {DEMO_FLOW}}}', headers)

    def bytes(self) -> int:
        """Return the memory of the server, and of PostgreSQL's processes."""
        theirs = proportional_bytes(self.cluster.pid) if self.cluster else 0
        return self.running.resident_bytes() + theirs

    def idle(self) -> float:
        """Return the share of a core that all of them take while nobody calls."""
        processes = [self.running.pid, *([self.cluster.pid] if self.cluster else [])]
        before, began = sum(map(processor_seconds, processes)), perf_counter()
        sleep(IDLE_SECONDS)
        return (sum(map(processor_seconds, processes)) - before) / (perf_counter() - began)


@contextmanager
def portals(bench: Bench, many: int) -> Iterator[list[Heat]]:
    """Yield, while the programs run, the heats of many portals beside a few.

    Args:
        many: how many there are.
    """
    heats: list[Heat] = []
    alone: list[Series] = []
    opening: list[Series] = []
    disk: list[Series] = []
    idling: list[Series] = []
    with ExitStack() as running:
        for engine in bench.engines:
            pair = []
            for number in (many, HOT):
                hosted, each = _serve(bench, running, engine, number)
                pair.append(hosted)
                if number != HOT:
                    disk.append(_known(engine, each / 1e6))
            closed = pair[1].idle()
            opened, memory = _open_all(pair[1])
            idle = (pair[1].idle() - closed) / HOT
            _open_all(pair[0])
            idling.append(_known(engine, idle * 1000))
            opening.append(_known(engine, opened * 1000))
            alone.append(_known(engine, memory / 1e6))
            heats += [
                _heat(bench, engine, pair, method, hot)
                for method in (ACTIVATE, GET)
                for hot in (HOT, 1)
            ]
        yield [
            *heats,
            Heat("memory of an open portal, of all programs together", "MB", alone),
            Heat("disk of an empty portal", "MB", disk),
            Heat("an open portal that nobody calls, of a second of a core", "ms", idling),
            Heat("first call of a portal that is closed", "ms", opening),
        ]


def _known(peer: str, value: float) -> Series:
    """Return the series of a number that was measured once."""
    return Series(peer, lambda: value)


def _heat(bench: Bench, engine: str, pair: Sequence[_Hosted], method: str, hot: int) -> Heat:
    def run(hosted: _Hosted) -> float:
        requests = [hosted.call(host, method) for host in list(hosted.webhooks)[:hot]]
        return bench.send(requests, CONNECTIONS)

    word = f"{hot} hot portal" + "s" * (hot > 1)
    return Heat(
        f"{engine}: {method.rpartition('.')[2]}, {word}, {CONNECTIONS} connections",
        "calls/s",
        [
            Series(hosted.name, partial(run, hosted), WITHIN if number else None)
            for number, hosted in enumerate(pair)
        ],
    )


def _serve(bench: Bench, running: ExitStack, engine: str, number: int) -> tuple[_Hosted, float]:
    """Make so many portals and serve them; return the server, and the bytes of a portal on disk."""
    make = _in_directory if engine == SQLITE else _in_database
    place, webhooks, each = make(bench, number)
    own = bench.new_portal(engine, f"first-of-{number}")
    options = ("--portals", place)
    server = running.enter_context(
        programs.sluice(own.address, bench.directory, "sluice", *options)
    )
    cluster = None if engine == SQLITE else bench.cluster
    name = f"{number:,} portals in the register".replace(",", " ")
    return _Hosted(name, server, webhooks, cluster), each


def _host(number: int) -> str:
    return f"team-{number}.example.com"


def _create(place: str, host: str) -> str:
    """Make a portal with the demo team, as people do, and return the path of its webhook."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "sluice", "portals", "create", host, "--demo", "--json"),
            *("--portals", place),
        ],
        check=True,
        capture_output=True,
        text=True,
        cwd=programs.ROOT,
    )
    return str(urlsplit(json.loads(done.stdout)["webhook"]).path)


def _in_directory(bench: Bench, number: int) -> tuple[str, dict[str, str], float]:
    """Make files: one portal, and copies of it."""
    directory = bench.directory / f"portals-{number}"
    directory.mkdir()
    webhook = _create(str(directory), _host(0))
    first = directory / f"{_host(0)}.db"
    Place(f"sqlite:///{first}").settle()
    for each in range(1, number):
        shutil.copy(first, directory / f"{_host(each)}.db")
    webhooks = {_host(each): webhook for each in range(HOT)}
    return str(directory), webhooks, float(first.stat().st_size)


def _in_database(bench: Bench, number: int) -> tuple[str, dict[str, str], float]:
    """Make schemas: the hot ones with people and a flow, the others with tables alone."""
    assert bench.cluster is not None
    database = f"portals_{number}"
    bench.cluster.execute(f"CREATE DATABASE {database}")
    place = f"postgresql://sluice@/{database}?host={bench.cluster.directory}"
    before = _database_bytes(bench.cluster, database)
    webhooks = {_host(each): _create(place, _host(each)) for each in range(HOT)}
    register = register_at(place)
    for each in range(HOT, number):
        schema = schema_at(register.address(_host(each)))
        assert schema is not None
        open_postgres(schema, datetime.now(UTC)).close()
    return place, webhooks, (_database_bytes(bench.cluster, database) - before) / number


def _database_bytes(cluster: Cluster, database: str) -> int:
    return int(cluster.execute(f"SELECT pg_database_size('{database}')")[0][0])


def _open_all(hosted: _Hosted) -> tuple[float, float]:
    """Call each hot portal for the first time; return seconds and bytes for one of them."""
    before, seconds = hosted.bytes(), 0.0
    for host in hosted.webhooks:
        began = perf_counter()
        answer = ask(hosted.call(host, ACTIVATE))
        seconds += perf_counter() - began
        if answer.status != 200:
            raise NotComparable(f"a portal does not answer: {answer.status} {answer.body[:200]}")
        for _ in range(3):  # its readers connect when somebody reads
            ask(hosted.call(host, GET))
    return seconds / HOT, (hosted.bytes() - before) / HOT
