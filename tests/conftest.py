"""What holds for every test: engines, and that nothing is judged by how long it took here.

Tests that ask for `engine` run on every one of them; most ask for a `place` on it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from sluice.store.engine import Place
from tests.places import chosen_engines, empty_place, quick_disk

if quick := quick_disk():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", quick)

settings.register_profile("sluice", deadline=None)
settings.load_profile("sluice")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marked = metafunc.definition.iter_markers("parametrize")
    if "engine" in metafunc.fixturenames and all(mark.args[0] != "engine" for mark in marked):
        metafunc.parametrize("engine", chosen_engines(), scope="session")


@pytest.fixture(scope="module")
def lasting_place(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The same for a portal that the tests of a module share."""
    with empty_place(engine, tmp_path_factory.mktemp("lasting")) as place:
        yield place


@pytest.fixture
def place(engine: str, tmp_path: Path) -> Iterator[Place]:
    """Where an empty portal is, or can be made."""
    with empty_place(engine, tmp_path) as place:
        yield place
