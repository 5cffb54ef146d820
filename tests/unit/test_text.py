"""When two names are the same name."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.text import name_key


@pytest.mark.parametrize(
    ("first", "second"),
    [("Intake", "iNTAKE"), ("Straße", "STRASSE"), ("Été", "E\u0301TE\u0301"), ("Ёлка", "ёлКА")],
)
def test_these_are_the_same_name(first: str, second: str) -> None:
    assert name_key(first) == name_key(second)


@pytest.mark.parametrize(
    ("first", "second"), [("Intake", "Intake "), ("ete", "été"), ("a", "\uff41")]
)
def test_these_are_two_names(first: str, second: str) -> None:
    assert name_key(first) != name_key(second)


@given(st.text())
def test_a_key_is_its_own_key(name: str) -> None:
    assert name_key(name_key(name)) == name_key(name)


@given(st.text())
def test_a_key_does_not_depend_on_how_accents_are_written(name: str) -> None:
    assert name_key(unicodedata.normalize("NFD", name)) == name_key(name)
