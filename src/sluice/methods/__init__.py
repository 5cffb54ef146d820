"""The vocabulary: one module per REST namespace, one function per method."""

from sluice.methods.tasks import flow
from sluice.rest.method import MethodTable

NAMESPACES = (flow,)


def method_table() -> MethodTable:
    """Return every method that the wire can ask for."""
    return MethodTable.of(NAMESPACES)
