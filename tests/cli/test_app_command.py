"""`sluice app`: applications are registered, installed, restricted, and given tokens."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from sluice.app import Portal
from sluice.rest.method import SCOPES
from sluice.rest.request import Incoming
from sluice.settings import Settings
from tests.cli.portal import PortalInFile


@pytest.fixture
def reports(portal: PortalInFile) -> Any:
    return portal.answer("app", "create", "--title", "Reports", "--scope", "task,user")


def asked(portal: PortalInFile, path: str, **params: str) -> Any:
    """Return the body of what a door or the gateway answers to a GET."""
    opened = Portal(Settings(database=portal.address))
    try:
        door = opened.doors.get(path.strip("/").encode(), opened.gateway.answer)
        incoming = Incoming(
            verb="GET", path=path.encode(), query=urlencode(params).encode(), host=b"portal.example"
        )
        return json.loads(asyncio.run(door(incoming)).body)
    finally:
        opened.close()


def profile(portal: PortalInFile, token: str) -> Any:
    return asked(portal, "/rest/profile", auth=token)


def tokens(portal: PortalInFile, client: Any, *options: str) -> Any:
    return portal.answer(
        "app", "token", "--client-id", client["client_id"], "--user", "3", *options
    )


def test_a_new_application_is_told_its_secrets_once(portal: PortalInFile, reports: Any) -> None:
    assert re.fullmatch(r"local\.[0-9a-f]{14}\.[0-9]{8}", reports["client_id"])
    assert len(reports["client_secret"]) >= 50
    assert re.fullmatch(r"[0-9a-f]{32}", reports["application_token"])

    [listed] = portal.answer("app", "list")

    assert listed == {name: reports[name] for name in reports if name != "client_secret"}
    assert (listed["state"], listed["scopes"], listed["users"]) == (
        "installed",
        ["task", "user"],
        None,
    )


def test_an_application_without_named_scopes_has_them_all(portal: PortalInFile) -> None:
    assert portal.answer("app", "create")["scopes"] == list(SCOPES)


def test_a_token_calls_as_its_user(portal: PortalInFile, reports: Any) -> None:
    granted = tokens(portal, reports)

    assert granted["expires_in"] == 3600
    assert granted["client_endpoint"] == "https://127.0.0.1:8443/rest/"
    assert profile(portal, granted["access_token"])["result"]["ID"] == "3"


def test_a_token_can_be_over_at_once(portal: PortalInFile, reports: Any) -> None:
    granted = tokens(portal, reports, "--expires-in", "0")

    assert profile(portal, granted["access_token"])["error"] == "expired_token"


def test_a_refresh_token_of_the_command_line_refreshes(portal: PortalInFile, reports: Any) -> None:
    granted = tokens(portal, reports, "--origin", "https://acme.bitrix24.com/")

    refreshed = asked(
        portal,
        "/oauth/token/",
        grant_type="refresh_token",
        client_id=reports["client_id"],
        client_secret=reports["client_secret"],
        refresh_token=granted["refresh_token"],
    )

    assert refreshed["client_endpoint"] == "https://acme.bitrix24.com/rest/"
    assert profile(portal, refreshed["access_token"])["result"]["ID"] == "3"


def test_a_code_is_exchanged_without_a_person(portal: PortalInFile, reports: Any) -> None:
    told = portal.answer("app", "code", "--client-id", reports["client_id"], "--user", "3")

    exchanged = asked(
        portal,
        "/oauth/token/",
        grant_type="authorization_code",
        client_id=reports["client_id"],
        client_secret=reports["client_secret"],
        code=told["code"],
    )

    assert told["expires_in"] == 30
    assert exchanged["user_id"] == 3


def test_an_application_goes_and_comes_back(portal: PortalInFile, reports: Any) -> None:
    client_id = reports["client_id"]
    before = tokens(portal, reports)["access_token"]

    assert portal.answer("app", "uninstall", "--client-id", client_id)["state"] == "uninstalled"
    assert profile(portal, before)["error"] == "ERROR_OAUTH"

    assert portal.answer("app", "install", client_id)["state"] == "installed"
    assert profile(portal, before)["error"] == "invalid_token"
    assert "result" in profile(portal, tokens(portal, reports)["access_token"])


def test_an_application_with_an_install_address_is_not_installed_yet(portal: PortalInFile) -> None:
    made = portal.answer("app", "create", "--install-url", "https://app.example/install")

    assert made["state"] == "installing"
    assert portal.answer("app", "install", made["client_id"])["state"] == "installed"


def test_a_removed_application_is_gone(portal: PortalInFile, reports: Any) -> None:
    before = tokens(portal, reports)["access_token"]

    portal.answer("app", "remove", reports["client_id"])

    assert portal.answer("app", "list") == []
    assert profile(portal, before)["error"] == "APPLICATION_NOT_FOUND"


def test_a_restricted_application_is_opened_again(portal: PortalInFile, reports: Any) -> None:
    client_id, of_three = reports["client_id"], tokens(portal, reports)["access_token"]

    assert portal.answer("app", "restrict", client_id, "--user", "1")["users"] == [1]
    assert profile(portal, of_three)["error"] == "user_access_error"

    assert portal.answer("app", "restrict", client_id, "--everybody")["users"] is None
    assert "result" in profile(portal, of_three)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["install"], 2, "Name one application"),
        (["install", "local.0.0"], 1, "There is no application local.0.0; see `sluice app list`."),
        (["token", "local.0.0", "--user", "99"], 1, "There is no user 99"),
        (["restrict", "local.0.0"], 2, "Name the users with --user, or open it with --everybody"),
        (["create", "--scope", "everything"], 2, "'everything' unknown"),
        (["create", "--user", "99"], 1, "There is no user 99"),
        (["create", "--redirect-uri", "javascript:alert(1)"], 2, "an address looks like"),
        (["create", "--handler", "https://me:secret@app.example/"], 2, "an address looks like"),
        (["create", "--install-url", "https://app.example/\r\nx: y"], 2, "an address looks like"),
    ],
)
def test_a_command_that_cannot_be_done_says_what_to_do(
    arguments: list[str], code: int, words: str, portal: PortalInFile
) -> None:
    done = portal.run("app", *arguments)

    assert (done.exit_code, words in done.output) == (code, True), done.output


def test_lists_for_people_have_no_secrets(portal: PortalInFile, reports: Any) -> None:
    portal.answer("app", "restrict", reports["client_id"], "--user", "1", "--user", "3")

    output = portal.run("app", "list").output

    assert "Reports" in output
    assert "user 1, user 3" in output
    assert reports["application_token"] not in output
