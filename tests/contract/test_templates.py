"""Task templates and who may read them."""

from __future__ import annotations

import pytest

from sluice.domain.access import Actor
from tests.contract.conftest import Run


def actor(user_id: int, *codes: str, is_admin: bool = False) -> Actor:
    return Actor(user_id, is_admin, True, frozenset(codes), frozenset(), "test")


@pytest.mark.parametrize(
    ("reader", "may"),
    [
        (actor(3, "U3"), True),
        (actor(4, "U4", "DR17"), True),
        (actor(4, "U4", "D17"), False),
        (actor(9, "U9", is_admin=True), True),
    ],
    ids=["its author", "given by a code", "by another code", "administrator"],
)
def test_who_may_read_a_template(run: Run, reader: Actor, may: bool) -> None:
    template = run(lambda store: store.templates.add("Report", 3))
    run(lambda store: store.templates.let_read(template, ["DR17", "U5", "DR17"]))

    assert run(lambda store: store.templates.can_read(reader, template)) is may


def test_a_template_that_is_not_there_is_read_by_nobody(run: Run) -> None:
    assert run(lambda store: store.templates.exists(1)) is False
    assert run(lambda store: store.templates.can_read(actor(1, is_admin=True), 1)) is False
    template = run(lambda store: store.templates.add("Report", 3))
    assert run(lambda store: store.templates.exists(template)) is True
