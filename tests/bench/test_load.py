"""Load is sent and counted, whatever is asked and however many are asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.load import Generator, LoadFailed, Request, asyncio_client, at_once, available
from bench.places import processor_seconds, proportional_bytes
from tests.server_process import ServerProcess, running_server

GENERATORS = dict([available(), ("asyncio client", asyncio_client)])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("load")) as server:
        yield server


@pytest.mark.parametrize("generator", GENERATORS.values(), ids=list(GENERATORS))
def test_what_is_asked_is_counted(generator: Generator, server: ServerProcess) -> None:
    profile = Request(f"{server.ready.webhook}profile", "{}")
    listing = Request(f"{server.ready.webhook}user.get?sort=ID", "", method="GET")

    for request in (profile, listing):
        assert generator(request, 2, 1).calls > 0
    assert at_once(generator, [profile, listing], 4, 1) > 0
    with pytest.raises(LoadFailed, match="refused"):
        generator(Request(f"{server.ready.webhook}no.such.method", "{}"), 2, 1)


def test_memory_and_time_of_a_family_are_those_of_its_processes(server: ServerProcess) -> None:
    pid = server.process.pid
    before = processor_seconds(pid)
    asyncio_client(Request(f"{server.ready.webhook}profile", "{}"), 2, 1)

    assert processor_seconds(pid) > before
    assert 10 * 2**20 < proportional_bytes(pid) < 500 * 2**20
