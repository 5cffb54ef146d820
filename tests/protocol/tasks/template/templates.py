"""What clients send to template methods. flows.md 11.5."""

from __future__ import annotations

from typing import Any

from tests.portals import Person

DENIED = (400, "0", "Access denied")


def add_template(caller: Person, **fields: Any) -> int:
    """Make a template by its documented call and return what it answered: its id, or 0."""
    whole = {"TITLE": "Report", "CREATED_BY": caller.id, "RESPONSIBLE_ID": caller.id, **fields}
    return int(caller.call("tasks.template.add", fields=whole).result)
