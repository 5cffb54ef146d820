"""`sluice webhook`: credentials are made, listed without their codes, and ended."""

from __future__ import annotations

import json

import pytest

from sluice.rest.method import SCOPES
from tests.cli.portal import PortalInFile


def test_a_new_webhook_calls_as_its_user(portal: PortalInFile) -> None:
    made = portal.answer("webhook", "create", "--user", "3")

    assert portal.call(made["path"], "user.current")["result"]["ID"] == "3"


def test_a_webhook_without_named_scopes_has_them_all(portal: PortalInFile) -> None:
    assert portal.answer("webhook", "create", "--user", "1")["scopes"] == list(SCOPES)


def test_a_webhook_is_kept_within_its_scopes(portal: PortalInFile) -> None:
    made = portal.answer("webhook", "create", "--user", "1", "--scope", "task, department")

    assert made["scopes"] == ["task", "department"]
    assert "result" in portal.call(made["path"], "department.get")
    assert portal.call(made["path"], "user.current")["error"] == "insufficient_scope"


def test_the_addresses_are_those_of_the_settings_before_a_server_ran(
    portal: PortalInFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_PORT", "9000")
    monkeypatch.setenv("SLUICE_TLS_PORT", "9443")
    monkeypatch.setenv("SLUICE_HOST", "0.0.0.0")

    made = portal.answer("webhook", "create", "--user", "1")

    path = f"/rest/1/{made['code']}/"
    assert made["path"] == path
    assert made["webhook"] == f"http://127.0.0.1:9000{path}"
    assert made["tls_webhook"] == f"https://127.0.0.1:9443{path}"


def test_the_plain_output_is_addresses_to_paste_and_nothing_else(portal: PortalInFile) -> None:
    done = portal.run("webhook", "create", "--user", "3")

    http, https = done.stdout.splitlines()
    assert http.startswith("http://127.0.0.1:8024/rest/3/")
    assert https.startswith("https://127.0.0.1:8443/rest/3/")
    assert "Anna Lindqvist" in done.stderr


def test_an_unknown_scope_is_answered_with_the_scopes_there_are(portal: PortalInFile) -> None:
    done = portal.run("webhook", "create", "--user", "1", "--scope", "task,tusk")

    assert done.exit_code == 2
    assert "'tusk'" in done.stderr
    assert ", ".join(SCOPES) in done.stderr


def test_an_unknown_user_gets_no_webhook(portal: PortalInFile) -> None:
    done = portal.run("webhook", "create", "--user", "99")

    assert done.exit_code == 1
    assert done.stderr == "Error: There is no user 99; see `sluice user list`.\n"
    assert portal.answer("webhook", "list") == []


def test_a_dismissed_user_gets_no_webhook(portal: PortalInFile) -> None:
    portal.answer("call", "user.update", "ID=4", "ACTIVE=N")

    done = portal.run("webhook", "create", "--user", "4")

    assert done.exit_code == 1
    assert "User 4 was dismissed" in done.stderr


def test_the_list_tells_of_webhooks_but_never_their_codes(portal: PortalInFile) -> None:
    made = portal.answer("webhook", "create", "--user", "3", "--scope", "user", "--title", "Report")

    as_json, as_table = portal.run("webhook", "list", "--json"), portal.run("webhook", "list")

    (listed,) = json.loads(as_json.stdout)
    assert (listed["id"], listed["user_id"], listed["title"]) == (made["id"], 3, "Report")
    assert (listed["scopes"], listed["revoked"]) == (["user"], None)
    assert "Report" in as_table.stdout
    assert made["code"] not in as_json.stdout + as_table.stdout


def test_a_title_cannot_command_the_terminal(portal: PortalInFile) -> None:
    portal.answer("webhook", "create", "--user", "3", "--title", "\x1b[2J\x9b2J")

    shown = portal.run("webhook", "list").stdout + portal.run("webhook", "list", "--json").stdout

    assert "\x1b" not in shown
    assert "\x9b" not in shown


def test_a_revoked_webhook_is_refused_and_listed_as_revoked(portal: PortalInFile) -> None:
    made = portal.answer("webhook", "create", "--user", "3")

    revoked = portal.answer("webhook", "revoke", str(made["id"]))

    assert portal.call(made["path"], "user.current")["error"] == "INVALID_CREDENTIALS"
    assert revoked["revoked"] is not None
    assert portal.answer("webhook", "list") == [revoked]


def test_other_webhooks_outlive_a_revoked_one(portal: PortalInFile) -> None:
    ended = portal.answer("webhook", "create", "--user", "3")
    other = portal.answer("webhook", "create", "--user", "3")

    portal.answer("webhook", "revoke", str(ended["id"]))

    assert "result" in portal.call(other["path"], "user.current")


def test_a_webhook_is_revoked_only_once(portal: PortalInFile) -> None:
    made = portal.answer("webhook", "create", "--user", "3")
    first = portal.answer("webhook", "revoke", str(made["id"]))

    again = portal.run("webhook", "revoke", str(made["id"]))

    assert again.exit_code == 1
    assert "was revoked before" in again.stderr
    assert portal.answer("webhook", "list") == [first]


def test_an_unknown_webhook_cannot_be_revoked(portal: PortalInFile) -> None:
    done = portal.run("webhook", "revoke", "9")

    assert done.exit_code == 1
    assert "There is no webhook 9" in done.stderr
