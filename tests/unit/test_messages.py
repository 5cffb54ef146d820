"""The catalogues of messages, and the markup in what people are told."""

from __future__ import annotations

import string

import pytest
from docs.messages import CATALOGUES, catalogue, written

from sluice.domain.notification import link, mention, to_html
from sluice.messages import ENGLISH, LANGUAGES, text_of, translated

OTHERS = [language for language in LANGUAGES if language != ENGLISH]


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_is_up_to_date(language: str) -> None:
    po, mo = written(language)

    assert (CATALOGUES / f"{language}.po").read_bytes() == po, "make messages brings it up to date"
    assert (CATALOGUES / f"{language}.mo").read_bytes() == mo, "make messages compiles it"


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_with_the_same_gaps(language: str) -> None:
    texts = [(str(text.id), str(text.string)) for text in catalogue(language) if text.id]

    assert len(texts) > 30
    for english, other in texts:
        assert other not in ("", english)
        assert _gaps(other) == _gaps(english), english


def _gaps(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_a_text_is_said_in_a_language_that_is_known_and_in_english_otherwise() -> None:
    assert translated("Task for you", "ru") == "Задача для вас"
    assert translated("Task for you", "xx") == translated("Task for you", ENGLISH) == "Task for you"
    assert translated(text_of("never written"), "ru") == "never written"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("[B]x[/B] [i]y[/i]", "<b>x</b> <i>y</i>"),
        ("a\nb[BR]c", "a<br />b<br />c"),
        (
            "[URL=https://a.example/?b=1&c=2]d[/URL]",
            '<a href="https://a.example/?b=1&amp;c=2">d</a>',
        ),
        ("[URL=/here/][B]x[/B][/URL]", '<a href="/here/"><b>x</b></a>'),
        ("[USER=3]Anna[/USER]", "Anna"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("[URL=javascript:alert(1)]x[/URL]", "[URL=javascript:alert(1)]x[/URL]"),
        ("[URL=//evil.example]x[/URL]", "[URL=//evil.example]x[/URL]"),
        ('[URL=/" onclick="x]y[/URL]', "[URL=/&quot; onclick=&quot;x]y[/URL]"),
        ("[B]never closed", "[B]never closed"),
    ],
)
def test_codes_become_html_and_everything_else_is_escaped(text: str, html: str) -> None:
    assert to_html(text) == html


def test_codes_nested_without_end_come_to_an_end() -> None:
    assert "x" in to_html("[B][I]" * 2_000 + "x" + "[/I][/B]" * 2_000)


def test_no_label_ends_its_link() -> None:
    assert link("/a/", "x[/URL]y") == "[URL=/a/]x(/URL)y[/URL]"
    assert mention(3, "A[/USER]") == "[USER=3]A(/USER)[/USER]"
