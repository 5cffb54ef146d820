"""References of a batch: every vector of rest-protocol.md 11.4."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.rest.references import substituted

A = {"ID": 7, "TAGS": ["x", "y"], "NONE": None, "YES": True}
LIST = [{"ID": 1}, {"ID": 2}]
ANSWERS: dict[str, dict[str, Any]] = {
    "result": {"a": A, "list": LIST, "plain": "text", "rate": 1.5},
    "error": {"bad": {"error": "100"}},
    "total": {"list": 2},
    "next": {"list": 50},
    "time": {},
}


@pytest.mark.parametrize(
    ("value", "becomes"),
    [
        ("$result[a][ID]", 7),
        ("$result[a][TAGS]", ["x", "y"]),
        ("$result[list][1][ID]", 2),
        ("n-$result[a][ID]", "n-7"),
        ("$result[a][ID] $result[list][0][ID]", "7 1"),
        ("$result[a][ID],$result[list][0][ID]", 7),
        ("$result[a][NOPE]", A),
        ("$result[nope][ID]", ANSWERS["result"]),
        ("x$result[a][NOPE]", "x$result[a][NOPE]"),
        ("$result[list][49][ID]", LIST),
        ("$result[a][NONE]", A),
        ("$result[a][YES]", True),
        ("x$result[a][YES]", "x$result[a][YES]"),
        ("$result[plain]", "text"),
        ("rate $result[rate]", "rate 1.5"),
        ("$total[list]", 2),
        ("$next[list]", 50),
        ("$error[bad][error]", "100"),
        ("$RESULT[a][ID]", "$RESULT[a][ID]"),
        ("$result", "$result"),
        ("costs $5", "costs $5"),
        (["$result[a][ID]", {"deep": "$result[list][0][ID]"}], [7, {"deep": 1}]),
        ({"$result[a][ID]": "key"}, {"$result[a][ID]": "key"}),
    ],
    ids=repr,
)
def test_vectors(value: Any, becomes: Any) -> None:
    assert substituted(value, ANSWERS) == becomes


@given(st.text(alphabet="$result[]a ID0149,", max_size=60))
def test_any_text_becomes_something(text: str) -> None:
    substituted(text, ANSWERS)


@given(st.text().filter(lambda text: "$" not in text))
def test_a_text_without_references_stays(text: str) -> None:
    assert substituted(text, ANSWERS) == text
