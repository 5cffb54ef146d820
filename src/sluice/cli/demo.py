"""`sluice demo`: a day in the life of a flow, on a clock of its own."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from msgspec import Struct
from msgspec.structs import asdict

from sluice.app import Portal
from sluice.cli.output import json_option, json_text, table
from sluice.clock import VirtualClock
from sluice.rest.method import SCOPES
from sluice.rest.request import Incoming
from sluice.settings import Settings

MONDAY_MORNING = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
BETWEEN_TASKS = timedelta(minutes=5)
TASKS = 60
SUPPORT = 3  # the department of the demo portal whose people are users 3 to 6
REQUESTERS = (7, 8, 9, 10, 11)
HEAD = 3
AWAY_AFTER_TASK, AWAY = 20, 5  # who leaves at this point, for two days


class Share(Struct, frozen=True):
    """What one person got, and what became of it by the end of the day."""

    user_id: int
    name: str
    received: int
    completed: int
    overdue: int


class Day(Struct, frozen=True):
    """What a day came to."""

    flow_id: int
    tasks: int
    shares: tuple[Share, ...]
    efficiency: int
    told: tuple[str, ...]


class Story:
    """A day told by calls alone, as any client could make them."""

    def __init__(self, portal: Portal, clock: VirtualClock) -> None:
        self._portal = portal
        self._clock = clock
        self._paths: dict[int, str] = {}
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        self._loop.close()

    def call(self, user_id: int, method: str, **parameters: Any) -> Any:
        """Call a method on somebody's behalf and return its result."""
        if user_id not in self._paths:
            _, code = self._portal.add_webhook(user_id, SCOPES, "sluice demo")
            self._paths[user_id] = f"/rest/{user_id}/{code}/"
        incoming = Incoming(
            "POST",
            f"{self._paths[user_id]}{method}".encode(),
            content_type=b"application/json",
            body=json.dumps(parameters).encode(),
        )
        answer = self._loop.run_until_complete(self._portal.gateway.answer(incoming))
        body = json.loads(answer.body)
        if answer.status != 200:
            raise click.ClickException(f"{method}: {body['error_description']}")
        return body["result"]

    def pass_time(self, amount: timedelta) -> None:
        """Move the clock and do what falls due."""
        self._clock.advance(seconds=amount.total_seconds())
        self._loop.run_until_complete(self._portal.worker.run_due())

    def live(self) -> Iterator[None]:
        """Live through the day, a task at a time; `day` tells afterwards what it came to."""
        flow = self.call(
            HEAD,
            "tasks.flow.Flow.create",
            flowData={
                "name": "A day at the service desk",
                "plannedCompletionTime": 7200,
                "distributionType": "queue",
                "responsibleList": [["department", str(SUPPORT)]],
                "taskCreators": [["meta-user", "all-users"]],
                "taskControl": 1,
                "notifyAtHalfTime": 1,
                "notifyOnQueueOverflow": 10,
                "notifyWhenEfficiencyDecreases": 90,
            },
        )
        self.flow_id = int(flow["id"])
        self.received: Counter[int] = Counter()
        waiting: list[tuple[int, str, int]] = []
        for number in range(TASKS):
            if number == AWAY_AFTER_TASK:
                self._go_away(AWAY)
            requester = REQUESTERS[number % len(REQUESTERS)]
            fields = {"TITLE": f"Request {number + 1}", "FLOW_ID": self.flow_id}
            task = self.call(requester, "tasks.task.add", fields=fields)["task"]
            person = int(task["responsibleId"])
            self.received[person] += 1
            waiting.append((person, task["id"], requester))
            if number % 4 != 3:  # every fourth task stays where it is
                self._work_on(waiting.pop(0), number)
            self.pass_time(BETWEEN_TASKS)
            yield

    def _go_away(self, user_id: int) -> None:
        now = self._clock.now()
        self.call(
            user_id,
            "calendar.event.add",
            type="user",
            ownerId=user_id,
            name="Training",
            accessibility="absent",
            **{"from": now.isoformat(), "to": (now + timedelta(days=2)).isoformat()},
        )

    def _work_on(self, task: tuple[int, str, int], number: int) -> None:
        person, task_id, requester = task
        if person == AWAY and number >= AWAY_AFTER_TASK:
            return
        self.call(person, "tasks.task.start", taskId=task_id)
        self.call(person, "tasks.task.complete", taskId=task_id)
        if number % 3:  # two of three are looked at the same day
            self.call(requester, "tasks.task.approve", taskId=task_id)

    def day(self) -> Day:
        """Return what the day came to."""
        everybody = self.call(1, "user.get", filter={"UF_DEPARTMENT": SUPPORT})
        alerts = self._portal.database.run_now(lambda store: store.alerts.of_flow(self.flow_id))
        return Day(
            flow_id=self.flow_id,
            tasks=self.received.total(),
            shares=tuple(self._share(user) for user in everybody),
            efficiency=self.call(1, "tasks.flow.Flow.get", flowId=self.flow_id)["efficiency"],
            told=tuple(alert.notice.value for alert in alerts),
        )

    def _share(self, user: dict[str, Any]) -> Share:
        def count(**filters: Any) -> int:
            found = self.call(
                1,
                "tasks.task.list",
                filter={"FLOW_ID": self.flow_id, "RESPONSIBLE_ID": user["ID"], **filters},
                select=["ID"],
            )
            return len(found["tasks"])

        user_id = int(user["ID"])
        return Share(
            user_id=user_id,
            name=f"{user['NAME']} {user['LAST_NAME']}",
            received=self.received[user_id],
            completed=count(REAL_STATUS=[4, 5]),
            overdue=count(STATUS=-1),
        )


@click.command()
@json_option
def command(as_json: bool) -> None:
    """Live through a day of a flow and tell what each person got.

    In a portal of its own, thrown away afterwards, and on a clock of its own: a queue flow for a
    department, sixty tasks, somebody who leaves at noon, work, approvals, and tasks that are late.

    \b
    Examples:
      sluice demo
      sluice demo --json | jq .shares
    """
    clock = VirtualClock(MONDAY_MORNING)
    with tempfile.TemporaryDirectory() as directory:
        portal = Portal(Settings(database=f"sqlite:///{Path(directory) / 'demo.db'}"), clock=clock)
        story = Story(portal, clock)
        try:
            with click.progressbar(
                story.live(), length=TASKS, label="A day passes", file=sys.stderr
            ) as bar:
                for _ in bar:
                    pass
            day = story.day()
        finally:
            story.close()
            portal.close()
    if as_json:
        click.echo(json_text(asdict(day) | {"shares": [asdict(share) for share in day.shares]}))
    else:
        click.echo(_told(day))


def _told(day: Day) -> str:
    rows = [(share.name, share.received, share.completed, share.overdue) for share in day.shares]
    alerts = ", ".join(
        f"{number} x {name.replace('_', ' ')}" for name, number in Counter(day.told).items()
    )
    return (
        f"\n{day.tasks} tasks went into the flow.\n\n"
        f"{table(('Person', 'Received', 'Completed', 'Overdue'), rows)}\n\n"
        f"Efficiency of the flow: {day.efficiency} %\n"
        f"Told: {alerts}"
    )
