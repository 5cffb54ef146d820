"""Fuzz every target for a bounded time, guided by coverage.

    python -m fuzz [--seconds N] [TARGET ...]

Each target runs in a process of its own under atheris (libFuzzer), with bounds on time and memory
for a single input. What breaks a promise is kept in fuzz/found/TARGET and replayed by the tests;
exits with 1 then.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import click

HERE = Path(__file__).parent
FOUND = HERE / "found"
INPUT_SECONDS = 10
MEMORY_MB = 2048
LONGEST_INPUT = 4096

# Runs one target; in a process of its own, because libFuzzer ends its process.
_RUN = """
import sys
import atheris
with atheris.instrument_imports(include=["sluice"]):
    from fuzz.targets import TARGETS
target = TARGETS[sys.argv.pop(1)]
atheris.Setup(sys.argv, target)
atheris.Fuzz()
"""


@click.command()
@click.option("--seconds", default=60, show_default=True, help="Time for each target.")
@click.argument("names", metavar="[TARGET]...", nargs=-1)
def main(seconds: int, names: tuple[str, ...]) -> None:
    """Fuzz every target, or those named."""
    from fuzz.targets import TARGETS

    if unknown := set(names) - set(TARGETS):
        raise click.UsageError(f"No target {sorted(unknown)}. There are: {', '.join(TARGETS)}.")
    broken = [name for name in names or TARGETS if not _holds(name, seconds)]
    if broken:
        click.echo(f"Broken: {', '.join(broken)}. Inputs are in {FOUND}.")
    sys.exit(bool(broken))


def _holds(name: str, seconds: int) -> bool:
    """Fuzz one target and tell whether its promises held."""
    from fuzz.targets import SEEDS

    kept = FOUND / name
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        corpus = Path(directory)
        for number, seed in enumerate(SEEDS[name]):
            (corpus / f"seed-{number}").write_bytes(seed)
        for file in kept.iterdir():
            (corpus / f"found-{file.name}").write_bytes(file.read_bytes())
        done = subprocess.run(
            [
                *(sys.executable, "-c", _RUN, name, str(corpus)),
                f"-max_total_time={seconds}",
                f"-timeout={INPUT_SECONDS}",
                f"-rss_limit_mb={MEMORY_MB}",
                f"-max_len={LONGEST_INPUT}",
                f"-artifact_prefix={kept}/",
                "-print_final_stats=1",
            ],
            cwd=HERE.parent,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=seconds + 120,
        )
    runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    edges = re.findall(r"cov: (\d+)", done.stderr)
    held = done.returncode == 0
    click.echo(
        f"{name:<11} {'held' if held else 'BROKEN':<7} {runs[1] if runs else '?':>8} inputs,"
        f" {edges[-1] if edges else '?'} edges"
    )
    if not held:
        click.echo(done.stderr[-3000:])
    return held


if __name__ == "__main__":
    main()
