"""`feature.get`."""

from __future__ import annotations

import pytest

from tests.portals import Person
from tests.provenance import documented, observed

METHOD = "feature.get"
PAGE = "common-system-feature-get"


@observed("b24pysdk test_feature")
def test_the_portal_has_auth_connectors(admin: Person) -> None:
    assert admin.call(METHOD, CODE="rest_auth_connector").result == {"value": "Y"}


@documented("rest-protocol.md 6: classic methods take names in any case")
def test_the_code_may_be_sent_in_lower_case(admin: Person) -> None:
    assert admin.call(METHOD, code="rest_auth_connector").result == {"value": "Y"}


@observed("b24pysdk accepts Y and N alone")
def test_the_portal_has_no_unknown_feature(admin: Person) -> None:
    assert admin.call(METHOD, CODE="teleport").result == {"value": "N"}


@documented(f"{PAGE}#error-handling")
@pytest.mark.parametrize(
    "sent",
    [{}, {"CODE": ""}, {"CODE": None}, {"CODE": []}],
    ids=["missing", "empty", "null", "list"],
)
def test_a_feature_without_a_code(admin: Person, sent: dict[str, object]) -> None:
    assert admin.call(METHOD, **sent).refusal == (400, "CODE_EMPTY", "CODE can't be empty")
