"""The floor: a loop that commits the same rows, with no server around it.

python -m bench.peers.bare_loop DATABASE FLOW SECONDS
"""

import json
import sys
import time
from pathlib import Path

from bench.peers.toggle import commit_toggle, connect


def main() -> None:
    """Commit toggles for some seconds and print how many, and in which time."""
    connection = connect(Path(sys.argv[1]))
    flow_id, seconds = int(sys.argv[2]), float(sys.argv[3])
    commits = 0
    start = time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        commit_toggle(connection, flow_id)
        commits += 1
    print(json.dumps({"commits": commits, "seconds": elapsed}))


if __name__ == "__main__":
    main()
