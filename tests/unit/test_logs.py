"""Log lines, as text and as JSON: whole, one each, and without secrets."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from sluice.server.logs import JSON, TEXT, begin_logging, request_id, without_secrets

log = logging.getLogger("sluice.test")


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def logged(form: str, words: str, *values: Any, **options: Any) -> str:
    """Return what a warning becomes."""
    stream = io.StringIO()
    begin_logging("warning", form, stream)
    log.warning(words, *values, **options)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("POST /rest/1/abc123/profile", "POST /rest/1/***/profile"),
        ("/rest//17/abc123//tasks.task.add?x=1", "/rest//17/***//tasks.task.add?x=1"),
        ("/rest/profile?auth=abc123&x=1", "/rest/profile?auth=***&x=1"),
        ("refresh_token=abc&client_secret=def;", "refresh_token=***&client_secret=***;"),
        ("grant?code=abc", "grant?code=***"),
        ("PASSWORD=abc", "PASSWORD=***"),
        ('{"auth": "abc", "id": 5}', '{"auth": "***", "id": 5}'),
        ("{'access_token': 'abc'}", "{'access_token': '***'}"),
        ("Authorization: Bearer abc", "Authorization: Bearer ***"),
        ("auth%3Dabc", "auth%3D***"),
        ("task 5 has exit code: 7", "task 5 has exit code: 7"),
        ("the author of /rest is unknown", "the author of /rest is unknown"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, hidden: str) -> None:
    assert without_secrets(text) == hidden


def test_a_line_for_people_tells_when_where_and_what() -> None:
    line = logged(TEXT, "%s is %d", "answer", 42, extra={"fields": {"ms": 1.5}})

    assert line.endswith(" WARNING sluice.test: answer is 42 ms=1.5\n")


def test_a_line_for_programs_is_one_object() -> None:
    line = logged(JSON, "%s is %d", "answer", 42, extra={"fields": {"ms": 1.5}})

    facts = json.loads(line)
    assert facts.pop("time").endswith("+00:00")
    assert facts == {
        "level": "warning",
        "logger": "sluice.test",
        "message": "answer is 42",
        "ms": 1.5,
    }


@pytest.mark.parametrize("form", [TEXT, JSON])
def test_what_a_client_sent_makes_no_line_of_its_own(form: str) -> None:
    line = logged(form, "refused %s", "host\n2026 ERROR forged\x1b[2J\u2028")

    assert line.count("\n") == 1
    assert "\x1b" not in line


@pytest.mark.parametrize("form", [TEXT, JSON])
def test_a_traceback_has_no_secrets_and_the_id_of_its_call(form: str) -> None:
    token = request_id.set("id-7")
    try:
        raise ValueError("cannot read /rest/1/abc123/profile?auth=def456")
    except ValueError:
        line = logged(form, "a call failed", exc_info=True)
    finally:
        request_id.reset(token)

    assert "Traceback" in line
    assert "cannot read /rest/1/***/profile?auth=***" in line
    assert "id-7" in line
