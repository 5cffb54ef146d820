"""Nothing but `clock.py` reads the time, and whoever waits in real time says why.

Every module is parsed, and names are followed through its imports, however they are renamed. What
SQL asks the time of is looked for in texts and in the migrations.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import sluice

PACKAGE = Path(sluice.__file__).parent
THE_READER = "clock.py"

READERS = {
    "asyncio.get_running_loop.time",
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "email.utils.formatdate",
    "email.utils.localtime",
    "os.times",
    "uuid.uuid1",
    *(
        f"time.{name}"
        for name in (
            "asctime clock_gettime clock_gettime_ns ctime get_clock_info gmtime localtime monotonic"
            " monotonic_ns perf_counter perf_counter_ns process_time process_time_ns strftime"
            " thread_time thread_time_ns time time_ns"
        ).split()
    ),
}
WAITERS = {
    "asyncio.sleep",
    "asyncio.timeout",
    "asyncio.timeout_at",
    "asyncio.wait_for",
    "threading.Timer",
    "time.sleep",
}
# Methods of event loops; nothing else that we have is named so and called so.
LOOP_METHODS = {"call_later", "call_at"}
IN_SQL = re.compile(
    r"\b(current_timestamp|current_time|current_date|unixepoch|julianday|strftime)\b"
    r"|\bnow\s*\(\)|'now'",
    re.IGNORECASE,
)

# (module, what it uses) -> why it is not the portal's clock that it means.
EXCEPTIONS = {
    ("server/http.py", "loop.time"): "connections that are late, by the clock of the network",
    ("server/limited_protocol.py", "loop.time"): "since when a request has been arriving",
    ("background/handler.py", "asyncio.timeout"): "how long a handler may take to answer",
    ("background/sharing.py", "asyncio.wait_for"): "how often processes tell each other of limits",
    ("hosting.py", "asyncio.wait_for"): "when to look which portals were made or removed",
    (
        "background/worker.py",
        "loop.call_later",
    ): "what a storm plans is looked at together",
    ("background/worker.py", "asyncio.wait_for"): "when to look what killed processes had planned",
    (
        "emulator/time_control.py",
        "asyncio.sleep",
    ): "a lease holds in real time, as others run in it",
    ("rest/guesses.py", "asyncio.sleep"): "who guesses secrets waits, even if the clock stands",
    ("server/http.py", "asyncio.sleep"): "lets listeners start",
    ("server/limited_protocol.py", "loop.call_later"): "a refused connection is closed at last",
    ("server/proxy.py", "asyncio.timeout"): "connections of the network",
    ("server/proxy.py", "loop.call_later"): "connections of the network",
    ("server/health.py", "asyncio.timeout"): "a database that does not answer whoever watches it",
    ("cli/serve.py", "loop.call_later"): "others learn that no calls should come here",
    ("store/postgres.py", "time.sleep"): "until the database is back and tells of a commit",
    ("store/postgres_bell.py", "asyncio.sleep"): "until the database can be heard again",
    ("store/sqlite.py", "time.sleep"): "another program is writing to the same file",
}


class _Uses(ast.NodeVisitor):
    """What a module uses of the time.

    Attributes:
        found: names such as `time.monotonic`, and `SQL` for what a text asks a database.
    """

    def __init__(self) -> None:
        self.found: set[str] = set()
        self._names: dict[str, str] = {}
        self._docstrings: set[int] = set()

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.asname:
                self._names[alias.asname] = alias.name
            else:
                top = alias.name.partition(".")[0]
                self._names[top] = top

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            self._names[alias.asname or alias.name] = whole
            self._note(whole)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._note(self._qualified(node))
        if node.attr in LOOP_METHODS:
            self.found.add(f"loop.{node.attr}")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        callee = node.func
        if isinstance(callee, ast.Attribute) and callee.attr == "time" and not node.args:
            self.found.add("loop.time")
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring asks nobody
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and IN_SQL.search(node.value):
            self.found.add("SQL")

    def _qualified(self, node: ast.expr) -> str:
        if isinstance(node, ast.Attribute):
            return f"{self._qualified(node.value)}.{node.attr}"
        if isinstance(node, ast.Name):
            return self._names.get(node.id, node.id)
        return "?"

    def _note(self, name: str) -> None:
        if name in READERS or name in WAITERS:
            self.found.add(name)


def uses(code: str) -> set[str]:
    visitor = _Uses()
    visitor.visit(ast.parse(code))
    return visitor.found


def uses_of_package() -> Iterator[tuple[str, str]]:
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).as_posix()
        for use in uses(path.read_text("utf-8")):
            yield name, use


def test_nothing_else_reads_the_time() -> None:
    found = {(name, use) for name, use in uses_of_package() if name != THE_READER}

    assert found - EXCEPTIONS.keys() == set()


def test_no_exception_is_older_than_its_reason() -> None:
    assert EXCEPTIONS.keys() - set(uses_of_package()) == set()


def test_the_clock_itself_is_found() -> None:
    assert {use for name, use in uses_of_package() if name == THE_READER} >= {
        "datetime.datetime.now",
        "time.perf_counter",
    }


def test_no_migration_asks_the_database_for_the_time() -> None:
    files = sorted((PACKAGE / "store" / "migrations").glob("*.sql"))

    assert files
    for file in files:
        statements = re.sub(r"--.*", "", file.read_text("utf-8"))
        assert not IN_SQL.search(statements), file.name


@pytest.mark.parametrize(
    ("code", "use"),
    [
        ("import time\ntime.time()", "time.time"),
        ("import time as t\nread = t.monotonic", "time.monotonic"),
        ("from time import perf_counter as p\np()", "time.perf_counter"),
        ("from datetime import datetime as d\nd.now()", "datetime.datetime.now"),
        ("import datetime\ndatetime.datetime.utcnow()", "datetime.datetime.utcnow"),
        ("import datetime as dt\ndt.date.today()", "datetime.date.today"),
        ("import asyncio\nasyncio.get_running_loop().time()", "loop.time"),
        ("self.loop.time()", "loop.time"),
        ("self.loop.call_later(5, print)", "loop.call_later"),
        ("from asyncio import sleep\nawait_ = sleep(1)", "asyncio.sleep"),
        ("tx.one('SELECT CURRENT_TIMESTAMP')", "SQL"),
        ("tx.one(f\"SELECT datetime('now') FROM {table}\")", "SQL"),
    ],
)
def test_whoever_hides_it_is_found(code: str, use: str) -> None:
    assert use in uses(code)


@pytest.mark.parametrize(
    "code",
    [
        "call.now",
        "portal.clock.now()",
        "meter.time(credential, start)",
        '"""Return now() as SQL does."""',
        "from datetime import timedelta\ntimedelta(1)",
        "import time\ntime.struct_time",
    ],
)
def test_whoever_is_told_the_time_is_not(code: str) -> None:
    assert uses(code) == set()
