"""`profile`: the caller in brief, for clients that have no scope to know more."""

from __future__ import annotations

from typing import Any

from sluice.rest.call import Call
from sluice.rest.method import classic


@classic("profile", writes=False)
def profile(call: Call) -> dict[str, Any]:
    """Return who the caller is. Source: common/users/profile; flows.md 11.2."""
    user = call.store.users.find(call.actor.user_id)
    assert user is not None  # nobody is ever deleted
    return {
        "ID": str(user.id),
        "ADMIN": user.is_admin,
        "NAME": user.name,
        "LAST_NAME": user.last_name,
        "PERSONAL_GENDER": user.personal_gender,
        "TIME_ZONE": user.time_zone,
    }
