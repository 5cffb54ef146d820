"""A task as the wire has it: these keys, in this order. flows.md 5.1, 5.2, 5.6."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from sluice.domain.people import Group, User
from sluice.domain.task import (
    ALMOST_OVERDUE_SECONDS,
    OPEN,
    MetaStatus,
    Standing,
    Status,
    Task,
    actions,
    can_work_on,
)
from sluice.methods.tasks.checklist_object import checklist, checklist_tree
from sluice.methods.tasks.task_standing import People, standing
from sluice.methods.tasks.user_field_values import shown_values
from sluice.rest.call import Call
from sluice.rest.wire_types import as_flag
from sluice.store.checklists import Item
from sluice.store.groups import Headcount
from sluice.store.tasks import Mark


def task_object(call: Call, task: Task) -> dict[str, Any]:
    """Return the whole task, as `add` and every change answer it."""
    return _shown(task, Sight(call, [task]), _OBJECT)


def new_task_object(call: Call, task: Task) -> dict[str, Any]:
    """Return the same of a task that was added by this call."""
    return _shown(task, _NewSight(call, [task]), _OBJECT)


def task_read(call: Call, task: Task, select: Sequence[object]) -> dict[str, Any]:
    """Return what `get` shows of a task: what is selected, and what may be done with it."""
    keys = _chosen([*select, "ACTION"] if select else [], _READ)
    own = shown_values(call, [task], select).get(task.id, {})
    return {**_shown(task, Sight(call, [task]), keys), **own}


def task_rows(
    call: Call, tasks: Sequence[Task], select: Sequence[object], params: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the rows of a list. What they share is read once, and only if it is shown."""
    added = {
        key: read
        for name, keys in _ADDED.items()
        if as_flag(params.get(name))
        for key, read in keys.items()
    }
    keys = _chosen(select, _ROW)
    sight = Sight(call, tasks)
    own = shown_values(call, tasks, select)
    return [
        {
            **_shown(task, sight, keys),
            **own.get(task.id, {}),
            "subStatus": str(int(sub_status(task, sight.mark(task), call.now))),
            **{key: read(task, sight) for key, read in added.items()},
        }
        for task in tasks
    ]


def sub_status(task: Task, mark: Mark, now: datetime) -> int:
    """Return the meta status: overdue, almost overdue, unviewed, or the real one. flows.md 5.6."""
    if task.deadline is not None and task.status in OPEN:
        left = (task.deadline - now).total_seconds()
        if left < 0:
            return MetaStatus.OVERDUE
        if left < ALMOST_OVERDUE_SECONDS:
            return MetaStatus.ALMOST_OVERDUE
    if mark.viewed is None and task.status == Status.PENDING:
        return MetaStatus.UNVIEWED
    return task.status


