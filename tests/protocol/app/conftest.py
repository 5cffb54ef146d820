"""An application in the hands of the administrator and of an employee."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from sluice.domain.application import Application
from tests.portals import Person, PortalInTest, Reply


@dataclass(frozen=True)
class Caller:
    """A person who calls through an application."""

    portal: PortalInTest
    token: str

    def call(self, method: str, **parameters: Any) -> Reply:
        return self.portal.send(
            f"/rest/{method}",
            body=json.dumps({**parameters, "auth": self.token}),
            content_type="application/json",
        )


@pytest.fixture
def application(portal: PortalInTest) -> Application:
    return portal.add_application(scopes=["user", "task"]).application


@pytest.fixture
def through_admin(portal: PortalInTest, application: Application, admin: Person) -> Caller:
    return Caller(portal, portal.tokens(application, admin.id).access_token)


@pytest.fixture
def through_anna(portal: PortalInTest, application: Application, anna: Person) -> Caller:
    return Caller(portal, portal.tokens(application, anna.id).access_token)
