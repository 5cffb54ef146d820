"""The flow table: what is stored comes back, names are unique, and every change is whole."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from sluice.domain.access import DEPARTMENT, META_USER, USER, Actor, Member
from sluice.domain.distribution import Queue
from sluice.domain.flow import Distribution, Flow, created
from sluice.domain.people import Group, Role
from sluice.store.flows import LISTED
from sluice.store.listing import Condition, Window
from sluice.store.tables import Store
from tests.contract.conftest import NOW, Run

EVERYBODY = Member(META_USER, 0)
ALL = Window(0, 50, counted=True)


def flow(name: str = "Intake", **settings: Any) -> Flow:
    values = {
        "name": name,
        "planned_completion_seconds": 3600,
        "distribution_type": Distribution.QUEUE,
        "responsible_list": (Member(USER, 3), Member(DEPARTMENT, 17), Member(DEPARTMENT, 18, True)),
        "group_id": 5,
        **settings,
    }
    return created(values, creator_id=1, now=NOW)


def add(run: Run, new: Flow) -> int:
    flow_id = run(lambda store: store.flows.add(new))
    assert isinstance(flow_id, int)
    return flow_id


def find(run: Run, flow_id: int) -> Flow | None:
    found: Flow | None = run(lambda store: store.flows.find(flow_id))
    return found


def pin(run: Run, flow_id: int, user_id: int) -> bool:
    is_pinned = run(lambda store: store.flows.toggle_pin(flow_id, user_id))
    assert isinstance(is_pinned, bool)
    return is_pinned


def reader(user_id: int, *codes: str, is_admin: bool = False, is_intranet: bool = True) -> Actor:
    return Actor(
        user_id, is_admin, is_intranet, frozenset((f"U{user_id}", *codes)), frozenset(), "test"
    )


FULL = flow(
    "Größe 🚿 \u202e'\"; DROP TABLE flow",
    owner_id=3,
    template_id=9,
    description="multi\nline",
    responsible_can_change_deadline=True,
    match_work_time=False,
    task_control=True,
    notify_at_half_time=True,
    notify_on_queue_overflow=99_999,
    notify_on_tasks_in_progress_overflow=0,
    notify_when_efficiency_decreases=100,
    task_creators=(EVERYBODY,),
    planned_completion_seconds=2_145_398_400,
)


@pytest.mark.parametrize("new", [flow(), FULL], ids=["defaults", "everything set"])
def test_a_flow_comes_back_as_it_was_stored(run: Run, new: Flow) -> None:
    flow_id = add(run, new)

    assert find(run, flow_id) == replace(new, id=flow_id)


def test_a_flow_that_is_not_there_is_none(run: Run) -> None:
    assert find(run, 1) is None
    assert run(lambda store: store.flows.toggle(1)) is False


def test_an_instant_keeps_its_microsecond(run: Run) -> None:
    instant = NOW + timedelta(microseconds=1)

    flow_id = add(run, replace(flow(), activity=instant))

    stored = find(run, flow_id)
    assert stored is not None
    assert stored.activity == instant


def test_a_flow_can_bring_its_own_id(run: Run) -> None:
    assert add(run, replace(flow(), id=517)) == 517
    assert add(run, flow("Next")) == 518


def test_an_id_is_never_used_twice(run: Run) -> None:
    first = add(run, flow())
    run(lambda store: store.flows.delete(first))

    assert add(run, flow()) > first


@pytest.mark.parametrize(
    "same", ["Intake", "INTAKE", "intake"], ids=["same", "upper case", "lower case"]
)
def test_a_name_belongs_to_one_flow(run: Run, same: str) -> None:
    first = add(run, flow("Intake"))

    assert run(lambda store: store.flows.add(flow(same))) is None
    assert run(lambda store: store.flows.has_named(same)) is True
    assert run(lambda store: store.flows.has_named(same, apart_from=first)) is False
    assert run(lambda store: store.flows.all_ids()) == [first]


def test_a_name_that_differs_in_composition_alone_is_the_same(run: Run) -> None:
    add(run, flow("Caf\u00e9"))

    assert run(lambda store: store.flows.add(flow("CAFE\u0301"))) is None


def test_saving_replaces_every_setting_and_the_index(run: Run) -> None:
    flow_id = add(run, flow())
    changed = replace(FULL, id=flow_id, responsible_list=(Member(USER, 4),))

    run(lambda store: store.flows.save(changed))

    assert find(run, flow_id) == changed
    assert run(lambda store: store.flows.indexed_members()) == {flow_id: {"U1", "U3", "U4", "UA"}}


def test_somebody_named_twice_is_indexed_once(run: Run) -> None:
    flow_id = add(run, flow(responsible_list=(Member(USER, 1), Member(USER, 1))))

    assert run(lambda store: store.flows.indexed_members()) == {flow_id: {"U1"}}


def test_toggling_twice_gives_back_the_first_state(run: Run) -> None:
    flow_id = add(run, flow())
    states = []

    for _ in range(3):
        assert run(lambda store: store.flows.toggle(flow_id)) is True
        found = find(run, flow_id)
        states.append(found is not None and found.active)

    assert states == [False, True, False]


def test_what_was_read_before_a_change_is_read_again_after_it(run: Run) -> None:
    flow_id = add(run, flow())

    def look_change_look(store: Store) -> list[bool]:
        seen = []
        for _ in range(2):
            found = store.flows.find(flow_id)
            seen.append(found is not None and found.active)
            store.flows.toggle(flow_id)
        return seen

    assert run(look_change_look) == [True, False]


def test_deleting_removes_everything_that_is_the_flows_own(run: Run) -> None:
    flow_id, other = add(run, flow("One")), add(run, flow("Other"))
    pin(run, flow_id, 1)
    pin(run, other, 1)

    run(lambda store: store.flows.delete(flow_id))

    assert find(run, flow_id) is None
    assert run(lambda store: store.flows.all_ids()) == [other]
    assert set(run(lambda store: store.flows.indexed_members())) == {other}
    assert pin(run, other, 1) is False  # its pin was still there


def test_a_pin_is_each_users_own(run: Run) -> None:
    flow_id = add(run, flow())

    pins = [pin(run, flow_id, user_id) for user_id in (1, 2, 1, 1)]

    assert pins == [True, True, False, True]


def test_the_group_of_a_flow_is_known_to_be_in_use(run: Run) -> None:
    add(run, flow(group_id=5))

    assert run(lambda store: store.flows.of_group(5)) is True
    assert run(lambda store: store.flows.of_group(6)) is False


def test_a_queue_is_remembered(run: Run) -> None:
    flow_id = add(run, flow())
    assert run(lambda store: store.flows.queue(flow_id)) == Queue()

    run(lambda store: store.flows.set_queue(flow_id, Queue((3, 4, 5), 4)))

    assert run(lambda store: store.flows.queue(flow_id)) == Queue((3, 4, 5), 4)
    assert run(lambda store: store.flows.queue(99)) == Queue()


def test_saving_settings_leaves_the_queue_alone(run: Run) -> None:
    flow_id = add(run, flow())
    run(lambda store: store.flows.set_queue(flow_id, Queue((3, 4), 3)))

    run(lambda store: store.flows.save(replace(flow("New name"), id=flow_id)))

    assert run(lambda store: store.flows.queue(flow_id)) == Queue((3, 4), 3)


def listed(run: Run, actor: Actor, *conditions: Condition, **order: bool) -> list[str]:
    def page(store: Store) -> list[str]:
        by = [(LISTED[name], ascending) for name, ascending in order.items()]
        return [found.name for found in store.flows.page(conditions, by, ALL, actor)[0]]

    names = run(page)
    assert isinstance(names, list)
    return names


@pytest.fixture
def three(run: Run) -> None:
    """One flow for user 3 and departments 17 and 18, one of a group's members, one for all."""
    add(run, flow("Support"))
    group = Group(5, "Team", 9, NOW, NOW, NOW)
    run(lambda store: store.groups.add(group, [6], ()))
    run(lambda store: store.groups.add_member(5, 7, Role.REQUEST))
    add(
        run,
        flow(
            "Design",
            distribution_type=Distribution.MANUALLY,
            responsible_list=(Member(USER, 8),),
        ),
    )
    add(
        run,
        flow(
            "Everybody's",
            group_id=6,
            responsible_list=(Member(USER, 9),),
            task_creators=(EVERYBODY,),
        ),
    )


