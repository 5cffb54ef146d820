"""What the methods of a task's parts share: the task they belong to, and their manifest.

Source: flows.md 11.8. Rule (assumed): who may read a task reads its parts; checklists and time
spent are added to by who the `action` map lets (flows.md 5.2).
"""

from __future__ import annotations

from typing import Any

from sluice.domain.task import Standing, Task, can_read, can_work_on
from sluice.errors import ArgumentMissing, TaskPartDenied, TaskUnavailable
from sluice.methods.tasks.task_standing import standing
from sluice.rest.call import Call


def task_to_read(call: Call, task_id: int) -> tuple[Task, Standing]:
    """Return a task that the caller may read, and the caller's standing.

    Raises:
        ArgumentMissing: no id was sent.
        TaskUnavailable: there is no such task, or the caller may not read it.
    """
    if not task_id:
        raise ArgumentMissing("TASKID")
    task = call.store.tasks.find(task_id)
    if task is not None and can_read(its := standing(call, task)):
        return task, its
    raise TaskUnavailable


def task_to_work_on(call: Call, task_id: int) -> Task:
    """Return a task that the caller may add to.

    Raises:
        ArgumentMissing, TaskUnavailable: as `task_to_read`.
        TaskPartDenied: the caller may read the task and no more.
    """
    task, its = task_to_read(call, task_id)
    if not can_work_on(its):
        raise TaskPartDenied
    return task


def manifest(call: Call, namespace: str) -> dict[str, Any]:
    """Return what may be called in a namespace, with the parameters in their order.

    Rule (assumed): the documentation shows a map and asks not to rely on its form.
    """
    methods = {
        method.name.removeprefix(namespace): {
            "description": method.summary,
            "params": [
                {"name": parameter.wire, "type": parameter.declared}
                for parameter in method.parameters
            ],
        }
        for method in call.table
        if method.name.startswith(namespace)
    }
    return {"Manifest version": "1.1", "REST: available methods": methods}
