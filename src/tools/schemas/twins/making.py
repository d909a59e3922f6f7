"""Twins: records that break exactly one keyword of their schema, and say which."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from ....errors import UnservableSchema
from ....records import Int64Array, Json
from ...draws import bits, key_of
from ..mending import replaced
from ..places import Document
from ..sampler import Sampler
from ..turns import Turns
from ..walking import Path, Visit
from .breakers import can_break, offered
from .labels import Fault, Faults
from .spots import Means, Spot
from .spread import Spread

_TRIALS = 32
_STARTS = 4
"""Records that a twin is tried from, one after the other."""

_ELSEWHERE = 1 << 40
_PLACES = 12
"""Places of a keyword that are tried in one record."""

_VALUES = 12
"""Values that are tried at each."""

_TRIES = 400
"""Changed records that are validated for one twin, from each record."""


@dataclass(frozen=True, slots=True)
class _Site:
    """A keyword at a place; `broken` is the keyword that shows it, and `path` where: those of a choice around it."""

    visit: Visit
    keyword: str
    broken: str
    path: Path


def compile_twins(schema: Json, sampler: Sampler, *, key: np.uint64, share: float, where: str) -> Twins:
    """Twins for a share of the sampler's records; `schema` and `where` are those it was compiled from.

    Raises:
        UnservableSchema: nothing in the schema can be broken by itself.

    """
    twins = Twins(Document(schema, where), sampler.sample, key=key, share=share)
    twins.prove()
    return twins


class Twins:
    """Makes twins of a sampler's records. The twin of a number depends on the key and the number alone.

    A twin begins as the valid record of its number. One keyword is chosen, each that the record can break in turn,
    then a place of the schema, then a part of the record; the part is changed as little as it takes. A change that
    breaks anything else, or nothing, is not taken, and the next one is tried.
    """

    def __init__(
        self, document: Document, draw: Callable[[Int64Array], list[Json]], *, key: np.uint64, share: float
    ) -> None:
        """`draw` gives the valid records of candidate numbers; `share` is the share of candidates that are twins."""
        own = key_of(key, "twins")
        self._draw, self._turns = draw, key_of(own, "turns")
        self._spread, self._means = Spread(key, share), Means(document, own)
        self._faults = Faults(document)

    def prove(self) -> None:
        """Makes twins until one can be made.

        Raises:
            UnservableSchema: none can.

        """
        numbers = np.arange(_TRIALS, dtype=np.int64)
        for number, record in zip(numbers.tolist(), self._draw(numbers), strict=True):
            if self._broken(number, number, record, Turns(number)) is not None:
                return
        why = "no record could be made that breaks exactly one keyword of it, which `invalid` asks for"
        raise UnservableSchema("invalid", "#", why)

    def write(self, numbers: Int64Array, records: Sequence[Json]) -> tuple[list[Json], list[str | None]]:
        """The records of these numbers, with twins in place of those whose turn it is, and their labels as JSON.

        A twin that cannot be made stays the valid record it was, without a label.
        """
        made, labels = list(records), list[str | None]([None] * len(records))
        rows = np.flatnonzero(self._spread.among(numbers))
        chosen = numbers[rows]
        ordinals, seeds = self._spread.ordinals(chosen).tolist(), bits(self._turns, chosen).tolist()
        for row, number, ordinal, seed in zip(rows.tolist(), chosen.tolist(), ordinals, seeds, strict=True):
            twin = self._twin(number, ordinal, made[row], Turns(seed))
            if twin is not None:
                made[row], labels[row] = twin[0], twin[1].label
        return made, labels

    def _twin(self, number: int, ordinal: int, record: Json, turns: Turns) -> tuple[Json, Fault] | None:
        for start in range(_STARTS):
            if start:
                record = self._draw(np.array([number + start * _ELSEWHERE], np.int64))[0]
            twin = self._broken(number, ordinal, record, turns)
            if twin is not None:
                return twin
        return None

    def _broken(self, number: int, ordinal: int, record: Json, turns: Turns) -> tuple[Json, Fault] | None:
        """A valid record with one keyword broken."""
        if not self._faults.is_valid(record):
            return None
        spare: tuple[Json, Fault] | None = None
        for site, other in islice(self._changes(number, ordinal, record, turns), _TRIES):
            fault = self._faults.only(other)
            if fault is None:
                continue
            if fault.is_of(site.broken, site.path):
                return other, fault
            spare = spare or (other, fault)  # one fault, though not the one that was meant
        return spare

    def _changes(self, number: int, ordinal: int, record: Json, turns: Turns) -> Iterator[tuple[_Site, Json]]:
        by_keyword: dict[str, list[_Site]] = {}
        for site in self._sites(record):
            by_keyword.setdefault(site.broken, []).append(site)
        keywords = sorted(by_keyword)
        if not keywords:
            return
        first = keywords.pop(ordinal % len(keywords))
        for keyword in [first, *turns.shuffled(keywords)]:
            for site in islice(_by_place(by_keyword[keyword], turns), _PLACES):
                visit = site.visit
                spot = Spot(site.keyword, visit.place, visit.value, self._means, turns, number)
                for part in islice(offered(spot), _VALUES):
                    yield site, replaced(record, visit.path, part)

    def _sites(self, record: Json) -> Iterator[_Site]:
        for visit in self._means.walker.walk(record):
            schema = visit.place.schema
            if not isinstance(schema, dict) or self._means.document.is_reference_alone(schema):
                continue  # what stands beside a reference is not asserted
            for keyword, argument in schema.items():
                if can_break(keyword, visit.value, argument):
                    broken, path = visit.guard or (keyword, visit.path)
                    yield _Site(visit, keyword, broken, path)


def _by_place(sites: Sequence[_Site], turns: Turns) -> Iterator[_Site]:
    """The sites, those of different places of the schema first: an array has one place and many items."""
    by_place: dict[tuple[str, str], list[_Site]] = {}
    for site in sites:
        by_place.setdefault((site.visit.place.pointer, site.keyword), []).append(site)
    rounds = [turns.shuffled(some) for some in turns.shuffled(list(by_place.values()))]
    for at in range(max(map(len, rounds))):
        yield from (some[at] for some in rounds if at < len(some))
