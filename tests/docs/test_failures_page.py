"""docs/failures.md: each row of its table is tried by a test."""

from __future__ import annotations

import re
from pathlib import Path

from tests.failures.page import rows

TESTS = Path(__file__).parents[1]
_MARKED = re.compile(r'^(?:@|pytestmark = )pytest\.mark\.failure\("([^"]+)"\)$', re.MULTILINE)


def test_every_row_is_tried_and_every_trial_has_a_row() -> None:
    tried = {
        failure
        for file in TESTS.rglob("test_*.py")
        for failure in _MARKED.findall(file.read_text("utf-8"))
    }
    assert tried == set(rows())
