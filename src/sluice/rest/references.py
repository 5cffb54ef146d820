"""`$result[command][key]...`: values of a batch that refer to answers before them.

Source: rest-protocol.md 11.4.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sluice.rest.wire_types import as_scalar_text

ROOTS = ("result", "error", "total", "next", "time")

# A reference runs to the next white space; only the names in brackets count in that stretch.
_REFERENCE = re.compile(r"\$(?P<root>result|error|total|next|time)(?P<path>\[\S*)")
_NAME = re.compile(r"\[([^\[\]]*)\]")

_NOTHING = object()


def substituted(value: Any, answers: Mapping[str, Mapping[str, Any]]) -> Any:
    """Return a parameter with its references replaced, however deep they stand; never in keys.

    Rule (observed): a value that is one reference takes what is found with its type; inside a
    text, only texts and numbers are put in.

    Args:
        answers: the five maps so far, under the names of `ROOTS`.
    """
    if isinstance(value, Mapping):
        return {key: substituted(item, answers) for key, item in value.items()}
    if isinstance(value, list):
        return [substituted(item, answers) for item in value]
    if not isinstance(value, str) or "$" not in value:
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole:
        return _found(whole, answers)
    return _REFERENCE.sub(lambda reference: _spliced(reference, answers), value)


def _spliced(reference: re.Match[str], answers: Mapping[str, Mapping[str, Any]]) -> str:
    found = _found(reference, answers)
    text = None if isinstance(found, bool) else as_scalar_text(found)
    return reference[0] if text is None else text


def _found(reference: re.Match[str], answers: Mapping[str, Mapping[str, Any]]) -> Any:
    """Return what the path leads to; where a name is missing, the deepest value reached."""
    value: Any = answers[reference["root"]]
    for name in _NAME.findall(reference["path"]):
        step = _step(value, name)
        if step is _NOTHING or step is None:
            break
        value = step
    return value


def _step(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(name, _NOTHING)
    if isinstance(value, list) and name.isascii() and name.isdigit() and len(name) < 10:
        return value[int(name)] if int(name) < len(value) else _NOTHING
    return _NOTHING
