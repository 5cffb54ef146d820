"""Each test here tries a row of docs/failures.md, and takes what it expects from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.failures.page import Row, rows


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and item.get_closest_marker("failure") is None:
            pytest.fail(f"{item.nodeid} does not say which failure it tries", False)


@pytest.fixture
def row(request: pytest.FixtureRequest) -> Row:
    """The row that the test tries."""
    marker = request.node.get_closest_marker("failure")
    return rows()[marker.args[0]]
