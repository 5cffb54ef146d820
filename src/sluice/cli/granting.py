"""What commands that grant access share: scopes to choose, users who may work, instants."""

from __future__ import annotations

from datetime import datetime, tzinfo

import click

from sluice.app import Portal
from sluice.cli.output import Failure
from sluice.domain.people import User
from sluice.rest.method import SCOPES


def read_scopes(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[str, ...]:
    """Return the scopes of a list with commas, every scope when none was given (settled 11)."""
    if value is None:
        return SCOPES
    asked = {scope.strip() for scope in value.split(",")}
    if unknown := sorted(asked - set(SCOPES)):
        raise click.BadParameter(
            f"{', '.join(map(repr, unknown))} unknown. The scopes are {', '.join(SCOPES)}."
        )
    return tuple(scope for scope in SCOPES if scope in asked)


def working_user(portal: Portal, user_id: int) -> User:
    """Return the user that a credential is to act as.

    Raises:
        Failure: there is no such user, or the user was dismissed and may not call.
    """
    user = portal.database.run_now(lambda store: store.users.find(user_id))
    if user is None:
        raise Failure(f"There is no user {user_id}; see `sluice user list`.")
    if not user.active:
        raise Failure(f"User {user_id} was dismissed, so a call of theirs would be refused.")
    return user


def written(instant: datetime, zone: tzinfo) -> str:
    """Return an instant as programs read it, in the portal's time zone."""
    return instant.astimezone(zone).isoformat(timespec="seconds")
