"""Absurd values: each is refused or taken, and none is a fault of ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice.clock import VirtualClock
from sluice.store.engine import Place
from tests.portals import Person, PortalInTest
from tests.protocol.tasks.task.wire import add_task, change, read
from tests.provenance import assumed

FIELDS = (
    "TITLE DESCRIPTION RESPONSIBLE_ID CREATED_BY GROUP_ID STAGE_ID PRIORITY TIME_ESTIMATE PARENT_ID"
    " FLOW_ID FORKED_BY_TEMPLATE_ID DURATION_PLAN DURATION_TYPE ALLOW_CHANGE_DEADLINE TASK_CONTROL"
    " MATCH_WORK_TIME DEADLINE START_DATE_PLAN END_DATE_PLAN ACCOMPLICES AUDITORS TAGS MARK XML_ID"
    " SITE_ID STATUS ID GUID"
).split()
FILTERS = (
    "ID PARENT_ID GROUP_ID STATUS REAL_STATUS TITLE TAG MARK DEADLINE CREATED_DATE ACCOMPLICE"
    " MEMBER DEPENDS_ON ONLY_ROOT_TASKS STAGE_ID SPRINT_ID UF_CRM_TASK FLOW_ID ADD_IN_REPORT"
).split()
PREFIXES = ("", "!", "<", "<=", ">", ">=", "=", "%", "!%", "@", "!@", "><", "!><", "=%")

absurd: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.sampled_from([2**31, 2**63 - 1, 2**63, -(2**63), -1, 0, 1, 2, 1e308, 0.5, -0.0]),
        st.text(max_size=8),
        st.sampled_from(
            [
                "0001-01-01",
                "9999-12-31T23:59:59+14:00",
                "0002-01-01T00:00:00-23:59",
                "9998-12-31",
                "2026-02-30",
                "2026-01-12T10:00:00+00:00",
                "\x00",
                "💣" * 100,
                "'; DROP TABLE task; --",
                "None",
                "1e400",
                "٣",
                "$result[a][b]",
            ]
        ),
    ),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(st.sampled_from(["0", "1", "a"]), children, max_size=3)
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def crowd(lasting_place: Place) -> Iterator[tuple[PortalInTest, Person]]:
    """One portal for all examples: none of them may break it for the next."""
    portal = PortalInTest(lasting_place, VirtualClock(datetime(2026, 1, 12, tzinfo=UTC)))
    anna = portal.add_user("Anna")
    group = portal.add_group("Project", anna)
    for _ in range(3):
        add_task(anna, GROUP_ID=group, TAGS=["x"])
    yield portal, anna
    portal.close()


quick = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@assumed("bad input is the caller's mistake, never a 500")
@quick
@given(fields=st.dictionaries(st.sampled_from(FIELDS), absurd, max_size=5))
def test_no_field_is_a_fault_of_ours(crowd: Any, fields: dict[str, Any]) -> None:
    portal, anna = crowd
    for person in (portal.admin, anna):
        fields = {"TITLE": "T", "RESPONSIBLE_ID": anna.id, **fields}
        added = person.call("tasks.task.add", fields=fields)
        changed = person.call("tasks.task.update", taskId=2, fields=fields)
        assert {added.status, changed.status} <= {200, 400}, added.text + changed.text
        if added.status == 200:
            task_id = added.result["task"]["id"]
            assert person.call("tasks.task.get", taskId=task_id).result["task"]["id"] == task_id
    assert anna.call("tasks.task.list").status == 200


@assumed("bad input is the caller's mistake, never a 500")
@quick
@given(
    condition=st.dictionaries(
        st.tuples(st.sampled_from(PREFIXES), st.sampled_from(FILTERS)).map("".join),
        absurd,
        max_size=3,
    ),
    order=st.dictionaries(
        st.sampled_from(["ID", "TITLE", "DEADLINE", "GROUP_ID"]),
        st.sampled_from(["ASC", "desc"]),
        max_size=2,
    ),
    start=absurd,
)
def test_no_list_is_a_fault_of_ours(
    crowd: Any, condition: dict[str, Any], order: dict[str, str], start: Any
) -> None:
    portal, anna = crowd
    for person in (portal.admin, anna):
        reply = person.call("tasks.task.list", filter=condition, order=order, start=start)
        assert reply.status in (200, 400), reply.text


@assumed("bad input is the caller's mistake, never a 500")
@quick
@given(task_id=absurd, other=absurd)
def test_no_id_is_a_fault_of_ours(crowd: Any, task_id: Any, other: Any) -> None:
    _, anna = crowd
    for method in ("get", "getAccess", "history.list", "startwatch", "delegate", "favorite.add"):
        reply = anna.call(
            f"tasks.task.{method}", taskId=task_id, id=other, userId=other, users=other
        )
        assert reply.status in (200, 400), reply.text
    for method in ("task.dependence.add", "task.dependence.delete"):
        reply = anna.call(method, taskIdFrom=task_id, taskIdTo=other, linkType=other)
        assert reply.status in (200, 400), reply.text
    reply = anna.call("tasks.task.counters.get", userId=task_id, groupId=other, type=other)
    assert reply.status in (200, 400), reply.text


@assumed("a date that cannot be written in every time zone is no date")
@pytest.mark.parametrize(
    ("date", "taken"),
    [
        ("0001-01-01", False),
        ("9999-12-31T23:59:59+00:00", False),
        ("0002-06-01T00:00:00+00:00", True),
        ("9998-06-01T00:00:00+00:00", True),
    ],
)
def test_the_ends_of_time(portal: PortalInTest, anna: Person, date: str, taken: bool) -> None:
    reply = anna.call(
        "tasks.task.add", fields={"TITLE": "T", "RESPONSIBLE_ID": anna.id, "DEADLINE": date}
    )

    if taken:
        task_id = reply.result["task"]["id"]
        assert read(anna, task_id, "DEADLINE")["deadline"] == date
        assert anna.call("tasks.task.list", filter={"DEADLINE": date}).total == 1
        portal.clock.advance(minutes=1)
        portal.run_due()
        assert portal.differences() == []
    else:
        assert (reply.status, reply.error) == (400, "ERROR_CORE")


@assumed("many are many, and no fault")
def test_thousands_of_tags(anna: Person) -> None:
    tags = [f"tag {number}" for number in range(9_900)]

    task_id = add_task(anna, TAGS=tags)["id"]

    assert len(read(anna, task_id, "TAGS")["tags"]) == 9_900
    assert anna.call("tasks.task.list", filter={"TAG": tags[:9_000]}).total == 1
    assert change(anna, task_id, TAGS=[])["id"] == task_id


@assumed("many are many, and no fault")
@pytest.mark.parametrize(
    "condition",
    [
        {"ID": list(range(9_000))},
        {"!ID": list(range(9_000))},
        {"STATUS": [-1] * 9_000},
        {"STATUS": list(range(-4_000, 4_000))},
        {"!STATUS": list(range(-4_000, 4_000))},
        {"TAG": ["x"] * 9_000},
        {f"{'>' * (number % 2)}ID": number for number in range(2)},
        dict.fromkeys(("id", "Id", "iD", "ID", "=id", "=Id", "=iD", "=ID"), 1),
    ],
    ids=lambda condition: repr(condition)[:40],
)
def test_long_filters(anna: Person, condition: dict[str, Any]) -> None:
    add_task(anna)

    assert anna.call("tasks.task.list", filter=condition).status == 200


@assumed("a chain of subtasks as long as anybody likes")
def test_a_long_chain_of_subtasks(anna: Person) -> None:
    chain = [add_task(anna)["id"]]
    for _ in range(300):
        chain.append(add_task(anna, PARENT_ID=chain[-1])["id"])

    reply = anna.call("tasks.task.update", taskId=chain[0], fields={"PARENT_ID": chain[-1]})

    assert reply.error == "ERROR_CORE"


@assumed("text is kept as it is sent")
@pytest.mark.parametrize("title", ["<b>x</b>", "a\nb", "Ünïcode ✓ 💣", "{{x}}", "%s", "\\", "0"])
def test_a_title_is_text(anna: Person, title: str) -> None:
    task_id = add_task(anna, TITLE=title, DESCRIPTION=title * 1000)["id"]

    task = read(anna, task_id, "TITLE", "DESCRIPTION")
    assert (task["title"], task["description"]) == (title, title * 1000)
    assert anna.call("tasks.task.list", filter={"TITLE": title}).total == 1
    assert anna.call("tasks.task.list", filter={"%TITLE": title}).total == 1