class Sight:
    """What surrounds some tasks, as the caller sees it: read when first asked for, for all."""

    def __init__(self, call: Call, tasks: Sequence[Task]) -> None:
        self.call = call
        self.tasks = tasks

    @cached_property
    def _marks(self) -> dict[int, Mark]:
        ids = [task.id for task in self.tasks]
        return self.call.store.tasks.marks(ids, self.call.actor.user_id)

    @cached_property
    def _users(self) -> dict[int, User]:
        ids = {user_id for task in self.tasks for user_id in task.members}
        return {user.id: user for user in self.call.store.users.with_ids(ids)}

    @cached_property
    def _groups(self) -> dict[int, tuple[Group, Headcount]]:
        groups = self.call.store.groups.with_ids({task.group_id for task in self.tasks})
        counted = self.call.store.groups.headcounts([group.id for group in groups])
        return {group.id: (group, counted.get(group.id, Headcount(0, 0))) for group in groups}

    @cached_property
    def _tags(self) -> dict[int, list[tuple[int, str]]]:
        return self.call.store.tasks.tags_of([task.id for task in self.tasks])

    @cached_property
    def _checklists(self) -> dict[int, list[Item]]:
        return self.call.store.checklists.of_tasks([task.id for task in self.tasks])

    @cached_property
    def comments(self) -> Mapping[int, int]:
        """How many comments each task has, where there are any."""
        return self.call.store.comments.counts([task.id for task in self.tasks])

    @cached_property
    def new_comments(self) -> Mapping[int, int]:
        """How many comments came since the caller saw each task, where any did."""
        return self.call.store.comments.new_counts(list(self.comments), self.call.actor.user_id)

    @cached_property
    def seconds_spent(self) -> Mapping[int, int]:
        """How many seconds were spent on each task, where any were."""
        return self.call.store.elapsed.seconds_of([task.id for task in self.tasks])

    @cached_property
    def with_results(self) -> set[int]:
        """Which of the tasks have a result."""
        return self.call.store.comments.with_results([task.id for task in self.tasks])

    @cached_property
    def _people(self) -> People:
        return People(self.call, self._users.values())

    def mark(self, task: Task) -> Mark:
        """Return what the task is to the caller alone."""
        return self._marks.get(task.id, Mark())

    def standing(self, task: Task) -> Standing:
        """Return what the caller is to the task."""
        return standing(self.call, task, self._people)

    def outranks(self, task: Task) -> bool:
        """Tell whether the caller is the responsible person, or that person's superior."""
        return self._people.outranks(self.call.actor.user_id, task.responsible_id)

    def when(self, instant: datetime | None) -> str | None:
        """Return an instant as the wire writes it."""
        return None if instant is None else self.call.wire_time(instant)

    def user(self, user_id: int) -> dict[str, Any]:
        """Return somebody as the wire shows them beside a task."""
        user = self._users.get(user_id)
        return {
            "id": str(user_id),
            "name": user.full_name if user else "",
            "link": f"/company/personal/user/{user_id}/",
            "icon": "/bitrix/images/tasks/default_avatar.png",
            "workPosition": user.work_position if user else "",
        }

    def users(self, ids: Iterable[int]) -> dict[str, Any]:
        """Return people by id."""
        # Quirk: a map, and `[]` when it is empty (rest-protocol.md 5).
        return {str(user_id): self.user(user_id) for user_id in ids}

    def group(self, task: Task) -> dict[str, Any]:
        """Return the task's group, empty when it has none."""
        if task.group_id not in self._groups:
            return {}
        group, headcount = self._groups[task.group_id]
        return {
            "id": str(group.id),
            "name": group.name,
            "opened": group.opened,
            "membersCount": headcount.members,
            "image": "",
            "additionalData": [],
        }

    def tags(self, task: Task) -> dict[str, Any]:
        """Return the task's tags by id."""
        tags = self._tags.get(task.id, ())
        return {str(tag_id): {"id": tag_id, "title": title} for tag_id, title in tags}

    def checklist(self, task: Task) -> dict[str, Any]:
        """Return the items of the task's checklists by id."""
        items = self._checklists.get(task.id, ())
        return checklist(items, self.when, may_work=can_work_on(self.standing(task)))

    def checklist_tree(self, task: Task) -> dict[str, Any]:
        """Return the task's checklists as a tree."""
        items, user_id = self._checklists.get(task.id, ()), self.call.actor.user_id
        return checklist_tree(items, user_id, may_work=can_work_on(self.standing(task)))


class _NewSight(Sight):
    """What surrounds a new task: what is not there yet need not be looked for."""

    @cached_property
    def _marks(self) -> dict[int, Mark]:
        return {task.id: Mark(viewed=self.call.now) for task in self.tasks}

    @cached_property
    def _checklists(self) -> dict[int, list[Item]]:
        return {}

    @cached_property
    def comments(self) -> Mapping[int, int]:
        return {}

    @cached_property
    def seconds_spent(self) -> Mapping[int, int]:
        return {}


