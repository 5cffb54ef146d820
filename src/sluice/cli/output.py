"""How commands answer: JSON for programs and people, tables for people, failures in plain words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import click

FAILED = 1  # the exit code of a refusal or failure; click uses 2 for a wrong command line

# A key with its colon, a text, a literal or a number of a JSON document, in this order of trying.
_TOKEN = re.compile(
    r'(?P<key>"(?:\\.|[^"\\])*")(?=:)|(?P<text>"(?:\\.|[^"\\])*")'
    r"|(?P<literal>\b(?:true|false|null)\b)|(?P<number>-?\d[\d.eE+-]*)"
)
_COLOURS = {"key": "blue", "text": "green", "literal": "magenta", "number": "cyan"}
# What a terminal may take as a command and `json.dumps` leaves as it is.
_CONTROL = re.compile("[\x7f-\x9f]")


class Failure(click.ClickException):
    """Something could not be done. Exits with 1; the words say what to do."""

    exit_code = FAILED

    @classmethod
    def of_system(cls, problem: OSError) -> Failure:
        """Return what the operating system refused, in its words."""
        return cls(f"{problem.filename}: {problem.strerror}" if problem.filename else str(problem))


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json` to a command, as the argument `as_json`."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print JSON, for programs to read."
    )(command)


def json_text(value: Any) -> str:
    """Return a value as indented JSON without characters that a terminal would obey."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def coloured_json(value: Any) -> str:
    """Return a value as JSON with colours, which `click.echo` drops where there is no terminal."""
    return _TOKEN.sub(
        lambda found: click.style(found[0], fg=_COLOURS[str(found.lastgroup)]), json_text(value)
    )


def printable(text: str) -> str:
    """Return a text of somebody else without characters that a terminal would obey."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return rows in columns as wide as their longest cell, under their headings."""
    lines = [list(headings), *([printable(str(cell)) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    heading, *others = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
    return "\n".join([click.style(heading, bold=True), *others])


def size(count: float) -> str:
    """Return a number of bytes as people say it."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"
