"""How much time a credential may use of a method: ten baskets of a minute each."""

from __future__ import annotations

import json

import pytest

from sluice.clock import VirtualClock
from sluice.domain.portal import Plan
from sluice.rest import batch as batch_module
from sluice.rest import gateway as gateway_module
from tests.portals import Person, PortalInTest
from tests.provenance import assumed, documented, observed

REFUSED = (429, "OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit.")


class Seconds:
    """A stopwatch on which every method takes as long as it is told."""

    def __init__(self) -> None:
        self.each = 0.0
        self._now = 0.0

    def __call__(self) -> float:
        self._now += self.each
        return self._now


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    seconds = Seconds()
    monkeypatch.setattr(gateway_module, "stopwatch", seconds)
    monkeypatch.setattr(batch_module, "stopwatch", seconds)
    return seconds


@documented("limits#operating")
@pytest.mark.parametrize(
    ("plan", "calls"), [(Plan.COMMERCIAL, 5), (Plan.ENTERPRISE, 5), (Plan.BOX, 5), (Plan.NONE, 9)]
)
def test_a_method_is_blocked_once_its_time_is_used_up(
    plan: Plan, calls: int, portal: PortalInTest, admin: Person, seconds: Seconds
) -> None:
    portal.set_state(plan=plan)
    seconds.each = 100.0

    answers = [admin.call("profile").status for _ in range(9)]

    assert answers == [200] * calls + [429] * (9 - calls)


@documented("limits#operating")
def test_a_method_too_many_is_refused_with(
    portal: PortalInTest, admin: Person, seconds: Seconds
) -> None:
    portal.set_state(plan=Plan.BOX)
    seconds.each = 420.0
    admin.call("profile")

    assert admin.call("profile").refusal == REFUSED


@documented("limits#operating")
def test_time_is_forgotten_after_ten_minutes_a_minute_at_a_time(
    portal: PortalInTest, clock: VirtualClock, admin: Person, seconds: Seconds
) -> None:
    portal.set_state(plan=Plan.COMMERCIAL)
    seconds.each = 300.0
    first = admin.call("profile").body["time"]
    clock.advance(minutes=5)
    second = admin.call("profile").body["time"]
    assert (first["operating"], second["operating"]) == (300, 600)
    assert first["operating_reset_at"] == int(clock.now().timestamp()) + 300
    assert second["operating_reset_at"] == first["operating_reset_at"]

    clock.advance(minutes=4, seconds=59)
    assert admin.call("profile").status == 429

    clock.advance(seconds=1)
    assert admin.call("profile").body["time"]["operating"] == 600  # 300 are left, and 300 more


@documented("limits#operating: for each method and each webhook or application")
def test_other_methods_and_other_credentials_go_on(
    portal: PortalInTest, admin: Person, seconds: Seconds
) -> None:
    portal.set_state(plan=Plan.COMMERCIAL)
    seconds.each = 500.0
    admin.call("profile")

    assert admin.call("profile").refusal == REFUSED
    assert admin.call("user.current").status == 200
    assert portal.person(admin.id).call("profile").status == 200


@documented("limits#operating: the commands of a batch are counted, the batch is not")
def test_commands_of_a_batch_are_counted_one_by_one(
    portal: PortalInTest, admin: Person, seconds: Seconds
) -> None:
    portal.set_state(plan=Plan.COMMERCIAL)
    seconds.each = 250.0
    cmd = {"a": "profile", "b": "profile", "c": "profile", "d": "server.time"}

    answer = admin.call("batch", cmd=cmd)
    again = admin.call("batch", cmd={"d": "user.current"})

    assert list(answer.result["result"]) == ["a", "b", "d"]
    assert answer.result["result_error"] == {
        "c": {"error": REFUSED[1], "error_description": REFUSED[2]}
    }
    assert answer.result["result_time"]["b"]["operating"] == 500
    assert again.status == 200


@observed("time in answers, rest-protocol.md 4; b24jssdk reads it")
@pytest.mark.parametrize("plan", list(Plan))
def test_operating_time_is_told_in_every_plan(
    plan: Plan, portal: PortalInTest, admin: Person, seconds: Seconds
) -> None:
    portal.set_state(plan=plan)
    seconds.each = 1.5

    time = [json.loads(admin.call("profile").text)["time"] for _ in range(2)][1]

    assert time["operating"] == 3
    assert time["operating_reset_at"] == int(portal.clock.now().timestamp()) // 60 * 60 + 600


@assumed("a limit of its own, so that the refusal can be met without ten minutes of work")
def test_a_limit_can_be_set_apart_from_the_plan(
    portal: PortalInTest, admin: Person, seconds: Seconds
) -> None:
    portal.set_state(operating_limit=0.5)
    seconds.each = 0.6

    assert [admin.call("profile").status for _ in range(2)] == [200, 429]
