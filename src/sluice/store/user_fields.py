"""Fields that a portal gives its tasks beside their own, and what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from sluice.store.database import Row, Transaction, Value
from sluice.store.listing import Column, Condition, Kind, named, ordered, where

_COLUMNS = (
    "id, field_name, user_type_id, xml_id, sort, multiple, mandatory, show_filter, show_in_list,"
    " edit_in_list, is_searchable, settings, labels"
)
_KNOWN = "user fields"

# What `task.item.userfield.getlist` filters and sorts by.
LISTED: dict[str, Column] = {
    "ID": Column("id", Kind.NUMBER),
    "FIELD_NAME": Column("field_name"),
    "USER_TYPE_ID": Column("user_type_id"),
    "XML_ID": Column("xml_id"),
    "SORT": Column("sort", Kind.NUMBER),
    "MULTIPLE": Column("multiple", Kind.FLAG),
    "MANDATORY": Column("mandatory", Kind.FLAG),
}

# What one field of one task holds: a text, or with MULTIPLE a list of them.
Held = str | list[str]


class UserField(Struct, frozen=True):
    """A field of tasks that an administrator made.

    Attributes:
        field_name: begins with `UF_`.
        show_filter: `N`, or how a filter compares: `I` exactly, `E` by pattern, `S` by part.
        settings: what the type is told, kept as sent.
        labels: kind of label -> language -> text.
    """

    id: int
    field_name: str
    user_type_id: str
    xml_id: str = ""
    sort: int = 100
    multiple: bool = False
    mandatory: bool = False
    show_filter: str = "N"
    show_in_list: bool = True
    edit_in_list: bool = True
    is_searchable: bool = False
    settings: dict[str, Any] = {}
    labels: dict[str, dict[str, str]] = {}


class UserFields:
    """The tables `user_field` and `user_field_value`."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def all(self) -> Sequence[UserField]:
        """Return every field, the oldest first; kept until one of them changes."""
        return self._tx.recall(_KNOWN, lambda: self.listed((), ()))

    def listed(
        self, conditions: Sequence[Condition], order: Sequence[tuple[Column, bool]]
    ) -> list[UserField]:
        """Return the fields that meet the conditions."""
        clause, parameters = where(conditions)
        rows = self._tx.all(
            f"SELECT {_COLUMNS} FROM user_field WHERE {clause} ORDER BY {ordered(order)}",
            parameters,
        )
        return [_field(row) for row in rows]

    def find(self, field_id: int) -> UserField | None:
        """Return the field, or None."""
        row = self._tx.one(f"SELECT {_COLUMNS} FROM user_field WHERE id = :id", {"id": field_id})
        return None if row is None else _field(row)

    def add(self, field: UserField) -> int | None:
        """Store a new field and return its id; None when its name is taken."""
        return self._tx.insert(
            "user_field", _settings(field), "ON CONFLICT (field_name) DO NOTHING"
        )

    def save(self, field: UserField) -> None:
        """Store a changed field."""
        self._tx.update("user_field", field.id, _settings(field))

    def delete(self, field_id: int) -> None:
        """Remove a field with everything it holds."""
        self._tx.run("DELETE FROM user_field_value WHERE field_id = :id", {"id": field_id})
        self._tx.run("DELETE FROM user_field WHERE id = :id", {"id": field_id})

    def set_values(self, task_id: int, values: Mapping[int, Held | None]) -> None:
        """Let these fields of a task hold these values; None empties a field."""
        for field_id, value in values.items():
            key = {"task_id": task_id, "field_id": field_id}
            if value is None:
                self._tx.run(
                    "DELETE FROM user_field_value"
                    " WHERE task_id = :task_id AND field_id = :field_id",
                    key,
                )
                continue
            self._tx.run(
                "INSERT INTO user_field_value (task_id, field_id, value)"
                " VALUES (:task_id, :field_id, :value)"
                " ON CONFLICT (task_id, field_id) DO UPDATE SET value = :value",
                {**key, "value": msgspec.json.encode(value).decode()},
            )

    def values(
        self, task_ids: Iterable[int], field_ids: Iterable[int]
    ) -> dict[tuple[int, int], Held]:
        """Return what these fields of these tasks hold, by task and field; empty is left out."""
        tasks, task_parameters = named("task", list(task_ids))
        fields, field_parameters = named("field", list(field_ids))
        rows = self._tx.all(
            "SELECT task_id, field_id, value FROM user_field_value"
            f" WHERE task_id IN ({tasks}) AND field_id IN ({fields})",
            {**task_parameters, **field_parameters},
        )
        return {(row[0], row[1]): msgspec.json.decode(row[2]) for row in rows}


def _field(row: Row) -> UserField:
    return UserField(
        id=row[0],
        field_name=row[1],
        user_type_id=row[2],
        xml_id=row[3],
        sort=row[4],
        multiple=row[5] == 1,
        mandatory=row[6] == 1,
        show_filter=row[7],
        show_in_list=row[8] == 1,
        edit_in_list=row[9] == 1,
        is_searchable=row[10] == 1,
        settings=msgspec.json.decode(row[11]),
        labels=msgspec.json.decode(row[12]),
    )


def _settings(field: UserField) -> dict[str, Value]:
    return {
        "field_name": field.field_name,
        "user_type_id": field.user_type_id,
        "xml_id": field.xml_id,
        "sort": field.sort,
        "multiple": int(field.multiple),
        "mandatory": int(field.mandatory),
        "show_filter": field.show_filter,
        "show_in_list": int(field.show_in_list),
        "edit_in_list": int(field.edit_in_list),
        "is_searchable": int(field.is_searchable),
        "settings": msgspec.json.encode(field.settings).decode(),
        "labels": msgspec.json.encode(field.labels).decode(),
    }
