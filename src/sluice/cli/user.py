"""`sluice user`: the people of a portal."""

from __future__ import annotations

import secrets
import sys
from typing import Any

import click
from msgspec.structs import replace

from sluice.cli.granting import working_user
from sluice.cli.opened import database_option, opened_portal
from sluice.cli.output import Failure, json_option, json_text, printable, table
from sluice.domain.password import LONGEST, SHORTEST, hash_password
from sluice.domain.people import User, UserType, check_profile
from sluice.errors import EmailTaken
from sluice.messages import LANGUAGES
from sluice.store.listing import Window
from sluice.store.tables import Store

EVERY_ROW = 2**31
MOST_NAMED = 50  # departments told of in a complaint


@click.group()
def command() -> None:
    """Make and list the people of a portal, and let them sign in.

    Employees belong to departments; extranet guests belong to none.
    """


@command.command()
@click.option("--name", required=True, help="First name.")
@click.option("--last-name", default="", help="Last name.")
@click.option("--email", required=True, help="E-mail address, which nobody else may have.")
@click.option(
    "--department",
    "departments",
    type=int,
    multiple=True,
    metavar="ID",
    help="Department of an employee; may be given several times.",
)
@click.option("--admin", is_flag=True, help="Make an administrator of the portal.")
@click.option("--extranet", is_flag=True, help="Make a guest, who is in no department.")
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default=None,
    help="In which the portal speaks to this user.  [default: the portal's]",
)
@database_option
@json_option
def create(
    name: str,
    last_name: str,
    email: str,
    departments: tuple[int, ...],
    admin: bool,
    extranet: bool,
    language: str | None,
    database: str | None,
    as_json: bool,
) -> None:
    """Make a user and print the id. A running server knows the user from its next call on.

    \b
    Examples:
      sluice user create --name Boris --last-name Reed --email boris@example.com --department 17
      sluice user create --name Ada --last-name Ito --email ada@example.com --department 1 --admin
      sluice user create --name Guest --last-name One --email guest@example.com --extranet
      sluice call department.get                     (which departments there are)
    """
    if extranet and (departments or admin):
        raise click.UsageError("An extranet guest is in no department and no administrator.")
    if not extranet and not departments:
        raise click.UsageError("Name the employee's --department, or make a guest with --extranet.")
    with opened_portal(database) as portal:
        now = portal.clock.now()
        wanted = User(
            0,
            email.strip(),
            now,
            now,
            name=name.strip(),
            last_name=last_name.strip(),
            is_admin=admin,
            user_type=UserType.EXTRANET if extranet else UserType.EMPLOYEE,
            departments=tuple(dict.fromkeys(departments)),
            language=language or "",
        )
        user = portal.database.run_now(lambda store: _added(store, wanted))
    if as_json:
        click.echo(json_text(_facts(user)))
        return
    click.echo(f"User {user.id}, {user.full_name}, was made.")
    click.echo(f"A webhook for this user: sluice webhook create --user {user.id}", err=True)


@command.command()
@click.argument("user_id", metavar="ID", type=int)
@click.option("--generate", is_flag=True, help="Make one up and print it.")
@database_option
@json_option
def password(user_id: int, generate: bool, database: str | None, as_json: bool) -> None:
    """Set the password a user signs in with. Sessions begun with a former one end.

    It is asked for on a terminal, and read from the first line of standard input otherwise; it
    is never an argument, which other people on the machine could see.

    \b
    Examples:
      sluice user password 3
      sluice user password 3 --generate
      sluice user password 3 < secret.txt
    """
    with opened_portal(database) as portal:
        user = working_user(portal, user_id)
        secret = secrets.token_urlsafe(12) if generate else _read_password()
        kept = hash_password(secret)
        now = portal.clock.now()
        portal.database.run_now(lambda store: store.sessions.set_password_hash(user_id, kept, now))
    if as_json:
        told = {"password": secret} if generate else {}
        click.echo(json_text({"user_id": user_id, "email": user.email, **told}))
        return
    if generate:
        click.echo(secret)
    click.echo(f"{user.full_name} signs in as {user.email} with the new password.", err=True)


