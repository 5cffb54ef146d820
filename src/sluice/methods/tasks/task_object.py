"""A task as the wire has it: these keys, in this order. flows.md 5.1, 5.2, 5.6."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sluice.domain.people import User
from sluice.domain.task import (
    ALMOST_OVERDUE_SECONDS,
    OPEN,
    MetaStatus,
    Status,
    Task,
    actions,
)
from sluice.methods.tasks.task_standing import People, standings
from sluice.rest.call import Call
from sluice.rest.params import camel
from sluice.store.tasks import Mark

# What a list row holds when nothing was selected, and in any case.
ALWAYS = "id"
# What `select` may name, and the keys that come with a selected column.
_WITH = {"groupId": "group", "createdBy": "creator", "responsibleId": "responsible"}
_WITH_LISTS = {"accomplices": "accomplicesData", "auditors": "auditorsData"}


def task_object(call: Call, task: Task) -> dict[str, Any]:
    """Return the whole task, as `add`, `get` and every change answer it."""
    return task_objects(call, [task])[0]


def task_objects(call: Call, tasks: Sequence[Task]) -> list[dict[str, Any]]:
    """Return whole tasks; what they share is read once."""
    people = People(call)
    found = standings(call, tasks, people)
    marks = call.store.tasks.marks([task.id for task in tasks], call.actor.user_id)
    names = _users(call, tasks)
    groups = _groups(call, tasks)
    return [
        {
            **_columns(call, task, marks.get(task.id, Mark()), people),
            "auditors": [str(user) for user in task.auditors],
            "accomplices": [str(user) for user in task.accomplices],
            "checklist": {},
            "group": groups.get(task.group_id, {}),
            "creator": _user_object(names, task.created_by),
            "responsible": _user_object(names, task.responsible_id),
            "accomplicesData": _users_data(names, task.accomplices),
            "auditorsData": _users_data(names, task.auditors),
            "newCommentsCount": 0,
            "action": actions(found[task.id], task),
            "checkListTree": _check_list_tree(call),
            "checkListCanAdd": actions(found[task.id], task)["checklist.add"],
        }
        for task in tasks
    ]


def selected(whole: dict[str, Any], select: Iterable[str]) -> dict[str, Any]:
    """Return the selected keys, in the object's own order, and what comes with them."""
    keys = {camel(name.lower()) for name in select}
    if "*" in keys or not keys:
        return whole
    keys |= {ALWAYS}
    keys |= {extra for key, extra in (_WITH | _WITH_LISTS).items() if key in keys}
    return {key: value for key, value in whole.items() if key in keys}


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
    return int(task.status)


def _columns(call: Call, task: Task, mark: Mark, people: People) -> dict[str, Any]:
    when = call.wire_time
    return {
        "id": str(task.id),
        "parentId": _text(task.parent_id),
        "title": task.title,
        "description": task.description,
        "mark": task.mark,
        "priority": str(task.priority),
        "multitask": _flag(task.multitask),
        "notViewed": _flag(mark.viewed is None and task.created_by != call.actor.user_id),
        "replicate": _flag(task.replicate),
        "stageId": str(task.stage_id),
        "sprintId": None,
        "backlogId": None,
        "createdBy": str(task.created_by),
        "createdDate": when(task.created),
        "responsibleId": str(task.responsible_id),
        "changedBy": str(task.changed_by),
        "changedDate": when(task.changed),
        "statusChangedBy": _text(task.status_changed_by),
        "closedBy": _closed_by(task),
        "closedDate": _when(call, task.closed),
        "activityDate": when(task.activity),
        "dateStart": _when(call, task.started),
        "deadline": _when(call, task.deadline),
        "startDatePlan": _when(call, task.plan_start),
        "endDatePlan": _when(call, task.plan_end),
        "guid": f"{{{task.guid}}}",
        "xmlId": task.xml_id,
        "commentsCount": None,
        "serviceCommentsCount": None,
        "allowChangeDeadline": _flag(task.allow_change_deadline),
        "allowTimeTracking": _flag(task.allow_time_tracking),
        "taskControl": _flag(task.task_control),
        "addInReport": _flag(task.add_in_report),
        "forkedByTemplateId": _text(task.forked_by_template_id),
        "timeEstimate": str(task.time_estimate_seconds),
        "timeSpentInLogs": None,
        "matchWorkTime": _flag(task.match_work_time),
        "forumTopicId": None,
        "forumId": None,
        "siteId": task.site_id,
        "subordinate": _flag(people.outranks(call.actor.user_id, task.responsible_id)),
        "exchangeModified": None,
        "exchangeId": None,
        "outlookVersion": str(task.revision),
        "viewedDate": _when(call, mark.viewed),
        "sorting": None,
        "durationFact": None,
        "isMuted": _flag(mark.muted),
        "isPinned": _flag(mark.pinned),
        "isPinnedInGroup": _flag(mark.pinned_in_group),
        "flowId": _text(task.flow_id),
        "descriptionInBbcode": "Y",
        "status": str(int(task.status)),
        "statusChangedDate": when(task.status_changed),
        "durationPlan": _text(task.duration_plan),
        "durationType": task.duration_type,
        "favorite": _flag(mark.favorite),
        "groupId": str(task.group_id),
    }


def _closed_by(task: Task) -> str | None:
    # Quirk: null on a new task, "0" once an open task has been changed (flows.md 5.1).
    if task.closed_by is not None:
        return str(task.closed_by)
    return None if task.revision == 1 else "0"


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)


def _flag(value: bool) -> str:
    return "Y" if value else "N"


def _when(call: Call, instant: datetime | None) -> str | None:
    return None if instant is None else call.wire_time(instant)


def _users(call: Call, tasks: Sequence[Task]) -> dict[int, User]:
    ids = {user_id for task in tasks for user_id in task.members}
    return {user.id: user for user in call.store.users.with_ids(ids)}


def _user_object(users: dict[int, User], user_id: int) -> dict[str, Any]:
    user = users.get(user_id)
    return {
        "id": str(user_id),
        "name": user.full_name if user else "",
        "link": f"/company/personal/user/{user_id}/",
        "icon": "/bitrix/images/tasks/default_avatar.png",
        "workPosition": user.work_position if user else "",
    }


def _users_data(users: dict[int, User], ids: Collection[int]) -> dict[str, Any]:
    # Quirk: a map by id, and `[]` when it is empty (rest-protocol.md 5).
    return {str(user_id): _user_object(users, user_id) for user_id in ids}


def _groups(call: Call, tasks: Sequence[Task]) -> dict[int, dict[str, Any]]:
    objects = {}
    for group_id in {task.group_id for task in tasks if task.group_id}:
        group = call.store.groups.find(group_id)
        if group is not None:
            objects[group_id] = {
                "id": str(group.id),
                "name": group.name,
                "opened": group.opened,
                "membersCount": len(call.store.groups.members(group_id)),
                "image": "",
                "additionalData": [],
            }
    return objects


def _check_list_tree(call: Call) -> dict[str, Any]:
    return {
        "nodeId": 0,
        "fields": {
            "id": None,
            "copiedId": None,
            "entityId": None,
            "userId": call.actor.user_id,
            "createdBy": None,
            "parentId": None,
            "title": "",
            "sortIndex": None,
            "displaySortIndex": "",
            "isComplete": False,
            "isImportant": False,
            "completedCount": 0,
            "members": [],
            "attachments": [],
        },
        "action": [],
        "descendants": [],
    }