@pytest.mark.parametrize(
    ("actor", "names"),
    [
        (reader(99, is_admin=True), ["Design", "Everybody's", "Support"]),
        (reader(3, "UA"), ["Everybody's", "Support"]),
        (reader(20, "DR17"), ["Support"]),
        (reader(20, "D18"), ["Support"]),
        (reader(20, "UA", "D17", "DR18"), ["Everybody's"]),
        (reader(6), ["Design"]),
        (reader(7), []),
        (reader(8), ["Design"]),
        (reader(6, is_intranet=False), []),
        (reader(20), []),
    ],
    ids=[
        "administrator",
        "named",
        "below a department",
        "in a flat department",
        "in another way in a department",
        "in the group",
        "asks to be in the group",
        "moderator",
        "guest in the group",
        "stranger",
    ],
)
def test_readers_see_what_names_them(run: Run, three: None, actor: Actor, names: list[str]) -> None:
    assert listed(run, actor, NAME=True) == names


def test_a_page_is_filtered_ordered_and_counted(run: Run) -> None:
    for number in range(7):
        add(run, flow(f"Flow {number}", planned_completion_seconds=3600 * (1 + number % 2)))
    long = Condition(LISTED["PLANNED_COMPLETION_TIME"], ">", (3600,))
    admin = reader(1, is_admin=True)

    def page(store: Store) -> tuple[list[str], int | None]:
        window = Window(1, 2, counted=True)
        found, total = store.flows.page([long], [(LISTED["NAME"], False)], window, admin)
        return [one.name for one in found], total

    assert run(page) == (["Flow 3", "Flow 1"], 3)


