"""Post the same form again and again: python -m bench.peers.bare_client URL SECONDS CONNECTIONS.

What Sluice's deliveries are held against: the same HTTP client, and no portal around it.
"""

import asyncio
import json
import sys
import time

import httpx2
import uvloop

BODY = b"event=ONTASKADD&event_handler_id=1&" + b"x" * 700


async def main(url: str, seconds: float, connections: int) -> None:
    count = 0
    started = time.perf_counter()

    async def post(client: httpx2.AsyncClient) -> None:
        nonlocal count
        while time.perf_counter() - started < seconds:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            async with client.stream("POST", url, content=BODY, headers=headers) as response:
                await response.aread()
            count += 1

    async with httpx2.AsyncClient(trust_env=False) as client:
        await asyncio.gather(*(post(client) for _ in range(connections)))
    print(json.dumps({"requests": count, "seconds": time.perf_counter() - started}))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))
