"""What histories are about: the name of a subject tells its model."""

from __future__ import annotations

from tests.history.model import Model, flow, task


def flow_subject(flow_id: int, ring: tuple[int, ...]) -> str:
    """Return the name of a queue flow, with the people whose turn comes round."""
    return f"flow {flow_id} of {','.join(map(str, ring))}"


def task_subject(title: str, creator: int) -> str:
    """Return the name of a task that people take themselves."""
    return f"task {title} by {creator}"


def model_of(subject: str) -> Model:
    """Return the model of a subject.

    Raises:
        ValueError: it is of no known kind.
    """
    kind, *_, detail = subject.split()
    if kind == "flow":
        return flow(tuple(map(int, detail.split(","))))
    if kind == "task":
        return task(int(detail))
    raise ValueError(f"{subject} is no subject of a history")
