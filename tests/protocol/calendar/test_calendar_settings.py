"""`calendar.settings.get`, and `calendar.settings.set`, our own addition."""

from __future__ import annotations

from typing import Any

import pytest

from tests.portals import EVERYBODY, Person, PortalInTest
from tests.protocol.calendar.events import DENIED, invalid, missing
from tests.provenance import assumed, documented

GET = "calendar.settings.get"
SET = "calendar.settings.set"
PAGE = "calendar-settings-get"

WEEK = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
DEFAULTS = {
    "work_time_start": "9",
    "work_time_end": "19",
    "year_holidays": "",
    "year_workdays": "",
    "week_holidays": ["SA", "SU"],
    "week_start": "MO",
}


@documented(PAGE)
def test_the_work_calendar_until_somebody_sets_it(anna: Person) -> None:
    assert anna.call(GET).result == DEFAULTS


@assumed("the product has a page for it and no call")
def test_what_is_sent_is_changed_and_the_rest_stays(admin: Person, anna: Person) -> None:
    sent = {"work_time_end": "18.30", "year_holidays": "2.01, 1.01,31.12"}

    assert admin.call(SET, settings=sent).result is True

    assert anna.call(GET).result == {
        **DEFAULTS,
        "work_time_end": "18.30",
        "year_holidays": "1.01,2.01,31.12",
    }


@assumed("the product has a page for it and no call")
@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"work_time_start": 8}, {"work_time_start": "8"}),
        ({"WORK_TIME_START": "08.30"}, {"work_time_start": "8.30"}),
        ({"week_holidays": []}, {"week_holidays": []}),
        ({"week_holidays": ["SU", "FR", "SU"]}, {"week_holidays": ["FR", "SU"]}),
        ({"week_start": "SU"}, {"week_start": "SU"}),
        ({"year_workdays": "9.05"}, {"year_workdays": "9.05"}),
        ({"year_holidays": "30.02,x,1.05"}, {"year_holidays": "1.05"}),
        ({"unknown": 1}, {}),
    ],
    ids=str,
)
def test_settings_are_kept_as_the_documentation_writes_them(
    admin: Person, sent: dict[str, Any], kept: dict[str, Any]
) -> None:
    admin.call(SET, settings=sent)

    assert admin.call(GET).result == {**DEFAULTS, **kept}


@assumed("a value that cannot be is refused, and nothing of the rest is kept")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("work_time_start", "25"),
        ("work_time_start", {"a": 1}),
        ("work_time_end", "8"),
        ("week_holidays", "SU"),
        ("week_holidays", ["XX"]),
        ("week_holidays", [{"a": 1}]),
        ("week_start", "XX"),
        ("year_holidays", 1.1),
        ("year_workdays", ["1.01"]),
    ],
    ids=str,
)
def test_a_setting_that_cannot_be(admin: Person, name: str, value: Any) -> None:
    reply = admin.call(SET, settings={"year_holidays": "1.05", name: value})

    assert reply.refusal == invalid(name)
    assert admin.call(GET).result == DEFAULTS


@assumed("a call that says nothing is a mistake")
@pytest.mark.parametrize("sent", [{}, {"settings": "x"}], ids=str)
def test_settings_must_be_sent(admin: Person, sent: dict[str, Any]) -> None:
    assert admin.call(SET, **sent).refusal == missing("settings", SET)


@documented("flows.md 11.7: only an administrator changes it")
def test_only_administrators_change_it(anna: Person) -> None:
    assert anna.call(SET, settings={"work_time_end": "12"}).refusal == DENIED
    assert anna.call(GET).result == DEFAULTS


@assumed("our own addition, so clients that list methods do not see it")
def test_the_change_is_not_told_among_the_methods(admin: Person) -> None:
    names = admin.call("methods").result

    assert GET in names
    assert SET not in names


def deadline(caller: Person, flow_id: int) -> str:
    fields = {"TITLE": "Help", "FLOW_ID": flow_id}
    task = caller.call("tasks.task.add", fields=fields).result["task"]
    return str(task["deadline"])


@documented(f"{PAGE}; flows.md 2.10, 7")
@pytest.mark.parametrize(
    ("sent", "due"),
    [
        ({}, "2026-01-12T12:30:00+00:00"),
        ({"work_time_start": "13.30"}, "2026-01-12T13:30:00+00:00"),
        ({"work_time_end": "12"}, "2026-01-13T09:00:00+00:00"),
        ({"year_holidays": "12.01,13.01"}, "2026-01-14T09:00:00+00:00"),
        ({"week_holidays": ["MO", "TU", "WE"]}, "2026-01-15T09:00:00+00:00"),
        ({"week_holidays": WEEK}, "2026-01-12T12:30:00+00:00"),
    ],
    ids=["defaults", "late start", "early end", "holidays", "days off", "all seven: the fallback"],
)
def test_deadlines_follow_the_settings(
    portal: PortalInTest, admin: Person, anna: Person, sent: dict[str, Any], due: str
) -> None:
    flow = portal.add_flow(
        "Intake", anna, task_creators=(EVERYBODY,), planned_completion_seconds=3 * 3600
    )
    deadline(anna, flow.id)  # the calendar is kept in memory from here on

    if sent:
        admin.call(SET, settings=sent)

    assert deadline(anna, flow.id) == due
