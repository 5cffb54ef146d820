"""Whether some order of the calls explains every answer (linearizability).

The search is that of Wing and Gong with Lowe's memory of what was tried. A call without an answer
may be put anywhere after it was sent, or left out. Calls without an answer that asked the same are
all one to it, so the earliest stands for them; that keeps the search small after a crash.

M. Herlihy, J. Wing: Linearizability (1990); G. Lowe: Testing for linearizability (2017).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence

from msgspec import Struct

from tests.history.model import Model, State
from tests.history.operation import Operation, Outcome

FOREVER = 2**63


class Impossible(Struct, frozen=True):
    """The first answer that no order explains.

    Attributes:
        before: every call of its subject that was under way when it was answered, or done.
    """

    operation: Operation
    before: int

    def __str__(self) -> str:
        of = self.operation
        argument = "" if of.argument is None else f" with {of.argument!r}"
        said = of.answer if of.outcome is Outcome.OK else of.outcome.value
        return (
            f"{of.subject}: no order of the {self.before} calls sent by then explains that"
            f" {of.asked}{argument}, sent at {of.invoked} by {of.client or 'somebody'},"
            f" was answered {said!r} at {of.answered}"
        )


def impossible(history: Sequence[Operation], model_of: Callable[[str], Model]) -> list[Impossible]:
    """Return the first impossible answer of each subject that has one, the earliest first."""
    subjects: dict[str, list[Operation]] = defaultdict(list)
    for operation in history:
        subjects[operation.subject].append(operation)
    found = [
        first
        for subject, operations in subjects.items()
        if (first := first_impossible(operations, model_of(subject))) is not None
    ]
    return sorted(found, key=lambda one: one.operation.answered or 0)


def first_impossible(operations: Sequence[Operation], model: Model) -> Impossible | None:
    """Return the first answer that no order explains, or None when some order explains them all.

    An answer is judged by what was sent until it came: what was answered later counts as not
    answered yet.
    """
    if is_explained(operations, model):
        return None
    answered = sorted(
        (one for one in operations if one.answered is not None), key=lambda one: one.answered or 0
    )
    good, bad = 0, len(answered)  # so many answers are explained, so many are not
    while bad - good > 1:
        middle = (good + bad) // 2
        if is_explained(_until(operations, answered[middle - 1].answered or 0), model):
            good = middle
        else:
            bad = middle
    first = answered[bad - 1]
    return Impossible(first, len(_until(operations, first.answered or 0)))


def _until(operations: Sequence[Operation], instant: int) -> list[Operation]:
    """Return the history as it was known at an instant."""
    return [
        one
        if one.answered is not None and one.answered <= instant
        else Operation(
            one.subject, one.asked, one.argument, one.invoked, None, Outcome.UNKNOWN, None
        )
        for one in operations
        if one.invoked <= instant
    ]


def is_explained(operations: Sequence[Operation], model: Model) -> bool:
    """Tell whether some order of one subject's calls explains their answers."""
    known = sorted(
        (one for one in operations if one.outcome is not Outcome.UNKNOWN),
        key=lambda one: one.invoked,
    )
    alike: dict[str, list[Operation]] = defaultdict(list)  # without an answer, by what they asked
    for one in sorted(operations, key=lambda one: one.invoked):
        if one.outcome is Outcome.UNKNOWN:
            alike[json.dumps([one.asked, one.argument])].append(one)
    unknown = list(alike.values())

    everything = (1 << len(known)) - 1
    start = (0, (0,) * len(unknown), model.first)
    tried: set[tuple[int, tuple[int, ...], State]] = {start}
    stack = [start]
    while stack:
        done, used, state = stack.pop()
        if done == everything:
            return True
        for following in _steps(known, unknown, model, done, used, state):
            if following not in tried:
                tried.add(following)
                stack.append(following)
    return False


def _steps(
    known: Sequence[Operation],
    unknown: Sequence[Sequence[Operation]],
    model: Model,
    done: int,
    used: tuple[int, ...],
    state: State,
) -> list[tuple[int, tuple[int, ...], State]]:
    """Return what the history may have come to with one more call put behind those done."""
    waiting: list[int] = []
    end = FOREVER  # nothing that was sent after this may come before what was answered then
    first = ((done + 1) & ~done).bit_length() - 1  # the lowest call that is not done
    for number in range(first, len(known)):
        if known[number].invoked > end:
            break
        if not done >> number & 1:
            waiting.append(number)
            end = min(end, known[number].answered or FOREVER)
    steps: list[tuple[int, tuple[int, ...], State]] = []
    for kind, calls in enumerate(unknown):
        if used[kind] < len(calls) and calls[used[kind]].invoked <= end:
            call = calls[used[kind]]
            _, after = model.steps[call.asked](state, call.argument)
            if after != state:
                taken = (*used[:kind], used[kind] + 1, *used[kind + 1 :])
                steps.append((done, taken, after))
    for number in waiting:
        call = known[number]
        if call.invoked > end:
            continue
        answer, after = model.steps[call.asked](state, call.argument)
        if call.outcome is Outcome.REFUSED:
            if answer is None:
                steps.append((done | 1 << number, used, state))
        elif answer is not None and answer == call.answer:
            steps.append((done | 1 << number, used, after))
    return steps
