"""Many clients at a time on some servers of one portal, and the history of what they were told.

The servers may be killed meanwhile: a client whose connection breaks does not know whether its
call happened, says so, and goes on with the next server. A call that is answered with 503 did not
happen, because the server says so (unless it says that it does not know): it is left out of the
history, and if it happened all the same, the answers of others give it away.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from tests.history.operation import Operation, Outcome
from tests.history.subjects import flow_subject, task_subject

ADMINISTRATOR = 1
TEAM = (4, 5, 6)
NOT_KEPT = 503
NOT_TOLD = "cannot be told"  # of a change whose fate even the server does not know
GIVE_UP_SECONDS = 60.0
MOST_CALLS = 5_000  # of one client, whatever happens


class Call:
    """What came back: status and body; status None when nothing did."""

    def __init__(self, status: int | None, body: Any) -> None:
        self.status = status
        self.body = body

    @property
    def result(self) -> Any:
        """The result, None when the call was refused."""
        return self.body.get("result") if isinstance(self.body, dict) else None

    @property
    def words(self) -> str:
        """What a refusal says."""
        return str(self.body.get("error_description")) if isinstance(self.body, dict) else ""


class Connection:
    """One client's connection: to one server after another, as they go away.

    Attributes:
        addresses: of the servers; read anew for each connection, because they come and go.
    """

    def __init__(self, addresses: Callable[[], Sequence[str]], turn: int) -> None:
        self.addresses = addresses
        self._turn = turn
        self._connection: http.client.HTTPConnection | None = None

    def call(self, path: str, parameters: Any) -> Call:
        """Call once. A server that is not there is passed by: to it nothing was sent."""
        connection = self._connected()
        body = json.dumps(parameters).encode()
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return Call(answer.status, json.loads(answer.read()))
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            return Call(None, None)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> http.client.HTTPConnection:
        give_up = time.monotonic() + GIVE_UP_SECONDS
        while self._connection is None:
            addresses = self.addresses()
            address = addresses[self._turn % len(addresses)]
            self._turn += 1
            connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
            try:
                connection.connect()
            except OSError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.01)  # until a server is back; not a wait for time
                continue
            self._connection = connection
        return self._connection


class Storm:
    """The clients, what they work on, and what they have been told.

    Args:
        addresses: of the servers there are at this moment.
        paths: user -> path of a webhook of theirs, `/rest/4/CODE/`; of the team and the
            administrator.
        queues: flows with a queue of the team, none of which has had a task.
        to_take: a flow whose team takes tasks itself.
    """

    def __init__(
        self,
        addresses: Callable[[], Sequence[str]],
        paths: dict[int, str],
        queues: Sequence[int],
        to_take: int,
        *,
        name: str = "storm",
        seed: int = 0,
    ) -> None:
        self.history: list[Operation] = []
        self.calls: Counter[str] = Counter()
        self._addresses = addresses
        self._paths = paths
        self._queues = queues
        self._to_take = to_take
        self._name = name
        self._seed = seed
        self._lock = threading.Lock()
        self._tasks: list[tuple[str, str]] = []  # title and id, as far as somebody was told
        self._titles: list[str] = []
        self._failed: list[BaseException] = []

    def run(self, clients: int, troubles: int, every: int, trouble: Callable[[], None]) -> None:
        """Let clients call until there was trouble so often, each time after `every` more calls.

        Raises:
            BaseException: what a client met that has no place in a history.
        """
        done = threading.Event()
        threads = [
            threading.Thread(target=self._client, args=(number, done), name=f"client {number}")
            for number in range(clients)
        ]
        for thread in threads:
            thread.start()
        try:
            for _ in range(troubles):
                self._wait_for(len(self.history) + every, threads)
                trouble()
            self._wait_for(len(self.history) + every, threads)
        finally:
            done.set()
            for thread in threads:
                thread.join()
        if self._failed:
            raise self._failed[0]

    def _wait_for(self, calls: int, threads: Sequence[threading.Thread]) -> None:
        while len(self.history) < calls and all(thread.is_alive() for thread in threads):
            time.sleep(0.005)  # until more calls were made; not a wait for time

    def look(self) -> None:
        """Look at everything when all is quiet: every flow, and how often each task is there."""
        connection = Connection(self._addresses, 0)
        for flow_id in self._queues:
            self._get_flow(connection, flow_id)
        start = time.monotonic_ns()
        titles: Counter[str] = Counter()
        path = f"{self._paths[ADMINISTRATOR]}tasks.task.list"
        last = 0
        while True:
            asked = {"filter": {">ID": last}, "order": {"ID": "asc"}, "select": ["TITLE"]}
            page = connection.call(path, {**asked, "start": -1})
            assert page.status == 200, page.body
            if not page.result["tasks"]:
                break
            last = page.result["tasks"][-1]["id"]
            titles.update(task["title"] for task in page.result["tasks"])
        connection.close()
        end = time.monotonic_ns()
        for title in self._titles:
            subject = task_subject(title, ADMINISTRATOR)
            self.history.append(
                Operation(subject, "count", None, start, end, Outcome.OK, titles[title])
            )

    def _client(self, number: int, done: threading.Event) -> None:
        chance = random.Random(f"{self._name} {self._seed} {number}")
        connection = Connection(self._addresses, number)
        try:
            for turn in range(MOST_CALLS):
                if done.is_set():
                    break
                self._some_call(connection, chance, f"{self._name}.{number}.{turn}")
        except BaseException as problem:  # shown by the thread that waits
            self._failed.append(problem)
        finally:
            connection.close()

    def _some_call(self, connection: Connection, chance: random.Random, title: str) -> None:
        flow_id = chance.choice(self._queues)
        match chance.randrange(10):
            case 0 | 1:
                self._activate(connection, flow_id)
            case 2:
                self._get_flow(connection, flow_id)
            case 3 | 4:
                self._add_to_queue(connection, flow_id, title)
            case 5:
                self._add_to_take(connection, title)
            case kind:
                with self._lock:
                    known = self._tasks[-6:]
                if known:
                    self._on_task(connection, chance, kind, *chance.choice(known), title)

    def _activate(self, connection: Connection, flow_id: int) -> None:
        self._note(
            connection,
            flow_subject(flow_id, TEAM),
            "activate",
            None,
            "tasks.flow.Flow.activate",
            {"flowId": flow_id},
            lambda result: result,
        )

    def _get_flow(self, connection: Connection, flow_id: int) -> None:
        self._note(
            connection,
            flow_subject(flow_id, TEAM),
            "get",
            None,
            "tasks.flow.Flow.get",
            {"flowId": flow_id},
            lambda result: result["active"],
        )

    def _add_to_queue(self, connection: Connection, flow_id: int, title: str) -> None:
        added, _ = self._note(
            connection,
            flow_subject(flow_id, TEAM),
            "add",
            None,
            "tasks.task.add",
            {"fields": {"TITLE": title, "FLOW_ID": flow_id}},
            lambda result: int(result["task"]["responsibleId"]),
        )
        if added is not None and added.outcome is not Outcome.REFUSED:
            self._added(added, title)

    def _add_to_take(self, connection: Connection, title: str) -> None:
        added, result = self._note(
            connection,
            task_subject(title, ADMINISTRATOR),
            "add",
            None,
            "tasks.task.add",
            {"fields": {"TITLE": title, "FLOW_ID": self._to_take}},
            lambda _: True,
        )
        if added is not None:
            with self._lock:
                self._titles.append(title)
                if result:
                    self._tasks.append((title, result["task"]["id"]))

    def _added(self, of_flow: Operation, title: str) -> None:
        """Note the same call as the one that made the task."""
        made = Operation(
            task_subject(title, ADMINISTRATOR),
            "add",
            None,
            of_flow.invoked,
            of_flow.answered,
            of_flow.outcome,
            True,
            of_flow.client,
        )
        with self._lock:
            self._titles.append(title)
            self.history.append(made)

    def _on_task(
        self,
        connection: Connection,
        chance: random.Random,
        kind: int,
        title: str,
        task_id: str,
        words: str,
    ) -> None:
        subject = task_subject(title, ADMINISTRATOR)
        if kind in (6, 7):
            user = chance.choice(TEAM)
            self._note(
                connection,
                subject,
                "take",
                user,
                "tasks.task.take",
                {"taskId": task_id},
                lambda result: int(result["task"]["responsibleId"]),
                user=user,
            )
        elif kind == 8 and chance.random() < 0.2:
            self._note(
                connection,
                subject,
                "delete",
                None,
                "tasks.task.delete",
                {"taskId": task_id},
                lambda _: True,
            )
        elif kind == 8:
            self._note(
                connection,
                subject,
                "update",
                words,
                "tasks.task.update",
                {"taskId": task_id, "fields": {"DESCRIPTION": words}},
                lambda result: result["task"]["description"],
            )
        else:
            self._note(
                connection,
                subject,
                "get",
                None,
                "tasks.task.get",
                {"taskId": task_id, "select": ["RESPONSIBLE_ID", "DESCRIPTION"]},
                lambda result: [
                    int(result["task"]["responsibleId"]),
                    result["task"]["description"] or "",
                ],
            )

    def _note(
        self,
        connection: Connection,
        subject: str,
        asked: str,
        argument: Any,
        method: str,
        parameters: Any,
        answer_in: Callable[[Any], Any],
        *,
        user: int = ADMINISTRATOR,
    ) -> tuple[Operation | None, Any]:
        """Make a call and note it; return it with its result.

        It is None when the server says that it did not happen.
        """
        invoked = time.monotonic_ns()
        call = connection.call(f"{self._paths[user]}{method}", parameters)
        answered: int | None = time.monotonic_ns()
        answer = None
        is_kept_by_nobody = call.status == NOT_KEPT and NOT_TOLD not in call.words
        if call.status is None or (call.status >= 500 and not is_kept_by_nobody):
            outcome, answered = Outcome.UNKNOWN, None
        elif is_kept_by_nobody:
            with self._lock:
                self.calls["not kept"] += 1
            return None, None
        elif call.status == 200 and call.result:
            outcome, answer = Outcome.OK, answer_in(call.result)
        else:
            outcome = Outcome.REFUSED
        noted = Operation(
            *(subject, asked, argument, invoked, answered, outcome, answer),
            threading.current_thread().name,
        )
        with self._lock:
            self.calls[f"{asked} {outcome}"] += 1
            self.history.append(noted)
        return noted, call.result
