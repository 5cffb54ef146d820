"""What the pages say: their blocks of code, and what those print."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
ANYTHING = "…"

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    """A fenced block, and the `text` block right behind it, which is what the code prints."""

    language: str
    code: str
    prints: str


def pages() -> list[Path]:
    """Return every page of the project, what is installed into it apart."""
    own = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("changes.d/*.md")]
    return sorted([*own, *ROOT.glob("bench/*.md")])


def blocks_of(page: str) -> list[Block]:
    """Return the blocks of a page in order."""
    fenced = _FENCED.findall((ROOT / page).read_text("utf-8"))
    following = [*fenced[1:], ("", "")]
    return [
        Block(language, code, printed if next_language == "text" else "")
        for (language, code), (next_language, printed) in zip(fenced, following, strict=True)
        if language != "text"
    ]


def without_blocks(text: str) -> str:
    """Return what a page says in words."""
    return _FENCED.sub("", text)


def is_shown(expected: str, printed: str) -> bool:
    """Tell whether this was printed somewhere; `…` stands for anything."""
    parts = map(re.escape, expected.strip().split(ANYTHING))
    return re.search(".*".join(parts), printed, re.DOTALL) is not None
