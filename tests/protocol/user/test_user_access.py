"""`user.access`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented, observed

METHOD = "user.access"
PAGE = "common/users/user-access"


@observed("b24pysdk test_user access")
def test_everybody_has_the_codes_of_everybody(guest: Person) -> None:
    assert guest.call(METHOD, ACCESS=["AU", "G2"]).result is True


@documented(PAGE)
@pytest.mark.parametrize(
    ("who", "codes", "answer"),
    [
        ("anna", ["U1"], False),
        ("admin", ["U1"], True),
        ("anna", ["U1", "D1"], True),
        ("anna", ["DR1"], True),
        ("anna", ["UA"], True),
        ("guest", ["UA", "D1", "DR1"], False),
        ("anna", ["G1"], False),
        ("admin", ["G1"], True),
        ("anna", ["nonsense", "", 7, None, ["AU"], "SG", "SGx", "SG-1", "SG" + "9" * 30], False),
        ("anna", "AU", True),
        ("anna", {"0": "AU"}, True),
    ],
    ids=str,
)
def test_one_code_is_enough(
    request: pytest.FixtureRequest, portal: PortalInTest, who: str, codes: Any, answer: bool
) -> None:
    caller: Person = request.getfixturevalue(who)

    assert caller.call(METHOD, ACCESS=codes).result is answer


@documented(PAGE)
def test_the_code_of_a_group_is_its_members(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    group = portal.add_group("Launch", anna)

    assert anna.call(METHOD, access=[f"SG{group}"]).result is True
    assert boris.call(METHOD, access=[f"SG{group}"]).result is False


@assumed("rest-protocol.md 6: a missing argument is an ERROR_ARGUMENT of classic methods")
@pytest.mark.parametrize("sent", [{}, {"ACCESS": []}, {"ACCESS": [""]}, {"ACCESS": ""}], ids=str)
def test_codes_are_needed(anna: Person, sent: dict[str, Any]) -> None:
    reply = anna.call(METHOD, **sent)

    assert reply.refusal == (400, "ERROR_ARGUMENT", "Argument 'ACCESS' is null or empty")
