"""The vocabulary: one module per REST namespace, one function per method."""

from sluice.methods import (
    app,
    calendar,
    department,
    event,
    im,
    profile,
    socialnetwork,
    sonet_group,
    system,
    user,
)
from sluice.methods.tasks import (
    checklist_item,
    comment_item,
    elapsed_item,
    flow,
    planner,
    result,
    stages,
    task,
    task_history,
    task_marks,
    task_status,
    template,
    user_field,
)
from sluice.rest import batch
from sluice.rest.method import MethodTable

NAMESPACES = (
    flow,
    app,
    batch,
    calendar,
    task,
    task_status,
    task_marks,
    task_history,
    template,
    checklist_item,
    comment_item,
    elapsed_item,
    result,
    stages,
    planner,
    user_field,
    system,
    socialnetwork,
    sonet_group,
    user,
    profile,
    department,
    event,
    im,
)


def method_table() -> MethodTable:
    """Return every method that the wire can ask for."""
    return MethodTable.of(NAMESPACES)