def _read_password() -> str:
    """Return a new password from the terminal or from standard input.

    Raises:
        Failure: it is too short or too long.
    """
    if sys.stdin.isatty():
        secret: str = click.prompt("New password", hide_input=True, confirmation_prompt=True)
    else:
        secret = sys.stdin.readline().rstrip("\r\n")
    if not SHORTEST <= len(secret) <= LONGEST:
        raise Failure(f"A password has from {SHORTEST} to {LONGEST} characters.")
    return secret


@command.command()
@click.argument("user_id", metavar="ID", type=int)
@click.argument("spoken", metavar="LANGUAGE", type=click.Choice([*LANGUAGES, "portal"]))
@database_option
@json_option
def language(user_id: int, spoken: str, database: str | None, as_json: bool) -> None:
    """Set the LANGUAGE in which the portal speaks to a user: en, ru, or the portal's own.

    \b
    Examples:
      sluice user language 3 ru
      sluice user language 3 portal
    """
    kept = "" if spoken == "portal" else spoken
    with opened_portal(database) as portal:
        user = working_user(portal, user_id)
        portal.database.run_now(lambda store: store.users.save(replace(user, language=kept)))
    if as_json:
        click.echo(json_text({"user_id": user_id, "language": kept}))
        return
    spoken_in = f"in {spoken}" if kept else "in the portal's language"
    click.echo(f"{user.full_name} is told things {spoken_in} from now on.", err=True)


@command.command("list")
@database_option
@json_option
def list_(database: str | None, as_json: bool) -> None:
    """List everybody, dismissed people too.

    \b
    Examples:
      sluice user list
      sluice user list --json | jq -r '.[] | select(.admin) | .email'
    """
    with opened_portal(database) as portal:
        users = portal.database.run_now(_everybody)
    if as_json:
        click.echo(json_text([_facts(user) for user in users]))
        return
    click.echo(table(["ID", "NAME", "E-MAIL", "DEPARTMENTS", "IS"], [_row(user) for user in users]))


def _added(store: Store, user: User) -> User:
    """Store a new user and return it with its id.

    Not through `user.add`: on the wire nobody becomes an administrator, and a guest has a group.

    Raises:
        Failure: a department does not exist.
        EmailInvalid, EmailTaken
    """
    missing = store.departments.first_missing(user.departments)
    if missing is not None:
        raise Failure(f"There is no department {missing}. There are: {_departments(store)}.")
    check_profile(user.email, user.personal_gender, user.time_zone)
    user_id = store.users.add(user)
    if user_id is None:
        raise EmailTaken(user.email)
    return replace(user, id=user_id)


def _departments(store: Store) -> str:
    known, _ = store.departments.page((), (), Window(0, MOST_NAMED, counted=False))
    return ", ".join(f"{department.id} {printable(department.name)}" for department in known)


def _everybody(store: Store) -> list[User]:
    users, _ = store.users.page((), (), Window(0, EVERY_ROW, counted=False))
    return users


def _facts(user: User) -> dict[str, Any]:
    """Return a user as programs read it."""
    return {
        "id": user.id,
        "name": user.name,
        "last_name": user.last_name,
        "email": user.email,
        "departments": list(user.departments),
        "admin": user.is_admin,
        "extranet": user.user_type is UserType.EXTRANET,
        "active": user.active,
        "language": user.language,
    }


def _row(user: User) -> list[str | int]:
    """Return a user as people read it, in the columns of `list`."""
    what = "administrator" if user.is_admin else user.user_type.value
    return [
        user.id,
        user.full_name,
        user.email,
        ",".join(map(str, user.departments)),
        what if user.active else f"{what}, dismissed",
    ]
