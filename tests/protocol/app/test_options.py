"""`app.option.*` and `user.option.*`: what an application keeps on the portal."""

from __future__ import annotations

import pytest

from sluice.domain.application import Application
from tests.portals import Person, PortalInTest
from tests.protocol.app.conftest import Caller
from tests.provenance import assumed, documented, observed

KINDS = ["app", "user"]


@documented("common/settings/app-option-set; common/settings/user-option-set")
@pytest.mark.parametrize("kind", KINDS)
def test_options_are_kept_with_their_types(kind: str, through_admin: Caller) -> None:
    options = {"text": "да", "number": 3, "flag": True, "list": [1, {"a": None}]}

    assert through_admin.call(f"{kind}.option.set", options=options).result is True

    assert through_admin.call(f"{kind}.option.get").result == options
    assert through_admin.call(f"{kind}.option.get", option="number").result == 3


@documented("common/settings/app-option-get")
@pytest.mark.parametrize("kind", KINDS)
def test_there_are_no_options_at_first(kind: str, through_admin: Caller) -> None:
    assert through_admin.call(f"{kind}.option.get").result == []
    assert through_admin.call(f"{kind}.option.get", option="any").result is None


@documented("common/settings/app-option-set")
@pytest.mark.parametrize("kind", KINDS)
def test_options_not_sent_stay_as_they_are(kind: str, through_admin: Caller) -> None:
    through_admin.call(f"{kind}.option.set", options={"a": "1", "b": "2"})

    through_admin.call(f"{kind}.option.set", options={"b": "3"})

    assert through_admin.call(f"{kind}.option.get").result == {"a": "1", "b": "3"}


@observed("public callers send the options as parameters")
@pytest.mark.parametrize("kind", KINDS)
def test_options_may_stand_at_top_level(kind: str, through_admin: Caller) -> None:
    through_admin.call(f"{kind}.option.set", Colour="red")

    assert through_admin.call(f"{kind}.option.get").result == {"Colour": "red"}


@documented("common/settings/app-option-set#error-handling")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sent", [{}, {"options": []}, {"options": "text"}])
def test_no_options_at_all_are_refused(
    kind: str, sent: dict[str, object], through_admin: Caller
) -> None:
    answer = through_admin.call(f"{kind}.option.set", **sent)

    assert (answer.status, answer.error) == (400, "ERROR_ARGUMENT")


@observed("b24pysdk's integration tests of options")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("verb", ["get", "set"])
def test_options_are_an_applications_alone(kind: str, verb: str, admin: Person) -> None:
    answer = admin.call(f"{kind}.option.{verb}", options={"a": 1})

    assert answer.refusal == (
        403,
        "ACCESS_DENIED",
        "Access denied! Application context required",
    )


@documented("common/settings/app-option-set")
def test_an_administrator_sets_what_everybody_reads(
    through_admin: Caller, through_anna: Caller
) -> None:
    refused = through_anna.call("app.option.set", options={"a": 1})
    assert refused.refusal == (
        403,
        "ACCESS_DENIED",
        "Access denied! Administrator authorization required",
    )

    through_admin.call("app.option.set", options={"a": 2})
    assert through_anna.call("app.option.get", option="a").result == 2


@documented("common/settings/user-option-set")
def test_options_of_a_user_are_that_users_alone(
    through_admin: Caller, through_anna: Caller
) -> None:
    through_anna.call("user.option.set", options={"a": "Anna's"})

    assert through_admin.call("user.option.get").result == []
    assert through_admin.call("app.option.get").result == []
    assert through_anna.call("user.option.get").result == {"a": "Anna's"}


@assumed("options belong to one application")
def test_options_of_an_application_are_that_applications_alone(
    portal: PortalInTest, application: Application, through_admin: Caller, admin: Person
) -> None:
    through_admin.call("app.option.set", options={"a": 1})
    other = portal.add_application("Other").application

    of_other = Caller(portal, portal.tokens(other, admin.id).access_token)

    assert of_other.call("app.option.get").result == []
