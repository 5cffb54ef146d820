"""What clients send to flow methods: `flowData` with what it needs, as JSON or as a PHP form."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from sluice.rest.request import Incoming
from tests.portals import Person, PortalInTest, Reply

ACCESS_DENIED = (400, "0", "Access denied or flow not found")
NOT_FOUND = (400, "0", "Flow not found")
NAME_TAKEN = (400, "0", "A flow with this name already exists")
PROJECT_NAME_TAKEN = (
    400,
    "0",
    "Cannot create project because another project with this name already exists. "
    "You can select an existing project or rename the flow.",
)


def refused(words: str) -> tuple[int, str, str]:
    """Return how a flow method refuses with these words: status, code, words."""
    return 400, "0", words


def flow_data(responsible: Person | None = None, /, **fields: Any) -> dict[str, Any]:
    """Return the least that `create` takes, for user 1 unless somebody is named, and `fields`."""
    return {
        "name": "Intake",
        "plannedCompletionTime": 7200,
        "distributionType": "queue",
        "responsibleList": [["user", responsible.id if responsible else 1]],
        **fields,
    }


def without(data: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}


def create(caller: Person, data: Mapping[str, Any]) -> Reply:
    return caller.call("tasks.flow.Flow.create", flowData=data)


def update(caller: Person, flow_id: object, **fields: Any) -> Reply:
    return caller.call("tasks.flow.Flow.update", flowData={"id": flow_id, **fields})


def read(caller: Person, flow_id: int) -> Any:
    """Return a flow as the wire shows it."""
    return caller.call("tasks.flow.Flow.get", flowId=flow_id).result


def send_form(caller: Person, method: str, parameters: Mapping[str, Any]) -> Reply:
    """Call a method with an urlencoded body, as PHP's `http_build_query` writes it."""
    return caller.portal.send(caller.path + method, body=urlencode(list(_fields("", parameters))))


def _fields(name: str, value: object) -> Iterator[tuple[str, str]]:
    items: Sequence[tuple[object, object]]
    if isinstance(value, Mapping):
        items = list(value.items())
    elif isinstance(value, (list, tuple)):
        items = list(enumerate(value))
    else:
        yield name, str(int(value)) if isinstance(value, bool) else str(value)
        return
    for key, item in items:
        if item is not None:  # PHP leaves nulls out
            yield from _fields(f"{name}[{key}]" if name else str(key), item)


def at_once(
    portal: PortalInTest, method: str, calls: Sequence[tuple[Person, dict[str, Any]]]
) -> list[Reply]:
    """Make calls that all wait for the store together, and return the answers in order."""

    async def together() -> list[Reply]:
        answers = await asyncio.gather(
            *(
                portal._portal.gateway.answer(
                    Incoming(
                        verb="POST",
                        path=(caller.path + method).encode(),
                        query=b"",
                        content_type=b"application/json",
                        authorization=b"",
                        body=json.dumps(parameters).encode(),
                        secure=True,
                    )
                )
                for caller, parameters in calls
            )
        )
        return [
            Reply(answer.status, answer.body.decode(), answer.content_type.decode())
            for answer in answers
        ]

    return portal.wait(together())
