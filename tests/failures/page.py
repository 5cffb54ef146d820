"""docs/failures.md: the rows of its table, which say what the tests beside this file expect."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "failures.md"
_TABLE = re.compile(r"<!-- failures: [^\n]*-->\n(.*?)<!-- end -->", re.DOTALL)
_REFUSAL = re.compile(r'(\d{3}) `(\w+)`, "([^"]+)"')


@dataclass(frozen=True)
class Row:
    """A failure and what becomes of it.

    Attributes:
        refusals: status, code and words of what clients are told, in the order of the page.
    """

    failure: str
    refusals: tuple[tuple[int, str, str], ...]

    @property
    def refusal(self) -> tuple[int, str, str]:
        """The only thing that clients are told."""
        (only,) = self.refusals
        return only


def rows() -> dict[str, Row]:
    """Return the rows of the table by the failure they are about."""
    table = _TABLE.search(PAGE.read_text("utf-8"))
    assert table is not None
    lines = [line.strip("|").split("|") for line in table[1].splitlines()[2:]]
    found = {}
    for failure, _, clients, _ in lines:
        refusals = tuple(
            (int(status), code, words) for status, code, words in _REFUSAL.findall(clients)
        )
        found[failure.strip()] = Row(failure.strip(), refusals)
    return found
