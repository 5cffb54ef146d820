"""The words that the portal says to people, in the language of each.

A text is written in English where it is used, marked with `text_of` if it is only kept there; what
it is in another language stands in a catalogue, `ru.po`. `make messages` brings the catalogues up
to date and compiles them, and a test tells when one is not.
"""

from __future__ import annotations

import gettext
from functools import cache
from importlib import resources

ENGLISH = "en"
LANGUAGES = (ENGLISH, "ru")


def text_of(english: str) -> str:
    """Mark a text for translation and return it as it is."""
    return english


def translated(english: str, language: str) -> str:
    """Return a text in a language; in English, if it is not known there."""
    return _catalogue(language).gettext(english)


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language not in LANGUAGES or language == ENGLISH:
        return gettext.NullTranslations()
    with resources.files(__name__).joinpath(f"{language}.mo").open("rb") as file:
        return gettext.GNUTranslations(file)