@pytest.mark.parametrize(
    ("conditions", "names"),
    [
        ([Condition(LISTED["NAME"], "=", ("support",))], ["Support"]),
        ([Condition(LISTED["NAME"], "like", ("%s%",))], ["Design", "Everybody's", "Support"]),
        ([Condition(LISTED["NAME"], "like", ("%\\_%",))], []),
        ([Condition(LISTED["NAME"], "not like", ("d%",))], ["Everybody's", "Support"]),
        ([Condition(LISTED["DISTRIBUTION_TYPE"], "!=", ("queue",))], ["Design"]),
        ([Condition(LISTED["ID"], "in", ())], []),
        ([Condition(LISTED["ID"], "in", (1, 3))], ["Everybody's", "Support"]),
        ([Condition(LISTED["ID"], "not in", (1, 3))], ["Design"]),
        ([Condition(LISTED["ID"], "between", (2, 3))], ["Design", "Everybody's"]),
        (
            [Condition(LISTED["ID"], "<=", (1,)), Condition(LISTED["ACTIVE"], "=", (1,))],
            ["Support"],
        ),
        ([Condition(LISTED["ID"], "=", (None,))], []),
        ([Condition(LISTED["ID"], ">", (0,))] * 1_500, ["Design", "Everybody's", "Support"]),
    ],
    ids=[
        "equal",
        "like",
        "a literal underscore",
        "not like",
        "not equal",
        "in nothing",
        "in",
        "not in",
        "between",
        "two at once",
        "nothing",
        "very many at once",
    ],
)
def test_conditions_mean_what_they_say(
    run: Run, three: None, conditions: list[Condition], names: list[str]
) -> None:
    assert listed(run, reader(1, is_admin=True), *conditions, NAME=True) == names
