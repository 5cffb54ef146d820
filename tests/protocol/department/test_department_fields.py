"""`department.fields`."""

from __future__ import annotations

from tests.portals import Person, PortalInTest
from tests.provenance import documented, observed

METHOD = "department.fields"


@observed("DepartmentTest::testAllSystemFieldsAnnotated: exactly five fields")
def test_a_department_has_five_fields(anna: Person) -> None:
    titles = anna.call(METHOD).result

    assert list(titles) == ["ID", "NAME", "SORT", "PARENT", "UF_HEAD"]
    assert all(isinstance(title, str) and title for title in titles.values())


@documented("departments/department-fields#scope")
def test_the_scope_department_is_needed(portal: PortalInTest, anna: Person) -> None:
    reply = portal.person(anna.id, ["user", "task"]).call(METHOD)

    assert (reply.status, reply.error) == (401, "insufficient_scope")
