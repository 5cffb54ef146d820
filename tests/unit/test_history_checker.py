"""The judge of histories is itself judged: by hand, and against every order there is."""

from __future__ import annotations

from itertools import combinations, permutations
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from tests.history.checker import first_impossible, impossible, is_explained
from tests.history.model import Model, flow, task
from tests.history.operation import Operation, Outcome, read, written
from tests.history.subjects import flow_subject, model_of, task_subject

RING = (5, 7)


def call(
    asked: str, start: int, end: int | None, answer: Any = True, argument: Any = None
) -> Operation:
    outcome = Outcome.UNKNOWN if end is None else Outcome.REFUSED if answer is None else Outcome.OK
    return Operation("flow 1 of 5,7", asked, argument, start, end, outcome, answer)


def test_calls_one_after_another_must_answer_as_the_model() -> None:
    good = [call("activate", 1, 2), call("get", 3, 4, False), call("add", 5, 6, None)]

    assert is_explained(good, flow(RING))
    first = first_impossible([*good, call("get", 7, 8, True)], flow(RING))
    assert first is not None
    assert first.operation.answered == 8
    assert "get" in str(first)


def test_calls_at_a_time_may_come_in_any_order() -> None:
    at_a_time = [call("add", 1, 9, 7), call("add", 2, 8, 5)]
    one_by_one = [call("add", 1, 2, 7), call("add", 3, 4, 5)]

    assert is_explained(at_a_time, flow(RING))
    assert not is_explained(one_by_one, flow(RING))


def test_a_person_passed_over_is_found() -> None:
    first = first_impossible(
        [call("add", 1, 2, 5), call("add", 3, 4, 7), call("add", 5, 6, 7)], flow(RING)
    )

    assert first is not None
    assert first.operation.invoked == 5


def test_a_call_without_an_answer_may_have_happened_or_not() -> None:
    for seen in (True, False):
        assert is_explained([call("activate", 1, None), call("get", 2, 3, seen)], flow(RING))
    # ... even later, but not before it was sent, and once.
    assert is_explained(
        [call("activate", 1, None), call("get", 2, 3, True), call("get", 4, 5, False)], flow(RING)
    )
    assert not is_explained([call("get", 1, 2, False), call("activate", 3, None)], flow(RING))
    assert not is_explained(
        [call("activate", 1, None), *(call("get", n, n + 1, n % 4 == 2) for n in (2, 4, 6))],
        flow(RING),
    )


def test_an_acknowledged_change_that_is_lost_or_done_twice_is_found() -> None:
    subject = task_subject("a", 1)
    added = Operation(subject, "add", None, 1, 2, Outcome.OK, True)

    def counted(copies: int) -> list[Operation]:
        return [added, Operation(subject, "count", None, 3, 4, Outcome.OK, copies)]

    assert impossible(counted(1), model_of) == []
    assert len(impossible(counted(0), model_of)) == 1
    assert len(impossible(counted(2), model_of)) == 1


def test_two_who_take_one_task_are_found() -> None:
    added = Operation("t", "add", None, 1, 2, Outcome.OK, True)
    takes = [Operation("t", "take", user, 3, 9, Outcome.OK, user) for user in (5, 7)]
    denied = Operation("t", "take", 7, 3, 9, Outcome.REFUSED)

    assert not is_explained([added, *takes], task(1))
    assert is_explained([added, takes[0], denied], task(1))


def test_a_kept_history_is_read_again(tmp_path: Path) -> None:
    history = [call("add", 1, 2, 5), call("add", 3, None), call("activate", 4, 5, None)]
    written(history, tmp_path / "history")

    assert read(tmp_path / "history") == history


def test_many_lost_calls_of_a_kind_are_no_burden() -> None:
    lost = [call("activate", n, None) for n in range(40)]
    reads = [call("get", 100 + 2 * n, 101 + 2 * n, n % 2 == 0) for n in range(60)]

    assert not is_explained([*lost, *reads], flow(RING))
    assert is_explained([*lost, *reads[:40]], flow(RING))


# Against the definition: every order of every choice of calls without an answer

spans = some.tuples(some.integers(0, 12), some.integers(1, 12))
flow_calls = some.one_of(
    some.tuples(some.just("activate"), some.just(True)),
    some.tuples(some.just("get"), some.booleans()),
    some.tuples(some.just("add"), some.sampled_from([5, 7, None])),
)


@given(some.lists(some.tuples(flow_calls, spans, some.booleans()), max_size=5))
def test_it_says_what_the_definition_says(drawn: list[Any]) -> None:
    history = [
        call(asked, start, None if lost else start + length, answer)
        for (asked, answer), (start, length), lost in drawn
    ]

    assert is_explained(history, flow(RING)) == _some_order_explains(history, flow(RING))


def _some_order_explains(history: list[Operation], model: Model) -> bool:
    answered = [one for one in history if one.answered is not None]
    lost = [one for one in history if one.answered is None]
    return any(
        _explains(order, model)
        for size in range(len(lost) + 1)
        for happened in combinations(lost, size)
        for order in permutations([*answered, *happened])
    )


def _explains(order: tuple[Operation, ...], model: Model) -> bool:
    state = model.first
    for place, one in enumerate(order):
        if any(
            later.answered is not None and later.answered < one.invoked for later in order[place:]
        ):
            return False
        answer, after = model.steps[one.asked](state, one.argument)
        if one.outcome is Outcome.OK and answer != one.answer:
            return False
        if one.outcome is Outcome.REFUSED and answer is not None:
            return False
        state = after
    return True


@given(
    some.lists(some.sampled_from(["activate", "get", "add"]), min_size=1, max_size=30), some.data()
)
def test_what_really_happened_one_by_one_is_always_explained(asked: list[str], data: Any) -> None:
    model, state, history = flow(RING), flow(RING).first, []
    for place, name in enumerate(asked):
        answer, state = model.steps[name](state, None)
        start = 10 * place - data.draw(some.integers(0, 40))
        end = 10 * place + data.draw(some.integers(1, 40))
        lost = data.draw(some.booleans()) and data.draw(some.booleans())
        history.append(call(name, start, None if lost else end, answer))

    assert is_explained(history, model)


def test_subjects_know_their_models() -> None:
    assert model_of(flow_subject(3, RING)).steps["add"](flow(RING).first, None)[0] == 5
    assert set(model_of(task_subject("x", 4)).steps) == set(task(4).steps)
