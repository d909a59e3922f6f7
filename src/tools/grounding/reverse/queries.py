"""Reverse queries: which subjects go with an object, and which do not, from a table of facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ....plan import Category, Tier
from ....records import Int64Array, Json
from ...checks import Check
from ...draws import bits, key_of
from ...sources import Table
from ..base import Lane
from ..cuts import Cut, cuts_of
from .facts import ReverseFactsCheck, question
from .negatives import Negatives
from .pairs import Pairs


@dataclass(frozen=True)
class _Deal:
    """What one lane deals out, from its first number on: for each object a YES, followed by its NO records.

    objects: ids, in the order in which they are asked about. slots: for each NO of the lane its object's place in
    `objects` and its ordinal among that object's, (n, 2).
    """

    lane: Lane
    objects: Int64Array
    slots: Int64Array


class ReverseQueries:
    """See `base.GroundedSpace`. Numbers run through the tiers: each object's YES, then its NO records.

    An object that goes with every subject, or nearly, leaves its NO records to others of its tier.
    """

    def __init__(
        self, category: Category, table: Table, tiers: Sequence[Tier] | None, key: np.uint64, where: str
    ) -> None:
        """Raises SourceError for columns the source has not, PlanError for tiers whose bounds overlap."""
        assert category.subject is not None and category.object is not None
        self._category = category
        self._pairs = Pairs(table, category.subject, category.object, where)
        self._negatives = Negatives(self._pairs, key_of(key, "negatives"))
        self._key = key
        self._deals: list[_Deal] = []
        for cut in cuts_of(tiers, f"{where}.tiers"):
            self._deals.append(self._deal(cut, self._deals[-1].lane.numbers.stop if self._deals else 0))
        self._check = ReverseFactsCheck(category, table, where)
        self._source = category.source

    @property
    def lanes(self) -> Sequence[Lane]:
        """See `GroundedSpace`."""
        return [deal.lane for deal in self._deals]

    @property
    def notes(self) -> Sequence[str]:
        """See `GroundedSpace`."""
        return [f"source {self._source!r}: {note}" for note in self._pairs.notes]

    @property
    def checks(self) -> Sequence[Check]:
        """See `GroundedSpace`."""
        return [self._check]

    def records(self, numbers: Int64Array) -> list[Json]:
        """See `GroundedSpace`."""
        return [self.record(number) for number in numbers.tolist()]

    def record(self, number: int) -> Json:
        """The truth of one number."""
        deal, at, ordinal = self._at(number)
        return self._yes(int(deal.objects[at])) if ordinal is None else self._no(deal, at, ordinal)

    def expected(self, number: int) -> Mapping[str, str]:
        """The subjects that go with the object of a number: the source's spelling, by folded form."""
        side, subjects = self._pairs.subjects, self._pairs.subjects_of[self._object(number)]
        return {side.folded[subject]: side.spellings[subject] for subject in subjects.tolist()}

    def known_subjects(self) -> Mapping[str, str]:
        """All subjects of the source: its spelling, by folded form."""
        side = self._pairs.subjects
        return dict(zip(side.folded, side.spellings, strict=True))

    def kind_of(self, number: int) -> str:
        """See `GroundedSpace`: `YES` or `NO`."""
        return "YES" if self._at(number)[2] is None else "NO"

    def object_of(self, number: int) -> str:
        """See `GroundedSpace`."""
        return self._pairs.objects.folded[self._object(number)]

    def _deal(self, cut: Cut, start: int) -> _Deal:
        sizes = self._pairs.subjects_of.sizes
        is_inside = (sizes >= cut.low) & (sizes <= (cut.high or sizes.max()))
        objects = np.flatnonzero(is_inside)
        objects = objects[np.argsort(bits(key_of(self._key, "objects"), objects), kind="stable")]
        each = self._category.negatives
        slots = _slots(self._negatives.most(objects), each)
        return _Deal(
            Lane(range(start, start + _length(len(objects), len(slots), each)), cut.tiers, len(objects)),
            objects,
            slots,
        )

    def _object(self, number: int) -> int:
        deal, at, _ = self._at(number)
        return int(deal.objects[at])

    def _at(self, number: int) -> tuple[_Deal, int, int | None]:
        """The deal of a number, its object's place there, and which of that object's NO records, None for the YES."""
        deal = next(deal for deal in self._deals if number in deal.lane.numbers)
        turn, place = divmod(number - deal.lane.numbers.start, 1 + self._category.negatives)
        if place == 0:
            return deal, turn, None
        at, ordinal = deal.slots[turn * self._category.negatives + place - 1].tolist()
        return deal, at, ordinal

    def _yes(self, object: int) -> Json:
        name = self._pairs.objects.spellings[object]
        subjects = [self._pairs.subjects.spellings[subject] for subject in self._pairs.subjects_of[object].tolist()]
        return {
            "query": question(self._category.query or "", object=name),
            "object": name,
            "answer": "YES",
            "subjects": subjects,
            "subject_count": len(subjects),
            "expected_count": len(subjects),
            "recall": 1.0,
            "precision": 1.0,
        }

    def _no(self, deal: _Deal, at: int, ordinal: int) -> Json:
        first = int(np.searchsorted(deal.slots[:, 0], at))
        hard = [self._is_hard(first + place) for place in range(ordinal + 1)]
        object = int(deal.objects[at])
        subject, true_object = self._negatives.of(object, hard)[ordinal]
        name, asked = self._pairs.subjects.spellings[subject], self._pairs.objects.spellings[object]
        return {
            "query": question(self._category.negative_query or "", subject=name, object=asked),
            "subject": name,
            "object": asked,
            "answer": "NO",
            "true_object": self._pairs.objects.spellings[true_object],
        }

    def _is_hard(self, slot: int) -> bool:
        """Whether a lane's NO of this number is a hard one: the share is exact from the first on."""
        share = self._category.hard_negatives
        return int((slot + 1) * share + 1e-9) > int(slot * share + 1e-9)


def _slots(most: Int64Array, each: int) -> Int64Array:
    """Who gives the NO records: (place of the object, ordinal) for each, in the order of the objects.

    An object gives `each`, or as many as it can; what is lacking is given by others that can give more.
    """
    wanted = len(most) * each
    given = np.minimum(most, each)
    lacking = wanted - int(given.sum())
    if lacking:
        spare = most - given
        before = np.cumsum(spare) - spare
        given = given + np.clip(lacking - before, 0, spare)
    places = np.repeat(np.arange(len(most)), given)
    ordinals = np.arange(len(places)) - np.repeat(np.cumsum(given) - given, given)
    return np.column_stack([places, ordinals]).astype(np.int64)


def _length(objects: int, slots: int, each: int) -> int:
    """How many numbers a lane has: the most whose YES and NO records are all there."""
    if slots >= objects * each:
        return objects * (1 + each)
    turns, rest = divmod(slots, each)
    return min(objects * (1 + each), turns * (1 + each) + 1 + rest)
