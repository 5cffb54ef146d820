"""The same calls on both engines, by one process and by two, and what they are held against.

Beside Sluice run a loop of the statements that it runs itself, and Redmine, which people use for
tasks, on the same PostgreSQL.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.parse import quote

from bench import programs
from bench.heats import COMMANDS, POSTGRESQL, SECONDS_OF_ADDS, Bench, NotComparable
from bench.load import Request
from bench.places import Place
from bench.portals import DEMO_FLOW, grow
from bench.programs import ACTIVATE, GET, Running, ask
from bench.rounds import Heat, Series

CONNECTIONS = (1, 16, 64, 256)
SAME = "same statements, one loop"
A_PAGE = 50
# Two workers of five threads: more connections only wait, and some would see no answer in time.
REDMINE_CONNECTIONS = 16
REDMINE_SECONDS = 4
# What Sluice reaches of a loop that does nothing else, where calls share a commit.
OF_THE_LOOP = 0.5


@dataclass(frozen=True)
class _Served:
    """A portal, and the processes that serve it."""

    name: str
    place: Place
    processes: Sequence[Running]
    idle_flow: int  # switched, where flow 517 takes tasks


@dataclass(frozen=True)
class _Redmine:
    name: str
    add: Request
    page: Request


_Asking = Callable[[_Served, Running], Request]


@contextmanager
def engines(bench: Bench, connections: Sequence[int] = CONNECTIONS) -> Iterator[list[Heat]]:
    """Yield, while the programs run, the heats of the engines."""
    with ExitStack() as running:
        served = [
            _serve(bench, running, engine, processes)
            for engine in bench.engines
            for processes in (1, 2)
        ]
        peer = _redmine(bench, running)
        yield [_heat(bench, call, each, served, peer) for call in _CALLS for each in connections]


def _serve(bench: Bench, running: ExitStack, engine: str, processes: int) -> _Served:
    place = bench.new_portal(engine, f"processes-{processes}")
    idle_flow, _ = grow(place, 1)
    started = [
        running.enter_context(programs.sluice(place.address, bench.directory))
        for _ in range(processes)
    ]
    word = "one process" if processes == 1 else "two processes"
    served = _Served(f"sluice, {engine}, {word}", place, started, idle_flow)
    filled = f"tasks.task.add?fields[TITLE]=Help&fields[FLOW_ID]={DEMO_FLOW}"
    for _ in range(2):  # a page is there to be listed, and another
        _accepted(started[0].request("batch", cmd=[filled] * A_PAGE))
    return served


def _redmine(bench: Bench, running: ExitStack) -> _Redmine | None:
    if bench.cluster is None or not programs.has_redmine():
        return None
    bench.cluster.execute("CREATE DATABASE redmine")
    database = f"postgresql://sluice@{quote(str(bench.cluster.directory), safe='')}/redmine"
    program, facts = running.enter_context(programs.redmine(bench.directory, database))
    headers = {"Content-Type": "application/json", "X-Redmine-API-Key": str(facts["key"])}
    body = f'{{"issue": {{"project_id": {facts["project"]}, "subject": "Help"}}}}'
    add = Request(f"{program.address}issues.json", body, headers)
    page = Request(f"{program.address}issues.json?limit={A_PAGE}", "", headers, method="GET")
    for request in (add, page) * 4:  # by both workers, which load what they need
        _accepted(request)
    return _Redmine(f"Redmine {facts['version']}, PostgreSQL", add, page)


def _accepted(request: Request) -> None:
    answer = ask(request)
    if answer.status not in (200, 201) or '"error"' in answer.body:
        raise NotComparable(f"{request.target} is refused: {answer.status} {answer.body[:300]}")


@dataclass(frozen=True)
class _Call:
    """One call: how Sluice is asked, how often one request counts, and how Redmine is asked."""

    name: str
    request: _Asking
    counts: int = 1
    at_least: int = 1  # seconds, so that the first of many calls at a time are answered in them
    has_loop: bool = False
    redmine: Callable[[_Redmine], Request] | None = None


_CALLS = (
    _Call("activate", lambda at, by: by.call(ACTIVATE, at.idle_flow), has_loop=True),
    _Call("get", lambda at, by: by.call(GET, DEMO_FLOW)),
    _Call(
        "task add",
        lambda at, by: by.request("tasks.task.add", fields={"TITLE": "Help", "FLOW_ID": DEMO_FLOW}),
        has_loop=True,
        at_least=SECONDS_OF_ADDS,
        redmine=lambda peer: peer.add,
    ),
    _Call(
        "task list",
        lambda at, by: by.request("tasks.task.list", select=["ID", "TITLE", "STATUS", "FLOW_ID"]),
        redmine=lambda peer: peer.page,
    ),
    _Call(
        f"activate, {COMMANDS} in a batch",
        lambda at, by: by.batch(ACTIVATE, at.idle_flow, COMMANDS),
        counts=COMMANDS,
        at_least=SECONDS_OF_ADDS,
    ),
)


def _heat(
    bench: Bench,
    call: _Call,
    connections: int,
    served: Sequence[_Served],
    peer: _Redmine | None,
) -> Heat:
    series = [
        _series(bench, call, each, connections)
        for each in served
        if connections >= len(each.processes)
    ]
    if call.has_loop and POSTGRESQL in served[0].name:
        first = served[0]
        request = call.request(first, first.processes[0])
        goal = OF_THE_LOOP if connections == 64 else None
        series.append(Series(SAME, _loop(bench, first.place, request), goal))
    if call.redmine and peer:
        at_a_time = min(connections, REDMINE_CONNECTIONS)
        request = call.redmine(peer)
        series.append(bench.load(peer.name, request, at_a_time, at_least=REDMINE_SECONDS))
    word = f"{connections} connection" + "s" * (connections > 1)
    return Heat(f"{call.name}, {word}", "calls/s", series)


def _series(bench: Bench, call: _Call, served: _Served, connections: int) -> Series:
    requests = [call.request(served, process) for process in served.processes]

    def run() -> float:
        return call.counts * bench.send(requests, connections, call.at_least)

    return Series(served.name, run)


def _loop(bench: Bench, place: Place, request: Request) -> Callable[[], float]:
    return lambda: programs.same_statements(place.address, bench.seconds, request)
