"""`app.info`."""

from __future__ import annotations

from tests.portals import PortalInTest
from tests.provenance import observed

METHOD = "app.info"


@observed("rest-protocol.md 7.5: the page that claims an error for webhooks is outdated")
def test_app_info_tells_a_webhook_its_scopes_and_the_licence(portal: PortalInTest) -> None:
    caller = portal.person(1, scopes=("user", "task"))

    assert caller.call(METHOD).result == {"SCOPE": ["task", "user"], "LICENSE": "en_selfhosted"}


@observed("b24phpsdk and b24pysdk read SCOPE as a list")
def test_app_info_tells_a_webhook_without_scopes_an_empty_list(portal: PortalInTest) -> None:
    caller = portal.person(1, scopes=())

    assert caller.call(METHOD).result["SCOPE"] == []
