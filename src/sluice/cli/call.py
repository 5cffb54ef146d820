"""`sluice call`: any method of any portal, from the terminal."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

import click
import msgspec

from sluice.cli.opened import Reply, ask, database_option, opened_portal
from sluice.cli.output import FAILED, coloured_json, json_option, json_text
from sluice.cli.remote import ask_remote, read_webhook
from sluice.methods import method_table
from sluice.rest.brackets import TooDeep, from_pairs

MOST_LEVELS = 64

# The name ends at the first `=` outside brackets: `filter[>=ID]=3` has one inside as well.
_PAIR = re.compile(r"((?:[^=\[]|\[[^\]]*\])+)=(.*)", re.DOTALL)


@click.command()
@click.argument("method")
@click.argument("pairs", metavar="[NAME=VALUE]...", nargs=-1)
@click.option(
    "--webhook",
    metavar="URL",
    callback=read_webhook,
    help="Call this incoming webhook of any portal over HTTP or HTTPS. Certificates of this"
    " installation's own authority are trusted.  [default: the local portal, as user 1]",
)
@database_option
@json_option
def command(
    method: str, pairs: tuple[str, ...], webhook: str | None, database: str | None, as_json: bool
) -> None:
    """Call METHOD and print its result.

    Without --webhook the portal of --database is called as its administrator, whether a server
    runs or not.

    Names nest with brackets, as in a PHP form. A VALUE that is valid JSON (a number, true, false,
    null, [...], {...}, or a text in double quotes) is sent as that; anything else is sent as text.

    \b
    Examples:
      sluice call tasks.flow.Flow.get flowId=517
      sluice call tasks.flow.Flow.update 'flowData={"id": 517, "name": "Intake"}'
      sluice call tasks.flow.Flow.update 'flowData[id]=517' 'flowData[name]=Intake'
      sluice call user.get 'filter[>=ID]=3' sort=ID order=DESC
      sluice call user.search 'filter[FIND]="517"'       (quoted: a text, not a number)
      sluice call profile --webhook https://127.0.0.1:8443/rest/1/CODE/

    With --json the whole answer is printed, `time`, `total` and `next` included, refusals too.
    Refused calls print the error's code and words on standard error and exit with 1.
    """
    parameters = read_pairs(pairs)
    if webhook is None:
        with opened_portal(database) as portal:
            reply = ask(portal, method, parameters)
    else:
        reply = ask_remote(webhook, method, parameters)
    if as_json:
        click.echo(json_text(reply.body))
    if "error" in reply.body:
        click.secho(f"Error: {reply.refusal}{_hint(reply, method)}", err=True, fg="red")
        raise click.exceptions.Exit(FAILED)
    if not as_json:
        _print_result(reply)


def read_pairs(pairs: Iterable[str]) -> dict[str, Any]:
    """Return the parameters that NAME=VALUE arguments mean.

    Names are nested as PHP nests those of a form; of equal names the last wins.

    Raises:
        UsageError: an argument is no such pair, or no text.
    """
    names, values = [], []
    for pair in pairs:
        found = _PAIR.fullmatch(pair)
        if found is None:
            raise click.UsageError(f"{pair!r} is not of the form NAME=VALUE.")
        names.append(found[1])
        values.append(_value(found[2]))
    # The form's rules are about texts; numbers stand for the values until the names are nested.
    numbers = [(name, str(number)) for number, name in enumerate(names)]
    try:
        nested = from_pairs(numbers, max_parameters=len(numbers), max_depth=MOST_LEVELS)
    except TooDeep as problem:
        raise click.UsageError(f"There is {problem}.") from problem
    filled: dict[str, Any] = _filled(nested, values)
    return filled


def _value(text: str) -> Any:
    """Return what a VALUE means: JSON where it is valid, else the text itself."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    except UnicodeEncodeError as problem:
        raise click.UsageError(f"{text!r} is not UTF-8.") from problem


def _filled(nested: Any, values: list[Any]) -> Any:
    """Return nested maps and lists with each number replaced by the value it stands for."""
    if isinstance(nested, dict):
        return {name: _filled(item, values) for name, item in nested.items()}
    if isinstance(nested, list):
        return [_filled(item, values) for item in nested]
    return values[int(nested)]


def _hint(reply: Reply, method: str) -> str:
    """Return which method may have been meant, when there is none of the name."""
    if reply.body["error"] != "ERROR_METHOD_NOT_FOUND":
        return ""
    names = {known.name.lower(): known.name for known in method_table() if known.listed}
    near = difflib.get_close_matches(method.lower(), names, 3)
    return f" Did you mean {' or '.join(names[name] for name in near)}?" if near else ""


def _print_result(reply: Reply) -> None:
    """Print a result, and what a list says of its size beside it."""
    click.echo(coloured_json(reply.result))
    if "next" in reply.body:
        click.echo(f"{reply.body['total']} in all; go on with start={reply.body['next']}", err=True)
