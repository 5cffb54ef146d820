"""How we know a behaviour: documented, observed or assumed. Every protocol test says which."""

from __future__ import annotations

import pytest

MARKS = ("documented", "observed", "assumed")


def documented(page: str) -> pytest.MarkDecorator:
    """Say that the behaviour stands in the public documentation, at `page#section`."""
    return pytest.mark.documented(page)


def observed(where: str) -> pytest.MarkDecorator:
    """Say that the behaviour was seen: in a published test, a client, or an answer."""
    return pytest.mark.observed(where)


def assumed(why: str) -> pytest.MarkDecorator:
    """Say that the behaviour is our own choice, and why."""
    return pytest.mark.assumed(why)
