"""Judge a history that was kept: `python -m tests.history FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.history.checker import impossible
from tests.history.operation import read
from tests.history.subjects import model_of


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    history = read(Path(sys.argv[1]))
    found = impossible(history, model_of)
    for one in found:
        print(one)
    if not found:
        print(f"Some order explains the answers of all {len(history)} calls.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
