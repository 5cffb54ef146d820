"""What a flow and a task do when one call comes after another: the sequential model.

Written from flows.md 3.6, 5.3, 6.4, 6.5 and 5.7 alone, and without the product's code.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from msgspec import Struct

State = Hashable
# An answer and the state after it; the answer None means that the call is refused.
Step = Callable[[Any, Any], tuple[Any, State]]


class Model(Struct, frozen=True):
    """How one kind of subject behaves."""

    first: State
    steps: Mapping[str, Step]


class FlowState(Struct, frozen=True):
    """A flow with a queue.

    Attributes:
        turn: the place in the ring of who gets the next task.
    """

    is_active: bool
    turn: int


def flow(ring: tuple[int, ...]) -> Model:
    """Return the model of a queue flow that is on, nobody of whose people is absent."""

    def activate(state: FlowState, _: Any) -> tuple[Any, State]:
        return True, FlowState(not state.is_active, state.turn)

    def get(state: FlowState, _: Any) -> tuple[Any, State]:
        return state.is_active, state

    def add(state: FlowState, _: Any) -> tuple[Any, State]:
        if not state.is_active:  # the flow's id is dropped, and then nobody is responsible
            return None, state
        return ring[state.turn], FlowState(True, (state.turn + 1) % len(ring))

    return Model(FlowState(True, 0), {"activate": activate, "get": get, "add": add})


class TaskState(Struct, frozen=True):
    """A task that its people take themselves; `copies` is 0 before it is added."""

    copies: int = 0
    responsible: int = 0
    taken: bool = False
    description: str = ""


def task(creator: int) -> Model:
    """Return the model of a task of a `himself` flow, known by its title."""

    def add(state: TaskState, _: Any) -> tuple[Any, State]:
        return True, TaskState(state.copies + 1, creator)

    def take(state: TaskState, user: int) -> tuple[Any, State]:
        if not state.copies or state.taken or user == creator:
            return None, state
        return user, TaskState(state.copies, user, True, state.description)

    def update(state: TaskState, description: str) -> tuple[Any, State]:
        if not state.copies:
            return None, state
        return description, TaskState(state.copies, state.responsible, state.taken, description)

    def delete(state: TaskState, _: Any) -> tuple[Any, State]:
        return (True, TaskState(state.copies - 1)) if state.copies else (None, state)

    def get(state: TaskState, _: Any) -> tuple[Any, State]:
        if not state.copies:
            return None, state
        return [state.responsible, state.description], state

    def count(state: TaskState, _: Any) -> tuple[Any, State]:
        return state.copies, state

    return Model(
        TaskState(),
        {
            "add": add,
            "take": take,
            "update": update,
            "delete": delete,
            "get": get,
            "count": count,
        },
    )
