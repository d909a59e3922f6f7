"""A keyword that holds for a part of a record, and what there is to break it with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from ....errors import UnservableSchema
from ....records import Json, UInt64Array
from ...draws import bits, key_of
from ..graph import Graph
from ..mending import replaced
from ..names import Hint
from ..places import Document, Place
from ..rows import Rows
from ..turns import Turns
from ..walking import Visit, Walker

_DEPTH, _ROOM = 3, 60.0
_FRESH = 4


class Means:
    """What breakers have: the document, a way to walk it, and fresh values of its places."""

    def __init__(self, document: Document, key: np.uint64) -> None:
        self.document, self.walker = document, Walker(document)
        # A graph of its own: what is drawn here must not bear on what the sampler draws.
        self._graph, self._key = Graph(document), key

    def fresh(self, places: tuple[Place, ...], number: int, count: int = _FRESH) -> list[Json]:
        """Some values that satisfy all the places, the same for the same number; none where none can be drawn."""
        key = key_of(self._key, "fresh", *(place.key for place in places))
        counters: UInt64Array = bits(key, np.array([number], np.int64)) + np.arange(count).astype(np.uint64)
        try:
            cell = self._graph.cell(places, Hint(), now=True)
            measure = cell.measure()
            if measure.height > _DEPTH or measure.size > _ROOM:
                return []
            is_valid = self.document.validator(places).is_valid
            return [value for value in cell.draw(Rows(int(key), counters, _DEPTH, _ROOM)) if is_valid(value)]
        except UnservableSchema:
            return []


@dataclass(frozen=True, slots=True)
class Spot:
    """A keyword of a place, and the part of a record that satisfies it. `number` is the record's own."""

    keyword: str
    place: Place
    value: Json
    means: Means
    turns: Turns
    number: int

    @property
    def argument(self) -> Json:
        """What the schema says under the keyword."""
        return self.place.schema[self.keyword]

    def child(self, *parts: str) -> Place:
        """A place below the keyword."""
        return self.means.document.child(self.place, self.keyword, *parts)

    def fresh(self, *places: Place, count: int = _FRESH) -> list[Json]:
        """Values of other places, see `Means`."""
        return self.means.fresh(places, self.number, count)


Breaker = Callable[[Spot], Iterable[Json]]
"""Gives values in place of a spot's, each of which may break its keyword, the nearest to it first."""

Offered = Callable[[Spot], Iterator[Json]]


def breaking(spot: Spot, place: Place, value: Json, offered: Offered, most: int = 40) -> Iterator[Json]:
    """Values near to one that a place holds for, for which it does not hold. `offered` breaks any one keyword."""
    walker, tries = spot.means.walker, 0
    for visit in list(walker.walk_from(place, value)):
        for keyword in visit.place.schema if isinstance(visit.place.schema, dict) else ():
            for part in offered(of_visit(spot, visit, keyword)):
                tries += 1
                if tries > most:
                    return
                other = replaced(value, visit.path, part)
                if not walker.holds(place, other):
                    yield other
                    break


def of_visit(spot: Spot, visit: Visit, keyword: str) -> Spot:
    """A spot of another place, with all the rest as it is."""
    return replace(spot, keyword=keyword, place=visit.place, value=visit.value)
