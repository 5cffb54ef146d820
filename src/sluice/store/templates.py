"""Task templates, as far as a flow names one."""

from __future__ import annotations

from collections.abc import Iterable

from sluice.domain.access import Actor
from sluice.store.database import Transaction


class Templates:
    """The `template` table and who may read each template."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def add(self, title: str, created_by: int) -> int:
        """Store a new template and return its id."""
        added = self._tx.insert("template", {"title": title, "created_by": created_by})
        assert added is not None  # nothing can be in its way
        return added

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
