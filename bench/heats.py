"""What is measured, beside what, and with which goal."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import count
from pathlib import Path

from bench import programs
from bench.load import FLOW, Generator, Request, at_once
from bench.places import Place
from bench.portals import DEMO_FLOW, copy, differing_rows, grow
from bench.programs import ACTIVATE, GET, Answer, Running, ask
from bench.rounds import Heat, Series
from tests.postgres import Cluster

SLUICE, CONSTANT, EACH, UNGROUPED, MOTO, BARE = (
    "sluice",
    "(a) same server, constant answer",
    "(b) same rows, a commit per call",
    "(b) sluice, a commit per call",
    "(c) moto, SSM parameter",
    "bare loop, same rows",
)
LIMITED, BATCHED = "sluice, every limit on", "sluice, 50 calls in a batch"
COMMANDS = 50
# Tasks that are added together are committed together, and may take more than a second or two.
SECONDS_OF_ADDS = 6
SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
PARAMETER = "flow-517"


class NotComparable(Exception):
    """Sluice and a peer do not do the same, so a ratio would mean nothing."""


@dataclass(frozen=True)
class Bench:
    """Where the portals are, what sends the load, and for how long at a time.

    Attributes:
        cluster: the PostgreSQL of this run, if it is installed.
    """

    directory: Path
    generator: Generator
    seconds: int
    cluster: Cluster | None = None

    @property
    def portal(self) -> Path:
        """Return the database file of a demo portal that no program has open."""
        return self.directory / "portal.db"

    def make_portal(self) -> None:
        """Let Sluice make the demo portal, and stop it again."""
        with programs.sluice(self.portal, self.directory):
            pass

    def copy_portal(self, name: str) -> Path:
        """Return the file of a new copy of the demo portal."""
        target = self.directory / f"{name}.db"
        copy(self.portal, target)
        return target

    def new_portal(self, engine: str, name: str) -> Place:
        """Return a new demo portal on an engine.

        Raises:
            NotComparable: the engine is not there.
        """
        if engine == SQLITE:
            return Place(f"sqlite:///{self.copy_portal(name)}")
        if self.cluster is None:
            raise NotComparable("there is no PostgreSQL to measure")
        place = Place(self.cluster.address(name.replace("-", "_")))
        with programs.sluice(place.address, self.directory):
            return place

    @property
    def engines(self) -> list[str]:
        """Return the engines that can be measured here."""
        return [SQLITE] if self.cluster is None else [POSTGRESQL, SQLITE]

    def load(
        self,
        peer: str,
        request: Request,
        connections: int,
        goal_ratio: float | None = None,
        at_least: int = 1,
    ) -> Series:
        """Return the series of one call to one program.

        Args:
            at_least: seconds, where the first of many calls at a time take long.
        """

        return Series(peer, lambda: self.send([request], connections, at_least), goal_ratio)

    def send(self, requests: Sequence[Request], connections: int, at_least: int = 1) -> float:
        """Send calls, to several servers at a time if there are several requests.

        Returns:
            The calls a second of all together.
        """
        rate = at_once(self.generator, requests, connections, max(self.seconds, at_least))
        for request in requests:
            ask(request)  # answered once what was hung up on is done, and in nobody's way
        return rate


@dataclass(frozen=True)
class Peers:
    """The programs that run side by side. `moto` is None where it is not installed."""

    ours: Running
    fixed: Running
    each: Running
    ungrouped: Running
    limited: Running
    moto: Running | None
    bare: Path


@contextmanager
def peers(bench: Bench) -> Iterator[Peers]:
    """Start Sluice and its peers, each with a database of its own, and stop them at the end.

    Raises:
        NotComparable: Sluice and a peer would not do the same.
    """
    with ExitStack() as running:

        def start(program: AbstractContextManager[Running]) -> Running:
            return running.enter_context(program)

        database = bench.copy_portal("sluice")
        ours = start(programs.sluice(database, bench.directory))
        _check_rows(ours, database)
        alone = bench.copy_portal("ungrouped")
        moto = start(programs.moto()) if find_spec("moto") else None
        if moto:  # the first call loads what it needs: not under load, and the parameter exists
            _check(ask(_put_parameter(moto)))
        yield Peers(
            ours=ours,
            fixed=start(programs.constant(_record(bench, ours))),
            each=start(programs.call_by_call(bench.copy_portal("each"))),
            ungrouped=start(programs.sluice(alone, bench.directory, "bench.peers.ungrouped")),
            limited=start(
                programs.sluice(
                    bench.copy_portal("limited"),
                    bench.directory,
                    "bench.peers.limited",
                    *("--plan", "commercial"),
                )
            ),
            moto=moto,
            bare=bench.copy_portal("bare"),
        )


def activate(bench: Bench, peers: Peers, connections: int) -> Heat:
    """Return the heat of `tasks.flow.Flow.activate`."""
    together, alone = connections == 64, connections == 1
    series = [
        bench.load(SLUICE, _activate(peers.ours), connections),
        bench.load(CONSTANT, _activate(peers.fixed), connections, 0.5 if together else None),
        bench.load(EACH, _activate(peers.each), connections, 4 if together else None),
        bench.load(UNGROUPED, _activate(peers.ungrouped), connections, 4 if together else None),
    ]
    if peers.moto:
        request = _put_parameter(peers.moto)
        series.append(bench.load(MOTO, request, connections, 20 if together else None))
    if alone:
        series.append(
            Series(BARE, lambda: programs.bare_loop(peers.bare, DEMO_FLOW, bench.seconds), 0.6)
        )
    return Heat(f"activate, {_connections(connections)}", "calls/s", series)


def get(bench: Bench, peers: Peers, connections: int) -> Heat:
    """Return the heat of `tasks.flow.Flow.get`."""
    goal = 0.5 if connections == 64 else None
    series = [
        bench.load(SLUICE, peers.ours.call(GET, DEMO_FLOW), connections),
        bench.load(CONSTANT, peers.fixed.call(GET, DEMO_FLOW), connections, goal),
    ]
    if peers.moto:
        series.append(bench.load(MOTO, _get_parameter(peers.moto), connections))
    return Heat(f"get, {_connections(connections)}", "calls/s", series)


def batch(bench: Bench, peers: Peers) -> Heat:
    """Return the heat of fifty `activate` in a batch beside fifty single ones."""
    together = bench.load(BATCHED, peers.ours.batch(ACTIVATE, DEMO_FLOW, COMMANDS), 1)
    return Heat(
        "activate, 1 connection",
        "calls/s",
        [
            Series(BATCHED, lambda: together.run() * COMMANDS),
            bench.load("sluice, one by one", _activate(peers.ours), 1, 5),
        ],
    )


def limits(bench: Bench, peers: Peers, connections: int) -> Heat:
    """Return the heat of every limit of a plan on beside none."""
    return Heat(
        f"activate, {_connections(connections)}",
        "calls/s",
        [
            bench.load(LIMITED, _activate(peers.limited), connections),
            bench.load("sluice, no limits", _activate(peers.ours), connections, 0.95),
        ],
    )


def memory(peers: Peers) -> Heat:
    """Return the heat of the memory that the programs hold."""
    series = [_resident(SLUICE, peers.ours, 80), _resident(CONSTANT, peers.fixed)]
    if peers.moto:
        series.append(_resident(MOTO, peers.moto))
    return Heat("resident memory after the load", "MB", series)


@contextmanager
def flatness(bench: Bench, engine: str, few: int, many: int) -> Iterator[list[Heat]]:
    """Yield, while the programs run, the heats of a great portal beside a small one."""
    with ExitStack() as running:
        portals = []
        for flows in (many, few):
            place = bench.new_portal(engine, f"flows-{flows}")
            ids = grow(place, flows)
            program = running.enter_context(programs.sluice(place.address, bench.directory))
            portals.append((f"{flows:,} flows".replace(",", " "), program, ids))

        def heat(method: str, which: str) -> Heat:
            great, small = (
                (
                    name,
                    _spread(program, method, ids)
                    if which == "any"
                    else program.call(method, DEMO_FLOW),
                )
                for name, program, ids in portals
            )
            series = [bench.load(*great, 64), bench.load(*small, 64, 0.8)]
            title = f"{engine}: {_word(method)} of {which} flow, 64 connections"
            return Heat(title, "calls/s", series)

        yield [heat(method, which) for which in ("one", "any") for method in (ACTIVATE, GET)]


@contextmanager
def shared_limits(bench: Bench, engine: str) -> Iterator[list[Heat]]:
    """Yield, while the programs run, the heat of limits that two processes share."""
    modules = (("bench.peers.limited", "--plan", "commercial"), ("sluice",))
    with ExitStack() as running:
        served: list[list[Running]] = []
        for module, *options in modules:
            place = bench.new_portal(engine, f"limits-{len(served)}")
            served.append(
                [
                    running.enter_context(
                        programs.sluice(place.address, bench.directory, module, *options)
                    )
                    for _ in range(2)
                ]
            )

        def series(name: str, processes: Sequence[Running], goal: float | None) -> Series:
            requests = [_activate(process) for process in processes]
            return Series(name, lambda: bench.send(requests, 64), goal)

        yield [
            Heat(
                f"{engine}: activate, two processes, 64 connections",
                "calls/s",
                [series(LIMITED, served[0], None), series("sluice, no limits", served[1], 0.95)],
            )
        ]


def cold_start(bench: Bench) -> Heat:
    """Return the heat of the time from process start to the first answered call."""
    numbers = count()
    existing = bench.copy_portal("existing")
    answers = bench.directory / "answers.json"

    def fresh() -> AbstractContextManager[Running]:
        data = bench.directory / f"fresh-{next(numbers)}"
        data.mkdir()
        return programs.sluice(data / "portal.db", data)

    def timed(start: Callable[[], AbstractContextManager[Running]], request: _Asking) -> float:
        with start() as running:
            _check(ask(request(running)))
            return running.age()

    series = [
        Series(
            f"{SLUICE}, existing database",
            lambda: timed(lambda: programs.sluice(existing, bench.directory), _activate),
            goal_at_most=0.5,
        ),
        Series(f"{SLUICE}, no database yet", lambda: timed(fresh, _activate), goal_at_most=0.5),
        Series(CONSTANT, lambda: timed(lambda: programs.constant(answers), _activate)),
    ]
    if find_spec("moto"):
        series.append(Series(MOTO, lambda: timed(programs.moto, _put_parameter)))
    return Heat("process start to the first answered call", "s", series)


_Asking = Callable[[Running], Request]


def _activate(running: Running) -> Request:
    return running.call(ACTIVATE, DEMO_FLOW)


def _put_parameter(running: Running) -> Request:
    return programs.ssm(
        running, "PutParameter", Name=PARAMETER, Value="on", Type="String", Overwrite=True
    )


def _get_parameter(running: Running) -> Request:
    return programs.ssm(running, "GetParameter", Name=PARAMETER)


def _spread(running: Running, method: str, ids: tuple[int, int]) -> Request:
    return replace(running.call(method, FLOW), spread=ids)


def _record(bench: Bench, ours: Running) -> Path:
    """Write Sluice's own answers to a file, for the peer that repeats them."""
    answers = {}
    for method in (ACTIVATE, GET):
        answer = ask(ours.call(method, DEMO_FLOW))
        _check(answer)
        answers[method] = {"headers": answer.headers, "body": answer.body}
    file = bench.directory / "answers.json"
    file.write_text(json.dumps(answers))
    return file


def _check_rows(ours: Running, database: Path) -> None:
    if rows := differing_rows(ours, database):
        words = ", ".join(sorted(map(str, rows)))
        raise NotComparable(f"activate and its peers change different rows: {words}")


def _check(answer: Answer) -> None:
    if answer.status != 200 or '"error"' in answer.body:
        raise NotComparable(f"a peer refuses the call: {answer.status} {answer.body}")


def _resident(peer: str, running: Running, at_most: float | None = None) -> Series:
    return Series(peer, lambda: running.resident_bytes() / 1e6, goal_at_most=at_most)


def _connections(number: int) -> str:
    return f"{number} connection" + "s" * (number > 1)


def _word(method: str) -> str:
    return method.rpartition(".")[2]
