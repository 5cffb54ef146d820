"""`sluice webhook`: incoming webhooks, the credentials that programs call with."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

import click
from msgspec.structs import replace

from sluice.cli.granting import read_scopes, working_user, written
from sluice.cli.opened import addresses_of, database_option, opened_portal
from sluice.cli.output import Failure, json_option, json_text, table
from sluice.rest.method import SCOPES
from sluice.store.credentials import Webhook
from sluice.store.tables import Store


@click.group()
def command() -> None:
    """Make, list and revoke incoming webhooks.

    A webhook is an address with a secret code in it. Who has it calls as its user, within its
    scopes, until it is revoked. A running server obeys from its next call on.
    """


@command.command()
@click.option("--user", "user_id", type=int, required=True, metavar="ID", help="Whom it acts as.")
@click.option(
    "--scope",
    "scopes",
    metavar="A,B",
    callback=read_scopes,
    help="What it may call, with commas between.  [default: everything]",
)
@click.option("--title", default="", help="What it is for, to tell it from others.")
@database_option
@json_option
def create(
    user_id: int, scopes: tuple[str, ...], title: str, database: str | None, as_json: bool
) -> None:
    """Make a webhook and print its address.

    The code in it is shown this once; the portal keeps only its hash.

    \b
    Examples:
      sluice webhook create --user 1
      sluice webhook create --user 3 --scope task,user --title "Nightly report"
      sluice webhook create --user 3 --json | jq -r .tls_webhook
    """
    with opened_portal(database) as portal:
        user = working_user(portal, user_id)
        webhook_id, code = portal.add_webhook(user_id, scopes, title)
        addresses = addresses_of(portal)
    path = f"/rest/{user_id}/{code}/"
    facts = {
        "id": webhook_id,
        "user_id": user_id,
        "title": title,
        "scopes": list(scopes),
        "code": code,
        "path": path,
        "webhook": addresses.plain + path,
        "tls_webhook": addresses.tls + path,
    }
    if as_json:
        click.echo(json_text(facts))
        return
    click.echo(facts["webhook"])
    click.echo(facts["tls_webhook"])
    click.echo(
        f"\nWebhook {webhook_id} acts as {user.full_name} (user {user_id}). It is not shown again;"
        " treat it as a password.",
        err=True,
    )


@command.command("list")
@database_option
@json_option
def list_(database: str | None, as_json: bool) -> None:
    """List every webhook, revoked ones too. Codes are never shown.

    \b
    Examples:
      sluice webhook list
      sluice webhook list --json
    """
    with opened_portal(database) as portal:
        webhooks = portal.database.run_now(lambda store: store.credentials.webhooks())
        zone = portal.settings.zone
    if as_json:
        click.echo(json_text([_facts(webhook, zone) for webhook in webhooks]))
        return
    rows = [_row(webhook, zone) for webhook in webhooks]
    click.echo(table(["ID", "USER", "TITLE", "CREATED", "STATE", "SCOPES"], rows))


@command.command()
@click.argument("webhook_id", metavar="ID", type=int)
@database_option
@json_option
def revoke(webhook_id: int, database: str | None, as_json: bool) -> None:
    """End a webhook for good. A running server refuses its next call.

    \b
    Examples:
      sluice webhook list
      sluice webhook revoke 4
    """
    with opened_portal(database) as portal:
        now = portal.clock.now()
        webhook = portal.database.run_now(lambda store: _revoked(store, webhook_id, now))
        zone = portal.settings.zone
    if as_json:
        click.echo(json_text(_facts(webhook, zone)))
    else:
        click.echo(f"Webhook {webhook_id} is revoked.")


def _revoked(store: Store, webhook_id: int, now: datetime) -> Webhook:
    """Revoke the webhook and return it as it is then.

    Raises:
        Failure: there is no such webhook, or it was revoked before.
    """
    webhook = next((one for one in store.credentials.webhooks() if one.id == webhook_id), None)
    if webhook is None:
        raise Failure(f"There is no webhook {webhook_id}; see `sluice webhook list`.")
    if webhook.revoked is not None:
        raise Failure(f"Webhook {webhook_id} was revoked before.")
    store.credentials.revoke_webhook(webhook_id, now)
    return replace(webhook, revoked=now)


def _facts(webhook: Webhook, zone: tzinfo) -> dict[str, Any]:
    """Return a webhook as programs read it; instants are in the portal's time zone."""
    return {
        "id": webhook.id,
        "user_id": webhook.user_id,
        "title": webhook.title,
        "scopes": list(webhook.scopes),
        "created": written(webhook.created, zone),
        "revoked": None if webhook.revoked is None else written(webhook.revoked, zone),
    }


def _row(webhook: Webhook, zone: tzinfo) -> list[str | int]:
    """Return a webhook as people read it, in the columns of `list`."""
    everything = set(webhook.scopes) == set(SCOPES)
    return [
        webhook.id,
        webhook.user_id,
        webhook.title,
        written(webhook.created, zone),
        "works" if webhook.revoked is None else "revoked",
        "everything" if everything else ",".join(webhook.scopes),
    ]
