"""The rows that one `tasks.flow.Flow.activate` commits, as the peers commit them."""

import sqlite3
from pathlib import Path

TOGGLE = "UPDATE flow SET active = 1 - active WHERE id = :id"


def connect(database: Path) -> sqlite3.Connection:
    """Return a connection as durable as Sluice's own: WAL, and a commit waits for the disk."""
    connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def commit_toggle(connection: sqlite3.Connection, flow_id: int) -> None:
    """Switch one flow, in a transaction of its own."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(TOGGLE, {"id": flow_id})
    connection.execute("COMMIT")
