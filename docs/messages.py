"""Bring the message catalogues up to date with the program, and compile them.

python -m docs.messages
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from sluice.clock import EPOCH
from sluice.messages import ENGLISH, LANGUAGES

SOURCE = Path(__file__).parents[1] / "src" / "sluice"
CATALOGUES = SOURCE / "messages"
_KEYWORDS = {"text_of": None}


def texts() -> Catalog:
    """Return every text that is marked in the program."""
    found = Catalog()
    for file, _, text, _, _ in extract_from_dir(SOURCE, keywords=_KEYWORDS):
        found.add(text, locations=[(Path(file).as_posix(), 0)])
    return found


def catalogue(language: str) -> Catalog:
    """Return a language's catalogue as it is kept."""
    file = CATALOGUES / f"{language}.po"
    if not file.exists():
        return Catalog(locale=language)
    with file.open("rb") as stream:
        return read_po(stream, locale=language)


def written(language: str) -> tuple[bytes, bytes]:
    """Return the catalogue with exactly the texts of the program: as text, and compiled.

    It has no dates, so that the same texts make the same bytes.
    """
    kept = catalogue(language)
    found = Catalog(locale=language, creation_date=EPOCH, revision_date=EPOCH, fuzzy=False)
    for text in texts():
        if text.id:
            known = kept.get(text.id)
            found.add(text.id, known.string if known else "", text.locations, text.flags)
    po, mo = io.BytesIO(), io.BytesIO()
    write_po(po, found, width=100, omit_header=True, sort_output=True, include_lineno=False)
    write_mo(mo, found)
    return po.getvalue(), mo.getvalue()


def main() -> None:
    for language in LANGUAGES:
        if language != ENGLISH:
            po, mo = written(language)
            (CATALOGUES / f"{language}.po").write_bytes(po)
            (CATALOGUES / f"{language}.mo").write_bytes(mo)


if __name__ == "__main__":
    main()
