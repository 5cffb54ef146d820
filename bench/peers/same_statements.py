"""The statements of one call, committed again and again on one connection, with no server around.

    python -m bench.peers.same_statements ADDRESS SECONDS METHOD PARAMETERS

The statements are those that Sluice itself runs for the call: they are recorded from a real one,
when everything it remembers is remembered. What belongs to its engine alone (the portal's lock, the
number of changes, savepoints) is left out, as a program written by hand would do without it.
"""

import json
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from unittest.mock import patch

import psycopg
from msgspec import Struct
from psycopg import RawCursor

from sluice.cli.opened import ask, opened_portal
from sluice.store import postgres
from sluice.store.database import NOTHING, Parameters
from sluice.store.place import Schema, schema_at
from sluice.store.postgres_dialect import adapt, stored, translated

WARM_CALLS = 12  # more than there are people in the queue: each is remembered after the first task


class Statement(Struct, frozen=True):
    """One statement with its values, and the id that it gave, if it made a row."""

    sql: str
    values: Sequence[Any]
    made: int | None


def record(address: str, method: str, parameters: dict[str, Any]) -> list[Statement]:
    """Return the statements that a call of a portal runs once it has been called before."""
    _part_ids(address)
    statements: list[Statement] = []
    execute = postgres.PostgresTransaction._execute
    add = postgres.PostgresTransaction.add

    def recorded(self: Any, sql: str, given: Parameters) -> Any:
        text, names = translated(sql)
        statements.append(Statement(text, [stored(given[name]) for name in names], None))
        return execute(self, sql, given)

    def recorded_add(self: Any, sql: str, given: Parameters = NOTHING) -> int | None:
        made = add(self, sql, given)
        last = statements[-1]
        statements[-1] = Statement(last.sql, last.values, made)
        return made

    with (
        patch.object(postgres.PostgresTransaction, "_execute", recorded),
        patch.object(postgres.PostgresTransaction, "add", recorded_add),
        opened_portal(address) as portal,
    ):
        for _ in range(WARM_CALLS):
            statements.clear()
            reply = ask(portal, method, parameters)
            if "error" in reply.body:
                raise SystemExit(f"{method} is refused: {reply.refusal}")
        return list(statements)


def _part_ids(address: str) -> None:
    """Let no two tables give the same id, so that a value tells which row it means."""
    with connect(schema_of(address)) as link:
        names = link.execute(
            "SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema ORDER BY 1"
        ).fetchall()
        for number, (name,) in enumerate(names, 1):
            link.execute(
                f"SELECT setval('{name}', greatest(last_value, {number * 10**9})) FROM {name}"
            )


def connect(schema: Schema) -> psycopg.Connection[tuple[Any, ...]]:
    """Return a connection to a portal's schema, as durable as Sluice's own."""
    link = psycopg.connect(schema.connection, autocommit=True, cursor_factory=RawCursor)
    link.prepared_max = 1000
    adapt(link)
    link.execute(f"SET search_path = {schema.name}")
    return link


def repeat(link: psycopg.Connection[tuple[Any, ...]], statements: Sequence[Statement]) -> None:
    """Run the statements once more and commit; what they make gets ids and names of its own."""
    cursor = link.cursor()
    cursor.execute("BEGIN", prepare=False)
    instead: dict[object, object] = {}
    for statement in statements:
        values = []
        for value in statement.values:
            if _is_name(value) and value not in instead:
                instead[value] = str(uuid.uuid4())
            values.append(_with_ids(value, instead) if type(value) is str else value)
            values[-1] = instead.get(value, values[-1])
        cursor.execute(statement.sql, values)
        row = cursor.fetchone() if cursor.description else None
        if statement.made is not None and row is not None:
            instead[statement.made] = row[0]
    cursor.execute("COMMIT", prepare=False)


def _with_ids(text: str, instead: Mapping[object, object]) -> str:
    """Return a text in which the recorded ids are those of now: a notification's tag holds one."""
    for was, now in instead.items():
        if type(was) is int and str(was) in text:
            text = text.replace(str(was), str(now))
    return text


def _is_name(value: object) -> bool:
    """Tell whether a value is a name that was made for one row."""
    if not isinstance(value, str) or len(value) not in (32, 36, 38):
        return False
    try:
        uuid.UUID(value)
    except ValueError:
        return False
    return True


def schema_of(address: str) -> Schema:
    schema = schema_at(address)
    assert schema is not None, address
    return schema


def main() -> None:
    """Commit for some seconds and print how often, and in which time."""
    address, seconds, method = sys.argv[1], float(sys.argv[2]), sys.argv[3]
    statements = record(address, method, json.loads(sys.argv[4]))
    with connect(schema_of(address)) as link:
        for _ in range(10):  # until they are prepared
            repeat(link, statements)
        commits = 0
        start = time.perf_counter()
        while (elapsed := time.perf_counter() - start) < seconds:
            repeat(link, statements)
            commits += 1
    print(json.dumps({"commits": commits, "seconds": elapsed, "statements": len(statements)}))


if __name__ == "__main__":
    main()
