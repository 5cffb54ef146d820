"""`sluice outgoing`: outgoing webhooks, events for programs that know no OAuth."""

from __future__ import annotations

import secrets
from typing import Any

import click

from sluice.app import ADMINISTRATOR_ID
from sluice.cli.opened import database_option, opened_portal
from sluice.cli.output import Failure, json_option, json_text, table
from sluice.domain.events import EVENTS, Subscription, is_handler
from sluice.store.tables import Store

OF_NO_APPLICATION = 0


@click.group()
def command() -> None:
    """Make, list and delete outgoing webhooks: events for programs without OAuth.

    The handler is sent a form; auth[application_token] in it proves that it comes from here.
    """


def _read_event(context: click.Context, parameter: click.Parameter, value: str) -> str:
    name = value.strip().upper()
    if name not in EVENTS:
        raise click.BadParameter(f"{value!r} unknown. The events are {', '.join(EVENTS)}.")
    return name


@command.command()
@click.option("--event", required=True, callback=_read_event, help="What to hear of: ONTASKADD.")
@click.option("--handler", required=True, metavar="URL", help="Where to send it.")
@click.option("--title", default="", help="What it is for, to tell it from others.")
@database_option
@json_option
def create(event: str, handler: str, title: str, database: str | None, as_json: bool) -> None:
    """Make an outgoing webhook and print its token.

    \b
    Examples:
      sluice outgoing create --event ONTASKADD --handler http://127.0.0.1:3000/tasks
      sluice outgoing create --event ONTASKUPDATE --handler https://app.example/in --json
    """
    with opened_portal(database) as portal:
        now = portal.clock.now()

        def made(store: Store) -> Subscription:
            public = not store.portal.get().private_handlers
            if not is_handler(handler, public=public):
                raise Failure(f"{handler} cannot be a handler: use a public http(s) address.")
            wanted = Subscription(
                application_id=OF_NO_APPLICATION,
                event=event,
                handler=handler,
                token=secrets.token_hex(16),
                title=title,
                user_id=ADMINISTRATOR_ID,
            )
            subscription_id = store.subscriptions.add(wanted, now)
            stored = None if subscription_id is None else store.subscriptions.find(subscription_id)
            if stored is None:
                raise Failure(f"{handler} hears of {event} already.")
            return stored

        subscription = portal.database.run_now(made)
    if as_json:
        click.echo(json_text(_facts(subscription)))
        return
    click.echo(subscription.token)
    click.echo(
        f"\nOutgoing webhook {subscription.id} sends {event} to {handler} with this token.",
        err=True,
    )


@command.command("list")
@database_option
@json_option
def list_(database: str | None, as_json: bool) -> None:
    """List every outgoing webhook.

    \b
    Examples:
      sluice outgoing list
      sluice outgoing list --json
    """
    with opened_portal(database) as portal:
        found = portal.database.run_now(
            lambda store: store.subscriptions.of_application(OF_NO_APPLICATION)
        )
    if as_json:
        click.echo(json_text([_facts(one) for one in found]))
        return
    rows = [[one.id, one.event, one.title, one.handler] for one in found]
    click.echo(table(["ID", "EVENT", "TITLE", "HANDLER"], rows))


@command.command()
@click.argument("webhook_id", metavar="ID", type=int)
@database_option
@json_option
def delete(webhook_id: int, database: str | None, as_json: bool) -> None:
    """Delete an outgoing webhook; what waits to be sent because of it is not sent.

    \b
    Examples:
      sluice outgoing list
      sluice outgoing delete 3
    """
    with opened_portal(database) as portal:

        def removed(store: Store) -> Subscription:
            found = store.subscriptions.find(webhook_id)
            if found is None or found.application_id != OF_NO_APPLICATION:
                raise Failure(
                    f"There is no outgoing webhook {webhook_id}; see `sluice outgoing list`."
                )
            store.subscriptions.remove(webhook_id)
            return found

        subscription = portal.database.run_now(removed)
    if as_json:
        click.echo(json_text(_facts(subscription)))
    else:
        click.echo(f"Outgoing webhook {webhook_id} is deleted.")


def _facts(subscription: Subscription) -> dict[str, Any]:
    return {
        "id": subscription.id,
        "event": subscription.event,
        "handler": subscription.handler,
        "title": subscription.title,
        "token": subscription.token,
    }
