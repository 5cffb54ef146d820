"""Calls as the administrator of a real server."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from tests.server_process import ServerProcess

TASK = {"TITLE": "Task", "RESPONSIBLE_ID": 1}


class Caller:
    """A connection to a server."""

    def __init__(self, server: ServerProcess, timeout: float = 60.0) -> None:
        self._address = urlsplit(server.ready.webhook)
        self._connection = http.client.HTTPConnection(self._address.netloc, timeout=timeout)

    def ask(self, method: str, **parameters: Any) -> None:
        """Send a call."""
        headers = {"Content-Type": "application/json"}
        path = f"{self._address.path}{method}"
        self._connection.request("POST", path, json.dumps(parameters), headers)

    def answer(self) -> tuple[int, Any]:
        """Return status and body of what was asked before."""
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())

    def __call__(self, method: str, **parameters: Any) -> tuple[int, Any]:
        self.ask(method, **parameters)
        return self.answer()

    def add_task(self, title: str, description: str = "") -> tuple[int, Any]:
        """Add a task for the administrator."""
        fields = {**TASK, "TITLE": title, "DESCRIPTION": description}
        return self("tasks.task.add", fields=fields)

    def is_active(self) -> bool:
        """Read whether flow 517 is on."""
        status, body = self("tasks.flow.Flow.get", flowId=517)
        assert status == 200, body
        return bool(body["result"]["active"])

    def close(self) -> None:
        self._connection.close()


def refusal(answer: tuple[int, Any]) -> tuple[int, str, str]:
    """Return status, code and words of an answer that is a refusal."""
    status, body = answer
    return status, body.get("error", ""), body.get("error_description", "")
