"""`profile`."""

from __future__ import annotations

import pytest

from tests.portals import Person, PortalInTest
from tests.provenance import documented, observed

PAGE = "common/users/profile"


@documented(PAGE)
def test_the_caller_in_brief(portal: PortalInTest) -> None:
    anna = portal.add_user("Anna", last_name="Ek", personal_gender="F", time_zone="Asia/Tokyo")

    assert anna.call("profile").result == {
        "ID": str(anna.id),
        "ADMIN": False,
        "NAME": "Anna",
        "LAST_NAME": "Ek",
        "PERSONAL_GENDER": "F",
        "TIME_ZONE": "Asia/Tokyo",
    }


@observed("MainTest::testGetCurrentUserProfile: the webhook's user is an administrator")
def test_an_administrator_is_told_so(admin: Person) -> None:
    assert admin.call("profile").result["ADMIN"] is True


@documented(f"{PAGE}#scope")
def test_no_scope_is_needed(portal: PortalInTest, anna: Person) -> None:
    assert portal.person(anna.id, ["task"]).call("profile").result["NAME"] == "Anna"


@observed("IM NotifyTest calls PROFILE")
@pytest.mark.parametrize("name", ["PROFILE", "Profile", "profile.json"])
def test_the_name_may_be_written_in_any_case(anna: Person, name: str) -> None:
    assert anna.call(name).result["ID"] == str(anna.id)
