"""The pages are true: links lead somewhere, files they name exist, tables are up to date."""

import re
from pathlib import Path

import pytest
from docs.tables import TABLES, with_table

from sluice.methods import method_table
from tests.docs.pages import ROOT, pages, without_blocks

SOURCE = ROOT / "src" / "sluice"
PARTS = ["Context", "Decision", "Consequences", "What else was considered"]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_OUR_FILE = re.compile(r"[\w./-]*/[\w.-]+\.(py|md|sql|lock)|[\w./-]+/|[\w-]+\.(py|lock)")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors_of(page: Path) -> set[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(without_blocks(page.read_text("utf-8"))):
        if link.startswith(("https://", "http://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


@pytest.mark.parametrize("page", [ROOT / "docs" / "architecture.md", *DECISIONS], ids=name_of)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    named = _CODE.findall(without_blocks(page.read_text("utf-8")))
    for path in filter(_OUR_FILE.fullmatch, named):
        places = (ROOT, SOURCE, page.parent)
        assert any((place / path).exists() for place in places), path


def test_the_architecture_names_every_package() -> None:
    words = (ROOT / "docs" / "architecture.md").read_text("utf-8")

    for package in SOURCE.glob("*/__init__.py"):
        assert f"`{package.parent.name}/" in words


@pytest.mark.parametrize("page", TABLES)
def test_the_table_of_a_page_is_what_the_program_knows(page: str) -> None:
    name, write = TABLES[page]
    text = (ROOT / page).read_text("utf-8")

    assert text == with_table(text, name, write()), "run: python -m docs.tables"


def test_what_is_not_yet_there_is_not_there() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    promised = readme.partition("## Not yet\n")[2].partition("\n## ")[0]

    names = [name for name in _CODE.findall(promised) if re.fullmatch(r"[a-z]+(\.\w+)*", name)]

    assert "placement.bind" in names
    assert [name for name in names if name in method_table()] == []


@pytest.mark.parametrize("decision", DECISIONS, ids=name_of)
def test_a_decision_says_why_and_what_else_there_was(decision: Path) -> None:
    headings = re.findall(r"^## (.+)$", decision.read_text("utf-8"), re.MULTILINE)

    assert [heading for heading in headings if heading in PARTS] == PARTS


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(decision.name[:4]) for decision in DECISIONS]
    titles = [int(page.read_text("utf-8")[2:].partition(".")[0]) for page in DECISIONS]

    assert numbers == titles == list(range(1, len(DECISIONS) + 1))
