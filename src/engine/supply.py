"""The candidates of a source that models are still to write: each is in one batch at a time, and in one record."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence

from ..tools.grounding.base import Lane
from .numbers import Numbers

TRIES = 3
"""How often a candidate is tried before others take its place."""


class Supply:
    """Hands out the candidate numbers of a lane, the lowest first.

    Those that failed come again at once, so that the kinds of candidates keep their shares; those that failed `TRIES`
    times come again when no other is left. Tiers with the same bounds share one.
    """

    def __init__(self, lane: Lane, taken: Iterable[int]) -> None:
        """`taken` are numbers that are records already, or are in batches that will be taken up again."""
        self._numbers = Numbers(lane.numbers, ((number, number + 1) for number in sorted(taken)))
        self._failures: Counter[int] = Counter()
        self._again: deque[int] = deque()
        self._last: deque[int] = deque()

    def take(self, count: int) -> list[int]:
        """So many numbers; fewer where there are no more."""
        taken = [self._again.popleft() for _ in range(min(count, len(self._again)))]
        taken += [n for start, end in self._numbers.take(count - len(taken)) for n in range(start, end)]
        taken += [self._last.popleft() for _ in range(min(count - len(taken), len(self._last)))]
        return taken

    def give_back(self, numbers: Iterable[int]) -> None:
        """Numbers that did not become records."""
        for number in sorted(numbers):
            self._failures[number] += 1
            (self._again if self._failures[number] < TRIES else self._last).append(number)


def supplies_of(lanes: Sequence[Lane], taken: Iterable[int]) -> Iterator[tuple[str | None, Supply]]:
    """The supply of each tier."""
    numbers = set(taken)
    for lane in lanes:
        supply = Supply(lane, (number for number in numbers if number in lane.numbers))
        yield from ((tier, supply) for tier in lane.tiers)
