"""Questions whose answer is NO: subjects that a source never names together with an object."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ....records import Int64Array
from ...draws import integers, key_of
from .pairs import Pairs

OFTEN = 0.5
"""A hard negative has a true object that occurs together with the one asked about at least this share of the times that
the most frequent companion does; where none of those has a subject to give, the next ones are taken."""

_TRIES = 4


class Negatives:
    """For each object, pairs with subjects it never goes with, each with an object that the subject does have.

    An easy one has a true object that shares no subject with the one asked about, wherever there is such; a hard one
    has a true object that often occurs together with it.
    """

    def __init__(self, pairs: Pairs, key: np.uint64) -> None:
        self._pairs, self._key = pairs, key
        self._found: dict[int, list[tuple[int, int]]] = {}

    def most(self, objects: Int64Array) -> Int64Array:
        """How many negatives each object can have."""
        return len(self._pairs.subjects) - self._pairs.subjects_of.sizes[objects]

    def of(self, object: int, is_hard: list[bool]) -> list[tuple[int, int]]:
        """The first negatives of an object as (subject, true object), as many as `is_hard` is long.

        The list for fewer is the beginning of that for more. There must be as many.
        """
        found = self._found.setdefault(object, [])
        if len(found) < len(is_hard):
            finder = _Finder(self._pairs, object, key_of(self._key, object), {subject for subject, _ in found})
            found += [finder.next(number, is_hard[number]) for number in range(len(found), len(is_hard))]
        return found[: len(is_hard)]


class _Finder:
    """Finds the negatives of one object, no subject twice."""

    def __init__(self, pairs: Pairs, object: int, key: np.uint64, used: set[int]) -> None:
        self._pairs, self._object, self._key, self._used = pairs, object, key, used
        own = pairs.subjects_of[object]
        self._own = set(own.tolist())
        self._together = np.bincount(pairs.objects_of.of_all(own), minlength=len(pairs.objects))
        self._apart = np.flatnonzero(self._together == 0)

    def next(self, number: int, is_hard: bool) -> tuple[int, int]:
        key = key_of(self._key, number)
        for true_object in self._hard_objects(key) if is_hard else self._easy_objects(key):
            subject = self._subject_of(true_object, key)
            if subject is not None:
                self._used.add(subject)
                return subject, true_object
        raise ValueError("the object goes with every subject")

    def _easy_objects(self, key: np.uint64) -> Iterator[int]:
        """Objects that share no subject, some at random and then all; then the others, those that share least first."""
        if len(self._apart):
            yield from self._apart[integers(key, np.arange(_TRIES), len(self._apart))].tolist()
            yield from self._apart.tolist()
        order = np.argsort(self._together, kind="stable")
        yield from (other for other in order.tolist() if self._together[other] and other != self._object)

    def _hard_objects(self, key: np.uint64) -> Iterator[int]:
        """Those that often occur together with it, some at random and then all by how often."""
        together = self._together.copy()
        together[self._object] = -1
        often = np.flatnonzero(together >= max(1, OFTEN * together.max()))
        if len(often):
            yield from often[integers(key, np.arange(_TRIES), len(often))].tolist()
        order = np.argsort(-together, kind="stable")
        yield from (other for other in order.tolist() if together[other] >= 0)

    def _subject_of(self, true_object: int, key: np.uint64) -> int | None:
        """A subject that has the true object, and never the one asked about; None where all are used."""
        subjects = self._pairs.subjects_of[true_object]
        start = int(integers(key_of(key, true_object), np.zeros(1), len(subjects))[0])
        for place in range(len(subjects)):
            subject = int(subjects[(start + place) % len(subjects)])
            if subject not in self._own and subject not in self._used:
                return subject
        return None
