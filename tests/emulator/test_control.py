"""`/_sluice/clock`: there when the emulator is on, and for nobody's web page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sluice.clock import VirtualClock
from sluice.rest.request import Incoming
from tests.portals import PortalInTest, Reply


def ask(portal: PortalInTest, verb: str, path: str, **values: Any) -> Reply:
    return portal.send(
        path,
        verb=verb,
        body=json.dumps(values) if values else "",
        content_type="application/json",
    )


def test_the_clock_is_shown_and_moved(portal: PortalInTest) -> None:
    assert ask(portal, "GET", "/_sluice/clock").body == {
        "now": "2026-01-12T09:00:00+00:00",
        "mode": "system",
        "machine": "2026-01-12T09:00:00+00:00",
        "busy_until": None,
        "next_due": None,
    }

    frozen = ask(portal, "POST", "/_sluice/clock/freeze", at="2026-02-01T10:00").body
    assert (frozen["now"], frozen["mode"]) == ("2026-02-01T10:00:00+00:00", "frozen")
    report = ask(portal, "POST", "/_sluice/clock/advance", by="1h").body
    assert report == {
        "from": "2026-02-01T10:00:00+00:00",
        "to": "2026-02-01T11:00:00+00:00",
        "total": 0,
        "failed": 0,
        "kinds": {},
        "ran": [],
        "not_told": 0,
    }
    report = ask(portal, "POST", "/_sluice/clock/advance", to="2026-02-02").body
    assert report["to"] == "2026-02-02T00:00:00+00:00"
    assert ask(portal, "POST", "/_sluice/clock/resume").body["mode"] == "shifted"
    assert ask(portal, "POST", "/_sluice/clock/set", to="2026-03-01").body["now"][:10] == (
        "2026-03-01"
    )
    assert ask(portal, "POST", "/_sluice/clock/resume", system=True).body["mode"] == "system"


def test_a_form_and_a_query_will_do(portal: PortalInTest) -> None:
    portal.send("/_sluice/clock/freeze", query="at=2026-02-01")
    reply = portal.send("/_sluice/clock/advance", body="by=90")

    assert reply.body["to"] == "2026-02-01T00:01:30+00:00"


def test_a_report_tells_what_ran(portal: PortalInTest) -> None:
    anna = portal.add_user("Anna")
    portal.advance(seconds=1)
    fields = {"TITLE": "T", "RESPONSIBLE_ID": anna.id, "DEADLINE": "2026-01-12T18:00:00"}
    task_id = int(portal.admin.call("tasks.task.add", fields=fields).result["task"]["id"])

    report = ask(portal, "POST", "/_sluice/clock/advance", by="1d").body

    assert report["kinds"] == {"deadline": 1}
    (ran,) = report["ran"]
    assert (ran["kind"], ran["id"], ran["failed"]) == ("deadline", task_id, False)
    assert ran["due"].startswith("2026-01-12T18:00:00")


@pytest.mark.parametrize(
    ("verb", "path", "values", "status", "words"),
    [
        ("GET", "/_sluice/clock/advance", {}, 405, "takes POST"),
        ("POST", "/_sluice/clock", {}, 405, "takes GET"),
        ("GET", "/_sluice/weather", {}, 404, "GET /_sluice/clock, POST /_sluice/clock/set"),
        ("POST", "/_sluice/clock/advance", {}, 400, "The parameter by is missing."),
        ("POST", "/_sluice/clock/advance", {"by": "soon"}, 400, "'soon' is no amount of time."),
        ("POST", "/_sluice/clock/set", {}, 400, "The parameter to is missing."),
        ("POST", "/_sluice/clock/set", {"to": "Monday"}, 400, "'Monday' is no instant."),
        ("POST", "/_sluice/clock/advance", {"to": "2020-01-01"}, 409, "use `set`"),
    ],
)
def test_what_cannot_be_done_is_told(
    verb: str, path: str, values: dict[str, Any], status: int, words: str, portal: PortalInTest
) -> None:
    reply = ask(portal, verb, path, **values)

    assert reply.status == status
    assert words in reply.words


def test_another_sites_page_is_refused(portal: PortalInTest) -> None:
    def sent(origin: bytes) -> int:
        return portal.answer(
            Incoming(
                "POST",
                b"/_sluice/clock/freeze",
                host=b"127.0.0.1:8024",
                headers=[(b"origin", origin)],
            )
        ).status

    assert sent(b"https://evil.example") == 403
    assert sent(b"null") == 403
    assert sent(b"http://127.0.0.1:8024") == 200


def test_without_the_emulator_there_is_nothing(tmp_path: Path, machine: VirtualClock) -> None:
    portal = PortalInTest(tmp_path / "cloud" / "portal.db", machine)
    try:
        assert ask(portal, "GET", "/_sluice/clock").status == 404
        assert ask(portal, "POST", "/_sluice/clock/set", to="2027-01-01").status == 404
        assert portal.now() == machine.now()
    finally:
        portal.close()
