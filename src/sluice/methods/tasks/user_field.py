"""`task.item.userfield.*`: fields of the portal's own for its tasks. flows.md 11.8.

Rule (assumed): administrators make and change them, everybody may read them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from sluice.errors import (
    ArgumentError,
    ArgumentMissing,
    CoreAccessDenied,
    TaskFieldNotFound,
    TaskFieldTaken,
)
from sluice.methods.tasks.task_fields import FIELDS
from sluice.methods.tasks.user_field_values import TYPES, key_of
from sluice.rest.call import Call
from sluice.rest.listing import read_filter, read_order
from sluice.rest.method import classic
from sluice.rest.wire_types import as_flag, as_integer, as_map, as_scalar_text
from sluice.store.user_fields import LISTED, UserField

PREFIX = "UF_"
_NAME = re.compile(r"UF_[A-Z0-9_]{1,47}")
_LANGUAGES = ("en", "de", "ru")
_LABELS = (
    "EDIT_FORM_LABEL",
    "LIST_COLUMN_LABEL",
    "LIST_FILTER_LABEL",
    "ERROR_MESSAGE",
    "HELP_MESSAGE",
)
_LARGEST_SORT = 2**31 - 1
_FLAGS = {
    "MANDATORY": "mandatory",
    "SHOW_IN_LIST": "show_in_list",
    "EDIT_IN_LIST": "edit_in_list",
    "IS_SEARCHABLE": "is_searchable",
}

# Field of a field -> its type and its name for people.
_DESCRIBED = {
    "ID": ("int", "ID"),
    "ENTITY_ID": ("string", "Object"),
    "FIELD_NAME": ("string", "Field name"),
    "USER_TYPE_ID": ("string", "Data type"),
    "XML_ID": ("string", "External code"),
    "SORT": ("int", "Sorting"),
    "MULTIPLE": ("char", "Multiple"),
    "MANDATORY": ("char", "Required"),
    "SHOW_FILTER": ("char", "Show in filter"),
    "SHOW_IN_LIST": ("char", "Show in list"),
    "EDIT_IN_LIST": ("char", "Allow editing"),
    "IS_SEARCHABLE": ("char", "Searchable"),
    "SETTINGS": ("object", "Settings"),
    "EDIT_FORM_LABEL": ("object", "Label in the form"),
    "LIST_COLUMN_LABEL": ("object", "Label in the list"),
    "LIST_FILTER_LABEL": ("object", "Label in the filter"),
    "ERROR_MESSAGE": ("object", "Error message"),
    "HELP_MESSAGE": ("object", "Help"),
}


@classic("task.item.userfield.add", scope="task")
def add(call: Call, params: dict[str, Any] | None = None) -> int:
    """Give tasks a field; its name begins with `UF_`, whether it was sent so or not.

    Source: task-item-user-field-add; flows.md 11.8.

    Raises:
        CoreAccessDenied: the caller is no administrator.
        ArgumentMissing, ArgumentError: FIELD_NAME or USER_TYPE_ID is missing, or cannot be.
        TaskFieldTaken: there is a field of this name, or of one with the same key.
    """
    _check_admin(call)
    sent = {name.upper(): value for name, value in (params or {}).items()}
    field = UserField(0, _name(sent), _type(sent), multiple=as_flag(sent.get("MULTIPLE")) is True)
    field = _changed(field, sent)
    # UF_A1 and UF_A_1 would be one key of the task object.
    taken = [*FIELDS, *(other.field_name for other in call.store.user_fields.all())]
    is_taken = key_of(field.field_name) in map(key_of, taken)
    field_id = None if is_taken else call.store.user_fields.add(field)
    if field_id is None:
        raise TaskFieldTaken(field.field_name)
    return field_id


@classic("task.item.userfield.get", scope="task", writes=False)
def get(call: Call, id: int = 0) -> dict[str, Any]:
    """Return a field of tasks.

    Source: task-item-user-field-get; flows.md 11.8.

    Raises:
        ArgumentMissing, TaskFieldNotFound: no id was sent, or no field has it.
    """
    return field_object(_found(call, id))


@classic("task.item.userfield.getlist", scope="task", writes=False)
def get_list(
    call: Call, order: dict[str, Any] | None = None, filter: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Return the portal's own fields of tasks that meet a filter.

    Source: task-item-user-field-get-list; flows.md 11.8.

    Raises:
        ArgumentError: a field cannot be filtered or sorted by.
    """
    fields = call.store.user_fields.listed(
        read_filter(filter or {}, LISTED), read_order(order or {}, LISTED)
    )
    return [field_object(field) for field in fields]


@classic("task.item.userfield.update", scope="task")
def update(call: Call, id: int = 0, data: dict[str, Any] | None = None) -> bool:
    """Change what is sent of a field; its name, its type and MULTIPLE stay.

    Source: task-item-user-field-update; flows.md 11.8. A label that is one text is so in every
    language.

    Raises:
        CoreAccessDenied: the caller is no administrator.
        ArgumentMissing, TaskFieldNotFound: no id was sent, or no field has it.
    """
    _check_admin(call)
    sent = {name.upper(): value for name, value in (data or {}).items()}
    call.store.user_fields.save(_changed(_found(call, id), sent))
    return True


