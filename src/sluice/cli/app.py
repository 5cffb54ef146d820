"""`sluice app`: local applications, which call with OAuth 2.0."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta, tzinfo
from typing import Any

import click
from msgspec.structs import replace

from sluice.app import ADMINISTRATOR_ID, Portal
from sluice.cli.granting import read_scopes, working_user, written
from sluice.cli.opened import addresses_of, database_option, opened_portal
from sluice.cli.output import Failure, json_option, json_text, table
from sluice.domain.application import CODE_LIFE, Application, is_address
from sluice.rest import oauth
from sluice.rest.method import SCOPES
from sluice.store.tables import Store

MOST_SECONDS = 10 * 365 * 24 * 3600


@click.group()
def command() -> None:
    """Register, install and restrict applications; give them tokens.

    An application calls with access tokens. A person allows it at /oauth/authorize/, or `token`
    and `code` give it what it would get there. A running server obeys from its next call on.
    """


def _read_address(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> str | None:
    if value and not is_address(value):
        raise click.BadParameter("an address looks like https://app.example/path")
    return value


def client_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the application's client id, with `--client-id` or without, as `client_id`."""
    named = click.option("--client-id", metavar="CLIENT_ID", help="The application.")
    bare = click.argument("bare_client_id", metavar="[CLIENT_ID]", required=False)
    return named(bare(command))


def _one_client_id(client_id: str | None, bare_client_id: str | None) -> str:
    """Return the client id, wherever it was given."""
    given = client_id or bare_client_id
    if not given or (client_id and bare_client_id):
        raise click.UsageError("Name one application: --client-id, see `sluice app list`.")
    return given


@command.command()
@click.option("--title", default="Application", show_default=True, help="What people call it.")
@click.option(
    "--scope",
    "scopes",
    metavar="A,B",
    callback=read_scopes,
    help="What it may call, with commas between.  [default: everything]",
)
@click.option(
    "--redirect-uri",
    default="",
    metavar="URL",
    callback=_read_address,
    help="Where people are sent back to after allowing it.  [default: the handler]",
)
@click.option(
    "--handler", default="", metavar="URL", callback=_read_address, help="Its page, or its program."
)
@click.option(
    "--install-url",
    default="",
    metavar="URL",
    callback=_read_address,
    help="Where its installation runs; until that is finished it is not installed. Without a"
    " handler, ONAPPINSTALL is sent there, and it is installed once that was delivered.",
)
@click.option(
    "--user", "user_ids", type=int, multiple=True, metavar="ID", help="Restrict it to this user."
)
@database_option
@json_option
def create(
    title: str,
    scopes: tuple[str, ...],
    redirect_uri: str,
    handler: str,
    install_url: str,
    user_ids: tuple[int, ...],
    database: str | None,
    as_json: bool,
) -> None:
    """Register an application and print its client id and secret.

    The secret is shown this once; the portal keeps only its hash.

    \b
    Examples:
      sluice app create --title Reports --redirect-uri http://127.0.0.1:3000/callback
      sluice app create --scope task,user --json | jq -r .client_secret
      sluice app create --title Payroll --user 1 --user 3
    """
    with opened_portal(database) as portal:
        for user_id in user_ids:
            working_user(portal, user_id)
        now = portal.clock.now()

        def registered(store: Store) -> oauth.NewApplication:
            made = oauth.register(
                store,
                title=title,
                scopes=scopes,
                now=now,
                redirect_uri=redirect_uri,
                handler_url=handler,
                install_url=install_url,
                user_ids=user_ids,
            )
            if install_url and not handler:
                oauth.begin_installation(store, made.application, now, ADMINISTRATOR_ID)
            return made

        made = portal.database.run_now(registered)
        zone = portal.settings.zone
    application = made.application
    if as_json:
        secret = {"client_secret": made.client_secret}
        click.echo(json_text({**_facts(application, zone), **secret}))
        return
    click.echo(f"client_id          {application.client_id}")
    click.echo(f"client_secret      {made.client_secret}")
    click.echo(f"application_token  {application.application_token}")
    click.echo(
        f"\n{title} is registered. The secret is not shown again; treat it as a password.", err=True
    )


@command.command("list")
@database_option
@json_option
def list_(database: str | None, as_json: bool) -> None:
    """List every application. Secrets are never shown.

    \b
    Examples:
      sluice app list
      sluice app list --json
    """
    with opened_portal(database) as portal:
        applications = portal.database.run_now(lambda store: store.applications.all())
        zone = portal.settings.zone
    if as_json:
        click.echo(json_text([_facts(application, zone) for application in applications]))
        return
    rows = [_row(application) for application in applications]
    click.echo(table(["ID", "CLIENT ID", "TITLE", "STATE", "OPEN TO", "SCOPES"], rows))


