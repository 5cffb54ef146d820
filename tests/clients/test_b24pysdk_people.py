"""People and departments in b24pysdk's list forms, over more than one page of each.

Its chains filter departments beside the parameters, and sort both by SORT and ORDER.
Source: flows.md 12.3, test_department and test_user.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.clients.portal import Portal
from tests.server_process import ServerProcess

Connect = Callable[[str], Any]

KINDS = (
    "departments",
    "people",
    "people found",
)


@pytest.fixture(scope="module")
def _two_pages(portal: Portal) -> None:
    """More departments and people than a page holds."""
    portal.run([f"department.add?NAME=Office {number}&PARENT=20" for number in range(60)])
    person = "user.add?UF_DEPARTMENT[]=20&EMAIL=office.{}@example.test"
    portal.run([person.format(number) for number in range(60)])


@pytest.fixture
def lists(
    _two_pages: None, connect_b24pysdk: Connect, server: ServerProcess
) -> dict[str, Callable[[], Any]]:
    """The SDK's requests that list everybody and everything."""
    client = connect_b24pysdk(server.ready.webhook)
    return {
        "departments": client.department.get,
        "people": client.user.get,
        "people found": lambda: client.user.search(filter={}),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_b24pysdk_reads_all_pages_of(kind: str, lists: dict[str, Callable[[], Any]]) -> None:
    rows = lists[kind]().as_list().result

    assert len({row["ID"] for row in rows}) == len(rows) > 60


@pytest.mark.parametrize("descending", [False, True], ids=["upwards", "downwards"])
@pytest.mark.parametrize("kind", KINDS)
def test_b24pysdk_reads_in_chains(
    kind: str, descending: bool, lists: dict[str, Callable[[], Any]]
) -> None:
    everything = [int(row["ID"]) for row in lists[kind]().as_list().result]

    chained = lists[kind]().as_list_fast(descending=descending).result

    assert [int(row["ID"]) for row in chained] == sorted(everything, reverse=descending)
