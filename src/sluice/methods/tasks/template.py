"""`tasks.template.*`: presets for whoever adds tasks. flows.md 2.8, 11.5.

A flow may name a template; adding a task through the API does not merge it into the task.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from sluice.domain.permission import can_change_template
from sluice.errors import TemplateDenied
from sluice.methods.tasks.task_fields import FIELDS
from sluice.rest.call import Call
from sluice.rest.method import method
from sluice.rest.wire_types import as_flag, as_integer, as_list, as_scalar_text
from sluice.store.templates import Template


@method("tasks.template.add", scope="task")
def add(call: Call, fields: dict[str, Any]) -> int:
    """Make a template and return its id; 0 when a required field is missing.

    Source: tasks-template-add; flows.md 11.5.

    Raises:
        TemplateDenied: in somebody else's name, by somebody who is no administrator.
    """
    template = _changed(call, Template(0, "", 0, 0, {}), fields)
    if template is None:
        return 0
    return call.store.templates.add(
        template.title, template.created_by, template.responsible_id, template.content
    )


@method("tasks.template.get", scope="task", writes=False)
def get(
    call: Call, template_id: int, params: dict[str, Any] | None = None
) -> dict[str, Any] | bool:
    """Return a template, all its values as texts; false when the caller may not read one.

    Source: tasks-template-get; flows.md 11.5. `params` takes `select`.
    """
    template = call.store.templates.find(template_id)
    if template is None or not call.store.templates.can_read(call.actor, template_id):
        return False
    whole = template_object(template)
    wanted = {str(name).upper() for name in as_list((params or {}).get("select")) or ["*"]}
    if "*" in wanted:
        return whole
    return {name: value for name, value in whole.items() if name == "ID" or name in wanted}


@method("tasks.template.update", scope="task")
def update(call: Call, template_id: int, fields: dict[str, Any]) -> bool:
    """Change what is sent of a template; false when there is none, or the change cannot be.

    Source: tasks-template-update; flows.md 11.5.

    Raises:
        TemplateDenied: the caller neither made the template nor administers the portal.
    """
    template = _template_to_change(call, template_id)
    changed = None if template is None else _changed(call, template, fields)
    if changed is None:
        return False
    call.store.templates.save(changed)
    return True


@method("tasks.template.delete", scope="task", long=True)
def delete(call: Call, template_id: int) -> bool:
    """Remove a template; flows that used it have none then.

    Source: tasks-template-delete; flows.md 2.8, 11.5.

    Raises:
        TemplateDenied: the caller neither made the template nor administers the portal.
    """
    if _template_to_change(call, template_id) is not None:
        call.store.flows.forget_template(template_id)
        call.store.templates.delete(template_id)
    # Quirk: the documentation's answer is false, even when it worked (flows.md 13.1 row 22).
    return False


@method("tasks.template.fields", scope="task", writes=False)
def fields(call: Call) -> dict[str, Any]:
    """Describe the fields of a template. Source: tasks-template-fields; flows.md 11.5."""
    names = ("ID", "TITLE", "CREATED_BY", "RESPONSIBLE_ID", *_READERS)
    return {"fields": {name: _OWN_FIELDS.get(name) or FIELDS[name] for name in names}}


def template_object(template: Template) -> dict[str, Any]:
    """Return a template as the wire has it: upper-case names, every value a text."""
    head = {
        "ID": str(template.id),
        "TITLE": template.title,
        "CREATED_BY": str(template.created_by),
        "RESPONSIBLE_ID": str(template.responsible_id),
    }
    return head | {name: _text(template.content.get(name)) for name in _READERS}


# Reading


def _template_to_change(call: Call, template_id: int) -> Template | None:
    """Return the template; None, for an administrator, is no template."""
    template = call.store.templates.find(template_id)
    creator_id = None if template is None else template.created_by
    if not can_change_template(call.actor, creator_id):
        raise TemplateDenied  # told first: a stranger does not learn which templates exist
    return template


def _changed(call: Call, template: Template, fields: Mapping[str, Any]) -> Template | None:
    """Return the template with what was sent; None when it has no title, or names nobody.

    Raises:
        TemplateDenied: it would be somebody else's, and the caller is no administrator.
    """
    sent = {name.upper(): value for name, value in fields.items()}
    changed = replace(template, **_head(sent), content={**template.content, **_content(sent)})
    people = [changed.created_by, changed.responsible_id]
    if not changed.title or 0 in people:
        return None
    if not can_change_template(call.actor, changed.created_by):
        raise TemplateDenied
    return None if call.store.users.first_missing(people) is not None else changed


def _head(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the required fields that were sent; what cannot be read is nothing."""
    head: dict[str, Any] = {}
    if "TITLE" in sent:
        head["title"] = (as_scalar_text(sent["TITLE"]) or "").strip()
    for wire, name in (("CREATED_BY", "created_by"), ("RESPONSIBLE_ID", "responsible_id")):
        if wire in sent:
            head[name] = as_integer(sent[wire]) or 0
    return head


