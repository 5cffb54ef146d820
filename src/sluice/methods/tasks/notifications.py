"""What people are told about flows and tasks, in the language of each.

Source: flows.md 9. The channel is the messenger's notifications; `im.notify.get` shows them. The
words are our own. Rule (assumed): nobody is told what they did themselves, except of a flow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Protocol

from sluice.domain.alerts import Notice
from sluice.domain.distribution import SwitchReason
from sluice.domain.flow import Flow
from sluice.domain.notification import SYSTEM, Notification, Type, link, mention
from sluice.domain.task import Status, Task
from sluice.messages import ENGLISH, text_of, translated
from sluice.rest.call import Call
from sluice.store.tables import Store

MODULE = "tasks"


class Moment(Protocol):
    """Where and when something happens: a call, or a job that fell due."""

    @property
    def store(self) -> Store: ...
    @property
    def now(self) -> datetime: ...
    @property
    def zone(self) -> tzinfo: ...


FLOW_TITLES: Mapping[Notice, str] = {
    Notice.NEW_TO_DISTRIBUTE: text_of("New task to distribute"),
    Notice.NEW_TO_TAKE: text_of("New task to take"),
    Notice.UNTAKEN: text_of("Task not taken"),
    Notice.HALF_TIME: text_of("Half of the time is gone"),
    Notice.QUEUE_OVERFLOW: text_of("Too many tasks wait"),
    Notice.TASKS_IN_PROGRESS_OVERFLOW: text_of("Too many tasks in progress"),
    Notice.EFFICIENCY_DECREASE: text_of("Efficiency fell"),
    Notice.SWITCHED_TO_MANUAL: text_of("Flow switched to manual distribution"),
    Notice.MODERATOR_CHANGED: text_of("Flow has another moderator"),
}
_OF_FLOW: Mapping[Notice, str] = {
    Notice.NEW_TO_DISTRIBUTE: text_of(
        "The task {task} came into the flow {flow}. Please choose who does it."
    ),
    Notice.NEW_TO_TAKE: text_of("The task {task} came into the flow {flow}. You can take it."),
    Notice.UNTAKEN: text_of("Nobody has taken the task {task} of the flow {flow} for a day."),
    Notice.HALF_TIME: text_of(
        "Half of the time for the task {task} is gone. It belongs to the flow {flow}."
    ),
    Notice.QUEUE_OVERFLOW: text_of(
        "More tasks wait in the flow {flow} than you wanted to hear of: {detail}."
    ),
    Notice.TASKS_IN_PROGRESS_OVERFLOW: text_of(
        "More tasks are in progress in the flow {flow} than you wanted to hear of: {detail}."
    ),
    Notice.EFFICIENCY_DECREASE: text_of("The efficiency of the flow {flow} fell to {detail}%."),
    Notice.SWITCHED_TO_MANUAL: text_of(
        "You distribute the tasks of the flow {flow} now. The reason: {detail}."
    ),
    Notice.MODERATOR_CHANGED: text_of(
        "You distribute the tasks of the flow {flow} now. The reason: {detail}."
    ),
}
_REASONS: Mapping[str, str] = {
    SwitchReason.NOBODY_LEFT: text_of("nobody is left in its team"),
    SwitchReason.ALL_ABSENT: text_of("everybody in its team is absent"),
    SwitchReason.MODERATOR_LEFT: text_of("its moderator has left"),
    SwitchReason.MODERATOR_ABSENT: text_of("its moderator is absent"),
}

TASK_TITLES: Mapping[str, str] = {
    "task_given": text_of("Task for you"),
    "task_watched": text_of("Task that you take part in"),
    "task_changed": text_of("Task changed"),
    "task_status": text_of("Task has another status"),
    "task_removed": text_of("Task removed"),
    "task_comment": text_of("Comment on a task"),
}
_GIVEN = text_of("{actor} gave you the task {task}.")
_HELPS = text_of("{actor} made you an accomplice of the task {task}.")
_WATCHES = text_of("{actor} made you an auditor of the task {task}.")
_CHANGED = text_of("{actor} changed the task {task}.")
_REMOVED = text_of("{actor} removed the task {title}.")
_COMMENT = text_of("{actor} commented on the task {task}.")
_STATUS: Mapping[Status, str] = {
    Status.PENDING: text_of("{actor} opened the task {task} again."),
    Status.IN_PROGRESS: text_of("{actor} works on the task {task}."),
    Status.AWAITING_CONTROL: text_of("{actor} finished the task {task}; it waits to be approved."),
    Status.COMPLETED: text_of("{actor} completed the task {task}."),
    Status.DEFERRED: text_of("{actor} deferred the task {task}."),
}
# What a change tells the people of a task: the rest is told by its own words, or by nobody.
_WORTH_TELLING = ("title", "description", "deadline", "priority", "mark", "group_id", "flow_id")


def tell_of_flow(
    at: Moment,
    flow: Flow,
    notice: Notice,
    user_ids: Iterable[int],
    *,
    task: Task | None = None,
    detail: str = "",
) -> None:
    """Tell people something of a flow.

    Rule (assumed): "Flow alerts should use one tag per flow and kind" (flows.md 11.6), and what is
    about a task one tag per task and kind.

    Args:
        detail: the number or the reason that the words need.
    """
    subject = f"FLOW|{flow.id}" if task is None else f"TASK|{task.id}"

    def words(user_id: int, say: Callable[[str], str]) -> str:
        return say(_OF_FLOW[notice]).format(
            flow=_flow_link(user_id, flow),
            task="" if task is None else _task_link(user_id, task),
            detail=say(_REASONS[detail]) if detail in _REASONS else detail,
        )

    _tell(at, user_ids, notice.value, FLOW_TITLES[notice], words, f"{subject}|{notice.value}")


def tell_of_new_task(call: Call, task: Task) -> None:
    """Tell who has to do with a new task; the moderator of a flow has heard of it as such."""
    told: set[int] = set()
    if task.responsible_id != call.actor.user_id and _is_moderators(call, task):
        told.add(task.responsible_id)
    _tell_of_parts(call, None, task, told)


def tell_of_change(call: Call, before: Task, after: Task) -> None:
    """Tell the people of a task what somebody else changed."""
    told: set[int] = set()
    if before.flow_id != after.flow_id and _is_moderators(call, after):
        told = {after.responsible_id}
    told |= _tell_of_parts(call, before, after, told)
    people = [user_id for user_id in _people(after) if user_id not in told]
    if before.status != after.status:
        _tell_of_task(call, after, people, "task_status", _STATUS[after.status])
    elif any(getattr(before, field) != getattr(after, field) for field in _WORTH_TELLING):
        _tell_of_task(call, after, people, "task_changed", _CHANGED)


def tell_of_removal(call: Call, task: Task) -> None:
    """Tell the people of a task that it is gone."""
    _tell_of_task(call, task, _people(task), "task_removed", _REMOVED)


def tell_of_comment(call: Call, task: Task, author_id: int) -> None:
    """Tell the people of a task that somebody commented on it."""
    people = [user_id for user_id in _people(task) if user_id != author_id]
    _tell_of_task(call, task, people, "task_comment", _COMMENT, actor_id=author_id)


def _tell_of_parts(call: Call, before: Task | None, after: Task, told: set[int]) -> set[int]:
    """Tell who was given a part in a task, and return who that is; `told` have heard of it."""
    new: dict[int, tuple[str, str]] = {}
    for event, words, old_ids, ids in (
        ("task_watched", _WATCHES, before and before.auditors, after.auditors),
        ("task_watched", _HELPS, before and before.accomplices, after.accomplices),
        ("task_given", _GIVEN, before and (before.responsible_id,), (after.responsible_id,)),
    ):
        new |= {user_id: (event, words) for user_id in ids if user_id not in (old_ids or ())}
    for user_id, (event, words) in new.items():
        if user_id not in told:
            _tell_of_task(call, after, [user_id], event, words)
    return set(new)


def _tell_of_task(
    call: Call,
    task: Task,
    user_ids: Iterable[int],
    event: str,
    text: str,
    *,
    actor_id: int | None = None,
) -> None:
    actor_id = actor_id or call.actor.user_id
    others = [user_id for user_id in user_ids if user_id != actor_id]
    if not others:
        return
    actor = call.store.users.find(actor_id)
    assert actor is not None  # nobody is ever deleted

    def words(user_id: int, say: Callable[[str], str]) -> str:
        return say(text).format(
            actor=mention(actor_id, actor.full_name),
            task=_task_link(user_id, task),
            title=task.title,
        )

    _tell(call, others, event, TASK_TITLES[event], words, f"TASK|{task.id}|{event}")


def _tell(
    at: Moment,
    user_ids: Iterable[int],
    event: str,
    title: str,
    words: Callable[[int, Callable[[str], str]], str],
    tag: str,
) -> None:
    """Store a notification for each of the users, in the language of each.

    Args:
        words: the text for a user, by how a text is said in that user's language.
        tag: without the module's name; its first two parts are the sub-tag.
    """
    subject, number, _ = tag.split("|")
    portal_language = ""
    for user_id, own_language in at.store.users.languages(user_ids).items():
        if not own_language and not portal_language:
            portal_language = at.store.facts.get("language") or ENGLISH
        language = own_language or portal_language

        def say(english: str, language: str = language) -> str:
            return translated(english, language)

        at.store.notifications.add(
            Notification(
                0,
                user_id,
                SYSTEM,
                at.now,
                Type.FROM_SYSTEM,
                MODULE,
                event,
                words(user_id, say),
                title=say(title),
                tag=f"TASKS|{tag}",
                sub_tag=f"TASKS|{subject}|{number}",
            )
        )


def _people(task: Task) -> tuple[int, ...]:
    """Return who has to do with a task, each once."""
    return tuple(
        dict.fromkeys((task.responsible_id, task.created_by, *task.accomplices, *task.auditors))
    )


def _is_moderators(at: Moment, task: Task) -> bool:
    """Tell whether a task was given to a flow's moderator, who hears of it as such."""
    flow = None if task.flow_id is None else at.store.flows.find(task.flow_id)
    return flow is not None and flow.moderator_id == task.responsible_id


def _task_link(user_id: int, task: Task) -> str:
    return link(f"/company/personal/user/{user_id}/tasks/task/view/{task.id}/", task.title)


def _flow_link(user_id: int, flow: Flow) -> str:
    address = f"/company/personal/user/{user_id}/tasks/flow/?ID_numsel=exact&ID_from={flow.id}"
    return link(f"{address}&ID_to={flow.id}&apply_filter=Y", flow.name)
