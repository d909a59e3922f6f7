"""Duplicates by meaning: records whose masked texts say the same in other words."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ...errors import CheckpointError
from ...records import Fingerprints, FloatArray, Refusal, UInt64Array
from .near import REASON, Block, Nearest, most_alike
from .normal import Rows

Halves: TypeAlias = npt.NDArray[np.float16]
Singles: TypeAlias = npt.NDArray[np.float32]

SKETCH = 48
"""Numbers of a sketch: the length of a vector in all directions but the 47 it holds is the last of them."""
_PART = 4096
"""Records compared at once: what this takes beyond the index stays within a few MB."""
_FIRST = 1024
"""Records that are compared in full; with more, sketches pay."""
_FIT = 2048
"""Records that show in which directions the vectors of a category differ most."""
_SLACK = 0.01
"""What the rounding of vectors and sketches may take from a bound, many times over."""


class EmbeddingIndex:
    """The embeddings of a category's records: of all, or of the last `scope`.

    The search is exact. A sketch, the coordinates of a vector in the directions in which the category's vectors differ
    most and the length of the rest, bounds every cosine from above: with MiniLM, fewer than one pair in 2,000 has a
    bound of 0.9 without being near. These alone are compared, in double precision, where the products of halves and
    their sums are exact: verdicts do not depend on what is compared at once. A batch of 20 takes 5 ms of CPU time
    against 100,000 records and 50 ms against a million, where to embed it takes 120 to 200 ms. (Flat indexes of faiss
    take 50 to 120 ms against 100,000, all cosines by NumPy 70.)

    A record takes 2 bytes a dimension, 192 of sketch and 8 of sense: 968 with 384 dimensions, and room for half as many
    records again. Records without an embedding (empty texts, or from runs without an embedder) are like no other.
    """

    at_once = 1024  # compared with each other: 8 MB of cosines

    def __init__(self, threshold: float, scope: Literal["global"] | int) -> None:
        self._threshold = threshold
        self._most = int(np.iinfo(np.int64).max) if scope == "global" else scope
        self._count = 0
        self._vectors: Halves = np.zeros((0, 0), np.float16)
        self._senses: UInt64Array = np.zeros(0, np.uint64)
        self._sketches: Singles = np.zeros((0, SKETCH), np.float32)
        self._directions: Singles | None = None
        self.unembedded = 0
        """Records that were added without an embedding."""

    def __len__(self) -> int:
        return self._count

    @property
    def nbytes(self) -> int:
        """Bytes the index holds."""
        return self._vectors.nbytes + self._senses.nbytes + self._sketches.nbytes

    def block(self, fingerprints: Fingerprints) -> Block:
        """Prepares candidates: compares all of them with the records, and with each other."""
        if fingerprints.embeddings is None or fingerprints.senses is None:
            raise ValueError("these fingerprints hold no embeddings")
        self._make_room(len(fingerprints.exact), fingerprints.embeddings.shape[1])
        return _Block(self, fingerprints.embeddings, fingerprints.senses, self._threshold)

    def insert(self, fingerprints: Fingerprints) -> None:
        """Adds records that were accepted before, in the order of their acceptance.

        Those without embeddings keep their place, so that positions hold, and are like no other.
        """
        vectors, senses = fingerprints.embeddings, fingerprints.senses
        if vectors is None or senses is None:
            vectors = np.zeros((len(fingerprints.exact), self._vectors.shape[1]), np.float16)
            senses = np.zeros(len(vectors), np.uint64)
            self.unembedded += len(vectors)
        for start in range(0, len(vectors), _PART):
            part = vectors[start : start + _PART]
            self._make_room(len(part), part.shape[1])
            self.extend(part, senses[start : start + _PART])

    def extend(self, vectors: Halves, senses: UInt64Array) -> None:
        """Adds the newest records, for which there is room: in a window, over the oldest."""
        count = self._count + len(vectors)
        last = min(len(vectors), len(self._vectors))
        slots = np.arange(count - last, count) % len(self._vectors)
        kept = vectors[len(vectors) - last :]
        self._vectors[slots], self._senses[slots] = kept, senses[len(senses) - last :]
        if self._directions is not None:
            self._sketches[slots] = self._sketched(kept)
        self._count = count

    def near(self, vectors: Halves, senses: UInt64Array) -> tuple[Rows, Rows, FloatArray]:
        """Pairs of a row and a record in scope that are duplicates: rows, positions, cosines; by row, then position."""
        pairs = [(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0))]
        held = min(self._count, len(self._vectors))
        exact, sketched = vectors.astype(np.float64), self._sketched(vectors)
        for start in range(0, held, _PART):
            part = slice(start, min(start + _PART, held))
            slots = np.arange(part.start, part.stop)
            if self._directions is not None:
                bounds = self._sketches[part] @ sketched.T
                slots = slots[(bounds >= self._threshold - _SLACK).any(axis=1)]
            cosines = _cosines(exact, self._vectors[slots].astype(np.float64))
            alike = (cosines >= self._threshold) & (senses[:, np.newaxis] == self._senses[slots])
            rows, found = np.nonzero(alike)
            pairs.append((rows, self._positions(slots[found]), cosines[rows, found]))
        together = [np.concatenate(columns) for columns in zip(*pairs, strict=True)]
        order = np.lexsort((together[1], together[0]))
        return together[0][order], together[1][order], together[2][order]

    def oldest(self) -> int:
        """The position of the oldest record in scope."""
        return max(0, self._count - self._most)

    def nearest(self, fingerprints: Fingerprints, count: int) -> Nearest:
        """The records in scope most like each row, whatever their sense, best first: at most `count`, with cosines."""
        if fingerprints.embeddings is None:
            raise ValueError("these fingerprints hold no embeddings")
        held = min(self._count, len(self._vectors))
        wanted = fingerprints.embeddings.astype(np.float32)
        if not held or not self._vectors.shape[1]:
            return [[] for _ in wanted]
        parts = [self._vectors[start : min(start + _PART, held)] for start in range(0, held, _PART)]
        found: Nearest = []
        for cosines in np.concatenate([wanted @ part.astype(np.float32).T for part in parts], axis=1):
            slots = most_alike(cosines, count)
            like = zip(self._positions(slots).tolist(), cosines[slots].tolist(), strict=True)
            found.append([(position, min(1.0, cosine)) for position, cosine in like if cosine > 0])
        return found

    def _positions(self, slots: Rows) -> Rows:
        """The position of the newest record in each slot."""
        return self._count - 1 - (self._count - 1 - slots) % len(self._vectors)

    def _sketched(self, vectors: Halves) -> Singles:
        if self._directions is None:
            return np.zeros((len(vectors), SKETCH), np.float32)
        singles = vectors.astype(np.float32)
        inside = singles @ self._directions
        rest = np.maximum(0, np.square(singles).sum(axis=1) - np.square(inside).sum(axis=1))
        return np.column_stack([inside, np.sqrt(rest)])

    def _make_room(self, more: int, dimensions: int) -> None:
        """Room for more records; raises CheckpointError where earlier ones have embeddings of another length."""
        known = self._vectors.shape[1]
        if known and dimensions != known:
            raise CheckpointError.at(
                "the checkpoint",
                f"holds embeddings of {known} dimensions, and the embedder gives {dimensions}",
                "set DATASET_AGENT_EMBEDDER to the model it was begun with, or begin anew with --fresh",
            )
        wanted = min(self._count + more, self._most)
        if wanted > len(self._vectors) or dimensions != known:
            self._grow(max(wanted, min(_FIRST, self._most)), dimensions)

    def _grow(self, wanted: int, dimensions: int) -> None:
        """Half as many places again at the least, and directions from the records there are now."""
        held = min(self._count, len(self._vectors))
        capacity = min(max(wanted, held * 3 // 2), self._most)
        vectors = np.zeros((capacity, dimensions), np.float16)
        vectors[:held, : self._vectors.shape[1]] = self._vectors[:held]
        self._vectors = vectors
        self._senses = np.concatenate([self._senses[:held], np.zeros(capacity - held, np.uint64)])
        self._directions = _directions(vectors[:held])
        self._sketches = np.zeros((0 if self._directions is None else capacity, SKETCH), np.float32)
        for start in range(0, held if self._directions is not None else 0, _PART):
            part = slice(start, min(start + _PART, held))
            self._sketches[part] = self._sketched(vectors[part])


class _Block:
    """Embeddings in the order in which they are judged."""

    def __init__(self, index: EmbeddingIndex, vectors: Halves, senses: UInt64Array, threshold: float) -> None:
        self._index, self._vectors, self._senses = index, vectors, senses
        exact = vectors.astype(np.float64)
        rows, self._found, self._alike = index.near(vectors, senses)
        self._begins = np.searchsorted(rows, np.arange(len(vectors) + 1))
        self._among = _cosines(exact, exact)
        self._among[(self._among < threshold) | (senses[:, np.newaxis] != senses)] = 0
        self._place = np.full(len(vectors), -1, np.intp)  # of those that were accepted

    def refusal(self, row: int) -> Refusal | None:
        mine = slice(self._begins[row], self._begins[row + 1])
        others = np.flatnonzero(self._among[row])
        places = np.concatenate([self._found[mine], self._place[others]])
        alike = np.concatenate([self._alike[mine], self._among[row, others]])
        alike[places < self._index.oldest()] = 0
        if not alike.any():
            return None
        best = int(alike.argmax())  # the oldest of those most like it
        place = int(places[best])
        return Refusal(REASON, f"embedding: {alike[best]:.2f} like record {place} of its category", place)

    def accept(self, row: int) -> None:
        self._place[row] = len(self._index)
        self._index.extend(self._vectors[row : row + 1], self._senses[row : row + 1])


def _cosines(ones: FloatArray, others: FloatArray) -> FloatArray:
    """The cosine of each pair, 0 for vectors of length 0; exact to 6 digits, and the same in whatever company."""
    lengths = np.sqrt(np.square(ones).sum(axis=1))[:, np.newaxis] * np.sqrt(np.square(others).sum(axis=1))
    dots: FloatArray = ones @ others.T
    cosines: FloatArray = np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 0)
    return cosines.round(6)


def _directions(vectors: Halves) -> Singles | None:
    """The directions in which vectors reach furthest, (dimensions, SKETCH - 1); None where a sketch saves nothing."""
    if len(vectors) < _FIRST or vectors.shape[1] < 2 * SKETCH:
        return None
    sample = vectors[:: -(-len(vectors) // _FIT)].astype(np.float32)
    _, found = np.linalg.eigh(sample.T @ sample)  # ascending
    directions: Singles = np.ascontiguousarray(found[:, :-SKETCH:-1])
    return directions
