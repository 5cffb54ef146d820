"""`department.*`: the company's tree.

Source: flows.md 2.6, 11.3; departments/*.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from sluice.domain.people import Department, check_parent
from sluice.domain.permission import can_change_departments, can_see_everybody
from sluice.errors import (
    DepartmentAccessDenied,
    DepartmentHeadMissing,
    DepartmentNameMissing,
    DepartmentNotFound,
    DepartmentRootKept,
)
from sluice.methods.tasks.flow_people import plan_look
from sluice.rest.call import Call
from sluice.rest.listing import Listed, classic_filter, classic_order, listed, read_filter
from sluice.rest.method import classic
from sluice.rest.params import Fields
from sluice.rest.wire_types import as_integer, as_scalar_text, as_truth
from sluice.store.departments import LISTED

NOTHING = -1  # an id that no department and no user has


@classic("department.fields", scope="department", writes=False)
def fields(call: Call) -> dict[str, str]:
    """Return the fields of a department with their titles.

    Source: departments/department-fields. Rule (observed): just these five
    (DepartmentTest::testAllSystemFieldsAnnotated).
    """
    return {
        "ID": "ID",
        "NAME": "Department name",
        "SORT": "Sorting",
        "PARENT": "Parent department",
        "UF_HEAD": "Head of department",
    }


@classic("department.get", scope="department", writes=False, long=True)
def get(call: Call, fields: Fields) -> Listed:
    """Return the departments that meet a filter, a page at a time; `PARENT` 0 finds the root.

    Source: departments/department-get; flows.md 11.3.

    Raises:
        DepartmentAccessDenied: the caller is an extranet guest.
        ArgumentError: a field cannot be filtered or sorted by.
    """
    if not can_see_everybody(call.actor):
        raise DepartmentAccessDenied
    wanted, order = dict(fields), dict(fields)
    # Quirk: `sort`, the field to sort by, and `SORT`, a department's own number, are one name.
    (order if as_integer(fields.get("SORT")) is not None else wanted).pop("SORT", None)
    departments, total = call.store.departments.page(
        read_filter(classic_filter(wanted, LISTED), LISTED, call.zone),
        classic_order(order, LISTED),
        call.page.window,
    )
    return listed([department_object(department) for department in departments], total)


@classic("department.add", scope="department")
def add(call: Call, fields: Fields) -> int:
    """Make a department inside another. Its name need not be unique.

    Source: departments/department-add; flows.md 11.3.

    Raises:
        DepartmentAccessDenied: the caller is no administrator.
        DepartmentError: there is no name, no parent, or no such head.
    """
    if not can_change_departments(call.actor):
        raise DepartmentAccessDenied
    department = replace(Department(0, ""), **_changes(fields))
    _check(call, department)
    return call.store.departments.add(department)


@classic("department.update", scope="department")
def update(call: Call, fields: Fields) -> bool:
    """Change what is sent of a department, and leave the rest as it is.

    Source: departments/department-update; flows.md 11.3.

    Raises:
        DepartmentAccessDenied: the caller is no administrator.
        DepartmentNotFound: no department has this id, or none was sent.
        DepartmentError: the name is empty, or the parent or head cannot be.
    """
    department = replace(_department_to_change(call, fields), **_changes(fields))
    _check(call, department)
    call.store.departments.save(department)
    return True


@classic("department.delete", scope="department", long=True)
def delete(call: Call, fields: Fields) -> bool:
    """Remove a department; its sub-departments and its people move to the one above.

    Source: departments/department-delete. That they move is assumed, see `Departments.delete`.

    Raises:
        DepartmentAccessDenied: the caller is no administrator.
        DepartmentNotFound: no department has this id, or none was sent.
        DepartmentRootKept: it is the top-level department.
    """
    department = _department_to_change(call, fields)
    if department.parent_id is None:
        raise DepartmentRootKept
    call.store.departments.delete(department.id, department.parent_id)
    plan_look(call)
    return True


def department_object(department: Department) -> dict[str, Any]:
    """Return a department as the wire has it; without a parent or a head there is no such key."""
    wire: dict[str, Any] = {
        "ID": str(department.id),
        "NAME": department.name,
        "SORT": department.sort,
    }
    if department.parent_id is not None:
        wire["PARENT"] = str(department.parent_id)
    if department.head_id is not None:
        wire["UF_HEAD"] = str(department.head_id)
    return wire


def _department_to_change(call: Call, fields: Mapping[str, Any]) -> Department:
    if not can_change_departments(call.actor):
        raise DepartmentAccessDenied
    department = call.store.departments.find(as_integer(fields.get("ID")) or 0)
    if department is None:
        raise DepartmentNotFound
    return department


def _changes(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that were sent, typed and under their Python names.

    Rule (assumed): no parent, or no head, is told by 0, null or an empty text; anything else
    that is no id is one that nothing has.
    """
    changes: dict[str, Any] = {}
    if "NAME" in fields:
        changes["name"] = (as_scalar_text(fields["NAME"]) or "").strip()
    sort = as_integer(fields.get("SORT"))
    if sort is not None:
        changes["sort"] = sort
    for field, name in (("PARENT", "parent_id"), ("UF_HEAD", "head_id")):
        if field in fields:
            sent = fields[field]
            changes[name] = (as_integer(sent) or NOTHING) if as_truth(sent) else None
    return changes


def _check(call: Call, department: Department) -> None:
    if not department.name:
        raise DepartmentNameMissing
    check_parent(department.id, department.parent_id, call.store.departments.parents())
    if department.head_id is not None and call.store.users.find(department.head_id) is None:
        raise DepartmentHeadMissing
