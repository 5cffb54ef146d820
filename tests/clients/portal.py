"""The portal as the tests see it beside the client they try: prepare, and look at the effect.

It speaks with the standard library alone, so that no client's habits stand between the server
and what a test asserts.
"""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

ABSENT_FLOW = 999_999
DEMO_FLOW = 517


@dataclass(frozen=True, slots=True)
class Portal:
    """A running portal, seen by its administrator.

    Attributes:
        webhook: the administrator's webhook, every scope.
    """

    webhook: str

    def add_flow(self, name: str) -> int:
        """Make a flow that user 1 owns and moderates, closed to everybody else; return its id."""
        answer = self._ask("tasks.flow.Flow.create", flowData=flow_data(name))
        assert "result" in answer, answer
        return int(answer["result"]["id"])

    def flow(self, flow_id: int) -> dict[str, Any] | None:
        """Return the flow as the portal tells it now, or None when there is none."""
        answer = self._ask("tasks.flow.Flow.get", flowId=flow_id)
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

    def _ask(self, method: str, **parameters: Any) -> Any:
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
