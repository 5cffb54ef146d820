"""Task templates and who may read them."""

from __future__ import annotations

import pytest

from sluice.domain.access import USER, Actor, Member
from sluice.domain.flow import Distribution, created
from sluice.store.tables import Store
from sluice.store.templates import Template
from tests.contract.conftest import NOW, Run


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


def test_a_template_comes_back_as_stored(run: Run) -> None:
    content = {"DESCRIPTION": "Weekly", "ACCOMPLICES": [4, 5]}
    template = run(lambda store: store.templates.add("Report", 3, 4, content))

    whole = Template(template, "Report", 3, 4, content)
    assert run(lambda store: store.templates.find(template)) == whole
    assert run(lambda store: store.templates.find(template)) == whole
    assert run(lambda store: store.templates.find(template + 1)) is None


def test_saving_replaces_every_field(run: Run) -> None:
    template = run(lambda store: store.templates.add("Report", 3, 4, {"PRIORITY": 2}))
    changed = Template(template, "Plan", 5, 6, {"TAGS": ["a"]})

    run(lambda store: store.templates.save(changed))

    assert run(lambda store: store.templates.find(template)) == changed


def test_a_deleted_template_takes_its_readers_along(run: Run) -> None:
    template = run(lambda store: store.templates.add("Report", 3))
    run(lambda store: store.templates.let_read(template, ["U5"]))

    run(lambda store: store.templates.delete(template))

    assert run(lambda store: store.templates.find(template)) is None
    readers = "SELECT COUNT(*) FROM template_reader"
    assert run(lambda store: store.transaction.one(readers)) == (0,)


def test_flows_forget_one_template_alone(run: Run) -> None:
    def fill(store: Store) -> list[int]:
        flows = [
            created(
                {
                    "name": f"Flow of {template}",
                    "planned_completion_seconds": 3600,
                    "distribution_type": Distribution.QUEUE,
                    "responsible_list": (Member(USER, 1),),
                    "group_id": 1,
                    "template_id": template,
                },
                creator_id=1,
                now=NOW,
            )
            for template in (7, 8)
        ]
        return [number for flow in flows if (number := store.flows.add(flow))]

    numbers = run(fill)

    run(lambda store: store.flows.forget_template(7))

    def templates(store: Store) -> list[int]:
        found = [store.flows.find(number) for number in numbers]
        return [flow.template_id for flow in found if flow]

    assert run(templates) == [0, 8]
