"""What goes past Sluice into the databases of the benchmarks leaves portals as Sluice would."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bench.peers import same_statements
from bench.places import Place
from bench.portals import DEMO_FLOW, grow, grow_tasks
from sluice.cli.opened import ask, opened_portal
from sluice.store.engine import address_of
from tests.places import empty_place, only_postgresql
from tests.server_process import ServerProcess, running_server

TASK = {"TITLE": "Help", "FLOW_ID": DEMO_FLOW}


@pytest.fixture
def server(engine: str, tmp_path: Path) -> Iterator[ServerProcess]:
    with (
        empty_place(engine, tmp_path) as place,
        running_server(tmp_path, database=_address(place)) as server,
    ):
        yield server


def _address(place: Any) -> str:
    return f"sqlite:///{place}" if isinstance(place, Path) else address_of(place)


def called(address: str, method: str, **parameters: Any) -> Any:
    with opened_portal(address) as portal:
        reply = ask(portal, method, parameters)
        assert "error" not in reply.body, reply.body
        return reply.body


def test_a_portal_that_was_grown_is_one_that_works(server: ServerProcess) -> None:
    address = server.ready.database
    place = Place(address)
    called(address, "tasks.task.add", fields=TASK)

    flows = place.rows()["flow"]
    grow_tasks(place, 400)
    first, last = grow(place, 30)

    assert last - first == 29
    rows = place.rows()
    assert (rows["task"], rows["flow"]) == (400, flows + 30)
    done = server.cli("doctor", "--deep", "--json")
    assert done.returncode == 0, done.stdout
    listed = called(address, "tasks.task.list", filter={"FLOW_ID": DEMO_FLOW})
    assert listed["total"] == 400
    # Ids go on behind those that were given past Sluice.
    made = called(address, "tasks.task.add", fields=TASK)["result"]["task"]["id"]
    assert int(made) > max(int(task["id"]) for task in listed["result"]["tasks"])
    flow = called(address, "tasks.flow.Flow.get", flowId=last)
    assert flow["result"]["id"] == last


@only_postgresql
@pytest.mark.parametrize(
    ("method", "parameters"),
    [("tasks.flow.Flow.activate", {"flowId": DEMO_FLOW}), ("tasks.task.add", {"fields": TASK})],
)
def test_the_loop_makes_the_rows_that_a_call_makes(
    method: str, parameters: dict[str, Any], server: ServerProcess
) -> None:
    address = server.ready.database
    place = Place(address)
    statements = same_statements.record(address, method, parameters)
    counts = [place.rows()]
    actives = [_is_active(place)]
    with same_statements.connect(same_statements.schema_of(address)) as link:
        for _ in range(3):
            same_statements.repeat(link, statements)
            counts.append(place.rows())
            actives.append(_is_active(place))
    called(address, method, **parameters)
    counts.append(place.rows())

    made = [
        {table: number - before[table] for table, number in after.items()}
        for before, after in pairwise(counts)
    ]
    assert made[1:] == made[:-1]
    if method.endswith("activate"):
        assert actives in ([0, 1, 0, 1], [1, 0, 1, 0])
    else:
        assert made[0]["task"] == 1


def _is_active(place: Place) -> int:
    return int(place.execute(f"SELECT active FROM flow WHERE id = {DEMO_FLOW}")[0][0])
