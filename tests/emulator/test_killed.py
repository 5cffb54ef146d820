"""Who advances the clock is killed in the middle: nothing is lost, and nothing runs twice."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sluice.clock import LEASE, SystemClock, VirtualClock
from sluice.domain.events import Subscription
from sluice.emulator.time_control import ClockRefused
from sluice.store.outbox import Delivery, DeliveryState
from sluice.store.tables import Store
from tests.background.receiver import Receiver
from tests.portals import PortalInTest

START = datetime(2027, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def add_task(portal: PortalInTest, deadline: datetime) -> int:
    fields = {"TITLE": "Task", "RESPONSIBLE_ID": 1, "DEADLINE": deadline.isoformat()}
    return int(portal.admin.call("tasks.task.add", fields=fields).result["task"]["id"])


def add_delivery(portal: PortalInTest, handler: str, due: datetime) -> int:
    """Plan that an event is sent."""

    def work(store: Store) -> int:
        subscription = Subscription(
            application_id=0, event="ONTASKADD", handler=handler, user_id=1, token="t"
        )
        subscription_id = store.subscriptions.add(subscription, due)
        assert subscription_id is not None
        delivery = Delivery(
            subscription_id=subscription_id,
            application_id=0,
            event="ONTASKADD",
            handler=handler,
            auth_user_id=0,
            data={},
            created=due,
            due=due,
        )
        return store.outbox.add(delivery)

    return int(portal.in_store(work))


@pytest.mark.parametrize("frozen", [True, False], ids=["frozen", "running"])
def test_a_killed_advance_is_taken_up_where_it_ended(
    frozen: bool, tmp_path: Path, receiver: Receiver
) -> None:
    machine = VirtualClock(SystemClock().now())
    portal = PortalInTest(tmp_path / "portal.db", machine)
    try:
        change = portal.time.freeze if frozen else portal.time.set
        portal.wait(change(START))
        before, after = add_task(portal, START + DAY), add_task(portal, START + 3 * DAY)
        delivery_id = add_delivery(portal, f"{receiver.address}/hang", START + 2 * DAY)
        advancing = subprocess.Popen(
            [sys.executable, "-m", "sluice", "clock", "advance", "30d"],
            env={**os.environ, "SLUICE_DATABASE": portal.database.address},
            stdout=subprocess.DEVNULL,
        )
        try:
            receiver.wait_for(1)
        finally:
            advancing.kill()
            advancing.wait(20)

        machine.advance(seconds=(SystemClock().now() - machine.now()).total_seconds())
        assert portal.now() == START + 2 * DAY
        with pytest.raises(ClockRefused):
            portal.advance(days=1)
        machine.advance(seconds=LEASE.total_seconds())
        machine.advance(minutes=5)  # as long as a claim on a delivery lasts, and longer
        assert (portal.now() == START + 2 * DAY) is frozen

        report = portal.advance(days=30)

        assert [(one.kind, one.subject_id) for one in report.ran] == [("deadline", after)]
        assert [portal.task(task_id).violated for task_id in (before, after)] == [
            START + DAY,
            START + 3 * DAY,
        ]
        # By rule nothing is sent twice, so what may have arrived counts as lost.
        found = portal.in_store(lambda store: store.outbox.find(delivery_id))
        assert (found.state, found.attempts) == (DeliveryState.FAILED, 1)
    finally:
        portal.close()
