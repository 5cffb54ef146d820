"""What holds for every test: engines, and that nothing is judged by how long it took here.

Tests that ask for `engine` run on every one of them; most ask for a `place` on it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from sluice.store.database import MOST_TOGETHER, Transaction
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


@pytest.fixture(autouse=True)
def _memory_is_true(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Whatever a portal in this process remembers is read again, and must be the same."""
    if request.node.get_closest_marker("trusts_memory"):
        yield
        return
    wrong: list[str] = []
    recall, recall_each = Transaction.recall, Transaction.recall_each

    def check(key: object, known: object, read: object) -> None:
        if known is not None and known != read:
            wrong.append(f"{key} is remembered as {known}, and is {read}")

    def checked(self: Transaction, key: Hashable, read: Callable[[], Any]) -> Any:
        check(key, self.memory.get(key), fresh := read())
        return recall(self, key, lambda: fresh)

    def checked_each(
        self: Transaction, topic: Hashable, ids: Iterable[int], read: Callable[..., Any]
    ) -> Any:
        ids = list(ids)
        known = {each: self.memory.get((topic, each)) for each in ids}
        fresh: dict[int, Any] = {}
        for start in range(0, len(ids), MOST_TOGETHER):
            fresh |= read(ids[start : start + MOST_TOGETHER])
        for each in ids:
            check((topic, each), known[each], fresh.get(each))
        return recall_each(self, topic, ids, read)

    monkeypatch.setattr(Transaction, "recall", checked)
    monkeypatch.setattr(Transaction, "recall_each", checked_each)
    yield
    assert wrong == []


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
