"""The command line: a file per command, loaded only when it is called."""

from __future__ import annotations

import difflib
import importlib
import os
import sys

import click

from sluice import __version__

# Command -> what it does. Each is a module of this package with a click command named `command`.
COMMANDS = {
    "serve": "Serve a portal over HTTP and HTTPS.",
    "exec": "Run a program for which this portal is the cloud.",
    "call": "Call a method and print what it answers.",
    "webhook": "Make, list and revoke incoming webhooks.",
    "app": "Register, install and restrict applications; give them tokens.",
    "deliveries": "Look at what was sent to handlers of events, and send it again.",
    "outgoing": "Make, list and delete outgoing webhooks: events for programs without OAuth.",
    "user": "Make and list the people of a portal, and let them sign in.",
    "demo": "Live through a day of a flow, on a clock of its own.",
    "clock": "Show and move the portal's clock: set, advance, freeze, resume.",
    "portal": "Set a portal's plan and limits, or a state in which it refuses calls.",
    "portals": "Make, list and remove portals that one server answers for by host name.",
    "backup": "Write all that a portal holds to one file, while a server runs.",
    "restore": "Make a portal of a backup.",
    "migrate-portal": "Copy a portal to another place, of the same engine or another.",
    "verify": "Tell whether a backup is whole.",
    "doctor": "Tell what is set, and what is wrong.",
}


class Commands(click.Group):
    """Imports a command when it is needed, so that each starts quickly."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"sluice.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = difflib.get_close_matches(name, COMMANDS, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            ctx.fail(f"There is no command {name!r}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table alone: help need not import them all."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sluice")
@click.pass_context
def sluice(context: click.Context) -> None:
    """A self-hosted portal that speaks the Bitrix24 REST protocol and deals out tasks.

    \b
    Start here:
      sluice serve
      sluice call tasks.flow.Flow.get flowId=517
      sluice webhook create --user 3
      sluice COMMAND --help
    """
    if os.environ.get(
        "NO_COLOR"
    ):  # no-color.org; click itself asks only whether this is a terminal
        context.color = False


def main() -> None:
    """Run the command line."""
    sys.exit(sluice())