@command.command()
@client_option
@database_option
@json_option
def install(
    client_id: str | None, bare_client_id: str | None, database: str | None, as_json: bool
) -> None:
    """Finish an application's installation, or install one again that was uninstalled.

    \b
    Examples:
      sluice app install --client-id local.5f0a1b2c3d4e5f.12345678
    """
    wanted = _one_client_id(client_id, bare_client_id)
    with opened_portal(database) as portal:
        now = portal.clock.now()
        _change_in(
            portal,
            wanted,
            lambda store, app: oauth.install(store, app, now, ADMINISTRATOR_ID),
            as_json,
            "is installed",
        )


@command.command()
@client_option
@click.option("--clean", is_flag=True, help="Remove its options as well.")
@database_option
@json_option
def uninstall(
    client_id: str | None,
    bare_client_id: str | None,
    clean: bool,
    database: str | None,
    as_json: bool,
) -> None:
    """Take an application out of use: its calls are answered with ERROR_OAUTH.

    Its handlers are sent ONAPPUNINSTALL and then forgotten.

    \b
    Examples:
      sluice app uninstall --client-id local.5f0a1b2c3d4e5f.12345678
      sluice app uninstall --client-id local.5f0a1b2c3d4e5f.12345678 --clean
    """
    wanted = _one_client_id(client_id, bare_client_id)
    with opened_portal(database) as portal:
        now = portal.clock.now()
        _change_in(
            portal,
            wanted,
            lambda store, app: oauth.uninstall(store, app, now, clean=clean),
            as_json,
            "is uninstalled",
        )


