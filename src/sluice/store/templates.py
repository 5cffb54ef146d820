"""Task templates, and who may read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from sluice.domain.access import Actor
from sluice.store.database import Row, Transaction

_COLUMNS = "id, title, created_by, responsible_id, content"
_BY_ID = f"SELECT {_COLUMNS} FROM template WHERE id = :id"


class Template(Struct, frozen=True):
    """A preset for whoever adds tasks.

    Attributes:
        content: the other fields that were set, by their wire names.
    """

    id: int
    title: str
    created_by: int
    responsible_id: int
    content: Mapping[str, Any]


class Templates:
    """The `template` table and who may read each template."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def find(self, template_id: int) -> Template | None:
        """Return the template, or None."""
        row = self._tx.one(_BY_ID, {"id": template_id})
        return None if row is None else _template(row)

    def add(
        self,
        title: str,
        created_by: int,
        responsible_id: int = 0,
        content: Mapping[str, Any] | None = None,
    ) -> int:
        """Store a new template and return its id."""
        added = self._tx.insert(
            "template",
            {
                "title": title,
                "created_by": created_by,
                "responsible_id": responsible_id,
                "content": _written(content or {}),
            },
        )
        assert added is not None  # nothing can be in its way
        return added

    def save(self, template: Template) -> None:
        """Store every field of a template that exists."""
        self._tx.update(
            "template",
            template.id,
            {
                "title": template.title,
                "created_by": template.created_by,
                "responsible_id": template.responsible_id,
                "content": _written(template.content),
            },
        )

    def delete(self, template_id: int) -> None:
        """Remove a template and the rights to read it; see `Flows.forget_template`."""
        template = {"id": template_id}
        self._tx.run("DELETE FROM template_reader WHERE template_id = :id", template)
        self._tx.run("DELETE FROM template WHERE id = :id", template)

    def exists(self, template_id: int) -> bool:
        """Tell whether there is such a template."""
        row = self._tx.one("SELECT id FROM template WHERE id = :id", {"id": template_id})
        return row is not None

    def can_read(self, actor: Actor, template_id: int) -> bool:
        """Tell whether the actor made the template or was given the right to read it."""
        made = self._tx.one("SELECT created_by FROM template WHERE id = :id", {"id": template_id})
        if made is None:
            return False
        if actor.is_admin or made[0] == actor.user_id:
            return True
        readers = self._tx.all(
            "SELECT code FROM template_reader WHERE template_id = :id", {"id": template_id}
        )
        return any(row[0] in actor.codes for row in readers)

    def let_read(self, template_id: int, codes: Iterable[str]) -> None:
        """Give the people behind these access codes the right to read the template."""
        for code in codes:
            self._tx.run(
                "INSERT INTO template_reader (template_id, code) VALUES (:id, :code)"
                " ON CONFLICT (template_id, code) DO NOTHING",
                {"id": template_id, "code": code},
            )


def _template(row: Row) -> Template:
    return Template(row[0], row[1], row[2], row[3], msgspec.json.decode(row[4]))


def _written(content: Mapping[str, Any]) -> str:
    return msgspec.json.encode(content).decode()
