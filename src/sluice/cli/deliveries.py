"""`sluice deliveries`: what was sent to handlers of events, and how that went."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

import click

from sluice.cli.granting import written
from sluice.cli.opened import database_option, opened_portal
from sluice.cli.output import Failure, json_option, json_text, table
from sluice.store.outbox import Attempt, Delivery, DeliveryState
from sluice.store.tables import Store


@click.group()
def command() -> None:
    """Look at what was sent to handlers of events, and send it again.

    A delivery is one event for one handler; it waits, is being sent, was delivered, or failed.
    """


@command.command("list")
@click.option("--most", default=50, show_default=True, help="How many, the newest first.")
@database_option
@json_option
def list_(most: int, database: str | None, as_json: bool) -> None:
    """List the newest deliveries.

    \b
    Examples:
      sluice deliveries list
      sluice deliveries list --json | jq '.[] | select(.state == "failed")'
    """
    with opened_portal(database) as portal:
        found = portal.database.run_now(lambda store: store.outbox.newest(most))
        zone = portal.settings.zone
    if as_json:
        click.echo(json_text([_facts(one, zone) for one in found]))
        return
    rows = [
        [one.id, one.event, one.state.value, one.attempts, written(one.due, zone), one.handler]
        for one in found
    ]
    click.echo(table(["ID", "EVENT", "STATE", "ATTEMPTS", "DUE", "HANDLER"], rows))


@command.command()
@click.argument("delivery_id", metavar="ID", type=int)
@database_option
@json_option
def show(delivery_id: int, database: str | None, as_json: bool) -> None:
    """Show a delivery with its data and every attempt: when, how long, what came back.

    \b
    Examples:
      sluice deliveries show 7
      sluice deliveries show 7 --json | jq .attempts
    """
    with opened_portal(database) as portal:
        delivery, attempts = portal.database.run_now(lambda store: _found(store, delivery_id))
        zone = portal.settings.zone
    facts = {
        **_facts(delivery, zone),
        "data": delivery.data,
        "attempts": [_attempt(one, zone) for one in attempts],
    }
    if as_json:
        click.echo(json_text(facts))
        return
    click.echo(f"Delivery {delivery.id} of {delivery.event} to {delivery.handler}")
    click.echo(f"is {delivery.state.value}; due {written(delivery.due, zone)}")
    click.echo(json_text(delivery.data))
    rows = [
        [
            written(one.started, zone),
            f"{one.duration.total_seconds() * 1000:.0f} ms",
            one.status or "-",
            one.problem or "delivered",
            one.answer[:60],
        ]
        for one in attempts
    ]
    click.echo(table(["SENT", "TOOK", "STATUS", "HOW IT WENT", "ANSWER"], rows))


@command.command()
@click.argument("delivery_id", metavar="ID", type=int)
@database_option
@json_option
def resend(delivery_id: int, database: str | None, as_json: bool) -> None:
    """Send a delivery once more. A running server does so at once; else the next one does.

    \b
    Examples:
      sluice deliveries list
      sluice deliveries resend 7
    """
    with opened_portal(database) as portal:
        now = portal.clock.now()

        def plan(store: Store) -> Delivery:
            delivery, _ = _found(store, delivery_id)
            if delivery.state is DeliveryState.SENDING:
                raise Failure(f"Delivery {delivery_id} is being sent now.")
            store.outbox.plan(delivery_id, DeliveryState.WAITING, now)
            return _found(store, delivery_id)[0]

        delivery = portal.database.run_now(plan)
        zone = portal.settings.zone
    if as_json:
        click.echo(json_text(_facts(delivery, zone)))
    else:
        click.echo(f"Delivery {delivery_id} is sent again.")


def _found(store: Store, delivery_id: int) -> tuple[Delivery, list[Attempt]]:
    """Return a delivery and its attempts.

    Raises:
        Failure: there is none of this id.
    """
    delivery = store.outbox.find(delivery_id)
    if delivery is None:
        raise Failure(f"There is no delivery {delivery_id}; see `sluice deliveries list`.")
    return delivery, store.outbox.attempts(delivery_id)


def _facts(delivery: Delivery, zone: tzinfo) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "event": delivery.event,
        "handler": delivery.handler,
        "handler_id": delivery.subscription_id,
        "application_id": delivery.application_id or None,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "created": written(delivery.created, zone),
        "due": written(delivery.due, zone),
    }


def _attempt(attempt: Attempt, zone: tzinfo) -> dict[str, Any]:
    return {
        "started": written(attempt.started, zone),
        "duration_seconds": attempt.duration.total_seconds(),
        "status": attempt.status or None,
        "problem": attempt.problem or None,
        "answer": attempt.answer,
    }
