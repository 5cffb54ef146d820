"""The users' table: addresses are unique, departments keep their order, guests know few."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from sluice.domain.access import Actor
from sluice.domain.people import Group, Role, User, UserType
from sluice.store.listing import Condition, Window
from sluice.store.tables import Store
from sluice.store.users import LISTED
from tests.contract.conftest import NOW, Run

ALL = Window(0, 50, counted=True)


def user(name: str, *departments: int, **profile: Any) -> User:
    return User(
        0, f"{name.lower()}@example.com", NOW, NOW, name=name, departments=departments, **profile
    )


def add(run: Run, new: User) -> int:
    user_id = run(lambda store: store.users.add(new))
    assert isinstance(user_id, int)
    return user_id


FULL = User(
    7,
    "Zoë@Example.com",
    NOW,
    NOW + timedelta(microseconds=1),
    active=False,
    is_admin=True,
    departments=(18, 3),
    last_login=NOW,
    name="Zoë",
    last_name="O'Brien",
    second_name="Ł",
    title="Dr",
    work_position="Lead",
    xml_id="x-1",
    time_zone="Europe/Berlin",
    personal_gender="F",
    personal_birthday="1990-05-17",
    personal_notes="two\nlines",
    uf_phone_inner="007",
    uf_skills="🚿",
)


@pytest.mark.parametrize(
    "new",
    [user("Anna"), FULL, user("Gustavo", user_type=UserType.EXTRANET)],
    ids=["few facts", "every kind of fact", "guest"],
)
def test_a_user_comes_back_as_stored(run: Run, new: User) -> None:
    user_id = add(run, new)

    assert run(lambda store: store.users.find(user_id)) == replace(new, id=user_id)
    assert run(lambda store: store.users.departments_of(user_id)) == new.departments
    assert run(lambda store: store.users.time_zone(user_id)) == new.time_zone


def test_somebody_unknown_is_nobody(run: Run) -> None:
    assert run(lambda store: store.users.find(1)) is None
    assert run(lambda store: store.users.departments_of(1)) == ()
    assert run(lambda store: store.users.time_zone(1)) == ""
    assert run(lambda store: store.users.with_email("anna@example.com")) is None


def test_an_address_belongs_to_one_user_whatever_its_case(run: Run) -> None:
    anna = add(run, user("Anna"))

    assert run(lambda store: store.users.add(user("ANNA"))) is None
    assert run(lambda store: store.users.with_email("aNNa@Example.COM")) == anna


def test_who_is_refused_leaves_no_departments(run: Run) -> None:
    add(run, user("Anna", 1))

    run(lambda store: store.users.add(user("Anna", 2)))

    assert run(lambda store: store.departments.staff()) == {1: [1]}


def test_saving_replaces_every_field_and_the_departments(run: Run) -> None:
    anna = add(run, user("Anna", 1, 2))
    changed = replace(FULL, id=anna)

    run(lambda store: store.users.save(changed))

    assert run(lambda store: store.users.find(anna)) == changed


def test_a_department_named_twice_counts_once(run: Run) -> None:
    anna = add(run, user("Anna", 3, 1, 3))

    assert run(lambda store: store.users.departments_of(anna)) == (3, 1)


def test_several_users_come_in_order_of_id(run: Run) -> None:
    ids = [add(run, user(name, 1)) for name in ("Anna", "Boris", "Chiara")]

    found = run(lambda store: store.users.with_ids([ids[2], 99, ids[0], ids[2]]))

    assert [one.id for one in found] == [ids[0], ids[2]]
    assert [one.departments for one in found] == [(1,), (1,)]
    assert run(lambda store: store.users.with_ids([])) == []


def test_the_dismissed_exist_but_are_not_active(run: Run) -> None:
    anna = add(run, user("Anna", is_admin=True))
    boris = add(run, user("Boris", is_admin=True, active=False))

    assert run(lambda store: store.users.first_missing([anna, boris])) is None
    assert run(lambda store: store.users.first_missing([anna, 98, 99])) == 98
    assert run(lambda store: store.users.active_among([anna, boris, 99])) == {anna}
    assert run(lambda store: store.users.administrators()) == (anna,)


def known(run: Run, reader: Actor | None, *conditions: Condition) -> list[str]:
    names = run(
        lambda store: [one.name for one in store.users.page(conditions, [], ALL, reader)[0]]
    )
    assert isinstance(names, list)
    return names


@pytest.fixture
def staff(run: Run) -> dict[str, int]:
    """Anna and Boris in department 17, Chiara in none of the groups, Gustavo a guest with Boris."""

    def fill(store: Store) -> dict[str, int]:
        people = (
            user("Anna", 17, work_position="Écrivain", personal_birthday="1990-05-17"),
            user("Boris", 17, 18, last_name="Novak"),
            user("Chiara", 1),
            user("Gustavo", user_type=UserType.EXTRANET),
        )
        ids = {one.name: store.users.add(one) or 0 for one in people}
        group = Group(0, "Together", ids["Boris"], NOW, NOW, NOW)
        group_id = store.groups.add(group, [ids["Gustavo"]], ()) or 0
        store.groups.add_member(group_id, ids["Chiara"], Role.REQUEST)
        return ids

    ids = run(fill)
    assert isinstance(ids, dict)
    return ids


def test_a_guest_knows_who_shares_a_group(run: Run, staff: dict[str, int]) -> None:
    guest = Actor(staff["Gustavo"], False, False, frozenset(), frozenset(), "test")
    employee = Actor(staff["Anna"], False, True, frozenset(), frozenset(), "test")

    assert known(run, guest) == ["Boris", "Gustavo"]
    assert known(run, employee) == known(run, None) == ["Anna", "Boris", "Chiara", "Gustavo"]


@pytest.mark.parametrize(
    ("column", "operator", "values", "names"),
    [
        ("NAME", "=", ("anna",), ["Anna"]),
        ("LAST_NAME", "like", ("%ova%",), ["Boris"]),
        ("WORK_POSITION", "=", ("écrivain",), ["Anna"]),
        ("FIND", "like", ("%écri%",), ["Anna"]),
        ("UF_DEPARTMENT", "=", (17,), ["Anna", "Boris"]),
        ("UF_DEPARTMENT", "not in", (17,), ["Chiara", "Gustavo"]),
        ("UF_DEPARTMENT", "=", (None,), ["Gustavo"]),
        ("PERSONAL_BIRTHDAY", ">", ("1980-01-01",), ["Anna"]),
        ("PERSONAL_BIRTHDAY", "=", (None,), ["Boris", "Chiara", "Gustavo"]),
        ("USER_TYPE", "=", ("extranet",), ["Gustavo"]),
        ("NAME_SEARCH", "like", ("boris nov%",), ["Boris"]),
    ],
)
def test_people_are_found(
    run: Run,
    staff: dict[str, int],
    column: str,
    operator: str,
    values: tuple[Any, ...],
    names: list[str],
) -> None:
    assert known(run, None, Condition(LISTED[column], operator, values)) == names


@pytest.mark.parametrize("column", sorted(LISTED))
def test_every_column_can_be_filtered_and_sorted_by(
    run: Run, staff: dict[str, int], column: str
) -> None:
    listed = LISTED[column]
    by = [] if listed.within else [(listed, False)]
    condition = Condition(listed, "!=", ("",) if listed.kind in ("text", "name", "date") else (0,))

    found, total = run(lambda store: store.users.page([condition], by, ALL))

    assert len(found) == total <= 4
