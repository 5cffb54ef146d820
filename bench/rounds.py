"""Take turns: every round measures every peer, so that a noisy minute falls on all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass
class Series:
    """What one peer reached, a number for each round.

    `goal_ratio`: Sluice is to reach at least so many times this peer's number.
    `goal_at_most`: this number itself is to be no greater.
    """

    peer: str
    run: Callable[[], float]
    goal_ratio: float | None = None
    goal_at_most: float | None = None
    values: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Heat:
    """Sluice, first among the series, and the peers it runs beside."""

    title: str
    unit: str
    series: list[Series]

    def ratio(self, peer: Series) -> float:
        """Return how many times the peer's number ours is: the median over the rounds."""
        pairs = zip(self.series[0].values, peer.values, strict=True)
        return median(ours / theirs for ours, theirs in pairs)

    def met(self, peer: Series) -> bool | None:
        """Tell whether the goal of the peer's line is met, or None when it has none."""
        if peer.goal_ratio is not None:
            return self.ratio(peer) >= peer.goal_ratio
        if peer.goal_at_most is not None:
            return median(peer.values) <= peer.goal_at_most
        return None


def interleave(heats: Sequence[Heat], rounds: int, tell: Callable[[str], None]) -> None:
    """Run every series once in each round, each round beginning with another peer."""
    for number in range(rounds):
        for heat in heats:
            shift = number % len(heat.series)
            for series in heat.series[shift:] + heat.series[:shift]:
                tell(f"round {number + 1} of {rounds}: {heat.title}: {series.peer}")
                series.values.append(series.run())
