"""Peer (b) once more, as Sluice itself: all of its work for a call, and a commit for every call.

python -m bench.peers.ungrouped serve ...    (the arguments of `sluice serve`)
"""

from sluice.cli import main
from sluice.store import sqlite

if __name__ == "__main__":
    sqlite.MOST_IN_GROUP = 1
    main()
