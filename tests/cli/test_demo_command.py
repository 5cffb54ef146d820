"""`sluice demo`: a day in the life of a flow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from sluice.app import Portal
from sluice.cli import sluice
from sluice.cli.demo import AWAY, AWAY_AFTER_TASK, MONDAY_MORNING, TASKS, Day, Story
from sluice.clock import VirtualClock
from sluice.settings import Settings
from sluice.store.recount import differences


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    directory: Path = tmp_path_factory.mktemp("day")
    clock = VirtualClock(MONDAY_MORNING)
    portal = Portal(Settings(database=f"sqlite:///{directory / 'demo.db'}"), clock=clock)
    story = Story(portal, clock)
    for _ in story.live():
        pass
    yield story
    story.close()
    portal.close()


@pytest.fixture(scope="module")
def day(story: Story) -> Day:
    return story.day()


def test_every_task_went_to_somebody_of_the_department(day: Day) -> None:
    assert day.tasks == TASKS
    assert sum(share.received for share in day.shares) == TASKS
    assert {share.user_id for share in day.shares} == {3, 4, 5, 6}


def test_who_is_there_all_day_gets_as_much_as_the_others(day: Day) -> None:
    there = [share.received for share in day.shares if share.user_id != AWAY]

    assert max(there) - min(there) <= 1


def test_who_leaves_gets_nothing_more(day: Day) -> None:
    away = next(share for share in day.shares if share.user_id == AWAY)

    assert away.received == AWAY_AFTER_TASK / 4


def test_late_work_lowers_the_efficiency(story: Story, day: Day) -> None:
    assert any(share.overdue for share in day.shares)
    assert 0 < day.efficiency < 100

    story.pass_time(timedelta(days=2))
    assert story.day().efficiency < day.efficiency


def test_alerts_are_told(day: Day) -> None:
    assert {"queue_overflow", "half_time"} <= set(day.told)


def test_what_is_kept_agrees_with_a_count(story: Story) -> None:
    wrong = story._portal.database.run_now(
        lambda store: list(differences(store, story._portal.settings.zone))
    )

    assert wrong == []


def test_the_command_tells_the_day() -> None:
    told = CliRunner().invoke(sluice, ["demo"])
    as_json = CliRunner().invoke(sluice, ["demo", "--json"])

    assert told.exit_code == 0, told.output
    assert "Efficiency of the flow" in told.stdout
    assert "Chiara Rossi" in told.stdout
    assert json.loads(as_json.stdout)["tasks"] == TASKS
