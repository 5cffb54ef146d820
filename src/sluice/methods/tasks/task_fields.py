"""The fields of a task that `tasks.task.getFields` describes: exactly these 64. flows.md 5.8."""

from __future__ import annotations

from typing import Any

_YES_NO = {"Y": "Yes", "N": "No"}
_DURATIONS = ("secs", "mins", "hours", "days", "weeks", "months", "years")


def _field(title: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"title": title, "type": kind, **more}


def _flag(title: str, default: str = "N") -> dict[str, Any]:
    return _field(title, "enum", values=_YES_NO, default=default)


FIELDS: dict[str, dict[str, Any]] = {
    "ID": _field("ID", "integer", primary=True),
    "PARENT_ID": _field("Parent task ID", "integer", default=0),
    "TITLE": _field("Title", "string", required=True),
    "DESCRIPTION": _field("Description", "string"),
    "MARK": _field("Rating", "enum", values={"N": "Negative", "P": "Positive"}, default=None),
    "PRIORITY": _field(
        "Priority", "enum", values={"2": "High", "1": "Medium", "0": "Low"}, default=1
    ),
    "STATUS": _field(
        "Status",
        "enum",
        values={
            "2": "Pending",
            "3": "In progress",
            "4": "Awaiting review",
            "5": "Completed",
            "6": "Deferred",
        },
        default=2,
    ),
    "MULTITASK": _flag("Multitask"),
    "NOT_VIEWED": _flag("Not viewed"),
    "REPLICATE": _flag("Recurring task"),
    "GROUP_ID": _field("Project", "integer", default=0),
    "STAGE_ID": _field("Stage", "integer", default=0),
    "SPRINT_ID": _field("Sprint", "integer", default=0),
    "BACKLOG_ID": _field("Backlog", "integer", default=0),
    "CREATED_BY": _field("Created by", "integer", required=True),
    "CREATED_DATE": _field("Created on", "datetime"),
    "RESPONSIBLE_ID": _field("Responsible", "integer", required=True),
    "ACCOMPLICES": _field("Participants", "array"),
    "AUDITORS": _field("Observers", "array"),
    "CHANGED_BY": _field("Changed by", "integer"),
    "CHANGED_DATE": _field("Changed on", "datetime"),
    "STATUS_CHANGED_BY": _field("Status changed by", "integer"),
    "STATUS_CHANGED_DATE": _field("Status changed on", "datetime"),
    "CLOSED_BY": _field("Closed by", "integer"),
    "CLOSED_DATE": _field("Closed on", "datetime"),
    "ACTIVITY_DATE": _field("Last activity", "datetime"),
    "DATE_START": _field("Started on", "datetime"),
    "DEADLINE": _field("Deadline", "datetime"),
    "START_DATE_PLAN": _field("Planned start", "datetime"),
    "END_DATE_PLAN": _field("Planned end", "datetime"),
    "GUID": _field("GUID", "string"),
    "XML_ID": _field("External ID", "string"),
    "COMMENTS_COUNT": _field("Comments", "integer", default=0),
    "SERVICE_COMMENTS_COUNT": _field("Service comments", "integer", default=0),
    "NEW_COMMENTS_COUNT": _field("New comments", "integer", default=0),
    "ALLOW_CHANGE_DEADLINE": _flag("The responsible person may change the deadline"),
    "ALLOW_TIME_TRACKING": _flag("Time tracking"),
    "TASK_CONTROL": _flag("Review when completed"),
    "ADD_IN_REPORT": _flag("Include in report"),
    "FORKED_BY_TEMPLATE_ID": _flag("Made from a template"),
    "TIME_ESTIMATE": _field("Time estimate", "integer"),
    "TIME_SPENT_IN_LOGS": _field("Time spent", "integer"),
    "MATCH_WORK_TIME": _field("Skip days off", "integer"),
    "FORUM_TOPIC_ID": _field("Forum topic", "integer"),
    "FORUM_ID": _field("Forum", "integer"),
    "SITE_ID": _field("Site", "string"),
    "SUBORDINATE": _flag("Subordinate's task"),
    "FAVORITE": _flag("Favorite"),
    "EXCHANGE_MODIFIED": _field("Changed in Exchange on", "datetime"),
    "EXCHANGE_ID": _field("Exchange ID", "integer"),
    "OUTLOOK_VERSION": _field("Revision", "integer"),
    "VIEWED_DATE": _field("Viewed on", "datetime"),
    "SORTING": _field("Sorting", "double"),
    "DURATION_PLAN": _field("Planned duration", "integer"),
    "DURATION_FACT": _field("Actual duration", "integer"),
    "CHECKLIST": _field("Checklist", "array"),
    "DURATION_TYPE": _field(
        "Duration unit", "enum", values={unit: unit for unit in _DURATIONS}, default="days"
    ),
    "IS_MUTED": _flag("Muted"),
    "IS_PINNED": _flag("Pinned"),
    "IS_PINNED_IN_GROUP": _flag("Pinned in the project"),
    "FLOW_ID": _field("Flow", "integer", default=0),
    "UF_CRM_TASK": _field("CRM items", "crm"),
    "UF_TASK_WEBDAV_FILES": _field("Files", "disk_file"),
    "UF_MAIL_MESSAGE": _field("Mail message", "mail_message"),
}
