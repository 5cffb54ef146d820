"""Say what was measured: a table for people, JSON for programs."""

import json
import os
import platform
import sqlite3
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

import click

from bench.rounds import Heat, Series


def machine() -> str:
    """Return what the numbers depend on."""
    return (
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    )


def table(heats: Sequence[Heat]) -> Iterator[str]:
    """Yield the lines of the table."""
    for heat in heats:
        yield ""
        yield click.style(heat.title, bold=True)
        for series in heat.series:
            yield f"  {series.peer:34} {_numbers(heat, series)}{_comparison(heat, series)}"


def as_json(heats: Sequence[Heat], facts: dict[str, Any]) -> str:
    """Return everything, each round's number included."""
    return json.dumps({**facts, "heats": [_heat(heat) for heat in heats]}, indent=2) + "\n"


def _numbers(heat: Heat, series: Series) -> str:
    middle, low, high = (f"{_number(f(series.values)):>7}" for f in (median, min, max))
    return f"{middle} {heat.unit:8} ({low} ..{high})"


def _number(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ") if value >= 10 else f"{value:.2f}"


def _comparison(heat: Heat, series: Series) -> str:
    words = ""
    if series is not heat.series[0]:
        words = f"   ratio {heat.ratio(series):6.2f}"
    if series.goal_ratio is not None:
        words += f"   goal: at least {series.goal_ratio:g}"
    if series.goal_at_most is not None:
        words += f"   goal: at most {series.goal_at_most:g} {heat.unit}"
    met = heat.met(series)
    if met is None:
        return words
    return words + (click.style(", met", fg="green") if met else click.style(", not met", fg="red"))


def _heat(heat: Heat) -> dict[str, Any]:
    return {
        "title": heat.title,
        "unit": heat.unit,
        "series": [
            {
                "peer": series.peer,
                "median": median(series.values),
                "values": series.values,
                "ratio": None if series is heat.series[0] else heat.ratio(series),
                "goal_ratio": series.goal_ratio,
                "goal_at_most": series.goal_at_most,
                "met": heat.met(series),
            }
            for series in heat.series
        ],
    }
