"""The vocabulary: one module per REST namespace, one function per method."""

from sluice.methods import calendar, department, profile, socialnetwork, sonet_group, system, user
from sluice.methods.tasks import flow, task, task_history, task_marks, task_status
from sluice.rest import batch
from sluice.rest.method import MethodTable

NAMESPACES = (
    flow,
    batch,
    calendar,
    task,
    task_status,
    task_marks,
    task_history,
    system,
    socialnetwork,
    sonet_group,
    user,
    profile,
    department,
)


def method_table() -> MethodTable:
    """Return every method that the wire can ask for."""
    return MethodTable.of(NAMESPACES)
