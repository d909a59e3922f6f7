"""What the committing process asks of each batch: which of its candidates are new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from ...records import Candidates, Fingerprints, Refusal
from .exact import ExactIndex
from .minhash import MinHashIndex, signatures
from .normal import Rows, hashes, normalised
from .structural import StructuralIndex, mask

Method = Literal["exact", "structural", "minhash"]
Scope = Literal["global"] | int

REASON = "duplicate"


def fingerprint(candidates: Candidates, method: Method, structural: bool = False) -> Fingerprints:
    """What the duplicate index of this method has to know of each candidate.

    `structural` adds the structural fingerprints for other uses, such as groups that a split keeps together; for those
    records that differ in wording alone are the same.
    """
    texts = normalised(candidates.texts)
    likeness = None
    if method == "structural":
        likeness = hashes(mask(texts))
    elif structural:
        likeness = hashes(mask(texts if candidates.plain is None else normalised(candidates.plain)))
    return Fingerprints(
        hashes(texts),
        likeness,
        signatures(texts) if method == "minhash" else None,
    )


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What became of a batch.

    accepted: indices of rows, ascending. refused: a row and its refusal each. looked: how many rows were looked at; the
    rows after them are surplus, neither accepted nor refused.
    """

    accepted: Rows
    refused: list[tuple[int, Refusal]]
    looked: int


class DuplicateIndex:
    """The fingerprints of all accepted records.

    Exact duplicates are refused across all categories; beyond that, `method` compares a record with those of its own
    category: with all of them, or with the last `scope`. `threshold` is the similarity that is too much for MinHash.
    """

    def __init__(self, method: Method, threshold: float, scope: Scope) -> None:
        self._method, self._threshold, self._scope = method, threshold, scope
        self._exact = ExactIndex()
        self._near: dict[str, _NearIndex] = {}

    def judge(self, category: str, fingerprints: Fingerprints, limit: int) -> Verdicts:
        """Accepts the first `limit` candidates of a batch that are no duplicates, in the order of the rows.

        The accepted ones are in the index from now on. A candidate is an exact duplicate of an accepted record, or of
        an earlier candidate of the batch.
        """
        new = self._exact.novel(fingerprints.exact)
        fresh = np.flatnonzero(new)
        admitted, alike = self._near_index(category).admit(fingerprints.take(fresh), limit)
        accepted = fresh[admitted]
        self._exact.insert(fingerprints.exact[accepted])
        looked = len(new) if len(accepted) < limit else int(accepted[-1]) + 1 if limit else 0
        details = dict.fromkeys(np.flatnonzero(~new).tolist(), "exact: the same as an earlier record")
        details |= {int(fresh[row]): detail for row, detail in alike.items()}
        refused = [(row, Refusal(REASON, details[row])) for row in sorted(details) if row < looked]
        return Verdicts(accepted, refused, looked)

    def restore(self, category: str, fingerprints: Fingerprints) -> None:
        """Adds records that were accepted in an earlier run, in the order of their acceptance."""
        self._exact.insert(fingerprints.exact)
        self._near_index(category).insert(fingerprints)

    def _near_index(self, category: str) -> _NearIndex:
        if category not in self._near:
            self._near[category] = _near_index(self._method, self._threshold, self._scope)
        return self._near[category]


class _NearIndex(Protocol):
    """Compares the records of one category beyond their being the same."""

    def admit(self, fingerprints: Fingerprints, limit: int) -> tuple[Rows, dict[int, str]]:
        """The first `limit` rows that are like no record in scope, in the index from now on; what others are like."""

    def insert(self, fingerprints: Fingerprints) -> None:
        """Adds records that were accepted before, in the order of their acceptance."""


class _NoIndex:
    """Finds no two records alike."""

    def admit(self, fingerprints: Fingerprints, limit: int) -> tuple[Rows, dict[int, str]]:
        return np.arange(min(limit, len(fingerprints.exact))), {}

    def insert(self, fingerprints: Fingerprints) -> None:
        return


def _near_index(method: Method, threshold: float, scope: Scope) -> _NearIndex:
    match method:
        case "exact":
            return _NoIndex()
        case "structural":
            return StructuralIndex(scope)
        case "minhash":
            return MinHashIndex(threshold, scope)
