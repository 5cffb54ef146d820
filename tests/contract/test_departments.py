"""The department tree."""

from __future__ import annotations

import pytest

from sluice.domain.people import Department, User
from sluice.store.departments import LISTED
from sluice.store.listing import Condition, Window
from sluice.store.tables import Store
from tests.contract.conftest import NOW, Run, change_user


@pytest.fixture
def tree(run: Run) -> None:
    """The root 1, Engineering 2 with Backend 3 below it; Anna 1 in 3 and 2, Boris 2 in 3."""

    def fill(store: Store) -> None:
        for department in (
            Department(0, "Acme"),
            Department(0, "Engineering", 100, 1, head_id=1),
            Department(0, "Backend", 200, 2),
        ):
            store.departments.add(department)
        for name, departments in (("anna", (3, 2)), ("boris", (3,))):
            email = f"{name}@example.com"
            store.users.add(User(0, email, NOW, NOW, departments=departments))

    run(fill)


def test_a_department_comes_back_as_stored(run: Run, tree: None) -> None:
    assert run(lambda store: store.departments.find(2)) == Department(
        2, "Engineering", 100, 1, head_id=1
    )
    assert run(lambda store: store.departments.find(9)) is None
    assert run(lambda store: store.departments.first_missing([1, 2, 9, 8])) == 9
    assert run(lambda store: store.departments.first_missing([1, 2])) is None


def test_saving_replaces_every_field(run: Run, tree: None) -> None:
    changed = Department(3, "Storage", 7, 1, head_id=2)

    run(lambda store: store.departments.save(changed))

    assert run(lambda store: store.departments.find(3)) == changed


def test_the_tree_and_its_people_are_told(run: Run, tree: None) -> None:
    assert run(lambda store: store.departments.parents()) == {1: None, 2: 1, 3: 2}
    assert run(lambda store: store.departments.headed_by(1)) == {2}
    assert run(lambda store: store.departments.staff()) == {2: [1], 3: [1, 2]}


def test_the_dismissed_are_no_staff(run: Run, tree: None) -> None:
    change_user(run, 1, active=False)

    assert run(lambda store: store.departments.staff()) == {3: [2]}


def test_what_a_deleted_department_held_goes_to_its_heir(run: Run, tree: None) -> None:
    run(lambda store: store.departments.delete(2, heir_id=1))

    assert run(lambda store: store.departments.parents()) == {1: None, 3: 1}
    assert run(lambda store: store.users.departments_of(1)) == (3, 1)


def test_who_is_with_the_heir_already_is_there_once(run: Run, tree: None) -> None:
    run(lambda store: store.departments.delete(3, heir_id=2))

    assert run(lambda store: store.departments.staff()) == {2: [1, 2]}
    assert run(lambda store: store.users.departments_of(1)) == (2,)


def test_a_page_finds_the_root_by_the_parent_0(run: Run, tree: None) -> None:
    def page(store: Store) -> tuple[list[str], int | None]:
        root = Condition(LISTED["PARENT"], "=", (0,))
        found, total = store.departments.page([root], [], Window(0, 50, counted=True))
        return [one.name for one in found], total

    assert run(page) == (["Acme"], 1)


def test_a_page_is_not_counted_unless_asked(run: Run, tree: None) -> None:
    def page(store: Store) -> tuple[list[str], int | None]:
        by = [(LISTED["SORT"], False)]
        found, total = store.departments.page([], by, Window(0, 2, counted=False))
        return [one.name for one in found], total

    assert run(page) == (["Acme", "Backend"], None)
