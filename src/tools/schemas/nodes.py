"""The compiled tree: each node draws a column of values for the rows it is given."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa

from ...records import Json
from .forms import Dead
from .places import Place
from .rows import Rows, scatter

MAX_HEIGHT = 64
"""The deepest nesting a record may need."""

MAX_SIZE = 50_000
"""The most leaves a record may need."""


_PARTS = 2
"""Strata for each branch of a choice, so that one of little weight comes in turn as well."""


class Measure(NamedTuple):
    """The least a value needs: levels of nesting, and leaves."""

    height: float
    size: float


NEVER = Measure(math.inf, math.inf)
LEAF = Measure(0, 1)


class Node(Protocol):
    """Draws values."""

    def measure(self) -> Measure:
        """The least that a value of this node needs, as far as it is known now."""
        ...

    def draw(self, rows: Rows) -> list[Json]:
        """One value for each row."""
        ...

    def arrow(self) -> pa.DataType | None:
        """The Arrow type of every value, or None where there is none that loses nothing."""
        ...

    def reason(self) -> Dead | Node | None:
        """Why nothing can be drawn, or the child that can't be; None where a cycle is to blame."""
        ...


class Leaf:
    """Values without children: a function draws them."""

    def __init__(self, draw: Callable[[Rows], list[Json]], arrow: pa.DataType | None) -> None:
        self.draw, self._arrow = draw, arrow

    def measure(self) -> Measure:
        """One leaf."""
        return LEAF

    def arrow(self) -> pa.DataType | None:
        """As given."""
        return self._arrow

    def reason(self) -> Dead | Node | None:
        """Leaves can always be drawn."""
        return None


class Fixed(Leaf):
    """A choice among given values."""

    def __init__(self, values: Sequence[Json]) -> None:
        self.values = list(values)
        array = np.empty(len(self.values), dtype=object)
        array[:] = self.values
        self._array = array
        super().__init__(self._draw, _arrow_of(self.values))

    def _draw(self, rows: Rows) -> list[Json]:
        if len(self.values) == 1:
            return self.values * len(rows)
        return self._array.take(rows.in_turn(len(self.values))).tolist()  # type: ignore[no-any-return]


def _arrow_of(values: list[Json]) -> pa.DataType | None:
    kinds = {type(value) for value in values}
    if kinds == {int} and not all(-(2**63) <= value < 2**63 for value in values):
        return None
    known: dict[frozenset[type], pa.DataType] = {
        frozenset({str}): pa.string(),
        frozenset({int}): pa.int64(),
        frozenset({float}): pa.float64(),
        frozenset({bool}): pa.bool_(),
    }
    return known.get(frozenset(kinds))


class Nothing:
    """No value at all."""

    def __init__(self, dead: Dead) -> None:
        self._dead = dead

    def found_in(self, place: Place) -> Nothing:
        """The same, told of a place where only the keyword is known so far."""
        keyword, path, why = self._dead
        if path != "#":
            return self
        is_here = isinstance(place.schema, dict) and keyword in place.schema
        return Nothing(Dead(keyword, f"{place.pointer}/{keyword}" if is_here else place.pointer, why))

    def measure(self) -> Measure:
        """Out of reach."""
        return NEVER

    def draw(self, rows: Rows) -> list[Json]:
        """Never called: what measures `NEVER` is not drawn."""
        raise AssertionError(self._dead)

    def arrow(self) -> pa.DataType | None:
        """None."""
        return None

    def reason(self) -> Dead | Node | None:
        """What was given."""
        return self._dead


class Choice:
    """One branch for each row; where room runs out, large ones less often, where depth does, the smallest.

    A branch of weight 0 is a last resort: drawn where no other fits.
    """

    def __init__(self, branches: Sequence[Node], weights: Sequence[float] | None = None) -> None:
        self.branches = list(branches)
        self._weights = list(weights) if weights else [1.0] * len(self.branches)

    def _possible(self) -> list[tuple[int, Measure]]:
        """The branches that can be drawn at all."""
        measures = [(at, branch.measure()) for at, branch in enumerate(self.branches)]
        return [(at, measure) for at, measure in measures if measure.height < math.inf]

    def measure(self) -> Measure:
        """That of the smallest branch."""
        measures = [measure for _, measure in self._possible()]
        if not measures:
            return NEVER
        return Measure(min(m.height for m in measures), min(m.size for m in measures))

    def draw(self, rows: Rows) -> list[Json]:
        """One value for each row."""
        possible = self._possible()
        usual = [(at, m) for at, m in possible if self._weights[at] and m.height <= rows.depth]
        usual = usual or [min(possible, key=lambda one: one[1])]
        fitting = [at for at, _ in usual]
        if len(fitting) == 1:
            return self.branches[fitting[0]].draw(rows.beside(fitting[0] + 1))
        room = max(rows.room, 1)  # what needs more is drawn less often
        bounds = np.cumsum([self._weights[at] * min(1.0, room / m.size) for at, m in usual])
        picked = np.searchsorted(bounds, rows.stratified(_PARTS * len(fitting)) * bounds[-1], side="right")
        parts = []
        for place, at in enumerate(fitting):
            index = np.flatnonzero(picked == place)
            if len(index):
                parts.append((index, self.branches[at].draw(rows.take(index).beside(at + 1))))
        return scatter(len(rows), parts)

    def arrow(self) -> pa.DataType | None:
        """None: branches may differ."""
        return None

    def reason(self) -> Dead | Node | None:
        """The reason of the first branch."""
        return self.branches[0]
