"""`sluice clock`: the portal's clock from the command line, without a server."""

from __future__ import annotations

import pytest

from tests.cli.portal import PortalInFile


def test_the_clock_is_frozen_set_and_resumed(portal: PortalInFile) -> None:
    assert portal.answer("clock", "show")["mode"] == "system"

    frozen = portal.answer("clock", "freeze", "2026-02-01T10:00")
    assert (frozen["now"], frozen["mode"]) == ("2026-02-01T10:00:00+00:00", "frozen")
    assert portal.answer("clock", "show")["now"] == "2026-02-01T10:00:00+00:00"
    assert portal.answer("clock", "set", "2026-02-02")["now"] == "2026-02-02T00:00:00+00:00"
    assert portal.answer("clock", "freeze")["now"] == "2026-02-02T00:00:00+00:00"
    assert portal.answer("clock", "resume")["mode"] == "shifted"
    assert portal.answer("clock", "resume", "--system")["mode"] == "system"


def test_time_advances_through_what_falls_due(portal: PortalInFile) -> None:
    portal.answer("clock", "freeze", "2026-01-12T09:00")
    fields = '{"TITLE": "T", "RESPONSIBLE_ID": 3, "DEADLINE": "2026-01-12T18:00:00+00:00"}'
    added = portal.answer("call", "tasks.task.add", f"fields={fields}")
    task_id = added["result"]["task"]["id"]

    done = portal.run("clock", "advance", "1d")

    lines = done.stdout.splitlines()
    assert lines[0].split() == ["DUE", "WHAT", "RAN", "OF"]
    assert lines[1].split() == ["2026-01-12T18:00:00+00:00", "deadline", task_id]
    assert lines[-1] == "It is 2026-01-13T09:00:00+00:00 in the portal."
    assert portal.answer("clock", "advance", "--to", "2026-01-14")["total"] == 0


def test_what_is_much_is_summed_up(portal: PortalInFile) -> None:
    portal.answer("clock", "freeze", "2026-01-12T09:00")
    for number in range(22):
        fields = (
            f'{{"TITLE": "T{number}", "RESPONSIBLE_ID": 3,'
            ' "DEADLINE": "2026-01-12T18:00:00+00:00"}'
        )
        portal.answer("call", "tasks.task.add", f"fields={fields}")

    shown = portal.run("clock", "advance", "1d").stdout

    assert "... and 2 more. In all: 22 x deadline." in shown


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["advance"], 2, "Say how far"),
        (["advance", "1h", "--to", "2027-01-01"], 2, "Say how far"),
        (["advance", "later"], 2, "'later' is no amount of time."),
        (["advance", "--to", "2020-01-01"], 1, "use `set`"),
        (["set", "noon"], 2, "'noon' is no instant."),
        (["freeze", "2026-13-01"], 2, "'2026-13-01' is no instant."),
    ],
)
def test_what_cannot_be_done_is_told(
    arguments: list[str], code: int, words: str, portal: PortalInFile
) -> None:
    done = portal.run("clock", *arguments)

    assert done.exit_code == code
    assert words in " ".join(done.output.split())
    assert portal.answer("clock", "show")["mode"] == "system"
