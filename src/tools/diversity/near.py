"""How comparisons compose: a candidate becomes a record only where none of them finds it too like another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ...records import Fingerprints, Refusal
from .normal import Rows

REASON = "duplicate"
MANY = 65_536
"""Candidates prepared at once where that takes little memory."""

Nearest = list[list[tuple[int, float]]]
"""For each row the records most like it: their positions in the category, and similarities in (0, 1], best first."""


class Block(Protocol):
    """Some candidates of a category, ready to be compared in their order."""

    def refusal(self, row: int) -> Refusal | None:
        """What is too like this candidate among the records in scope, those of this block that were accepted too."""

    def accept(self, row: int) -> None:
        """Makes the candidate a record: the newest of its category."""


class NearIndex(Protocol):
    """The records of one category, as one rule compares them.

    Positions count the records in the order of their acceptance, from 0. `at_once` is how many candidates a block may
    have.
    """

    at_once: int

    def block(self, fingerprints: Fingerprints) -> Block:
        """Prepares candidates; nothing else may be done with the index until they are all looked at."""

    def insert(self, fingerprints: Fingerprints) -> None:
        """Adds records that were accepted before, in the order of their acceptance."""


def admit(indexes: Sequence[NearIndex], fingerprints: Fingerprints, limit: int) -> tuple[Rows, dict[int, Refusal]]:
    """The first `limit` rows that no index refuses, in all of them from now on; and why others are refused.

    The first index that refuses a row gives the reason. Rows after the last one admitted are not looked at once the
    limit is reached.
    """
    count = len(fingerprints.exact)
    admitted: list[int] = []
    refused: dict[int, Refusal] = {}
    at_once = min(index.at_once for index in indexes)
    for start in range(0, count, at_once):
        if len(admitted) == limit:
            break
        rows = np.arange(start, min(start + at_once, count))
        part = fingerprints if count <= at_once else fingerprints.take(rows)
        blocks = [index.block(part) for index in indexes]
        for row in range(len(rows)):
            if len(admitted) == limit:
                break
            if refusal := _first_refusal(blocks, row):
                refused[start + row] = refusal
                continue
            for block in blocks:
                block.accept(row)
            admitted.append(start + row)
    return np.array(admitted, np.intp), refused


def most_alike(similarities: npt.NDArray[Any], count: int) -> Rows:
    """The places of the largest similarities, the largest first, of equal ones the earlier; at most `count`."""
    places = np.arange(len(similarities))
    if 0 < count < len(similarities):
        places = np.flatnonzero(similarities >= np.partition(similarities, -count)[-count])
    best: Rows = places[np.argsort(-similarities[places], kind="stable")][:count]
    return best


def _first_refusal(blocks: Sequence[Block], row: int) -> Refusal | None:
    for block in blocks:
        if refusal := block.refusal(row):
            return refusal
    return None
