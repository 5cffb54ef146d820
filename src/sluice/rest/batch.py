"""`batch`: up to fifty commands in one call, one store visit, one commit.

Each command stands or falls alone. Source: rest-protocol.md 11.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from sluice.clock import stopwatch
from sluice.errors import (
    BatchLengthExceeded,
    BatchMethodNotAllowed,
    InsufficientScope,
    InternalServerError,
    RestError,
)
from sluice.rest.auth import check_scope
from sluice.rest.call import Call
from sluice.rest.listing import Listed
from sluice.rest.method import MethodTable, classic
from sluice.rest.portal_checks import check_caller, check_inside
from sluice.rest.references import ROOTS, substituted
from sluice.rest.request import (
    CONNECTOR,
    CREDENTIALS,
    JSON,
    Limits,
    Unreadable,
    form,
    refusal_of,
    take_page,
)
from sluice.rest.response import next_of, shaped, told
from sluice.rest.wire_types import as_truth

BATCH = "batch"
MOST_COMMANDS = 50
# A command is a part of a request that was measured as a whole already.
_LIMITS = Limits(max_body_bytes=0, max_parameters=10_000, max_depth=64)
_NOT_IN_BATCH = (BATCH, "download", "upload")

log = logging.getLogger("sluice.batch")


@classic(BATCH, long=True)
def batch(call: Call, cmd: object = None, halt: object = None) -> dict[str, Any]:
    """Run up to fifty commands one after the other; later ones may refer to earlier answers.

    Source: settings/how-to-call-rest-api/batch; rest-protocol.md 11. With `halt` the first
    error ends it; without, each command has its own answer or error.
    """
    answers: dict[str, dict[str, Any]] = {root: {} for root in ROOTS}
    for number, (name, command) in enumerate(commands(cmd)):
        try:
            if number >= MOST_COMMANDS:
                raise BatchLengthExceeded
            _run(call, name, command, answers)
            call.store.transaction.keep()
        except RestError as refusal:
            call.store.transaction.undo()
            answers["error"][name] = told(refusal)
        except Exception as problem:
            refused = call.store.transaction.failure(problem)
            if refused is None:
                # One command's bug is not another's: it is undone, logged and told like any.
                log.exception("a command of a batch failed for a reason of ours")
            call.store.transaction.undo()
            answers["error"][name] = told(refused or InternalServerError())
        if name in answers["error"] and as_truth(halt):
            break
    return {
        "result": answers["result"],
        "result_error": answers["error"],
        "result_total": answers["total"],
        "result_next": answers["next"],
        "result_time": {name: msgspec.Raw(time) for name, time in answers["time"].items()},
    }


def commands(cmd: object) -> Iterator[tuple[str, str]]:
    """Yield the commands with their names, in order: of a map, a list, or either as JSON.

    Rule (observed): what is no text is skipped without a trace (rest-protocol.md 11.1).
    """
    if isinstance(cmd, str):
        try:
            cmd = json.loads(cmd)
        except (ValueError, RecursionError):
            return
    if isinstance(cmd, list):
        cmd = dict(enumerate(cmd))
    for name, command in cmd.items() if isinstance(cmd, Mapping) else ():
        if isinstance(command, str):
            yield str(name), command


def is_writing(params: Mapping[str, Any], table: MethodTable) -> bool:
    """Tell whether some command of a batch may change something."""
    for name, value in params.items():
        if name.upper() == "CMD":
            for _, command in commands(value):
                method = _method_of(command).lower()
                if method in table and table.find(method).writes:
                    return True
    return False


def _run(call: Call, name: str, command: str, answers: Mapping[str, dict[str, Any]]) -> None:
    """Run one command like a direct call and put its answer into the five maps."""
    method_name = _method_of(command)
    if method_name.lower() in _NOT_IN_BATCH:
        raise BatchMethodNotAllowed
    method = call.table.find(method_name)
    try:
        check_scope(call.actor, method)
    except InsufficientScope:
        raise InsufficientScope("") from None  # Quirk: without words inside a batch
    began, start = stopwatch(), call.meter.now()
    state = call.store.portal.get()
    if state.refuses:
        check_caller(state, call.actor, method)
    call.meter.check(call.actor.credential, method.name, start)
    query = command.partition("#")[0].partition("?")[2]
    try:
        params = form(query.encode(), _LIMITS)
        if "$" in query or "%24" in query:
            params = substituted(params, answers)
    except Unreadable as problem:
        raise refusal_of(problem, _LIMITS) from problem
    for consumed in (*CREDENTIALS, CONNECTOR):
        params.pop(consumed, None)
    page = take_page(params)
    inner = call.on_page(page)
    result = method.function(inner, **method.arguments(params))
    inner.keep_events()
    if state.refuses:
        check_inside(state, method)
    if isinstance(result, Listed):
        if result.total is not None:
            answers["total"][name] = result.total
            if (following := next_of(result, page)) is not None:
                answers["next"][name] = following
        result = result.result
    answers["result"][name] = shaped(msgspec.to_builtins(result))
    answers["time"][name] = call.meter.time(
        call.actor.credential, method.name, start, stopwatch() - began
    )


def _method_of(command: str) -> str:
    name = command.partition("#")[0].partition("?")[0]
    stem, _, suffix = name.rpartition(".")
    return stem if stem and suffix.lower() == JSON else name