_KEYS: dict[str, Callable[[Task, Sight], Any]] = {
    "id": lambda task, _: str(task.id),
    "parentId": lambda task, _: _text(task.parent_id),
    "title": lambda task, _: task.title,
    "description": lambda task, _: task.description,
    "mark": lambda task, _: task.mark,
    "priority": lambda task, _: str(task.priority),
    "multitask": lambda task, _: _flag(task.multitask),
    "notViewed": lambda task, sight: _flag(_is_unviewed(task, sight)),
    "replicate": lambda task, _: _flag(task.replicate),
    "stageId": lambda task, _: str(task.stage_id),
    "sprintId": lambda *_: None,
    "backlogId": lambda *_: None,
    "createdBy": lambda task, _: str(task.created_by),
    "createdDate": lambda task, sight: sight.when(task.created),
    "responsibleId": lambda task, _: str(task.responsible_id),
    "changedBy": lambda task, _: str(task.changed_by),
    "changedDate": lambda task, sight: sight.when(task.changed),
    "statusChangedBy": lambda task, _: _text(task.status_changed_by),
    "closedBy": lambda task, _: _closed_by(task),
    "closedDate": lambda task, sight: sight.when(task.closed),
    "activityDate": lambda task, sight: sight.when(task.activity),
    "dateStart": lambda task, sight: sight.when(task.started),
    "deadline": lambda task, sight: sight.when(task.deadline),
    "startDatePlan": lambda task, sight: sight.when(task.plan_start),
    "endDatePlan": lambda task, sight: sight.when(task.plan_end),
    "guid": lambda task, _: task.guid,
    "xmlId": lambda task, _: task.xml_id,
    "commentsCount": lambda task, sight: _text(sight.comments.get(task.id)),
    "serviceCommentsCount": lambda *_: None,
    "allowChangeDeadline": lambda task, _: _flag(task.allow_change_deadline),
    "allowTimeTracking": lambda task, _: _flag(task.allow_time_tracking),
    "taskControl": lambda task, _: _flag(task.task_control),
    "addInReport": lambda task, _: _flag(task.add_in_report),
    "forkedByTemplateId": lambda task, _: _text(task.forked_by_template_id),
    "timeEstimate": lambda task, _: str(task.time_estimate_seconds),
    "timeSpentInLogs": lambda task, sight: _text(sight.seconds_spent.get(task.id)),
    "matchWorkTime": lambda task, _: _flag(task.match_work_time),
    "forumTopicId": lambda *_: None,
    "forumId": lambda *_: None,
    "siteId": lambda task, _: task.site_id,
    "subordinate": lambda task, sight: _flag(sight.outranks(task)),
    "exchangeModified": lambda *_: None,
    "exchangeId": lambda *_: None,
    "outlookVersion": lambda task, _: str(task.revision),
    "viewedDate": lambda task, sight: sight.when(sight.mark(task).viewed),
    "sorting": lambda *_: None,
    "durationFact": lambda *_: None,
    "isMuted": lambda task, sight: _flag(sight.mark(task).muted),
    "isPinned": lambda task, sight: _flag(sight.mark(task).pinned),
    "isPinnedInGroup": lambda task, sight: _flag(sight.mark(task).pinned_in_group),
    "flowId": lambda task, _: _text(task.flow_id),
    "descriptionInBbcode": lambda *_: "Y",
    "status": lambda task, _: str(int(task.status)),
    "statusChangedDate": lambda task, sight: sight.when(task.status_changed),
    "durationPlan": lambda task, _: _text(task.duration_plan),
    "durationType": lambda task, _: task.duration_type,
    "favorite": lambda task, sight: _flag(sight.mark(task).favorite),
    "groupId": lambda task, _: str(task.group_id),
    "auditors": lambda task, _: [str(user) for user in task.auditors],
    "accomplices": lambda task, _: [str(user) for user in task.accomplices],
    "checklist": lambda task, sight: sight.checklist(task),
    "tags": lambda task, sight: sight.tags(task),
    "group": lambda task, sight: sight.group(task),
    "creator": lambda task, sight: sight.user(task.created_by),
    "responsible": lambda task, sight: sight.user(task.responsible_id),
    "accomplicesData": lambda task, sight: sight.users(task.accomplices),
    "auditorsData": lambda task, sight: sight.users(task.auditors),
    "newCommentsCount": lambda task, sight: sight.new_comments.get(task.id, 0),
    "action": lambda task, sight: actions(sight.standing(task), task),
    "checkListTree": lambda task, sight: sight.checklist_tree(task),
    "checkListCanAdd": lambda task, sight: can_work_on(sight.standing(task)),
}

# What `params` may add to the rows of a list (flows.md 5.6).
# Rule (assumed): no task here asks for a result or has a running timer, and no result is closed.
_ADDED: dict[str, dict[str, Callable[[Task, Sight], Any]]] = {
    "WITH_RESULT_INFO": {
        "taskRequireResult": lambda *_: "N",
        "taskHasOpenResult": lambda task, sight: _flag(task.id in sight.with_results),
        "taskHasResult": lambda task, sight: _flag(task.id in sight.with_results),
    },
    "WITH_TIMER_INFO": {
        "timeElapsed": lambda task, sight: sight.seconds_spent.get(task.id, 0),
        "timerIsRunningForCurrentUser": lambda *_: "N",
    },
    "WITH_PARSED_DESCRIPTION": {
        "parsedDescription": lambda task, _: html.escape(task.description).replace("\n", "<br>"),
    },
}

# What is shown when nothing is selected.
_READ = tuple(_KEYS)
_OBJECT = tuple(key for key in _KEYS if key != "tags")
_OF_ONE_TASK = ("checklist", "action", "checkListTree", "checkListCanAdd")
_ROW = tuple(key for key in _KEYS if key not in _OF_ONE_TASK)

# The keys that come with a selected one.
_WITH = {
    "groupId": "group",
    "createdBy": "creator",
    "responsibleId": "responsible",
    "accomplices": "accomplicesData",
    "auditors": "auditorsData",
}


def _chosen(select: Sequence[object], default: Sequence[str]) -> Sequence[str]:
    """Return the keys that `select` names, as `GROUP_ID` or `groupId`; `id` is always there."""
    names = {str(name).replace("_", "").lower() for name in select}
    if not names or "*" in names:
        return default
    chosen = {"id", *(key for key in _KEYS if key.lower() in names)}
    chosen |= {beside for key, beside in _WITH.items() if key in chosen}
    return [key for key in _KEYS if key in chosen]


def _shown(task: Task, sight: Sight, keys: Sequence[str]) -> dict[str, Any]:
    return {key: _KEYS[key](task, sight) for key in keys}


def _is_unviewed(task: Task, sight: Sight) -> bool:
    return sight.mark(task).viewed is None and task.created_by != sight.call.actor.user_id


def _closed_by(task: Task) -> str | None:
    # Quirk: null on a new task, "0" once an open task has been changed (flows.md 5.1).
    if task.closed_by is not None:
        return str(task.closed_by)
    return None if task.revision == 1 else "0"


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)


def _flag(value: bool) -> str:
    return "Y" if value else "N"
