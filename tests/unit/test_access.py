"""Member codes, and the people they mean, against a model that says it the long way round."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.access import (
    DEPARTMENT,
    META_USER,
    USER,
    Member,
    codes_of,
    expanded,
    member_from_pair,
    with_ancestors,
    with_descendants,
)

Tree = dict[int, int | None]

MEMBERS = st.one_of(
    st.builds(Member, st.just(USER), st.integers(1, 12)),
    st.builds(Member, st.just(DEPARTMENT), st.integers(1, 8), st.booleans()),
    st.just(Member(META_USER, 0)),
)


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Draw departments 1 to n; 1 is the root, the others hang somewhere above them."""
    parents: Tree = {1: None}
    for department in range(2, draw(st.integers(1, 8)) + 1):
        parents[department] = draw(st.sampled_from(sorted(parents)))
    return parents


STAFF = st.dictionaries(st.integers(1, 8), st.lists(st.integers(1, 12), unique=True))


def is_below(department: int, above: int, parents: Mapping[int, int | None]) -> bool:
    """Tell, step by step upwards, whether a department is this one or somewhere below it."""
    if department == above:
        return True
    parent = parents.get(department)
    return parent is not None and is_below(parent, above, parents)


def means(member: Member, user: int, staff: Mapping[int, list[int]], parents: Tree) -> bool:
    """Tell whether a member code means an employee, straight from the words of flows.md 2.2."""
    if member.kind == META_USER:
        return True
    if member.kind == USER:
        return member.id == user
    return any(
        user in people and (at == member.id if member.flat else is_below(at, member.id, parents))
        for at, people in staff.items()
        if at in parents
    )


@given(trees(), STAFF, st.integers(1, 12), MEMBERS)
def test_the_codes_of_an_employee_are_those_that_mean_them(
    parents: Tree, staff: dict[int, list[int]], user: int, member: Member
) -> None:
    departments = [at for at, people in staff.items() if user in people and at in parents]

    codes = codes_of(user, is_intranet=True, departments=departments, parents=parents)

    assert (member.code in codes) == means(member, user, staff, parents)


@given(trees(), STAFF, st.integers(1, 12), MEMBERS)
def test_a_guest_is_meant_only_personally(
    parents: Tree, staff: dict[int, list[int]], user: int, member: Member
) -> None:
    codes = codes_of(user, is_intranet=False, departments=list(staff), parents=parents)

    assert (member.code in codes) == (member == Member(USER, user))


@given(trees(), STAFF, st.lists(MEMBERS), st.sets(st.integers(1, 12)))
def test_expanded_has_whom_the_list_means_and_nobody_twice(
    parents: Tree, staff: dict[int, list[int]], members: list[Member], available: set[int]
) -> None:
    staff = {at: people for at, people in staff.items() if at in parents}

    people = expanded(members, staff, parents, available)

    named = [member for member in members if member.kind != META_USER]
    assert len(people) == len(set(people))
    assert set(people) == {
        user for user in available if any(means(member, user, staff, parents) for member in named)
    }


PARENTS: Tree = {1: None, 17: 1, 18: 17, 19: 18, 3: 1}
PEOPLE = {1: [1], 3: [9, 4], 17: [7], 18: [6, 8], 19: [5]}
EVERYONE = frozenset(range(1, 12))


@pytest.mark.parametrize(
    ("members", "people"),
    [
        ([Member(DEPARTMENT, 17)], [5, 6, 7, 8]),
        ([Member(DEPARTMENT, 17, flat=True)], [7]),
        ([Member(DEPARTMENT, 3)], [4, 9]),
        ([Member(USER, 2), Member(DEPARTMENT, 3)], [4, 9, 2]),
        ([Member(DEPARTMENT, 18), Member(DEPARTMENT, 3)], [5, 6, 8, 4, 9]),
        ([Member(USER, 8), Member(USER, 2), Member(USER, 8)], [8, 2]),
        ([Member(USER, 9), Member(DEPARTMENT, 3)], [4, 9]),
        ([Member(USER, 99), Member(META_USER, 0)], []),
        ([Member(DEPARTMENT, 404)], []),
    ],
    ids=[
        "a department with what is below",
        "a flat department",
        "in order of id",
        "departments first",
        "departments as listed",
        "single users as listed, once",
        "listed twice, stands first",
        "nobody available",
        "no such department",
    ],
)
def test_people_stand_in_order(members: list[Member], people: list[int]) -> None:
    assert expanded(members, PEOPLE, PARENTS, EVERYONE) == people


def test_departments_above_and_below() -> None:
    assert with_ancestors(19, PARENTS) == [19, 18, 17, 1]
    assert with_descendants(17, PARENTS) == [17, 18, 19]


def test_departments_that_stand_above_one_another_are_walked_once() -> None:
    assert with_ancestors(2, {2: 3, 3: 2}) == [2, 3]
    assert with_descendants(2, {2: 3, 3: 2}) == [2, 3]


@given(MEMBERS)
def test_a_pair_and_its_member_are_the_same(member: Member) -> None:
    assert member_from_pair(*member.pair) == member


@given(MEMBERS, MEMBERS)
def test_two_members_have_two_codes(first: Member, second: Member) -> None:
    assert (first == second) == (first.code == second.code)


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("user", 3, "U3"),
        ("user", "3", "U3"),
        ("user", "03", "U3"),
        ("department", "17", "DR17"),
        ("department", 17, "DR17"),
        ("department", "17:F", "D17"),
        ("meta-user", "all-users", "UA"),
    ],
)
def test_a_pair_names_a_member(kind: str, value: object, code: str) -> None:
    member = member_from_pair(kind, value)

    assert member is not None
    assert member.code == code


@given(st.one_of(st.text(), st.integers(), st.none()), st.text() | st.integers() | st.none())
def test_what_names_nothing_is_none(kind: object, value: object) -> None:
    assert member_from_pair(kind, value) is None or kind in (USER, DEPARTMENT, META_USER)


@pytest.mark.parametrize("value", ["", "x", "0", "-1", "1.5", "٣", "3:F", " 3", True, None, [3]])
def test_an_id_that_is_none(value: object) -> None:
    assert member_from_pair("user", value) is None
