"""What a valid flow is, and how it changes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.access import DEPARTMENT, META_USER, USER, Member
from sluice.domain.flow import SETTINGS, Distribution, Flow, changed, check, created
from sluice.errors import BusinessError

NOW = datetime(2026, 1, 12, 9, 30, tzinfo=UTC)
ANNA, BORIS, SUPPORT = Member(USER, 3), Member(USER, 4), Member(DEPARTMENT, 17)
EVERYBODY = Member(META_USER, 0)

LEAST: dict[str, Any] = {
    "planned_completion_seconds": 3600,
    "name": "Intake",
    "distribution_type": Distribution.QUEUE,
    "responsible_list": (ANNA, SUPPORT),
}


def flow(**settings: Any) -> Flow:
    return created({**LEAST, **settings}, creator_id=1, now=NOW)


def refusal(changes: dict[str, Any], of: Flow | None = None) -> str:
    with pytest.raises(BusinessError) as refused:
        check(changes, of)
    return refused.value.description


def test_a_new_flow_is_on_and_its_creators() -> None:
    made = flow()

    assert (made.id, made.creator_id, made.owner_id) == (0, 1, 1)
    assert (made.active, made.demo, made.efficiency, made.activity) == (True, False, 100, NOW)


def test_a_change_leaves_the_rest_as_it_is() -> None:
    before = flow()

    after = changed(before, {"name": "Outlet"})

    assert after.name == "Outlet"
    assert changed(after, {"name": "Intake"}) == before


def test_a_manual_flow_keeps_one_moderator() -> None:
    made = flow(distribution_type=Distribution.MANUALLY, responsible_list=(ANNA, BORIS))
    handed_on = changed(made, {"responsible_list": (BORIS, ANNA)})

    assert (made.responsible_list, made.moderator_id) == ((ANNA,), ANNA.id)
    assert (handed_on.responsible_list, handed_on.moderator_id) == ((BORIS,), BORIS.id)


@pytest.mark.parametrize("distribution", [Distribution.QUEUE, Distribution.HIMSELF])
def test_other_flows_have_no_moderator(distribution: Distribution) -> None:
    assert flow(distribution_type=distribution).moderator_id is None


def test_the_codes_of_a_flow_are_everybody_it_names() -> None:
    named = flow(owner_id=5, task_creators=(EVERYBODY, BORIS))

    assert list(named.codes()) == ["U1", "U5", "U3", "DR17", "UA", "U4"]


def test_the_least_is_enough() -> None:
    check(LEAST)


@given(st.sets(st.sampled_from(sorted(LEAST))))
def test_a_change_needs_no_field(sent: set[str]) -> None:
    check({name: LEAST[name] for name in sent}, flow())


@pytest.mark.parametrize("field", LEAST)
def test_a_new_flow_needs_its_fields(field: str) -> None:
    wire = SETTINGS[field]
    words = f"Property {wire} cannot be null"

    assert refusal({name: value for name, value in LEAST.items() if name != field}) == words
    assert refusal({**LEAST, field: None}) == words
    assert refusal({field: None}, flow()) == words


LARGEST_ID = 2**63 - 1
BOUNDS = [
    ("group_id", 0, LARGEST_ID),
    ("template_id", 0, LARGEST_ID),
    ("planned_completion_seconds", 3600, 2_145_398_400),
    ("notify_on_queue_overflow", 0, 99_999),
    ("notify_on_tasks_in_progress_overflow", 0, 99_999),
    ("notify_when_efficiency_decreases", 0, 100),
]


@pytest.mark.parametrize(("field", "minimum", "maximum"), BOUNDS)
def test_bounds_are_inclusive(field: str, minimum: int, maximum: int) -> None:
    wire = SETTINGS[field]
    check({**LEAST, field: minimum})
    check({**LEAST, field: maximum})

    too_small = f"'{wire}': field's value must be greater than {minimum}"
    too_large = f"'{wire}': field's value must be less than {maximum}"
    assert refusal({field: minimum - 1}, flow()) == too_small
    if maximum < LARGEST_ID:
        assert refusal({field: maximum + 1}, flow()) == too_large


@given(st.text(max_size=300))
def test_a_name_has_1_to_255_characters(name: str) -> None:
    if 1 <= len(name) <= 255:
        check({"name": name}, flow())
    else:
        assert refusal({"name": name}, flow()) == (
            "'name': field's length must be greater than 1 and less than 255"
        )


@pytest.mark.parametrize(
    ("manual", "team", "words"),
    [
        (False, (), "'responsibleList': field's value must not be empty"),
        (False, (ANNA, None), "'responsibleList': field's value has an invalid value"),
        (
            False,
            (ANNA, Member(META_USER, 0)),
            "'responsibleList': field's value has an invalid value",
        ),
        (True, (SUPPORT, ANNA), "'responsibleList': field's value has an invalid value"),
        (True, (None, ANNA), "'responsibleList': field's value has an invalid value"),
    ],
    ids=["empty", "nobody", "everybody", "a department moderates", "nobody moderates"],
)
def test_a_team_that_cannot_be(manual: bool, team: tuple[Any, ...], words: str) -> None:
    distribution = Distribution.MANUALLY if manual else Distribution.HIMSELF
    stored = flow(distribution_type=distribution)

    assert refusal({**LEAST, "distribution_type": distribution, "responsible_list": team}) == words
    assert refusal({"responsible_list": team}, stored) == words


def test_a_department_may_stand_behind_the_moderator() -> None:
    check({"responsible_list": (ANNA, SUPPORT)}, flow(distribution_type=Distribution.MANUALLY))
