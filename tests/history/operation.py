"""One call of a history: what was asked of what, from when until when, and what came back.

A history is a file of JSON lines, one operation each, so that one that no order explains can be
kept and looked at: `python -m tests.history FILE`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct


class Outcome(StrEnum):
    """What a client knows of its call.

    `UNKNOWN`: no answer came, so it may have happened or not, and may yet happen.
    `REFUSED`: the server says that nothing happened.
    """

    OK = "ok"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Operation(Struct, frozen=True):
    """One call.

    Attributes:
        subject: what it is about, such as `flow 517`; histories of subjects stand alone.
        asked: the name of the operation, as the model knows it.
        argument: what was sent with it; None if nothing.
        invoked, answered: nanoseconds on one counter; `answered` is None when nothing came.
        answer: what came back, as the model tells it.
        client: who asked.
    """

    subject: str
    asked: str
    argument: Any
    invoked: int
    answered: int | None
    outcome: Outcome
    answer: Any = None
    client: str = ""


def written(history: Iterable[Operation], file: Path) -> None:
    """Keep a history in a file."""
    file.write_bytes(b"\n".join(map(msgspec.json.encode, history)) + b"\n")


def read(file: Path) -> list[Operation]:
    """Return a history that was kept."""
    lines = file.read_text("utf-8").splitlines()
    return [msgspec.convert(json.loads(line), Operation) for line in lines if line]
