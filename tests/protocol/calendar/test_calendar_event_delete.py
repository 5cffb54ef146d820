"""`calendar.event.delete`."""

from __future__ import annotations

from tests.portals import EVERYBODY, Person, PortalInTest
from tests.protocol.calendar.events import DENIED, NOT_FOUND, add_event, events_of, missing
from tests.provenance import assumed, documented

METHOD = "calendar.event.delete"
PAGE = "calendar-event-delete"


@documented(PAGE)
def test_an_event_is_removed(anna: Person) -> None:
    event = add_event(anna)
    other = add_event(anna)

    assert anna.call(METHOD, id=event).result is True

    assert [one["ID"] for one in events_of(anna, anna)] == [str(other)]
    assert anna.call(METHOD, id=event).refusal == NOT_FOUND


@documented(f"{PAGE}#error-handling")
def test_an_event_must_be_named(anna: Person) -> None:
    assert anna.call(METHOD).refusal == missing("id", METHOD)


@assumed("who may write in the calendar may remove its events")
def test_a_stranger_does_not_remove_an_event(anna: Person, boris: Person) -> None:
    event = add_event(anna)

    assert boris.call(METHOD, id=event).refusal == DENIED
    assert len(events_of(anna, anna)) == 1


@assumed("flows.md 2.10: who has no absence is not absent")
def test_who_is_back_early_gets_tasks_again(
    portal: PortalInTest, anna: Person, boris: Person
) -> None:
    team = (anna.member, boris.member)
    flow = portal.add_flow("Intake", boris, responsible_list=team, task_creators=(EVERYBODY,))
    event = add_event(anna, **{"from": "2026-01-12", "to": "2026-01-16"})

    anna.call(METHOD, id=event)

    task = boris.call("tasks.task.add", fields={"TITLE": "Help", "FLOW_ID": flow.id}).result["task"]
    assert task["responsibleId"] == str(anna.id)
