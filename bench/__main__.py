"""Measure Sluice beside its peers on this machine: `python -m bench`."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import click

from bench import heats
from bench.engines import CONNECTIONS
from bench.engines import engines as heats_of_engines
from bench.events import events as heats_of_events
from bench.hosting import portals as heats_of_portals
from bench.load import LoadFailed, asyncio_client, available
from bench.places import postgres
from bench.programs import ProgramFailed, has_redmine
from bench.report import as_json, machine, table
from bench.rounds import Heat, interleave
from bench.tasks import tasks as heats_of_tasks


@dataclass(frozen=True)
class _Run:
    """How often, how long, and how much."""

    bench: heats.Bench
    rounds: int
    quick: bool

    def measure(self, found: Sequence[Heat], rounds: int | None = None) -> list[Heat]:
        """Run the heats, taking turns."""
        interleave(found, rounds or self.rounds, _tell)
        return list(found)


def _calls(run: _Run) -> list[Heat]:
    bench = run.bench
    with heats.peers(bench) as peers:
        calls = [heats.activate(bench, peers, 64), heats.get(bench, peers, 64)]
        calls += [heats.activate(bench, peers, 1)]
        calls += [] if run.quick else [heats.get(bench, peers, 1)]
        calls += [heats.batch(bench, peers), heats.limits(bench, peers, 64)]
        run.measure(calls)
        memory = run.measure([heats.memory(peers)], 1)
    return [*calls, *run.measure([heats.cold_start(bench)]), *memory]


def _limits(run: _Run) -> list[Heat]:
    results = []
    for engine in run.bench.engines:
        with heats.shared_limits(run.bench, engine) as of_limits:
            results += run.measure(of_limits)
    return results


def _flows(run: _Run) -> list[Heat]:
    results = []
    for engine in run.bench.engines:
        many = 10_000 if run.quick or engine == heats.POSTGRESQL else 100_000
        _tell(f"making a portal of {many} flows")
        with heats.flatness(run.bench, engine, 100, many) as flat:
            results += run.measure(flat[:1] if run.quick else flat)
    return results


def _tasks(run: _Run) -> list[Heat]:
    sizes = (10_000, 1_000) if run.quick else (1_000_000, 100_000, 1_000)
    results = []
    for engine in run.bench.engines:
        _tell(f"making portals of up to {sizes[0]} tasks")
        with heats_of_tasks(run.bench, engine, sizes) as of_tasks:
            results += run.measure(of_tasks[:1] if run.quick else of_tasks)
    return results


def _portals(run: _Run) -> list[Heat]:
    many = 30 if run.quick else 1_000
    _tell(f"making {many} portals")
    with heats_of_portals(run.bench, many) as of_portals:
        measured = [heat for heat in of_portals if heat.unit == "calls/s"]
        run.measure(measured)
        run.measure(once := [heat for heat in of_portals if heat not in measured], 1)
        return [*measured, *once]


def _events(run: _Run) -> list[Heat]:
    _tell("making a portal with events to be sent")
    with heats_of_events(run.bench, 1_000 if run.quick else 10_000) as of_events:
        return run.measure(of_events)


def _engines(run: _Run) -> list[Heat]:
    _tell("making portals on both engines")
    with heats_of_engines(run.bench, (1, 64) if run.quick else CONNECTIONS) as of_engines:
        return run.measure(of_engines)


GROUPS: dict[str, Callable[[_Run], list[Heat]]] = {
    "calls": _calls,
    "limits": _limits,
    "engines": _engines,
    "flows": _flows,
    "tasks": _tasks,
    "portals": _portals,
    "events": _events,
}


@click.command()
@click.option("--quick", is_flag=True, help="One short round: shows that it works, not how fast.")
@click.option("--rounds", default=5, show_default=True, help="How often each peer is measured.")
@click.option("--seconds", default=2, show_default=True, help="How long each time.")
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(list(GROUPS)),
    help="Measure this group of heats; several times for several.  [default: all]",
)
@click.option(
    "--json", "file", type=click.Path(path_type=Path), help="Write every number to this file too."
)
@click.option("--no-wrk", is_flag=True, help="Send the load from Python even if wrk is installed.")
def main(
    quick: bool,
    rounds: int,
    seconds: int,
    only: Sequence[str],
    file: Path | None,
    no_wrk: bool,
) -> None:
    """Measure Sluice beside its peers and print ratios; a goal that is missed is no failure."""
    if quick:
        rounds, seconds = 1, 1
    name, generator = ("asyncio client", asyncio_client) if no_wrk else available()
    head = f"{machine()}; load from {name}; {rounds} rounds of {seconds} s; median (least .. most)"
    chosen = [group for group in GROUPS if not only or group in only]
    try:
        with tempfile.TemporaryDirectory(prefix="sluice-bench-") as directory, postgres() as server:
            bench = heats.Bench(Path(directory), generator, seconds, server)
            _tell("making the demo portal")
            bench.make_portal()
            run = _Run(bench, rounds, quick)
            results = [heat for group in chosen for heat in GROUPS[group](run)]
            _tell("")
    except (LoadFailed, ProgramFailed, heats.NotComparable) as problem:
        raise click.ClickException(f"This run is not valid: {problem}") from problem
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    click.echo("\n".join([head, *table(results)]), color=colour)
    for words in _missing(chosen, has_server=server is not None):
        click.echo(words, err=True)
    if file:
        file.write_text(as_json(results, {"machine": machine(), "load": name}))


def _missing(chosen: Sequence[str], *, has_server: bool) -> Iterator[str]:
    """Yield a line for each peer that is not installed here."""
    if "calls" in chosen and not find_spec("moto"):
        yield "Peer (c) is missing: pip install -r bench/requirements.lock"
    if not has_server:
        yield "PostgreSQL is missing (Debian: apt-get install postgresql)"
    elif "engines" in chosen and not has_redmine():
        yield "Redmine is missing (Debian: apt-get install redmine redmine-pgsql puma)"


def _tell(progress: str) -> None:
    """Show one line of progress, over the last one on a terminal."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{progress}", nl=False, err=True)
    elif progress:
        click.echo(progress, err=True)


if __name__ == "__main__":
    main(prog_name="python -m bench")
