"""Sluice with every limit of a plan on, and none so low that a call is refused.

python -m bench.peers.limited serve ...    (the arguments of `sluice serve`)
"""

from sluice.cli import main
from sluice.domain.portal import LIMITS, Plan, PlanLimits

if __name__ == "__main__":
    LIMITS[Plan.COMMERCIAL] = PlanLimits(10**12, 1e9, 1e9)
    main()
