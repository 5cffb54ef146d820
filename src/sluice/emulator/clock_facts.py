"""What programs are told of the portal's clock, by the command line and under `/_sluice/clock`."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from sluice.emulator.time_control import Reading, Report


def reading_facts(reading: Reading, zone: tzinfo) -> dict[str, Any]:
    """Return what the clock shows; instants are ISO 8601 in the portal's time zone."""
    return {
        "now": _written(reading.now, zone),
        "mode": reading.mode.value,
        "machine": _written(reading.machine, zone),
        "busy_until": _written(reading.busy_until, zone),
        "next_due": _written(reading.next_due, zone),
    }


def report_facts(report: Report, zone: tzinfo) -> dict[str, Any]:
    """Return what ran while the clock was led; of very much, the first part one by one."""
    total = report.kinds.total()
    return {
        "from": _written(report.start, zone),
        "to": _written(report.end, zone),
        "total": total,
        "failed": report.failed,
        "kinds": dict(sorted(report.kinds.items())),
        "ran": [
            {
                "due": _written(one.due, zone),
                "kind": one.kind,
                "id": one.subject_id,
                "failed": one.failed,
            }
            for one in report.ran
        ],
        "not_told": total - len(report.ran),
    }


def _written(instant: datetime | None, zone: tzinfo) -> str | None:
    return None if instant is None else instant.astimezone(zone).isoformat()
