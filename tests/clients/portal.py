"""The portal as the tests see it beside the client they try: prepare, and look at the effect.

It speaks with the standard library alone, so that no client's habits stand between the server
and what a test asserts.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

ABSENT_FLOW = 999_999
ABSENT_TASK = 999_999
DEMO_FLOW = 517
DEMO_TEAM = ("3", "4", "5", "6")  # department 3, in the order of their turns
BATCH_SIZE = 50


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """A group of which only the tasks are of interest.

    Attributes:
        task_ids: its tasks, the oldest first.
    """

    id: int
    task_ids: list[str]


@dataclass(frozen=True, slots=True)
class Portal:
    """A running portal, seen by its administrator.

    Attributes:
        webhook: the administrator's webhook, every scope.
    """

    webhook: str

    def add_flow(self, name: str) -> int:
        """Make a flow that user 1 owns and moderates, closed to everybody else; return its id."""
        answer = self.ask("tasks.flow.Flow.create", flowData=flow_data(name))
        assert "result" in answer, answer
        return int(answer["result"]["id"])

    def flow(self, flow_id: int) -> dict[str, Any] | None:
        """Return the flow as the portal tells it now, or None when there is none."""
        answer = self.ask("tasks.flow.Flow.get", flowId=flow_id)
        if answer.get("error_description") == "Flow not found":
            return None
        assert "result" in answer, answer
        flow: dict[str, Any] = answer["result"]
        return flow

    def is_active(self, flow_id: int) -> bool:
        """Tell whether the flow is there and on."""
        flow = self.flow(flow_id)
        return flow is not None and flow["active"] is True

    def name_of(self, flow_id: int) -> str | None:
        """Return the flow's name now."""
        flow = self.flow(flow_id)
        return None if flow is None else str(flow["name"])

    def switch_on(self, flow_id: int) -> None:
        """Switch the flow on if some test left it off."""
        if not self.is_active(flow_id):
            self.ask("tasks.flow.Flow.activate", flowId=flow_id)

    def add_group(self, name: str) -> int:
        """Make a group of user 1; return its id."""
        return int(self.ask("sonet_group.create", NAME=name)["result"])

    def add_task(self, title: str, **fields: Any) -> str:
        """Add a task, for user 1 unless the fields say otherwise; return its id."""
        fields = {"TITLE": title, "RESPONSIBLE_ID": 1, **fields}
        answer = self.ask("tasks.task.add", fields=fields)
        assert "result" in answer, answer
        return str(answer["result"]["task"]["id"])

    def add_full_group(self, name: str, tasks: int) -> TaskGroup:
        """Make a group with so many tasks of user 1, titled by their numbers from 1 on."""
        group = self.add_group(name)
        add = f"tasks.task.add?fields[RESPONSIBLE_ID]=1&fields[GROUP_ID]={group}&fields[TITLE]="
        added = self.run([f"{add}{number}" for number in range(1, tasks + 1)])
        return TaskGroup(group, [answer["task"]["id"] for answer in added])

    def run(self, commands: Sequence[str]) -> list[Any]:
        """Run commands in as many batches as it takes; return their results in order."""
        results: list[Any] = []
        for first in range(0, len(commands), BATCH_SIZE):
            answer = self.ask("batch", cmd=commands[first : first + BATCH_SIZE])
            assert answer["result"]["result_error"] == [], answer
            results += answer["result"]["result"]
        return results

    def task(self, task_id: str | int) -> dict[str, Any] | None:
        """Return the task as the portal tells it now, or None when there is none."""
        result = self.ask("tasks.task.get", taskId=task_id)["result"]
        task: dict[str, Any] | None = result["task"] if result else None
        return task

    def count_tasks(self, **conditions: Any) -> int:
        """Return how many tasks meet the conditions."""
        return int(self.ask("tasks.task.list", filter=conditions)["total"])

    def ask(self, method: str, **parameters: Any) -> Any:
        """Call a method and return the whole answer, a refusal too."""
        request = urllib.request.Request(
            self.webhook + method,
            data=json.dumps(parameters).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request) as response:
                return json.load(response)
        except urllib.error.HTTPError as refusal:
            return json.load(refusal)


def flow_data(name: str) -> dict[str, Any]:
    """Return the least that makes a flow. Source: flows.md 3.1, FlowTest::testCreate."""
    return {
        "name": name,
        "plannedCompletionTime": 8400,
        "distributionType": "manually",
        "responsibleList": [["user", 1]],
    }
