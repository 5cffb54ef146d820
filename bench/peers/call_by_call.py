"""Peer (b): the same rows behind the same HTTP server, with a commit for every call.

    python -m bench.peers.call_by_call DATABASE

It does less than Sluice for a call (no credentials, no permission, no loose types), so what Sluice
gains over it is gained by grouping alone.
"""

import asyncio
import json
import queue
import sqlite3
import sys
import threading
from pathlib import Path

from bench.peers.listening import Message, Receive, Send, answer, listen, read_body
from bench.peers.toggle import commit_toggle, connect

HEADERS = [(b"content-type", b"application/json; charset=utf-8")]

Waiting = tuple[int, "asyncio.Future[None]"]


def commit_each(connection: sqlite3.Connection, waiting: "queue.SimpleQueue[Waiting]") -> None:
    """Commit the waiting calls one after another, releasing each answer after its own commit."""
    while True:
        flow_id, done = waiting.get()
        commit_toggle(connection, flow_id)
        done.get_loop().call_soon_threadsafe(done.set_result, None)


def main() -> None:
    """Serve `activate` on the database."""
    waiting: queue.SimpleQueue[Waiting] = queue.SimpleQueue()
    connection = connect(Path(sys.argv[1]))
    threading.Thread(target=commit_each, args=(connection, waiting), daemon=True).start()

    async def application(scope: Message, receive: Receive, send: Send) -> None:
        flow_id = json.loads(await read_body(receive))["flowId"]
        done = asyncio.get_running_loop().create_future()
        waiting.put((flow_id, done))
        await done
        body = b'{"result":true}'
        await answer(send, [*HEADERS, (b"content-length", b"%d" % len(body))], body)

    listen(application)


if __name__ == "__main__":
    main()
