"""`tasks.flow.Flow.getDepartmentsMemberCount`."""

from __future__ import annotations

import pytest

from tests.portals import Person, PortalInTest
from tests.protocol.tasks.flow.wire import ACCESS_DENIED, refused, send_form
from tests.provenance import assumed, observed

METHOD = "tasks.flow.Flow.getDepartmentsMemberCount"
SEEN = "flows.md 3.11: the product has it, the documentation does not"


def counted(department: object, count: int) -> dict[str, object]:
    return {"departmentId": str(department), "count": count}


@observed(SEEN)
def test_departments_are_counted_with_what_is_below_or_without(
    portal: PortalInTest, admin: Person
) -> None:
    support = portal.add_department("Support")
    hotline = portal.add_department("Hotline", parent=support)
    portal.add_user("Carla", departments=(support,))
    portal.add_user("Dora", departments=(hotline,))
    portal.add_user("Emil", departments=(support, hotline))
    portal.add_user("Leo", departments=(hotline,), active=False)

    reply = admin.call(
        METHOD,
        departments=[
            ["department", f"{support}:F"],
            ["department", str(support)],
            ["department", hotline],
            {"department": "1"},
            ["department", "1:F"],
        ],
    )

    assert reply.result == [
        counted(f"{support}:F", 2),
        counted(support, 3),
        counted(hotline, 2),
        counted(1, 4),
        counted("1:F", 1),
    ]


@observed("flows.md 3.11: pairs of other types are skipped")
def test_other_members_are_skipped(anna: Person) -> None:
    reply = anna.call(
        METHOD,
        departments=[["user", 1], ["meta-user", "all-users"], ["robot", 1], ["department", "1"]],
    )

    assert reply.result == [counted(1, 2)]


@observed("flows.md 3.11: empty input")
@pytest.mark.parametrize("sent", [{}, {"departments": []}, {"departments": [""]}], ids=repr)
def test_nothing_is_counted_of_nothing(anna: Person, sent: dict[str, object]) -> None:
    assert anna.call(METHOD, **sent).result == []


@assumed("a department that is not there has nobody")
def test_a_department_that_is_not_there_is_empty(anna: Person) -> None:
    assert anna.call(METHOD, departments=[["department", 805]]).result == [counted(805, 0)]


@assumed("flows.md 2.0: forms are equivalent to JSON")
def test_departments_may_come_in_a_form(admin: Person) -> None:
    reply = send_form(admin, METHOD, {"departments": [["department", "1:F"]]})

    assert reply.result == [counted("1:F", 1)]


@observed("flows.md 3.12: intranet users")
def test_a_guest_counts_nobody(guest: Person) -> None:
    assert guest.call(METHOD, departments=[["department", 1]]).refusal == ACCESS_DENIED


@assumed("flows.md 2.2: the shape of a member list")
def test_a_list_of_another_shape(guest: Person) -> None:
    reply = guest.call(METHOD, departments=[["department"]])

    assert reply.refusal == refused("departments: unexpected value")
