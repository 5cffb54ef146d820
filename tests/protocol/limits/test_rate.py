"""How many calls an address may make: a bucket that leaks, by the portal's clock."""

from __future__ import annotations

import json

import pytest

from sluice.clock import VirtualClock
from sluice.domain.portal import Plan
from tests.portals import Person, PortalInTest, Reply
from tests.provenance import assumed, documented

HERE, THERE = "203.0.113.1", "203.0.113.2"


def call(person: Person, peer: str = HERE, method: str = "profile", body: str = "") -> Reply:
    return person.portal.send(
        person.path + method, body=body, content_type="application/json", peer=peer
    )


def passed(person: Person, times: int, peer: str = HERE) -> int:
    """Return how many of this many calls were answered."""
    return sum(call(person, peer).status == 200 for _ in range(times))


@documented("limits: 50 and 2 per second, on Enterprise 250 and 5")
@pytest.mark.parametrize(
    ("plan", "burst", "per_second"), [(Plan.COMMERCIAL, 50, 2), (Plan.ENTERPRISE, 250, 5)]
)
def test_a_plan_lets_so_many_calls_through_at_once_and_then_so_many_each_second(
    plan: Plan,
    burst: int,
    per_second: int,
    portal: PortalInTest,
    clock: VirtualClock,
    admin: Person,
) -> None:
    portal.set_state(plan=plan)
    call(admin, THERE)  # the portal has seen the plan

    assert passed(admin, burst + 10) == burst

    clock.advance(seconds=3)
    assert passed(admin, 50) == 3 * per_second

    clock.advance(minutes=10)
    assert passed(admin, burst + 10) == burst


@documented("limits#error")
def test_a_call_too_many_is_refused_with(portal: PortalInTest, admin: Person) -> None:
    portal.set_state(plan=Plan.COMMERCIAL)
    passed(admin, 52)

    assert call(admin).refusal == (503, "QUERY_LIMIT_EXCEEDED", "Too many requests")


@documented("limits: per portal and address")
def test_every_address_has_a_bucket_of_its_own(
    portal: PortalInTest, admin: Person, anna: Person
) -> None:
    portal.set_state(plan=Plan.COMMERCIAL)
    passed(admin, 60)

    assert call(anna).status == 503
    assert call(admin, THERE).status == 200


@documented("limits: a batch is one request")
def test_a_batch_counts_once(portal: PortalInTest, admin: Person) -> None:
    portal.set_state(plan=Plan.COMMERCIAL)
    call(admin, THERE)
    body = json.dumps({"cmd": {f"c{number}": "profile" for number in range(50)}})

    answers = [call(admin, method="batch", body=body) for _ in range(51)]

    assert [answer.status for answer in answers] == [200] * 50 + [503]


@assumed("the limiter stands in front of everything, rest-protocol.md 3.5")
def test_what_is_refused_for_another_reason_counts_as_well(
    portal: PortalInTest, admin: Person
) -> None:
    portal.set_state(plan=Plan.COMMERCIAL)
    call(admin, THERE)
    for _ in range(50):
        assert call(admin, method="no.such.method").status == 404

    assert call(admin).status == 503
    assert call(admin, method="no.such.method").status == 503


@documented("limits: self-hosted installations have no such limit")
@pytest.mark.parametrize("plan", [Plan.BOX, Plan.NONE])
def test_no_plan_of_ones_own_machine_counts_calls(
    plan: Plan, portal: PortalInTest, admin: Person
) -> None:
    portal.set_state(plan=plan)

    assert passed(admin, 300) == 300


@assumed("whoever lifts the limit lifts it at once")
def test_a_lifted_limit_lets_the_next_call_through(portal: PortalInTest, admin: Person) -> None:
    portal.set_state(plan=Plan.COMMERCIAL)
    passed(admin, 60)

    portal.set_state(plan=Plan.NONE)

    assert call(admin).status == 200


@assumed("commands on the portal's own machine are no requests")
def test_calls_without_an_address_are_not_counted(portal: PortalInTest, admin: Person) -> None:
    portal.set_state(plan=Plan.COMMERCIAL)

    assert passed(admin, 100, peer="") == 100


@assumed("a clock that is set back neither fills nor empties a bucket")
def test_a_clock_that_is_set_back_leaks_nothing(
    portal: PortalInTest, clock: VirtualClock, admin: Person
) -> None:
    portal.set_state(plan=Plan.COMMERCIAL)
    passed(admin, 60)

    clock.advance(hours=-1)
    assert call(admin).status == 503

    clock.advance(seconds=1)
    assert passed(admin, 10) == 2
