"""Applications in the hands of an administrator and of an employee, who bind handlers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from sluice.domain.application import Application
from tests.portals import Person, PortalInTest, Reply

HANDLER = "https://app.example/events"


@dataclass(frozen=True)
class Caller:
    """A person who calls through an application."""

    portal: PortalInTest
    person: Person
    token: str

    def call(self, method: str, **parameters: Any) -> Reply:
        return self.portal.send(
            f"/rest/{method}",
            body=json.dumps({**parameters, "auth": self.token}),
            content_type="application/json",
        )

    def bind(self, event: str, handler: str = HANDLER, **parameters: Any) -> Reply:
        return self.call("event.bind", event=event, handler=handler, **parameters)


@pytest.fixture
def application(portal: PortalInTest) -> Application:
    return portal.add_application(scopes=["task", "user"]).application


@pytest.fixture
def through_admin(portal: PortalInTest, application: Application, admin: Person) -> Caller:
    return Caller(portal, admin, portal.tokens(application, admin.id).access_token)


@pytest.fixture
def through_anna(portal: PortalInTest, application: Application, anna: Person) -> Caller:
    return Caller(portal, anna, portal.tokens(application, anna.id).access_token)