@classic("task.item.userfield.delete", scope="task")
def delete(call: Call, id: int = 0) -> bool:
    """Take a field away from all tasks, with what it holds.

    Source: task-item-user-field-delete; flows.md 11.8.

    Raises:
        CoreAccessDenied: the caller is no administrator.
        ArgumentMissing, TaskFieldNotFound: no id was sent, or no field has it.
    """
    _check_admin(call)
    call.store.user_fields.delete(_found(call, id).id)
    return True


@classic("task.item.userfield.gettypes", scope="task", writes=False)
def get_types(call: Call) -> list[dict[str, str]]:
    """Return the types that a field of tasks may have.

    Source: task-item-user-field-get-types; flows.md 11.8.
    """
    return [{"ID": name, "title": title} for name, (title, _) in TYPES.items()]


@classic("task.item.userfield.getfields", scope="task", writes=False)
def get_fields(call: Call) -> dict[str, dict[str, str]]:
    """Describe what a field of tasks has itself.

    Source: task-item-user-field-get-fields; flows.md 11.8.
    """
    return {name: {"type": kind, "title": title} for name, (kind, title) in _DESCRIBED.items()}


def field_object(field: UserField) -> dict[str, Any]:
    """Return a field as the wire has it."""
    return {
        "ID": str(field.id),
        "ENTITY_ID": "TASKS_TASK",
        "FIELD_NAME": field.field_name,
        "USER_TYPE_ID": field.user_type_id,
        "XML_ID": field.xml_id,
        "SORT": str(field.sort),
        "MULTIPLE": _flag(field.multiple),
        "MANDATORY": _flag(field.mandatory),
        "SHOW_FILTER": field.show_filter,
        "SHOW_IN_LIST": _flag(field.show_in_list),
        "EDIT_IN_LIST": _flag(field.edit_in_list),
        "IS_SEARCHABLE": _flag(field.is_searchable),
        "SETTINGS": field.settings,
        **{label: field.labels.get(label) or dict.fromkeys(_LANGUAGES, "") for label in _LABELS},
    }


def _check_admin(call: Call) -> None:
    if not call.actor.is_admin:
        raise CoreAccessDenied


def _found(call: Call, field_id: int) -> UserField:
    if not field_id:
        raise ArgumentMissing("ID")
    field = call.store.user_fields.find(field_id)
    if field is None:
        raise TaskFieldNotFound
    return field


def _name(sent: Mapping[str, Any]) -> str:
    name = (as_scalar_text(sent.get("FIELD_NAME")) or "").strip().upper()
    if not name:
        raise ArgumentMissing("FIELD_NAME")
    name = PREFIX + name.removeprefix(PREFIX)
    if not _NAME.fullmatch(name):
        raise ArgumentError(
            "FIELD_NAME is of Latin letters, digits and _, and of 50 characters at most",
            argument="FIELD_NAME",
        )
    return name


def _type(sent: Mapping[str, Any]) -> str:
    kind = as_scalar_text(sent.get("USER_TYPE_ID")) or ""
    if not kind:
        raise ArgumentMissing("USER_TYPE_ID")
    if kind not in TYPES:
        raise ArgumentError(f"USER_TYPE_ID is one of {', '.join(TYPES)}", argument="USER_TYPE_ID")
    return kind


def _changed(field: UserField, sent: Mapping[str, Any]) -> UserField:
    """Return the field with what was sent; a value of another kind is left out."""
    changes: dict[str, Any] = {
        name: flag for wire, name in _FLAGS.items() if (flag := as_flag(sent.get(wire))) is not None
    }
    if (xml_id := as_scalar_text(sent.get("XML_ID"))) is not None:
        changes["xml_id"] = xml_id
    if (sort := as_integer(sent.get("SORT"))) is not None and 0 <= sort <= _LARGEST_SORT:
        changes["sort"] = sort
    if (shown := as_scalar_text(sent.get("SHOW_FILTER"))) in ("N", "I", "E", "S"):
        changes["show_filter"] = shown
    if (settings := as_map(sent.get("SETTINGS"))) is not None:
        changes["settings"] = settings
    return replace(field, labels=_labels(field, sent), **changes)


def _labels(field: UserField, sent: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the labels; `LABEL` stands for those that were never given."""
    labels = {**field.labels}
    for label in _LABELS:
        value = sent.get(label)
        if isinstance(value, str):
            labels[label] = dict.fromkeys(_LANGUAGES, value)
        elif isinstance(value, dict):
            texts = {language: as_scalar_text(text) for language, text in value.items()}
            labels[label] = {
                **(labels.get(label) or dict.fromkeys(_LANGUAGES, "")),
                **{language: text for language, text in texts.items() if text is not None},
            }
    if (default := as_scalar_text(sent.get("LABEL"))) is not None:
        for label in _LABELS[:3]:
            labels.setdefault(label, dict.fromkeys(_LANGUAGES, default))
    return labels


def _flag(value: bool) -> str:
    return "Y" if value else "N"
