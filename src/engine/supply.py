"""The candidates of a source that models are still to write: each is in one batch at a time, and in one record."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence

from ..tools.grounding.base import Lane
from .numbers import Numbers

TRIES = 3
"""How often a candidate is tried before another takes its place."""


class Supply:
    """Hands out the candidate numbers of a lane, the lowest first.

    Those that failed come again at once. What failed `TRIES` times is replaced by the next one of its kind (a YES by a
    YES), so that kinds keep their shares; it comes again once no other of its kind is left. Tiers with the same bounds
    share a supply.
    """

    def __init__(self, lane: Lane, taken: Iterable[int], kind_of: Callable[[int], str]) -> None:
        """`taken` are numbers that are records already, or are in batches that will be taken up again."""
        ranges = [(number, number + 1) for number in sorted(taken)]
        # The kinds are handed out in the order of the numbers, and for each the next number of that kind.
        self._kinds, self._numbers = Numbers(lane.numbers, ranges), Numbers(lane.numbers, ranges)
        self._kind_of = kind_of
        self._seen: defaultdict[str, deque[int]] = defaultdict(deque)
        self._failures: Counter[int] = Counter()
        self._again: deque[int] = deque()
        self._hopeless: defaultdict[str, deque[int]] = defaultdict(deque)
        self._owed: deque[str] = deque()

    def take(self, count: int) -> list[int]:
        """So many numbers; fewer where there are no more."""
        taken: list[int] = []
        while len(taken) < count and (number := self._next()) is not None:
            taken.append(number)
        return taken

    def give_back(self, numbers: Iterable[int]) -> None:
        """Numbers that did not become records."""
        for number in sorted(numbers):
            self._failures[number] += 1
            if self._failures[number] < TRIES:
                self._again.append(number)
            else:
                kind = self._kind_of(number)
                self._hopeless[kind].append(number)
                self._owed.append(kind)

    def _next(self) -> int | None:
        if self._again:
            return self._again.popleft()
        if self._owed:
            return self._of_kind(self._owed.popleft())
        following = _first(self._kinds)
        if following is not None:
            return self._of_kind(self._kind_of(following))
        return next((queue.popleft() for queue in self._hopeless.values() if queue), None)

    def _of_kind(self, kind: str) -> int | None:
        """The next number of a kind; where there is none, the one of those that failed that was tried longest ago."""
        seen = self._seen[kind]
        while not seen and (number := _first(self._numbers)) is not None:
            self._seen[self._kind_of(number)].append(number)
        if seen:
            return seen.popleft()
        return self._hopeless[kind].popleft() if self._hopeless[kind] else None


def _first(numbers: Numbers) -> int | None:
    ranges = numbers.take(1)
    return ranges[0][0] if ranges else None


def supplies_of(
    lanes: Sequence[Lane], taken: Iterable[int], kind_of: Callable[[int], str]
) -> Iterator[tuple[str | None, Supply]]:
    """The supply of each tier."""
    numbers = set(taken)
    for lane in lanes:
        supply = Supply(lane, (number for number in numbers if number in lane.numbers), kind_of)
        yield from ((tier, supply) for tier in lane.tiers)
