"""A server that gets no more file descriptors or memory, and one that is killed for its memory."""

from __future__ import annotations

import os
import resource
import signal
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sluice.store.engine import address_of
from tests.failures.caller import Caller, refusal
from tests.failures.page import Row
from tests.places import empty_place, look
from tests.server_process import ServerProcess, running_server

MEGABYTE = 1 << 20
CGROUPS = Path("/sys/fs/cgroup")

pytestmark = pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="limits of another program are set on Linux alone"
)


def descriptors(server: ServerProcess) -> int:
    return len(list(Path(f"/proc/{server.ready.pid}/fd").iterdir()))


def processor_seconds(server: ServerProcess) -> float:
    fields = Path(f"/proc/{server.ready.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.failure("File descriptors exhausted")
def test_connections_beyond_the_limit_are_closed_and_the_others_served(
    engine: str, row: Row, tmp_path: Path
) -> None:
    assert row.refusals == ()
    with (
        empty_place(engine, tmp_path) as place,
        running_server(tmp_path, database=address_of(place)) as server,
    ):
        caller = Caller(server)
        assert caller.is_active()
        hard = resource.prlimit(server.ready.pid, resource.RLIMIT_NOFILE)
        assert hard[0] == hard[1]  # it has taken all that it may have
        limit = descriptors(server) + 60
        resource.prlimit(server.ready.pid, resource.RLIMIT_NOFILE, (limit, limit))
        address = urlsplit(server.ready.url)
        crowd = [
            socket.create_connection((address.hostname or "", address.port or 0), 30)
            for _ in range(120)
        ]
        served: Counter[bool] = Counter()
        for client in crowd:
            try:
                client.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
                served[client.recv(12) == b"HTTP/1.1 200"] += 1
            except ConnectionError:
                served[False] += 1
        assert 20 <= served[True] < 60
        assert f"Raise the limit of open files, which is {limit}." in server.output

        # Who was there before is served, and what needs a descriptor of its own gets one.
        assert caller.is_active()
        assert caller.add_task("Task")[0] == 200
        assert caller("tasks.task.list")[1]["total"] >= 1
        worked = processor_seconds(server)
        threading.Event().wait(1.0)  # with nothing to do
        assert processor_seconds(server) - worked < 0.5

        for client in crowd:
            client.close()
        for _ in range(1_000):  # until it has seen that they are closed
            with closing(Caller(server)) as another:
                try:
                    assert another.is_active()
                    break
                except (ConnectionError, OSError):
                    threading.Event().wait(0.01)
        else:
            raise AssertionError("nobody is served any more")
        assert "Traceback" not in server.output


def memory_of(server: ServerProcess) -> int:
    """Return how much address space the server has, in bytes."""
    pages = Path(f"/proc/{server.ready.pid}/statm").read_text().split()[0]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def limit_memory(server: ServerProcess, room: int) -> None:
    """Let the server take so many bytes of address space more than it has."""
    most = memory_of(server) + room
    resource.prlimit(server.ready.pid, resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


@pytest.mark.failure("Memory limit reached")
def test_a_call_for_which_there_is_no_memory_is_refused_and_others_are_not(
    engine: str, row: Row, tmp_path: Path
) -> None:
    with (
        empty_place(engine, tmp_path) as place,
        running_server(tmp_path, database=address_of(place)) as server,
    ):
        caller = Caller(server)
        assert caller.is_active()
        assert caller.add_task("Before")[0] == 200
        for _ in range(3):
            limit_memory(server, 8 * MEGABYTE)
            told = refusal(Caller(server).add_task("Large", "y" * (15 * MEGABYTE)))
            assert told in row.refusals
            assert caller.add_task("After")[0] == 200
            assert caller.is_active()
        assert "Traceback" not in server.output
        server.kill()
        titles = [title for (title,) in look(place, "SELECT title FROM task")]
    assert titles.count("After") == 3
    assert {"Before", "After"} <= set(titles)
    assert "Large" not in titles


@pytest.mark.failure("Memory limit reached")
@pytest.mark.parametrize("room", [45, 60])
def test_a_server_that_ends_for_want_of_memory_says_where_and_loses_nothing(
    engine: str, room: int, row: Row, tmp_path: Path
) -> None:
    """Whether it ends depends on which of its parts asks in vain; it may as well refuse."""
    with empty_place(engine, tmp_path) as place:
        with running_server(tmp_path, database=address_of(place)) as server:
            assert Caller(server).add_task("Before")[0] == 200
            limit_memory(server, room * MEGABYTE)
            try:
                answer = Caller(server).add_task("Large", "y" * (15 * MEGABYTE))
            except OSError:
                assert server.process.wait(30) < 0
                assert "Fatal Python error: " in server.output
            else:
                assert answer[0] == 200 or refusal(answer) in row.refusals
                assert Caller(server).is_active()
        with running_server(tmp_path, database=address_of(place)) as server:
            assert Caller(server).is_active()
        assert ("Before",) in look(place, "SELECT title FROM task")


def take_memory(caller: Caller) -> None:
    """Ask for as much as a request may take, many times."""
    for _ in range(20):
        caller("profile", lists=[[["a"]]] * 400_000)


@contextmanager
def memory_limited(server: ServerProcess, room: int) -> Iterator[bool]:
    """Let the kernel kill the server when it takes so many bytes more; tell if it will."""
    group = CGROUPS / "memory" / f"sluice-test-{server.ready.pid}"
    try:
        group.mkdir()
    except OSError:  # no such groups, or not ours to make
        yield False
        return
    try:
        (group / "memory.limit_in_bytes").write_text(str(room))
        (group / "memory.swappiness").write_text("0")
        (group / "cgroup.procs").write_text(str(server.ready.pid))
        yield True
    finally:
        server.kill()
        group.rmdir()


@pytest.mark.failure("Killed for its memory")
def test_a_server_that_is_killed_for_its_memory_loses_no_answered_call(
    engine: str, row: Row, tmp_path: Path
) -> None:
    assert row.refusals == ()
    answered: list[str] = []
    enough = threading.Event()

    def add(server: ServerProcess, who: int) -> None:
        caller = Caller(server)
        try:
            for number in range(1_000_000):
                title = f"{who}-{number}"
                assert caller.add_task(title)[0] == 200
                answered.append(title)
                if len(answered) > 30:
                    enough.set()
        except OSError:
            pass  # the server was killed

    with empty_place(engine, tmp_path) as place:
        with running_server(tmp_path, database=address_of(place)) as server:
            clients = [threading.Thread(target=add, args=(server, who)) for who in range(4)]
            with memory_limited(server, 24 * MEGABYTE) as will_be_killed:
                for client in clients:
                    client.start()
                assert enough.wait(60)
                if will_be_killed:
                    greedy = Caller(server)
                    with pytest.raises(OSError):
                        take_memory(greedy)
                else:
                    server.process.send_signal(signal.SIGKILL)  # as the kernel does
                assert server.process.wait(30) == -signal.SIGKILL
                for client in clients:
                    client.join(30)
        with running_server(tmp_path, database=address_of(place)) as server:
            assert Caller(server).is_active()
        titles = [title for (title,) in look(place, "SELECT title FROM task")]
    assert set(answered) <= set(titles)
    assert len(titles) == len(set(titles))
