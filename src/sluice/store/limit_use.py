"""How far the limits of a plan are used by all processes together. rest-protocol.md 12."""

from __future__ import annotations

from sluice.store.database import Transaction

MILLION = 1_000_000
Pair = tuple[str, str]  # credential and method


class LimitUse:
    """The tables `limit_bucket` and `limit_basket`."""

    def __init__(self, transaction: Transaction) -> None:
        self._tx = transaction

    def pour(self, address: str, calls: float, now: float, per_second: float) -> None:
        """Add calls to an address's bucket.

        Args:
            now: unix seconds on the portal's clock.
            per_second: how many calls have leaked out each second since it was filled last.
        """
        row = self._tx.one(
            "SELECT level_micros, at_micros FROM limit_bucket WHERE address = :address",
            {"address": address},
        )
        level = calls
        if row is not None:
            idle = max(now - row[1] / MILLION, 0.0)  # a clock that was set back leaks nothing
            level += max(row[0] / MILLION - idle * per_second, 0.0)
        self._tx.run(
            "INSERT INTO limit_bucket (address, level_micros, at_micros)"
            " VALUES (:address, :level, :at)"
            " ON CONFLICT (address) DO UPDATE SET level_micros = :level, at_micros = :at",
            {"address": address, "level": round(level * MILLION), "at": round(now * MILLION)},
        )

    def buckets(self, since: float) -> dict[str, tuple[float, float]]:
        """Return how full each bucket was, and when, that was filled since an instant."""
        rows = self._tx.all(
            "SELECT address, level_micros, at_micros FROM limit_bucket WHERE at_micros >= :since",
            {"since": round(since * MILLION)},
        )
        return {address: (level / MILLION, at / MILLION) for address, level, at in rows}

    def work(self, pair: Pair, minute: int, seconds: float) -> None:
        """Add seconds of work to the basket of a credential, a method and a minute since 1970."""
        self._tx.run(
            "INSERT INTO limit_basket (credential, method, minute, used_micros)"
            " VALUES (:credential, :method, :minute, :used)"
            " ON CONFLICT (credential, method, minute)"
            " DO UPDATE SET used_micros = limit_basket.used_micros + :used",
            {
                "credential": pair[0],
                "method": pair[1],
                "minute": minute,
                "used": round(seconds * MILLION),
            },
        )

    def baskets(self, since: int) -> dict[Pair, dict[int, float]]:
        """Return the seconds in all baskets of this minute and later ones."""
        found: dict[Pair, dict[int, float]] = {}
        for credential, method, minute, used in self._tx.all(
            "SELECT credential, method, minute, used_micros FROM limit_basket"
            " WHERE minute >= :since",
            {"since": since},
        ):
            found.setdefault((credential, method), {})[minute] = used / MILLION
        return found

    def forget(self, minute: int, before: float) -> None:
        """Forget baskets older than a minute, and buckets that were filled before an instant."""
        self._tx.run("DELETE FROM limit_basket WHERE minute < :minute", {"minute": minute})
        self._tx.run(
            "DELETE FROM limit_bucket WHERE at_micros < :before",
            {"before": round(before * MILLION)},
        )
