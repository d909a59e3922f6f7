"""What is still missing becomes batches.

The order of batches, and of their commits, is the same in every run of a plan: first what each stratum lacks, cut into
batches of at most `rows`; then, whenever the last batch of a stratum is committed and records are missing, a top-up.
Nothing depends on which process made a batch or how long it took, so neither do the bytes of the dataset.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..records import Batch, Progress, Stratum
from .numbers import Numbers, Pools

MAX_TOP_UP = 10
"""How many times the missing number a top-up asks for at the most, however few candidates pass."""

MIN_CUTS, MIN_ROWS = 16, 500
"""A stratum is cut into this many batches or more, as long as they have this many rows: work for every process."""


@dataclass(slots=True)
class _Standing:
    """Where a stratum stands. `open` counts batches that are planned and not committed."""

    stratum: Stratum
    accepted: int
    attempt: int = 0
    open: int = 0
    shortfall: str | None = None
    rejected: Counter[str] = field(default_factory=Counter)

    @property
    def missing(self) -> int:
        return self.stratum.planned - self.accepted


class Scheduler:
    """Plans batches, hands them out in order, and learns from their commits."""

    def __init__(
        self,
        progress: Sequence[Progress],
        *,
        rows: int,
        max_attempts: int,
        pools: Pools,
        refused: Mapping[str, str],
        attempts: Mapping[int, int],
        open_batches: Sequence[Batch],
        next_number: int,
    ) -> None:
        """Begin where the ledger stands.

        `pools` has the candidate numbers that are free; `refused`, why a category can't be served at all; the rest is
        what the ledger knows of earlier runs.
        """
        self._rows, self._max_attempts = rows, max_attempts
        self._next = next_number
        self._pools = pools
        self._standings = {
            p.stratum.index: _Standing(
                p.stratum, p.accepted, attempts.get(p.stratum.index, 0), rejected=Counter(p.rejected)
            )
            for p in progress
        }
        self._ready = deque(open_batches)
        for batch in open_batches:
            self._standings[batch.stratum].open += 1
        for standing in self._standings.values():
            if why := refused.get(standing.stratum.category):
                standing.shortfall = why

    def plan(self) -> list[Batch]:
        """The batches for whatever no batch is planned for yet; to be kept before any of them is handed out."""
        return [batch for standing in self._standings.values() for batch in self._ask_again(standing)]

    def ready(self) -> Iterator[Batch]:
        """Batches that can be made now, in order, each handed out once."""
        while self._ready:
            yield self._ready.popleft()

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to hand out and nothing is out."""
        return not self._ready and not any(standing.open for standing in self._standings.values())

    def wanted(self, batch: Batch) -> int:
        """How many records its stratum still wants."""
        return self._standings[batch.stratum].missing

    def committed(self, batch: Batch, accepted: int, used: int, rejected: Mapping[str, int]) -> list[Batch]:
        """Learn what a batch brought, and how many of its candidates were looked at.

        Gives the batches that it makes necessary, to be kept with it.
        """
        standing = self._standings[batch.stratum]
        self._pools.of(standing.stratum).give_back(batch.start + used, batch.start + batch.size)
        standing.open -= 1
        standing.accepted += accepted
        standing.rejected.update(rejected)
        # The other tiers too: they may have waited for numbers that are free again.
        same = (s for s in self._standings.values() if s.stratum.category == standing.stratum.category)
        return [following for s in same for following in self._ask_again(s)]

    @property
    def shortfalls(self) -> dict[int, str]:
        """Why a stratum will not get further, by its id."""
        return {index: s.shortfall for index, s in self._standings.items() if s.shortfall and s.missing > 0}

    def _ask_again(self, standing: _Standing) -> list[Batch]:
        if standing.open or standing.missing <= 0 or standing.shortfall:
            return []
        numbers = self._pools.of(standing.stratum)
        left = numbers.left
        if left == 0 and self._has_open(numbers):
            return []
        if left == 0:
            standing.shortfall = f"all {numbers.capacity:,} different records there can be were tried{_named(standing)}"
        elif standing.attempt >= self._max_attempts:
            standing.shortfall = self._why_given_up(standing)
        if standing.shortfall:
            return []
        standing.attempt += 1
        batches = self._cut(standing, min(self._top_up(standing), left))
        standing.open = len(batches)
        self._ready.extend(batches)
        return batches

    def _has_open(self, numbers: Numbers) -> bool:
        return any(s.open for s in self._standings.values() if self._pools.of(s.stratum) is numbers)

    def _top_up(self, standing: _Standing) -> int:
        """How many candidates to ask for: more than are missing where many are refused."""
        tried = standing.accepted + standing.rejected.total()
        share = max(standing.accepted / tried, 1 / MAX_TOP_UP) if tried else 1
        return math.ceil(standing.missing / share)

    def _cut(self, standing: _Standing, size: int) -> list[Batch]:
        rows = min(self._rows, max(MIN_ROWS, math.ceil(size / MIN_CUTS)))
        numbers = self._pools.of(standing.stratum)
        ranges = [
            (begin, min(rows, end - begin)) for start, end in numbers.take(size) for begin in range(start, end, rows)
        ]
        batches = [
            Batch(self._next + i, standing.stratum.index, begin, length, standing.attempt)
            for i, (begin, length) in enumerate(ranges)
        ]
        self._next += len(batches)
        return batches

    def _why_given_up(self, standing: _Standing) -> str:
        attempts = "1 attempt" if standing.attempt == 1 else f"{standing.attempt} attempts"
        return f"{standing.accepted:,} of {standing.stratum.planned:,} after {attempts}{_named(standing)}"


def _named(standing: _Standing) -> str:
    """What the checks refused, the most frequent reasons first."""
    most = ", ".join(f"{reason} {count:,}" for reason, count in standing.rejected.most_common(3))
    return f"; refused: {most}" if most else ""
