"""Peer (a), the ceiling: the HTTP server reads the same request and sends bytes made beforehand.

    python -m bench.peers.constant ANSWERS

ANSWERS is a JSON file: method name to `{"headers": [[name, value], ...], "body": text}`, recorded
from Sluice, so that both send as many bytes.
"""

import json
import sys
from pathlib import Path

from bench.peers.listening import Message, Receive, Send, answer, listen, read_body

Answer = tuple[list[tuple[bytes, bytes]], bytes]


def load_answers(file: Path) -> dict[str, Answer]:
    """Return the answers of the file, ready to be sent."""
    recorded = json.loads(file.read_text())
    return {
        method: (
            [(name.encode(), value.encode()) for name, value in one["headers"]],
            one["body"].encode(),
        )
        for method, one in recorded.items()
    }


def main() -> None:
    """Answer every request with the constant of its method."""
    answers = load_answers(Path(sys.argv[1]))

    async def application(scope: Message, receive: Receive, send: Send) -> None:
        await read_body(receive)
        headers, body = answers[scope["path"].rpartition("/")[2]]
        await answer(send, headers, body)

    listen(application)


if __name__ == "__main__":
    main()
