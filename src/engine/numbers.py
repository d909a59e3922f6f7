"""Candidate numbers that no batch has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..records import Stratum
from ..tools.grounding.base import Lane

UNBOUNDED = range(1 << 62)
"""The candidate numbers of a category that can give as many records as anyone asks for."""


class Numbers:
    """Those of a range that no batch has: what was given back first, then new ones."""

    def __init__(self, numbers: range, taken: Iterable[tuple[int, int]]) -> None:
        """`taken` are ranges [start, end), by start; those beyond the range are others' business."""
        self.capacity = len(numbers)
        self._limit = numbers.stop
        self._free: list[tuple[int, int]] = []
        self._next = numbers.start
        for start, end in taken:
            if start < numbers.stop and end > numbers.start:
                self.give_back(self._next, start)
                self._next = max(self._next, end)

    @property
    def left(self) -> int:
        """How many there are."""
        return self._limit - self._next + sum(end - start for start, end in self._free)

    def give_back(self, start: int, end: int) -> None:
        """Numbers that a batch had and did not use."""
        if start < end:
            self._free.append((start, end))
            self._free.sort()

    def take(self, size: int) -> list[tuple[int, int]]:
        """Ranges of `size` numbers together, the lowest first; fewer where there are no more."""
        taken: list[tuple[int, int]] = []
        while size and self._free:
            start, end = self._free.pop(0)
            until = min(end, start + size)
            self.give_back(until, end)
            taken.append((start, until))
            size -= until - start
        if size := min(size, self._limit - self._next):
            taken.append((self._next, self._next + size))
            self._next += size
        return taken


class Pools:
    """Which numbers each stratum draws from: those of its lane over a source, else those of its category."""

    def __init__(
        self,
        capacities: Mapping[str, int | None],
        lanes: Mapping[str, Sequence[Lane]],
        taken: Mapping[str, Sequence[tuple[int, int]]],
    ) -> None:
        """All by category: how many candidates there are (None without bound), its lanes, and what batches have."""
        self._by_category = {
            name: Numbers(UNBOUNDED if limit is None else range(limit), taken.get(name, ()))
            for name, limit in capacities.items()
            if name not in lanes
        }
        self._by_tier = {
            (name, tier): numbers
            for name, several in lanes.items()
            for lane in several
            for numbers in [Numbers(lane.numbers, taken.get(name, ()))]
            for tier in lane.tiers
        }

    def of(self, stratum: Stratum) -> Numbers:
        """The numbers that a stratum draws from; several strata may share them."""
        return self._by_tier.get((stratum.category, stratum.tier)) or self._by_category[stratum.category]
