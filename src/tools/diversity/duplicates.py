"""What the committing process asks of each batch: which of its candidates are new."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
import orjson
import pyarrow as pa

from ...records import Candidates, Fingerprints, Refusal
from .embedder import Embedder
from .embedding import EmbeddingIndex
from .exact import ExactIndex
from .fields import Fields, without
from .minhash import MinHashIndex, signatures
from .near import REASON, Nearest, NearIndex, admit
from .normal import Rows, hashes, normalised
from .rules import Rule
from .senses import meaning
from .structural import RecentStructures, StructuralIndex, mask


def fingerprint(
    candidates: Candidates,
    rules: Collection[Rule],
    structural: bool = False,
    embedder: Embedder | None = None,
    fields: Fields | None = None,
) -> Fingerprints:
    """What a duplicate index of these rules has to know of each candidate.

    `structural` adds the structural fingerprints for other uses, such as groups that a split keeps together; for those
    records that differ in wording alone are the same. `embedder` is needed where a rule compares embeddings, and takes
    nearly all of the time: about 6 ms a candidate on a CPU. `fields` says which values are no part of the wording.
    """
    methods = {rule.method for rule in rules}
    fields = fields or Fields()
    texts = normalised(candidates.texts)
    likeness = signed = vectors = senses = None
    if "structural" in methods:
        likeness = hashes(mask(texts))
    elif structural:
        likeness = hashes(mask(texts if candidates.plain is None else normalised(candidates.plain)))
    if "minhash" in methods:
        signed = signatures(normalised(_own_texts(candidates, fields)) if fields.fixed else texts)
    if "embedding" in methods:
        if embedder is None:
            raise ValueError("a rule compares embeddings, and there is no embedder")
        said, senses = meaning(candidates.values, fields)
        vectors = embedder.embed(said)
    return Fingerprints(hashes(texts), likeness, signed, vectors, senses)


def _own_texts(candidates: Candidates, fields: Fields) -> pa.StringArray:
    """The records without what is the same in all of them."""
    own = (without(value, fields.fixed) for value in candidates.values)
    return pa.array([orjson.dumps(value).decode() for value in own], pa.string())


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

    Exact duplicates are refused across all categories; beyond that, each rule of a category compares its records with
    each other. `rules` gives those of a category by its name; it is asked once for each. Not for several threads.
    """

    def __init__(self, rules: Callable[[str], Sequence[Rule]]) -> None:
        self._rules = rules
        self._exact = ExactIndex()
        self._near: dict[str, list[NearIndex]] = {}

    @property
    def unembedded(self) -> int:
        """Restored records that a rule should compare by meaning and cannot, since their run had no embedder."""
        indexes = (index for indexes in self._near.values() for index in indexes)
        return sum(index.unembedded for index in indexes if isinstance(index, EmbeddingIndex))

    def judge(self, category: str, fingerprints: Fingerprints, limit: int) -> Verdicts:
        """Accepts the first `limit` candidates of a batch that are no duplicates, in the order of the rows.

        The accepted ones are in the index from now on. A candidate is an exact duplicate of an accepted record, or of
        an earlier candidate of the batch. Where several rules refuse a candidate the first gives the reason.
        """
        new = self._exact.novel(fingerprints.exact)
        fresh = np.flatnonzero(new)
        admitted, alike = self._admit(category, fingerprints.take(fresh), limit)
        accepted = fresh[admitted]
        self._exact.insert(fingerprints.exact[accepted])
        looked = len(new) if len(accepted) < limit else int(accepted[-1]) + 1 if limit else 0
        refusals = dict.fromkeys(np.flatnonzero(~new).tolist(), Refusal(REASON, "exact: the same as an earlier record"))
        refusals |= {int(fresh[row]): refusal for row, refusal in alike.items()}
        return Verdicts(accepted, [(row, refusals[row]) for row in sorted(refusals) if row < looked], looked)

    def restore(self, category: str, fingerprints: Fingerprints) -> None:
        """Adds records that were accepted in an earlier run, in the order of their acceptance.

        Raises CheckpointError where they were embedded by another model than the later ones.
        """
        self._exact.insert(fingerprints.exact)
        for index in self._indexes(category):
            index.insert(fingerprints)

    def nearest(self, category: str, fingerprints: Fingerprints, count: int) -> Nearest:
        """For each row the accepted records most like it: positions in the category and similarities, best first.

        By embedding where the category and the fingerprints have them, else by MinHash; no records where neither does.
        Those out of a rule's scope are not looked at. Nothing is added.
        """
        for index in reversed(self._indexes(category)):
            if isinstance(index, EmbeddingIndex) and fingerprints.embeddings is not None:
                return index.nearest(fingerprints, count)
            if isinstance(index, MinHashIndex) and fingerprints.signatures is not None:
                return index.nearest(fingerprints, count)
        return [[] for _ in fingerprints.exact]

    def _admit(self, category: str, fingerprints: Fingerprints, limit: int) -> tuple[Rows, dict[int, Refusal]]:
        """See `near.admit`; by columns where there is no rule, or none but a structural one over all records."""
        match self._indexes(category):
            case []:
                return np.arange(min(limit, len(fingerprints.exact))), {}
            case [StructuralIndex() as structures]:
                return structures.admit(fingerprints, limit)
            case indexes:
                return admit(indexes, fingerprints, limit)

    def _indexes(self, category: str) -> list[NearIndex]:
        if category not in self._near:
            self._near[category] = [_index_of(rule) for rule in self._rules(category)]
        return self._near[category]


def _index_of(rule: Rule) -> NearIndex:
    match rule.method:
        case "structural":
            return StructuralIndex() if rule.scope == "global" else RecentStructures(rule.scope)
        case "minhash":
            return MinHashIndex(rule.threshold, rule.scope)
        case "embedding":
            return EmbeddingIndex(rule.threshold, rule.scope)
