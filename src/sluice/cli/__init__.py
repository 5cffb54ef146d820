"""The command line: a file per command, loaded only when it is called."""

from __future__ import annotations

import importlib
import sys

import click

from sluice import __version__

# Command -> the module of this package with a function `command`.
COMMANDS = {
    "serve": "Serve a portal over HTTP and HTTPS.",
}


class Commands(click.Group):
    """Imports a command when it is needed, so that each starts quickly."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"sluice.cli.{cmd_name}")
        command: click.Command = module.command
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sluice")
def sluice() -> None:
    """A self-hosted portal that speaks the Bitrix24 REST protocol and deals out tasks."""


def main() -> None:
    """Run the command line."""
    sys.exit(sluice())
