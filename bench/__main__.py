"""Measure Sluice beside its peers on this machine: `python -m bench`."""

import os
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import click

from bench import heats
from bench.events import events as heats_of_events
from bench.load import LoadFailed, asyncio_client, available
from bench.programs import ProgramFailed
from bench.report import as_json, machine, table
from bench.rounds import Heat, interleave
from bench.tasks import tasks as heats_of_tasks


@click.command()
@click.option("--quick", is_flag=True, help="One short round: shows that it works, not how fast.")
@click.option("--rounds", default=5, show_default=True, help="How often each peer is measured.")
@click.option("--seconds", default=2, show_default=True, help="How long each time.")
@click.option(
    "--json", "file", type=click.Path(path_type=Path), help="Write every number to this file too."
)
@click.option("--no-wrk", is_flag=True, help="Send the load from Python even if wrk is installed.")
def main(quick: bool, rounds: int, seconds: int, file: Path | None, no_wrk: bool) -> None:
    """Measure Sluice beside its peers and print ratios; a goal that is missed is no failure."""
    if quick:
        rounds, seconds = 1, 1
    name, generator = ("asyncio client", asyncio_client) if no_wrk else available()
    head = f"{machine()}; load from {name}; {rounds} rounds of {seconds} s; median (least .. most)"
    try:
        with tempfile.TemporaryDirectory(prefix="sluice-bench-") as directory:
            bench = heats.Bench(Path(directory), generator, seconds)
            results = _measure(bench, rounds, quick=quick)
    except (LoadFailed, ProgramFailed, heats.NotComparable) as problem:
        raise click.ClickException(f"This run is not valid: {problem}") from problem
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    click.echo("\n".join([head, *table(results)]), color=colour)
    if not find_spec("moto"):
        click.echo("\nPeer (c) is missing: pip install -r bench/requirements.lock", err=True)
    if file:
        file.write_text(as_json(results, {"machine": machine(), "load": name}))


def _measure(bench: heats.Bench, rounds: int, *, quick: bool) -> list[Heat]:
    _tell("making the demo portal")
    bench.make_portal()
    with heats.peers(bench) as peers:
        calls = [heats.activate(bench, peers, 64), heats.get(bench, peers, 64)]
        calls += [heats.activate(bench, peers, 1)]
        calls += [] if quick else [heats.get(bench, peers, 1)]
        calls += [heats.batch(bench, peers), heats.limits(bench, peers, 64)]
        interleave(calls, rounds, _tell)
        memory = heats.memory(peers)
        interleave([memory], 1, _tell)
    start = heats.cold_start(bench)
    interleave([start], rounds, _tell)
    many = 10_000 if quick else 100_000
    _tell(f"making a portal of {many} flows")
    with heats.flatness(bench, 100, many) as flat:
        flat = flat[:1] if quick else flat
        interleave(flat, rounds, _tell)
    sizes = (10_000, 1_000) if quick else (1_000_000, 100_000, 1_000)
    _tell(f"making portals of up to {sizes[0]} tasks")
    with heats_of_tasks(bench, sizes) as of_tasks:
        of_tasks = of_tasks[:1] if quick else of_tasks
        interleave(of_tasks, rounds, _tell)
    _tell("making a portal with events to be sent")
    with heats_of_events(bench, 1_000 if quick else 10_000) as of_events:
        interleave(of_events, rounds, _tell)
    _tell("")
    return [*calls, start, memory, *flat, *of_tasks, *of_events]


def _tell(progress: str) -> None:
    """Show one line of progress, over the last one on a terminal."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{progress}", nl=False, err=True)
    elif progress:
        click.echo(progress, err=True)


if __name__ == "__main__":
    main(prog_name="python -m bench")
