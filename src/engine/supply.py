"""The candidates of a source that models are still to write: each is in one batch at a time, and in one record."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from ..tools.grounding.base import Lane
from .numbers import Numbers


class Supply:
    """Hands out the candidate numbers of a lane, the lowest first; those that failed come again when no other is left.

    Tiers with the same bounds share one.
    """

    def __init__(self, lane: Lane, taken: Iterable[int]) -> None:
        """`taken` are numbers that are records already, or are in batches that will be taken up again."""
        self._numbers = Numbers(lane.numbers, ((number, number + 1) for number in sorted(taken)))
        self._failed: deque[int] = deque()

    def take(self, count: int) -> list[int]:
        """So many numbers; fewer where there are no more."""
        fresh = [number for start, end in self._numbers.take(count) for number in range(start, end)]
        while len(fresh) < count and self._failed:
            fresh.append(self._failed.popleft())
        return fresh

    def give_back(self, numbers: Iterable[int]) -> None:
        """Numbers that did not become records."""
        self._failed.extend(sorted(numbers))


def supplies_of(lanes: Sequence[Lane], taken: Iterable[int]) -> Iterator[tuple[str | None, Supply]]:
    """The supply of each tier."""
    numbers = set(taken)
    for lane in lanes:
        supply = Supply(lane, (number for number in numbers if number in lane.numbers))
        yield from ((tier, supply) for tier in lane.tiers)