def _content(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the presets that were sent, typed; what is of another kind is left out."""
    typed = {name: read(sent[name]) for name, read in _READERS.items() if name in sent}
    return {name: value for name, value in typed.items() if value is not None}


def _people(value: object) -> list[int] | None:
    people = as_list(value or [])
    if people is None:
        return None
    return sorted({user for item in people if (user := as_integer(item))})


def _texts(value: object) -> list[str] | None:
    texts = as_list(value.split(",") if isinstance(value, str) else value)
    if texts is None:
        return None
    return [text.strip() for item in texts if (text := as_scalar_text(item))]


def _map(value: object) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _flag(value: object) -> str | None:
    flag = as_flag(value)
    return None if flag is None else "Y" if flag else "N"


# What a template may preset besides its head, and how it is read from the wire.
_READERS: dict[str, Callable[[object], Any]] = {
    "DESCRIPTION": as_scalar_text,
    "PRIORITY": as_integer,
    "GROUP_ID": as_integer,
    "PARENT_ID": as_integer,
    "DEADLINE_AFTER": as_integer,
    "START_DATE_PLAN_AFTER": as_integer,
    "END_DATE_PLAN_AFTER": as_integer,
    "TIME_ESTIMATE": as_integer,
    "ACCOMPLICES": _people,
    "AUDITORS": _people,
    "TAGS": _texts,
    "TASK_CONTROL": _flag,
    "ALLOW_CHANGE_DEADLINE": _flag,
    "ALLOW_TIME_TRACKING": _flag,
    "ADD_IN_REPORT": _flag,
    "MATCH_WORK_TIME": _flag,
    "MULTITASK": _flag,
    "REPLICATE": _flag,
    "REPLICATE_PARAMS": _map,
    "XML_ID": as_scalar_text,
}

# The fields that a task does not have; the others are described as a task's are.
_OWN_FIELDS: dict[str, dict[str, Any]] = {
    "DEADLINE_AFTER": {"title": "Deadline, in seconds after the start", "type": "integer"},
    "START_DATE_PLAN_AFTER": {"title": "Planned start, in seconds after", "type": "integer"},
    "END_DATE_PLAN_AFTER": {"title": "Planned end, in seconds after", "type": "integer"},
    "TAGS": {"title": "Tags", "type": "array"},
    "REPLICATE_PARAMS": {"title": "When it recurs", "type": "array"},
}


# Writing


def _text(value: object) -> str:
    """Return a preset as text; lists and maps as PHP's `serialize` writes them.

    Rule (documented): `ACCOMPLICES` is a serialised text. flows.md 11.5.
    Rule (assumed): what was never set is an empty text.
    """
    if value is None:
        return ""
    return _serialized(value) if isinstance(value, (list, dict)) else str(value)


def _serialized(value: Any) -> str:
    if value is None:
        return "N;"
    if isinstance(value, bool):
        return f"b:{value:d};"
    if isinstance(value, int):
        return f"i:{value};"
    if isinstance(value, float):
        return f"d:{value!r};"
    if isinstance(value, str):
        return f's:{len(value.encode())}:"{value}";'
    items = value.items() if isinstance(value, dict) else enumerate(value)
    inside = "".join(_serialized(_key(key)) + _serialized(item) for key, item in items)
    return f"a:{len(value)}:{{{inside}}}"


def _key(key: str | int) -> str | int:
    """Return a key as PHP keeps it: what is written like a number is one."""
    number = as_integer(key)
    return number if number is not None and str(number) == str(key) else key
