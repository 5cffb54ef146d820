"""Pages of fifty: `start`, `total`, `next`. rest-protocol.md 10."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.clock import VirtualClock
from sluice.domain.access import USER, Member
from sluice.domain.flow import Distribution, created
from sluice.store.engine import Place
from tests.portals import PortalInTest, Reply
from tests.provenance import documented, observed

LIST = "tasks.flow.Flow.list"


@pytest.fixture(scope="module")
def crowded(lasting_place: Place) -> Iterator[PortalInTest]:
    """A portal with flows 1 to 120, which these tests only read."""
    portal = PortalInTest(lasting_place, VirtualClock(datetime(2026, 1, 12, tzinfo=UTC)))
    now = portal.clock.now()

    def fill(store: Any) -> None:
        for number in range(1, 121):
            values = {
                "name": f"Flow {number:03}",
                "planned_completion_seconds": 3600,
                "distribution_type": Distribution.QUEUE,
                "responsible_list": (Member(USER, 1),),
            }
            store.flows.add(created(values, creator_id=1, now=now))

    portal.in_store(fill)
    yield portal
    portal.close()


def ids(reply: Reply) -> list[int]:
    return [row["id"] for row in reply.result]


@documented("settings/how-to-call-rest-api/list-methods-pecularities")
@pytest.mark.parametrize(
    ("start", "first", "rows", "following"),
    [
        (None, 1, 50, 50),
        (0, 1, 50, 50),
        ("0", 1, 50, 50),
        (10, 1, 50, 50),
        (49, 1, 50, 50),
        (50, 51, 50, 100),
        ("50", 51, 50, 100),
        (" 50.9", 51, 50, 100),
        (99, 51, 50, 100),
        (100, 101, 20, None),
        ("abc", 1, 50, 50),
        ([], 1, 50, 50),
        ({"a": 50}, 1, 50, 50),
        (True, 1, 50, 50),
    ],
    ids=repr,
)
def test_start_chooses_a_page_of_fifty(
    crowded: PortalInTest, start: object, first: int, rows: int, following: int | None
) -> None:
    reply = crowded.admin.call(LIST, order={"ID": "ASC"}, start=start)

    assert ids(reply) == list(range(first, first + rows))
    assert reply.total == 120
    assert reply.next == following


@documented("settings/how-to-call-rest-api/list-methods-pecularities")
@pytest.mark.parametrize("start", [-1, "-1", -50])
def test_a_negative_start_gives_the_first_page_uncounted(
    crowded: PortalInTest, start: object
) -> None:
    reply = crowded.admin.call(LIST, order={"ID": "ASC"}, start=start)

    assert ids(reply) == list(range(1, 51))
    assert "total" not in reply.body
    assert "next" not in reply.body


@observed("rest-protocol.md 10: total whenever counting was done")
@pytest.mark.parametrize("start", [150, 10**9, 2**63 - 1, 10**30])
def test_a_page_after_the_last_is_empty_and_counted(crowded: PortalInTest, start: int) -> None:
    reply = crowded.admin.call(LIST, order={"ID": "ASC"}, start=start)

    if start < 2**63:
        assert reply.result == []
    assert reply.total == 120


@observed("fast_bitrix24 issue 173: a counted empty list has a total of 0")
def test_an_empty_list_is_counted(crowded: PortalInTest) -> None:
    reply = crowded.admin.call(LIST, filter={"ID": 999})

    assert reply.text.startswith('{"result":[],"total":0,"time":')


@observed("b24jssdk needs next to be a number, beside the result")
def test_total_and_next_are_numbers_beside_the_result(crowded: PortalInTest) -> None:
    reply = crowded.admin.call(LIST)

    assert sorted(reply.body) == ["next", "result", "time", "total"]
    assert type(reply.total) is int
    assert type(reply.next) is int


@documented("settings/how-to-call-rest-api/list-methods-pecularities")
def test_a_last_page_that_is_full_has_no_next(crowded: PortalInTest) -> None:
    reply = crowded.admin.call(LIST, filter={"<=ID": 100}, start=50)

    assert (len(reply.result), reply.total, reply.next) == (50, 100, None)


@observed("rest-protocol.md 10: the traversals of clients")
def test_following_next_meets_every_row_once(crowded: PortalInTest) -> None:
    seen: list[int] = []
    start: int | None = 0
    while start is not None:
        reply = crowded.admin.call(LIST, order={"NAME": "DESC"}, start=start)
        seen += ids(reply)
        start = reply.next

    assert seen == list(range(120, 0, -1))


@observed("b24jssdk callList: an id filter and start -1, until a short page")
def test_following_the_last_id_meets_every_row_once(crowded: PortalInTest) -> None:
    seen: list[int] = []
    while True:
        reply = crowded.admin.call(
            LIST, order={"ID": "ASC"}, filter={">ID": seen[-1] if seen else 0}, start=-1
        )
        seen += ids(reply)
        if len(reply.result) < 50:
            break

    assert seen == list(range(1, 121))


@observed("rest-protocol.md 10: start may come in the query, the form or the JSON")
@pytest.mark.parametrize(
    "request_of_page_two",
    [
        {"query": "start=50&order[ID]=ASC"},
        {"body": "start=50&order[ID]=ASC"},
        {"query": "start=0", "body": "start=50&order[ID]=asc"},
        {
            "query": "start=0",
            "body": '{"start":50,"order":{"id":"asc"}}',
            "content_type": "application/json",
        },
    ],
    ids=["query", "form", "form over query", "json over query"],
)
def test_start_arrives_like_any_parameter(
    crowded: PortalInTest, request_of_page_two: dict[str, Any]
) -> None:
    assert ids(crowded.send(crowded.admin.path + LIST, **request_of_page_two))[0] == 51


@observed("rest-protocol.md 10: only lists are counted")
def test_start_means_nothing_to_other_methods(crowded: PortalInTest) -> None:
    reply = crowded.admin.call("server.time", start=50)

    assert list(reply.body) == ["result", "time"]
