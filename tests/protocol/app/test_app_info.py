"""`app.info`."""

from __future__ import annotations

import pytest

from sluice.domain.application import Application, State
from sluice.rest.oauth import grant
from tests.portals import Person, PortalInTest
from tests.protocol.app.conftest import Caller
from tests.provenance import assumed, documented, observed

METHOD = "app.info"


@observed("rest-protocol.md 7.5: the page that claims an error for webhooks is outdated")
def test_app_info_tells_a_webhook_its_scopes_and_the_licence(portal: PortalInTest) -> None:
    caller = portal.person(1, scopes=("user", "task"))

    assert caller.call(METHOD).result == {"SCOPE": ["task", "user"], "LICENSE": "en_selfhosted"}


@observed("b24phpsdk and b24pysdk read SCOPE as a list")
def test_app_info_tells_a_webhook_without_scopes_an_empty_list(portal: PortalInTest) -> None:
    caller = portal.person(1, scopes=())

    assert caller.call(METHOD).result["SCOPE"] == []


@documented("common/system/app-info")
def test_app_info_tells_an_application_what_it_is(
    application: Application, through_anna: Caller
) -> None:
    assert through_anna.call(METHOD).result == {
        "ID": application.id,
        "CODE": application.client_id,
        "VERSION": 1,
        "STATUS": "L",
        "INSTALLED": True,
        "PAYMENT_EXPIRED": "N",
        "DAYS": None,
        "LANGUAGE_ID": "en",
        "LICENSE": "en_selfhosted",
        "LICENSE_TYPE": "selfhosted",
        "LICENSE_FAMILY": "",
    }


@documented("settings/app-installation/installation-finish")
def test_app_info_tells_when_the_installation_still_runs(
    portal: PortalInTest, application: Application, through_anna: Caller
) -> None:
    portal.change_application(application, state=State.INSTALLING)

    assert through_anna.call(METHOD).result["INSTALLED"] is False


@observed("b24pysdk and b24phpsdk ask the auth host, each in its own way")
@pytest.mark.parametrize(
    ("path", "host"),
    [
        ("/rest/app.info", "oauth.bitrix24.tech"),
        ("/rest/app.info/", "oauth.bitrix.info"),
        ("/rest//rest/app.info", "portal.example"),
        ("/rest/app.info?IS_NEED_OAUTH_SECURE_CHECK=1", "portal.example"),
    ],
    ids=["auth host", "the other auth host", "doubled path", "asked for"],
)
def test_app_info_at_the_auth_host_tells_what_a_token_stands_for(
    path: str,
    host: str,
    portal: PortalInTest,
    application: Application,
    anna: Person,
    through_anna: Caller,
) -> None:
    path, _, query = path.partition("?")

    answer = portal.send(path, verb="GET", query=f"auth={through_anna.token}&{query}", host=host)

    assert answer.result == {
        "client_id": application.client_id,
        "scope": "task,user",
        "expires": "2026-01-12T10:30:00+00:00",
        "user_id": anna.id,
        "install": {
            "installed": True,
            "version": 1,
            "status": "L",
            "scope": "task,user",
            "domain": "portal.example",
            "uri": "https://portal.example",
            "client_endpoint": "https://portal.example/rest/",
            "member_id": portal.in_store(lambda store: store.facts.get("member_id")),
            "member_type": "b24",
        },
    }


@observed("b24phpsdk compares install.uri with scheme and host alone")
def test_the_address_of_an_installation_has_no_port(
    portal: PortalInTest, application: Application, anna: Person
) -> None:
    now = portal.clock.now()
    origin = "https://localhost:8443"
    token = portal.in_store(
        lambda store: grant(store, application.id, anna.id, origin, now).access_token
    )

    install = portal.send("/rest//rest/app.info", query=f"auth={token}").result["install"]

    assert install["uri"] == "https://localhost"
    assert install["domain"] == "localhost:8443"
    assert install["client_endpoint"] == "https://localhost:8443/rest/"


@assumed("a webhook is no token, so there is nothing to tell")
def test_the_auth_host_knows_no_webhooks(portal: PortalInTest) -> None:
    answer = portal.send("/rest/rest/app.info", body="auth=made-up")

    assert answer.error == "invalid_token"
