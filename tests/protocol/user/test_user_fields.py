"""`user.fields`."""

from __future__ import annotations

from tests.portals import Person
from tests.provenance import documented, observed

METHOD = "user.fields"


@observed("b24pysdk test_user fields: every title is a text")
def test_every_field_has_a_title(anna: Person) -> None:
    titles = anna.call(METHOD).result

    assert all(isinstance(title, str) and title for title in titles.values())


@documented("user/user-fields")
def test_the_fields_are_those_of_a_user(anna: Person) -> None:
    assert list(anna.call(METHOD).result) == list(anna.call("user.current").result)
