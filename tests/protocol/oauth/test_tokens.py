"""Codes and refresh tokens become access tokens: once each, in time, and for who may have them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace

from sluice.clock import VirtualClock
from sluice.domain.application import Application, State
from sluice.rest.oauth import NewApplication, grant_code
from sluice.store.copy import tables
from sluice.store.migrate import known
from tests.places import look
from tests.portals import Person, PortalInTest, Reply
from tests.provenance import assumed, documented, observed

PORTAL = "https://acme.bitrix24.com"


@pytest.fixture
def reports(portal: PortalInTest) -> NewApplication:
    """An installed application that may call what has to do with tasks and users."""
    return portal.add_application(scopes=["task", "user"])


@pytest.fixture
def code(portal: PortalInTest, reports: NewApplication, anna: Person) -> str:
    """A code that Anna has just allowed."""
    return code_of(portal, reports.application, anna)


def code_of(portal: PortalInTest, application: Application, person: Person) -> str:
    now = portal.clock.now()
    return str(
        portal.in_store(lambda store: grant_code(store, application.id, person.id, PORTAL, now))
    )


def exchange(
    portal: PortalInTest,
    client: NewApplication,
    *,
    path: str = "/oauth/token/",
    verb: str = "GET",
    **params: str,
) -> Reply:
    """Ask for tokens; a parameter that is empty is not sent."""
    sent = {
        "client_id": client.application.client_id,
        "client_secret": client.client_secret,
        **params,
    }
    form = urlencode({name: value for name, value in sent.items() if value})
    query, body = (form, "") if verb == "GET" else ("", form)
    return portal.send(path, verb=verb, query=query, body=body, host="oauth.bitrix24.tech")


def for_code(portal: PortalInTest, client: NewApplication, code: str, **params: str) -> Reply:
    return exchange(portal, client, grant_type="authorization_code", code=code, **params)


def for_refresh(portal: PortalInTest, client: NewApplication, token: str, **params: str) -> Reply:
    return exchange(portal, client, grant_type="refresh_token", refresh_token=token, **params)


def refusal(reply: Reply) -> tuple[int, Any]:
    return reply.status, reply.body


@documented("settings/oauth/index")
@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_a_code_becomes_tokens(
    verb: str, portal: PortalInTest, reports: NewApplication, anna: Person, code: str
) -> None:
    answer = for_code(portal, reports, code, verb=verb)

    assert answer.status == 200
    body = answer.body
    assert body == {
        "access_token": body["access_token"],
        "refresh_token": body["refresh_token"],
        "expires": int(portal.clock.now().timestamp()) + 3600,
        "expires_in": 3600,
        "scope": "task,user",
        "domain": "oauth.bitrix24.tech",
        "server_endpoint": "https://oauth.bitrix24.tech/rest/",
        "client_endpoint": "https://acme.bitrix24.com/rest/",
        "status": "L",
        "member_id": portal.in_store(lambda store: store.facts.get("member_id")),
        "user_id": anna.id,
    }
    profile = portal.send("/rest/profile", authorization=f"Bearer {body['access_token']}")
    assert profile.result["ID"] == str(anna.id)


@documented("settings/oauth/index")
@pytest.mark.parametrize(
    "path", ["/oauth/token", "//oauth/token/", "/rest/oauth/token/", "/rest//oauth/token/"]
)
def test_tokens_are_given_at_every_address_that_clients_build(
    path: str, portal: PortalInTest, reports: NewApplication, code: str
) -> None:
    assert for_code(portal, reports, code, path=path).status == 200


@documented("settings/oauth/index")
def test_a_code_works_once(portal: PortalInTest, reports: NewApplication, code: str) -> None:
    assert for_code(portal, reports, code).status == 200

    assert refusal(for_code(portal, reports, code)) == (400, {"error": "invalid_grant"})


@documented("settings/oauth/index")
@pytest.mark.parametrize(("seconds", "status"), [(29, 200), (30, 400)])
def test_a_code_lives_thirty_seconds(
    seconds: int,
    status: int,
    portal: PortalInTest,
    clock: VirtualClock,
    reports: NewApplication,
    code: str,
) -> None:
    clock.advance(seconds=seconds)

    assert for_code(portal, reports, code).status == status


@documented("settings/oauth/index")
def test_a_refresh_token_is_replaced_and_then_refused(
    portal: PortalInTest, clock: VirtualClock, reports: NewApplication, anna: Person, code: str
) -> None:
    first = for_code(portal, reports, code).body
    clock.advance(days=179)

    second = for_refresh(portal, reports, first["refresh_token"], verb="POST")

    assert second.status == 200
    assert second.body["client_endpoint"] == f"{PORTAL}/rest/"
    assert second.body["user_id"] == anna.id
    assert second.body["refresh_token"] != first["refresh_token"]
    again = for_refresh(portal, reports, first["refresh_token"])
    assert refusal(again) == (400, {"error": "invalid_grant"})
    assert for_refresh(portal, reports, second.body["refresh_token"]).status == 200


@documented("settings/oauth/index")
def test_a_refresh_token_is_good_for_180_days(
    portal: PortalInTest, clock: VirtualClock, reports: NewApplication, code: str
) -> None:
    refresh_token = for_code(portal, reports, code).body["refresh_token"]
    clock.advance(days=180)

    assert refusal(for_refresh(portal, reports, refresh_token)) == (
        400,
        {"error": "invalid_grant"},
    )


@observed("b24pysdk's integration tests of OAuth")
@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"client_id": "local.0.0"}, (200, {"error": "wrong_client"})),
        ({"client_secret": "guessed"}, (400, {"error": "invalid_client"})),
        ({"refresh_token": "made-up"}, (400, {"error": "invalid_grant"})),
        (
            {"refresh_token": ""},
            (
                400,
                {
                    "error": "invalid_request",
                    "error_description": 'No "refresh_token" parameter found',
                },
            ),
        ),
    ],
    ids=["unknown application", "wrong secret", "unknown token", "no token"],
)
def test_a_request_for_tokens_is_refused_with(
    changed: dict[str, str],
    expected: tuple[int, Any],
    portal: PortalInTest,
    reports: NewApplication,
) -> None:
    sent = {"grant_type": "refresh_token", "refresh_token": "made-up", **changed}

    assert refusal(exchange(portal, reports, **sent)) == expected


@assumed("RFC 6749 5.2, since no page tells")
@pytest.mark.parametrize("grant_type", ["password", "client_credentials"])
def test_there_are_two_kinds_of_grants(
    grant_type: str, portal: PortalInTest, reports: NewApplication
) -> None:
    answer = exchange(portal, reports, grant_type=grant_type)

    assert refusal(answer) == (400, {"error": "unsupported_grant_type"})


@assumed("a code is for the application that it was given to")
def test_nobody_exchanges_the_code_of_another(
    portal: PortalInTest, reports: NewApplication, code: str
) -> None:
    other = portal.add_application("Other")

    assert refusal(for_code(portal, other, code)) == (400, {"error": "invalid_grant"})
    assert for_code(portal, reports, code).status == 200


@assumed("an access token or a code refreshes nothing")
def test_only_a_refresh_token_refreshes(
    portal: PortalInTest, reports: NewApplication, code: str
) -> None:
    assert for_refresh(portal, reports, code).status == 400
    tokens = for_code(portal, reports, code).body
    assert for_refresh(portal, reports, tokens["access_token"]).status == 400
    assert portal.send("/rest/profile", query=f"auth={tokens['refresh_token']}").status == 401


@assumed("what was uninstalled, dismissed or shut out gets no new tokens")
def test_who_may_not_call_gets_no_tokens(
    portal: PortalInTest, reports: NewApplication, anna: Person, boris: Person
) -> None:
    application = reports.application
    tokens = portal.tokens(application, anna.id)

    portal.change_application(application, state=State.UNINSTALLED)
    assert for_refresh(portal, reports, tokens.refresh_token).error == "NOT_INSTALLED"

    portal.change_application(application, restricted=True, user_ids=(boris.id,))
    assert for_refresh(portal, reports, tokens.refresh_token).error == "user_access_error"

    portal.change_application(application)
    portal.in_store(
        lambda store: store.users.save(replace(store.users.find(anna.id), active=False))
    )
    assert for_refresh(portal, reports, tokens.refresh_token).error == "invalid_grant"


@assumed("an address built from a forged header would lead clients elsewhere")
@pytest.mark.parametrize("host", ["", "evil.example/rest", "a b", "x" * 300, "[::1"])
def test_a_host_that_is_none_is_refused(
    host: str, portal: PortalInTest, reports: NewApplication
) -> None:
    assert portal.send("/oauth/token/", query="grant_type=x", host=host).error == "INVALID_REQUEST"


@assumed("tokens are stored hashed")
def test_no_secret_stands_in_the_database(
    portal: PortalInTest, reports: NewApplication, code: str
) -> None:
    tokens = for_code(portal, reports, code).body
    portal.in_store(lambda store: store.facts.set("written", "yes"))

    everything = str(
        [look(portal.place, f"SELECT * FROM {table.name}") for table in tables(known())]
    )

    for secret in (
        code,
        reports.client_secret,
        tokens["access_token"],
        tokens["refresh_token"],
    ):
        assert secret not in everything
    assert reports.application.client_id in everything
