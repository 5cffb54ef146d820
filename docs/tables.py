"""Write the tables that the program itself knows best into the pages that show them.

    python -m docs.tables

The methods go into README.md, from the method table; the settings into docs/operating.md. Each
table stands between two comments, and a test tells when one is out of date.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path

from sluice.methods import method_table
from sluice.rest.method import Method
from sluice.settings import Settings

ROOT = Path(__file__).parents[1]

UNDOCUMENTED = "†"
_NOTE = (
    f"{UNDOCUMENTED} The vendor's documentation does not tell of it: the product has it, or it is"
    " our own addition. `methods` does not list it."
)


def methods() -> str:
    """Return what each method does, and the scope it needs, in order of their names."""
    known = sorted(method_table(), key=lambda method: method.name.lower())
    rows = [(_name(method), _summary(method), _code(method.scope)) for method in known]
    return f"{_table(('Method', 'What it does', 'Scope'), rows)}\n\n{_NOTE}"


def settings() -> str:
    """Return every setting with its default and its sentence, in the order of the program."""
    rows = [
        (f"`{known.name}`", _code(_written(known.default)), known.metadata["sentence"])
        for known in fields(Settings)
    ]
    return _table(("Setting", "Default", "What it is"), rows)


# Page -> name of the table in its comment -> what writes it.
TABLES: dict[str, tuple[str, Callable[[], str]]] = {
    "README.md": ("methods", methods),
    "docs/operating.md": ("settings", settings),
}


def with_table(text: str, name: str, table: str) -> str:
    """Return a page's text with the table between its comments.

    Raises:
        ValueError: the page has no place for it.
    """
    place = re.compile(rf"(<!-- {name}: [^\n]* -->\n).*?(<!-- end -->)", re.DOTALL)
    if not place.search(text):
        raise ValueError(f"there is no place for the table of {name}")
    return place.sub(lambda found: f"{found[1]}{table}\n{found[2]}", text, count=1)


def _name(method: Method) -> str:
    return f"`{method.name}`" + ("" if method.listed else f" {UNDOCUMENTED}")


def _summary(method: Method) -> str:
    """Return the docstring's first line without the page it comes from."""
    return method.summary.partition(" Source: ")[0]


def _written(default: object) -> str:
    """Return a default as a settings file has it."""
    return str(default).lower() if isinstance(default, bool) else str(default)


def _code(text: str | None) -> str:
    return f"`{text}`" if text else ""


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(headings), *(list(row) for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines
    )


def main() -> None:
    """Write every table into its page."""
    for page, (name, write) in TABLES.items():
        file = ROOT / page
        file.write_text(with_table(file.read_text("utf-8"), name, write()), "utf-8")


if __name__ == "__main__":
    main()
