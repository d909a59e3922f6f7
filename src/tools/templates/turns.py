"""Which template writes a record: they take turns, and those used up drop out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...records import Int64Array

_INT64 = 1 << 63


@dataclass(frozen=True, slots=True)
class Turns:
    """Round robin over templates, worked out for any number at once, without counting up to it.

    A phase is a run of rounds in which the same templates take part: `starts` is its first number, `floors` the rounds
    before it, `alive` how many templates take part. `order` has the templates by capacity, the largest first, so that
    those alive are always the first ones.
    """

    order: Int64Array
    starts: Int64Array
    floors: Int64Array
    alive: Int64Array

    @classmethod
    def over(cls, capacities: Sequence[int]) -> Turns:
        """The turns of templates with these capacities, each at least 1."""
        order = sorted(range(len(capacities)), key=lambda template: (-capacities[template], template))
        start, floor, phases = 0, 0, []
        for alive in range(len(order), 0, -1):
            capacity = capacities[order[alive - 1]]
            if capacity > floor:
                phases.append((start, floor, alive))
                start, floor = start + (capacity - floor) * alive, capacity
        columns = np.array([phase for phase in phases if phase[0] < _INT64], np.int64).T
        return cls(np.array(order, np.int64), *columns)

    def of(self, numbers: Int64Array) -> tuple[Int64Array, Int64Array]:
        """The template of each number, and its ordinal within that template."""
        phase = np.searchsorted(self.starts, numbers, side="right") - 1
        rounds, turn = np.divmod(numbers - self.starts[phase], self.alive[phase])
        return self.order[turn], self.floors[phase] + rounds