def _read_given_scopes(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[str, ...] | None:
    return None if value is None else read_scopes(context, parameter, value)


@command.command()
@client_option
@click.option("--title", help="What people call it.")
@click.option("--scope", "scopes", metavar="A,B", callback=_read_given_scopes, help="What it may.")
@click.option("--redirect-uri", metavar="URL", callback=_read_address, help="See `create`.")
@click.option("--handler", "handler_url", metavar="URL", callback=_read_address, help="The same.")
@click.option("--install-url", metavar="URL", callback=_read_address, help="The same.")
@database_option
@json_option
def update(
    client_id: str | None,
    bare_client_id: str | None,
    database: str | None,
    as_json: bool,
    **changes: Any,
) -> None:
    """Give an application its next version, with what is named here changed.

    Its handlers are sent ONAPPUPDATE and then forgotten; it binds them anew.

    \b
    Examples:
      sluice app update --client-id local.5f0a1b2c3d4e5f.12345678
      sluice app update --client-id local.5f0a1b2c3d4e5f.12345678 --scope task,user,im
    """
    wanted = _one_client_id(client_id, bare_client_id)
    given = {name: value for name, value in changes.items() if value is not None}
    with opened_portal(database) as portal:
        now = portal.clock.now()
        _change_in(
            portal,
            wanted,
            lambda store, app: oauth.update(store, app, now, ADMINISTRATOR_ID, **given),
            as_json,
            "has its next version",
        )


@command.command()
@client_option
@database_option
@json_option
def remove(
    client_id: str | None, bare_client_id: str | None, database: str | None, as_json: bool
) -> None:
    """Remove an application for good: its calls are answered with APPLICATION_NOT_FOUND.

    \b
    Examples:
      sluice app remove --client-id local.5f0a1b2c3d4e5f.12345678
    """
    wanted = _one_client_id(client_id, bare_client_id)
    with opened_portal(database) as portal:
        now = portal.clock.now()
        _change_in(
            portal, wanted, lambda store, app: oauth.remove(store, app, now), as_json, "is removed"
        )


@command.command()
@client_option
@click.option("--user", "user_ids", type=int, multiple=True, metavar="ID", help="Who may use it.")
@click.option("--everybody", is_flag=True, help="Open it to everybody again.")
@database_option
@json_option
def restrict(
    client_id: str | None,
    bare_client_id: str | None,
    user_ids: tuple[int, ...],
    everybody: bool,
    database: str | None,
    as_json: bool,
) -> None:
    """Open an application to these users alone. Others get user_access_error.

    \b
    Examples:
      sluice app restrict --client-id local.5f0a1b2c3d4e5f.12345678 --user 1 --user 3
      sluice app restrict --client-id local.5f0a1b2c3d4e5f.12345678 --everybody
    """
    wanted = _one_client_id(client_id, bare_client_id)
    if bool(user_ids) == everybody:
        raise click.UsageError("Name the users with --user, or open it with --everybody.")
    with opened_portal(database) as portal:
        for user_id in user_ids:
            working_user(portal, user_id)

        def restricted(store: Store, application: Application) -> Application:
            changed = replace(application, restricted=not everybody, user_ids=user_ids)
            store.applications.save(changed)
            return changed

        whom = "everybody" if everybody else ", ".join(f"user {one}" for one in user_ids)
        _change_in(portal, wanted, restricted, as_json, f"is open to {whom}")


def _for_person(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what `token` and `code` share: the application, the user, where the portal is."""
    origin = click.option(
        "--origin",
        metavar="URL",
        callback=_read_address,
        help="Where the application reaches the portal.  [default: the server's HTTPS address]",
    )
    user = click.option(
        "--user", "user_id", type=int, required=True, metavar="ID", help="Whom it acts as."
    )
    return client_option(user(origin(database_option(json_option(command)))))


@command.command()
@_for_person
@click.option(
    "--expires-in",
    type=click.IntRange(0, MOST_SECONDS),
    default=3600,
    show_default=True,
    metavar="SECONDS",
    help="Life of the access token; 0 gives one that is over already.",
)
def token(
    client_id: str | None,
    bare_client_id: str | None,
    user_id: int,
    origin: str | None,
    expires_in: int,
    database: str | None,
    as_json: bool,
) -> None:
    """Give an application tokens for a user, as if the user had allowed it.

    \b
    Examples:
      sluice app token --client-id local.5f0a1b2c3d4e5f.12345678 --user 1 --json
      sluice app token --client-id local.5f0a1b2c3d4e5f.12345678 --user 3 --expires-in 0
    """
    wanted = _one_client_id(client_id, bare_client_id)
    with opened_portal(database) as portal:
        working_user(portal, user_id)
        at = _origin(portal, origin)
        now, life = portal.clock.now(), timedelta(seconds=expires_in)
        granted = portal.database.run_now(
            lambda store: oauth.grant(store, _found(store, wanted).id, user_id, at, now, life=life)
        )
        member_id = portal.database.run_now(lambda store: store.facts.get("member_id"))
    facts = {
        "access_token": granted.access_token,
        "refresh_token": granted.refresh_token,
        "expires_in": granted.expires_in,
        "expires": int(granted.expires.timestamp()),
        "user_id": user_id,
        "member_id": member_id,
        "client_endpoint": f"{at}/rest/",
        "server_endpoint": f"{at}/rest/",
    }
    if as_json:
        click.echo(json_text(facts))
        return
    for name in ("access_token", "refresh_token", "expires_in"):
        click.echo(f"{name:<14} {facts[name]}")


@command.command()
@_for_person
def code(
    client_id: str | None,
    bare_client_id: str | None,
    user_id: int,
    origin: str | None,
    database: str | None,
    as_json: bool,
) -> None:
    """Give an application a code, as the sign-in page would. It works once, for 30 seconds.

    \b
    Examples:
      sluice app code --client-id local.5f0a1b2c3d4e5f.12345678 --user 1 --json
    """
    wanted = _one_client_id(client_id, bare_client_id)
    with opened_portal(database) as portal:
        working_user(portal, user_id)
        at, now = _origin(portal, origin), portal.clock.now()
        granted = portal.database.run_now(
            lambda store: oauth.grant_code(store, _found(store, wanted).id, user_id, at, now)
        )
    if as_json:
        expires_in = int(CODE_LIFE.total_seconds())
        click.echo(json_text({"code": granted, "expires_in": expires_in, "user_id": user_id}))
    else:
        click.echo(granted)


def _origin(portal: Portal, origin: str | None) -> str:
    domain = portal.settings.domain
    known = f"https://{domain}" if domain else addresses_of(portal).tls
    return (origin or known).rstrip("/")


def _found(store: Store, client_id: str) -> Application:
    """Return the application.

    Raises:
        Failure: there is none of this client id.
    """
    application = store.applications.find_by_client_id(client_id)
    if application is None:
        raise Failure(f"There is no application {client_id}; see `sluice app list`.")
    return application


Change = Callable[[Store, Application], Application]


def _change_in(portal: Portal, client_id: str, change: Change, as_json: bool, words: str) -> None:
    """Change an application and print what it is then."""
    changed = portal.database.run_now(lambda store: change(store, _found(store, client_id)))
    if as_json:
        click.echo(json_text(_facts(changed, portal.settings.zone)))
    else:
        click.echo(f"{changed.title} ({client_id}) {words}.")


def _facts(application: Application, zone: tzinfo) -> dict[str, Any]:
    """Return an application as programs read it; instants are in the portal's time zone."""
    return {
        "id": application.id,
        "client_id": application.client_id,
        "application_token": application.application_token,
        "title": application.title,
        "scopes": list(application.scopes),
        "redirect_uri": application.redirect_uri,
        "handler": application.handler_url,
        "install_url": application.install_url,
        "version": application.version,
        "state": application.state.value,
        "users": list(application.user_ids) if application.restricted else None,
        "created": written(application.created, zone),
    }


def _row(application: Application) -> list[str | int]:
    everything = set(application.scopes) == set(SCOPES)
    users = ", ".join(f"user {user_id}" for user_id in application.user_ids)
    return [
        application.id,
        application.client_id,
        application.title,
        application.state.value,
        users if application.restricted else "everybody",
        "everything" if everything else ",".join(application.scopes),
    ]
