"""Which records a person is asked about: so many of each stratum, drawn by the plan's seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...plan import largest_remainder
from ...records import Int64Array
from ...tools.draws import bits, key_of


def allocation(sizes: Sequence[int], wanted: int) -> list[int]:
    """How many records are drawn of each stratum; `sizes` are the records there are.

    They sum to `wanted`, or to all there are. Each is its stratum's share by largest remainder, but one where that
    would be less and there is something to draw; where `wanted` is too small for that, the largest strata come first.
    """
    wanted = min(wanted, sum(sizes))
    if wanted <= sum(size > 0 for size in sizes):
        by_size = sorted(range(len(sizes)), key=lambda index: (-sizes[index], index))
        chosen = set(by_size[:wanted])
        return [int(index in chosen) for index in range(len(sizes))]
    counts, others = [0] * len(sizes), [index for index, size in enumerate(sizes) if size]
    left = wanted
    while others:
        whole = sum(sizes[index] for index in others)
        small = [index for index in others if left * sizes[index] < whole]
        if not small:
            for index, count in zip(others, largest_remainder(left, [sizes[i] for i in others]), strict=True):
                counts[index] = count
            break
        for index in small:  # one each; what is left is shared among the others, of whom it may make others small
            counts[index] = 1
        left -= len(small)
        others = [index for index in others if not counts[index]]
    return counts


@dataclass(frozen=True, slots=True)
class Drawn:
    """Records drawn of one stratum in the order of the draw: their batches, and their numbers in their category."""

    batches: Int64Array
    numbers: Int64Array


class Draw:
    """Draws the first `count` records of one stratum, in an order that depends on nothing but the seed.

    So a larger draw begins with a smaller one, and a record that is added moves no other. Memory does not grow with
    the records that are looked at.
    """

    def __init__(self, seed: int, category: str, count: int) -> None:
        self._key, self._count = key_of(seed, "review", category), count
        self._ranks = np.zeros(0, np.uint64)
        self._batches, self._numbers = np.zeros(0, np.int64), np.zeros(0, np.int64)

    def add(self, batches: npt.NDArray[np.integer], numbers: npt.NDArray[np.integer]) -> None:
        """More records of the stratum: their batches, and their numbers in their category."""
        if not self._count:
            return
        self._ranks = np.concatenate([self._ranks, bits(self._key, numbers)])
        self._batches = np.concatenate([self._batches, batches.astype(np.int64, copy=False)])
        self._numbers = np.concatenate([self._numbers, numbers.astype(np.int64, copy=False)])
        if len(self._ranks) > self._count:
            self._keep(np.argpartition(self._ranks, self._count - 1)[: self._count])

    def _keep(self, rows: npt.NDArray[np.intp]) -> None:
        self._ranks, self._batches, self._numbers = self._ranks[rows], self._batches[rows], self._numbers[rows]

    def drawn(self) -> Drawn:
        """The records, the first drawn first."""
        self._keep(np.argsort(self._ranks))  # no two are the same: each number has a rank of its own
        return Drawn(self._batches, self._numbers)


def asking_order(counts: Sequence[int]) -> list[tuple[int, int]]:
    """(stratum, place in its draw) of all records drawn, so mixed that any beginning holds the strata in proportion."""
    places = [(stratum, place) for stratum, count in enumerate(counts) for place in range(count)]
    return sorted(places, key=lambda at: ((2 * at[1] + 1) / counts[at[0]], at))
