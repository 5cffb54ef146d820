"""Calls with an access token: what it opens, and each way in which it does not."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from sluice.clock import VirtualClock
from sluice.domain.application import Application, State
from sluice.rest.oauth import NewApplication
from tests.portals import Person, PortalInTest, Reply
from tests.provenance import documented, observed


@pytest.fixture
def application(portal: PortalInTest) -> Application:
    """An installed application that may call what has to do with tasks."""
    made: NewApplication = portal.add_application(scopes=["task"])
    return made.application


@pytest.fixture
def token(portal: PortalInTest, application: Application, anna: Person) -> str:
    """An access token of Anna's."""
    return portal.tokens(application, anna.id).access_token


def profile(portal: PortalInTest, token: str) -> Reply:
    return portal.send("/rest/profile", query=f"auth={token}")


@documented("settings/oauth/index")
@pytest.mark.parametrize("carrier", ["bearer", "query", "form", "JSON", "access_token"])
def test_an_access_token_calls_as_its_user(
    carrier: str, portal: PortalInTest, anna: Person, token: str
) -> None:
    sent = {
        "bearer": lambda: portal.send("/rest/profile", authorization=f"bearer {token}"),
        "query": lambda: portal.send("/rest/profile", verb="GET", query=f"auth={token}"),
        "form": lambda: portal.send("/rest/profile", body=f"auth={token}"),
        "JSON": lambda: portal.send(
            "/rest/profile", body=f'{{"auth":"{token}"}}', content_type="application/json"
        ),
        "access_token": lambda: portal.send("/rest/profile", query=f"access_token={token}"),
    }[carrier]()

    assert sent.result["ID"] == str(anna.id)


@documented("error-codes")
def test_nobody_knows_a_made_up_token(portal: PortalInTest) -> None:
    assert profile(portal, "made-up").refusal == (
        401,
        "invalid_token",
        "Unable to get application by token",
    )


@documented("settings/oauth/index")
def test_an_access_token_is_good_for_an_hour(
    portal: PortalInTest, clock: VirtualClock, token: str
) -> None:
    clock.advance(minutes=59, seconds=59)
    assert profile(portal, token).status == 200

    clock.advance(seconds=1)
    assert profile(portal, token).refusal == (
        401,
        "expired_token",
        "The access token provided has expired.",
    )


@documented("error-codes")
def test_a_token_opens_the_scopes_of_its_application_alone(
    portal: PortalInTest, token: str
) -> None:
    refused = portal.send("/rest/user.current", query=f"auth={token}")

    assert refused.refusal == (
        401,
        "insufficient_scope",
        "The request requires higher privileges than provided by the access token",
    )


@documented("error-codes")
def test_a_removed_application_is_not_found(
    portal: PortalInTest, application: Application, token: str
) -> None:
    portal.change_application(application, removed=portal.clock.now())

    assert profile(portal, token).refusal == (
        401,
        "APPLICATION_NOT_FOUND",
        "Application not found",
    )


@documented("error-codes")
def test_an_application_that_was_uninstalled_calls_nothing(
    portal: PortalInTest, application: Application, token: str
) -> None:
    portal.change_application(application, state=State.UNINSTALLED)

    assert profile(portal, token).refusal == (401, "ERROR_OAUTH", "Application not installed")


@documented("error-codes")
def test_a_dismissed_user_calls_nothing(portal: PortalInTest, anna: Person, token: str) -> None:
    def dismiss(store: object) -> None:
        users = store.users  # type: ignore[attr-defined]
        users.save(replace(users.find(anna.id), active=False))

    portal.in_store(dismiss)

    assert profile(portal, token).refusal == (
        401,
        "authorization_error",
        "Unable to authorize user",
    )


@documented("error-codes")
def test_a_restricted_application_is_open_to_its_users_alone(
    portal: PortalInTest, application: Application, anna: Person, boris: Person, token: str
) -> None:
    portal.change_application(application, restricted=True, user_ids=(boris.id,))
    of_boris = portal.tokens(application, boris.id).access_token

    assert profile(portal, of_boris).status == 200
    assert profile(portal, token).refusal == (
        403,
        "user_access_error",
        "The user does not have access to the application.",
    )


@observed("the vendor's order of checks, rest-protocol.md 3.3")
def test_what_is_wrong_with_the_application_comes_before_what_is_wrong_with_the_token(
    portal: PortalInTest, clock: VirtualClock, application: Application, token: str
) -> None:
    portal.change_application(application, state=State.UNINSTALLED, restricted=True)
    clock.advance(hours=2)

    assert portal.send("/rest/user.current", query=f"auth={token}").error == "ERROR_OAUTH"

    portal.change_application(application, restricted=True)
    assert portal.send("/rest/user.current", query=f"auth={token}").error == "expired_token"
