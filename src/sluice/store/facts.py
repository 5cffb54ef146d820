"""What is true of the portal as a whole, by name."""

from __future__ import annotations

from sluice.store.database import Transaction


class Facts:
    """The `portal_fact` table."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def get(self, name: str) -> str | None:
        """Return the fact, or None when it was never told."""
        (value,) = self._tx.recall(("fact", name), lambda: (self._read(name),))
        return value

    def _read(self, name: str) -> str | None:
        row = self._tx.one("SELECT value FROM portal_fact WHERE name = :name", {"name": name})
        return None if row is None else str(row[0])

    def set(self, name: str, value: str) -> None:
        """Tell a fact, replacing what was told before."""
        self._tx.run(
            "INSERT INTO portal_fact (name, value) VALUES (:name, :value)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            {"name": name, "value": value},
        )
