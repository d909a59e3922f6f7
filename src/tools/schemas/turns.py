"""The choices that one record asks for, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Turns:
    """The choices of one record: a stream of its own, whatever else is written."""

    _FACTOR, _ADDEND, _MASK = 6364136223846793005, 1442695040888963407, (1 << 64) - 1

    def __init__(self, seed: int) -> None:
        self._state = seed

    def below(self, number: int) -> int:
        """A number from 0 to below `number`."""
        self._state = (self._state * self._FACTOR + self._ADDEND) & self._MASK  # Knuth's linear congruential MMIX
        return (self._state >> 33) % number

    def one_of(self, options: Sequence[Item]) -> Item:
        """One of the options."""
        return options[self.below(len(options))]

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """The items in an order of their own."""
        found = list(items)
        for last in range(len(found) - 1, 0, -1):
            other = self.below(last + 1)
            found[last], found[other] = found[other], found[last]
        return found
