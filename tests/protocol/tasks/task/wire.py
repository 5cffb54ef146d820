"""What clients send to task methods, and what every answer looks like. flows.md 5.1, 5.2."""

from __future__ import annotations

from typing import Any

from tests.portals import Person, PortalInTest

NOT_ALLOWED = "Action on the task is not allowed"
DENIED = (400, "0", NOT_ALLOWED)
DENIED_WITH_SUFFIX = (400, "0", f"{NOT_ALLOWED} (internal error)")
MOVE_DENIED = (400, "1048582", NOT_ALLOWED)
DELETE_DENIED = (400, "1048582", "No access to delete the task")
WRONG_ID = (400, "0", "wrong task id")
NO_ID = (400, "100", "CTaskItem All parameters in the constructor must have real class type")

KEYS = [
    "id",
    "parentId",
    "title",
    "description",
    "mark",
    "priority",
    "multitask",
    "notViewed",
    "replicate",
    "stageId",
    "sprintId",
    "backlogId",
    "createdBy",
    "createdDate",
    "responsibleId",
    "changedBy",
    "changedDate",
    "statusChangedBy",
    "closedBy",
    "closedDate",
    "activityDate",
    "dateStart",
    "deadline",
    "startDatePlan",
    "endDatePlan",
    "guid",
    "xmlId",
    "commentsCount",
    "serviceCommentsCount",
    "allowChangeDeadline",
    "allowTimeTracking",
    "taskControl",
    "addInReport",
    "forkedByTemplateId",
    "timeEstimate",
    "timeSpentInLogs",
    "matchWorkTime",
    "forumTopicId",
    "forumId",
    "siteId",
    "subordinate",
    "exchangeModified",
    "exchangeId",
    "outlookVersion",
    "viewedDate",
    "sorting",
    "durationFact",
    "isMuted",
    "isPinned",
    "isPinnedInGroup",
    "flowId",
    "descriptionInBbcode",
    "status",
    "statusChangedDate",
    "durationPlan",
    "durationType",
    "favorite",
    "groupId",
    "auditors",
    "accomplices",
    "checklist",
    "group",
    "creator",
    "responsible",
    "accomplicesData",
    "auditorsData",
    "newCommentsCount",
    "action",
    "checkListTree",
    "checkListCanAdd",
]

ACTIONS = [
    "accept",
    "decline",
    "complete",
    "approve",
    "disapprove",
    "start",
    "pause",
    "delegate",
    "remove",
    "edit",
    "defer",
    "renew",
    "create",
    "changeDeadline",
    "checklistAddItems",
    "addFavorite",
    "deleteFavorite",
    "rate",
    "take",
    "edit.originator",
    "checklist.reorder",
    "elapsedtime.add",
    "dayplan.timer.toggle",
    "edit.plan",
    "checklist.add",
    "favorite.add",
    "favorite.delete",
]


def core_error(words: str) -> tuple[int, str, str]:
    """Return how a field is refused: with a line break of HTML at the end."""
    return 400, "ERROR_CORE", f"{words}<br>"


def add_task(caller: Person, responsible: Person | None = None, **fields: Any) -> dict[str, Any]:
    """Add a task by its documented call and return it as the wire shows it."""
    reply = caller.call(
        "tasks.task.add",
        fields={"TITLE": "Call back", "RESPONSIBLE_ID": (responsible or caller).id, **fields},
    )
    task: dict[str, Any] = reply.result["task"]
    return task


def read(caller: Person, task_id: str, *select: str) -> Any:
    """Return what `get` shows of a task: `[]` when it shows none."""
    result = caller.call("tasks.task.get", taskId=task_id, select=list(select)).result
    return result["task"] if result else result


def change(caller: Person, task_id: str, **fields: Any) -> dict[str, Any]:
    """Change a task and return it as the answer shows it."""
    task: dict[str, Any] = caller.call("tasks.task.update", taskId=task_id, fields=fields).result[
        "task"
    ]
    return task


def boss_of(portal: PortalInTest, *people: Person) -> Person:
    """Add the head of a department above these people's own."""
    boss = portal.add_user("Boss")
    above = portal.add_department("Above", head=boss.id)
    below = portal.add_department("Below", parent=above)
    for person in people:
        portal.admin.call("user.update", ID=person.id, UF_DEPARTMENT=[below])
    return boss
