"""What user fields of a task hold: read from `fields`, and shown in the task object.

Source: flows.md 5.1, 5.3, 11.8. A user field is shown only when `select` names it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sluice.clock import from_micros, to_micros
from sluice.domain.task import Task
from sluice.errors import CoreError
from sluice.rest.call import Call
from sluice.rest.params import camel
from sluice.rest.wire_types import as_flag, as_instant, as_integer, as_list, as_scalar_text
from sluice.store.user_fields import Held, UserField

Read = Callable[[Call, object], str | None]


def _integer(_: Call, value: object) -> str | None:
    number = as_integer(value)
    return None if number is None else str(number)


def _double(_: Call, value: object) -> str | None:
    try:
        number = float(as_scalar_text(value) or "nothing")
    except ValueError:
        return None
    return str(number) if math.isfinite(number) else None


def _boolean(_: Call, value: object) -> str | None:
    flag = as_flag(value)
    return None if flag is None else str(int(flag))


def _instant(call: Call, value: object) -> str | None:
    instant = as_instant(value, call.zone)
    return None if instant is None else str(to_micros(instant))


# Type -> its name for people, and what reads it.
TYPES: dict[str, tuple[str, Read]] = {
    "string": ("String", lambda _, value: as_scalar_text(value)),
    "integer": ("Integer", _integer),
    "double": ("Number", _double),
    "boolean": ("Yes/No", _boolean),
    "datetime": ("Date/Time", _instant),
}


def read_values(
    call: Call, fields: Mapping[str, Any], task: Task | None = None
) -> dict[int, Held | None]:
    """Return what user fields are to hold that they do not yet, by id; None for nothing.

    Args:
        task: None when it is being added, so that a required field has to be there.

    Raises:
        CoreError: a value is of another type than its field, or a required field is empty.
    """
    sent = {name.upper(): value for name, value in fields.items()}
    values: dict[int, Held | None] = {}
    for field in call.store.user_fields.all():
        if field.field_name in sent:
            values[field.id] = _held(call, field, sent[field.field_name])
        if field.mandatory and (task is None or field.id in values) and not values.get(field.id):
            raise CoreError(f"The required field {field.field_name} is empty<br>")
    if task is None or not values:
        return values
    held = call.store.user_fields.values([task.id], values)
    return {id: value for id, value in values.items() if held.get((task.id, id)) != value}


def _held(call: Call, field: UserField, value: object) -> Held | None:
    if not field.multiple:
        return _text(call, field, value)
    items = as_list(value)
    texts = [_text(call, field, item) for item in ([value] if items is None else items)]
    return [text for text in texts if text is not None] or None


def _text(call: Call, field: UserField, value: object) -> str | None:
    # PHP clients write "nothing" as an empty text, false, null, or an empty list.
    if value is None or value == "" or value == [] or (value is False and not _is_flag(field)):
        return None
    text = TYPES[field.user_type_id][1](call, value)
    if text is None:
        raise CoreError(f"Incorrect value of {field.field_name}<br>")
    return text


def _is_flag(field: UserField) -> bool:
    return field.user_type_id == "boolean"


def shown_values(
    call: Call, tasks: Sequence[Task], select: Sequence[object]
) -> dict[int, dict[str, Any]]:
    """Return the user fields that `select` names, by id of the task and key of its object."""
    names = {str(name).upper() for name in select}
    if not any(name.startswith("UF") for name in names):
        return {}
    fields = [
        field
        for field in call.store.user_fields.all()
        if field.field_name in names or key_of(field.field_name) in select
    ]
    ids = [task.id for task in tasks]
    held = call.store.user_fields.values(ids, [field.id for field in fields])
    return {
        task_id: {
            key_of(field.field_name): _shown(call, field, held.get((task_id, field.id)))
            for field in fields
        }
        for task_id in ids
    }


def key_of(field_name: str) -> str:
    """Return `UF_MEETING_ROOM` as `ufMeetingRoom`: how the task object names the field."""
    return camel(field_name.lower())


def _shown(call: Call, field: UserField, held: Held | None) -> Any:
    if held is None:
        return [] if field.multiple else None
    if field.user_type_id != "datetime":
        return held
    if isinstance(held, str):
        return call.wire_time(from_micros(int(held)))
    return [call.wire_time(from_micros(int(text))) for text in held]


def described_fields(call: Call) -> dict[str, dict[str, Any]]:
    """Return the user fields as `tasks.task.getFields` describes them. flows.md 5.8."""
    return {
        field.field_name: {
            "title": next(iter(field.labels.get("EDIT_FORM_LABEL", {}).values()), "")
            or field.field_name,
            "type": field.user_type_id,
            **({"required": True} if field.mandatory else {}),
        }
        for field in call.store.user_fields.all()
    }
