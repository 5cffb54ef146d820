"""`sluice portal`: the plan and the states are shown, set and set back."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.domain.portal import NAMES, NORMAL, read_state, written_state
from tests.cli.portal import PortalInFile

USUAL = {
    "plan": "none",
    "operating_limit": "",
    "flows": "on",
    "rest": "on",
    "portal": "open",
    "overload": "off",
    "https": "optional",
    "payment": "current",
    "auth_host": "up",
    "manifest": "available",
    "extranet": "on",
    "private_handlers": "on",
    "confirm": "",
    "deny": "",
    "broken": "",
    "garbled": "",
    "flows_trial_until": None,
}


@pytest.fixture
def webhook(portal: PortalInFile) -> str:
    return str(portal.answer("webhook", "create", "--user", "1")["path"])


def test_a_new_portal_refuses_nothing(portal: PortalInFile) -> None:
    assert portal.answer("portal", "show") == USUAL


def test_a_state_is_set_and_set_back(portal: PortalInFile, webhook: str) -> None:
    changed = portal.answer("portal", "set", "portal=closed", "plan=enterprise")
    assert changed == {**USUAL, "portal": "closed", "plan": "enterprise"}
    assert portal.call(webhook, "profile")["error"] == "PORTAL_DELETED"

    assert portal.answer("portal", "set", "portal=open")["plan"] == "enterprise"
    assert "result" in portal.call(webhook, "profile")

    assert portal.answer("portal", "reset") == USUAL
    assert portal.answer("portal", "show") == USUAL


def test_methods_are_named_in_any_case(portal: PortalInFile, webhook: str) -> None:
    changed = portal.answer("portal", "set", "broken=Profile, tasks.flow.Flow.get")

    assert changed["broken"] == "profile,tasks.flow.flow.get"
    assert portal.call(webhook, "profile")["error"] == "INTERNAL_SERVER_ERROR"


def test_people_see_what_is_not_as_usual(portal: PortalInFile) -> None:
    portal.run("portal", "set", "https=required")

    lines = portal.run("portal", "show").output.splitlines()

    (https,) = [line for line in lines if line.startswith("https")]
    assert https.split()[:3] == ["https", "*", "required"]
    (flows,) = [line for line in lines if line.startswith("flows")]
    assert "*" not in flows


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("plan=gold", "plan is one of none, commercial, enterprise, box, not 'gold'."),
        ("portal=off", "portal is open or closed, not 'off'."),
        ("gravity=off", "There is no state 'gravity'. The states are plan, "),
        ("broken=profil", "broken: there is no method 'profil'."),
        ("operating_limit=much", "operating_limit is a number of seconds, or empty, not 'much'."),
        ("plan", "'plan' has no value: write NAME=VALUE."),
    ],
)
def test_what_cannot_be_set_is_told(change: str, words: str, portal: PortalInFile) -> None:
    done = portal.run("portal", "set", "overload=on", change)

    assert done.exit_code == 2
    assert words in " ".join(done.output.split())
    assert portal.answer("portal", "show") == USUAL


@pytest.mark.parametrize("name", NAMES)
def test_what_is_shown_can_be_set(name: str) -> None:
    value: Any = read_state(name, written_state(name, NORMAL), [])

    assert value == getattr(NORMAL, name)
