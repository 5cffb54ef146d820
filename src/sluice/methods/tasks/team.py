"""The people behind a member list, as the portal's departments are at this moment."""

from __future__ import annotations

from collections.abc import Sequence

from sluice.domain.access import USER, Member, expanded
from sluice.store.tables import Store


def people_of(store: Store, members: Sequence[Member]) -> list[int]:
    """Return the active people behind a member list, in order, each once (flows.md 6.1)."""
    users = [member.id for member in members if member.kind == USER]
    available = store.users.active_among(users)
    if len(users) == len(members):
        return expanded(members, {}, {}, available)
    staff = store.departments.staff()
    available |= {user for people in staff.values() for user in people}
    return expanded(members, staff, store.departments.parents(), available)
