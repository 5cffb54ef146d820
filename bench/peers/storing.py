"""Sluice that stores events and sends none: what is left is their cost on the path of a call.

python -m bench.peers.storing serve ...    (the arguments of `sluice serve`)
"""

from sluice.background.deliver import Deliveries
from sluice.cli import main

if __name__ == "__main__":
    Deliveries.next_due = lambda self, store: None  # type: ignore[method-assign]
    main()
