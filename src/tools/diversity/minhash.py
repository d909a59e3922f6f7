"""Near duplicates: records whose texts share most of their words."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from rensa import RMinHash

from ...records import Fingerprints, Refusal
from ..draws import mix
from .near import MANY, REASON, Block, Nearest, most_alike
from .normal import Rows, is_ascii

Signatures = npt.NDArray[np.uint32]
Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int32]

PERMUTATIONS = 128
_SEED = 42
_EACH_BYTE = np.uint32(0x01010101)
_LONGEST_CHAIN = 32
"""Where a bucket has more records, all records are compared: cheaper than to follow the chain one by one."""
_PART = 65_536
"""Records compared with another at once, where all are."""
_NOBODY: Positions = np.empty(0, np.int32)
_ONE = np.uint64(1)  # mix leaves 0 as it is
_CHUNK = 1024
"""Rows signed at once: rensa hands signatures over as Python integers, which fill the caches otherwise."""

_KEYS_AND_MARKS = r'"[^"\\]*"\s*:|[^\p{L}\p{M}\p{N}"]+|"'
# The same for ASCII: patterns are compiled for each column, in 1.7 ms with the classes of Unicode, in 20 us without.
_KEYS_AND_MARKS_ASCII = r'"[^"\\]*"\s*:|[^a-zA-Z0-9"]+|"'
_UNSPACED = r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}])"
NEGATION = r"\b(?:not?|never|none|nor|neither|nothing|nobody|without|cannot|false|[a-z]+n t)\b"
_RECALL = 0.99
"""The least chance that two records of just the threshold's similarity are compared."""


def words_of(texts: pa.StringArray) -> pa.StringArray:
    """The words of all values of normalised JSON texts, in their order, between blanks; no keys.

    In scripts without blanks between words each character is one.
    """
    if is_ascii(texts):
        return pc.replace_substring_regex(texts, _KEYS_AND_MARKS_ASCII, " ")
    words = pc.replace_substring_regex(texts, _KEYS_AND_MARKS, " ")
    return pc.replace_substring_regex(words, _UNSPACED, r" \1 ")


def signatures(texts: pa.StringArray) -> Signatures:
    """The MinHash signatures of normalised JSON texts, uint32 of shape (rows, 128).

    The share of places that two signatures agree in estimates how alike the texts are: the words and pairs of
    neighbouring words they share, over all that either has. Its standard error is 0.044 at the most, 0.035 at 0.8.
    Texts with different numbers of negations agree nowhere: "take it with food" is no duplicate of "do not take it".
    """
    words = words_of(texts)
    signed = np.empty((len(words), PERMUTATIONS), np.uint32)
    for start in range(0, len(words), _CHUNK):
        rows = slice(start, start + _CHUNK)
        shingles = list(map(_shingles, words[rows].to_pylist(), texts[rows].to_pylist()))
        signed[rows] = RMinHash.digest_matrix_from_token_sets(shingles, PERMUTATIONS, _SEED).to_rows()
    negations = pc.count_substring_regex(words, NEGATION).to_numpy()
    signed ^= ((negations % 256).astype(np.uint32) * _EACH_BYTE)[:, np.newaxis]
    return signed


def _shingles(words: str, text: str) -> list[str]:
    alone = words.split() or [text]  # without any word: like nothing but itself
    return [*alone, *map(" ".join, pairwise(alone))]


class MinHashIndex:
    """The signatures of a category's accepted records: of all, or of the last `scope`.

    A locality-sensitive hash: signatures are cut into bands, and two records are compared where a band of theirs falls
    into the same bucket. Buckets are chains through arrays: `_heads` has the newest record of each, `_next` the one
    before it. Kept of each place of a signature is its low byte, which makes two records look more alike than they are
    by 1/256 of their difference. At a threshold of 0.8 that makes 128 bytes of signature and 21 bands of 8 bytes: 296
    bytes a record, and room for half as many records again. Positions count the records of the category in the order of
    their acceptance, from 0.
    """

    at_once = MANY

    def __init__(self, threshold: float, scope: Literal["global"] | int) -> None:
        self._threshold = threshold
        self._band = _rows_a_band(threshold)
        self._bands = np.arange(PERMUTATIONS // self._band)
        self._count = 0
        self._most = int(np.iinfo(np.int32).max) if scope == "global" else scope
        self._allocate(min(1024, self._most))

    def __len__(self) -> int:
        return self._count

    @property
    def nbytes(self) -> int:
        """Bytes the index holds."""
        return self._signatures.nbytes + self._heads.nbytes + self._next.nbytes

    def block(self, fingerprints: Fingerprints) -> Block:
        """Prepares candidates."""
        return _Block(self, *self._prepared(fingerprints))

    def insert(self, fingerprints: Fingerprints) -> None:
        """Adds records that were accepted before, in the order of their acceptance."""
        for kept, buckets in zip(*self._prepared(fingerprints), strict=True):
            self.add(kept, buckets)

    def nearest(self, fingerprints: Fingerprints, count: int) -> Nearest:
        """The records in scope most like each row, the best first: at most `count`, those alike in nothing left out."""
        held = self._signatures[: min(self._count, len(self._signatures))]
        found: Nearest = []
        for kept in _kept(fingerprints):
            agreeing = np.zeros(len(held), np.intp)
            for start in range(0, len(held), _PART):
                part = slice(start, start + _PART)
                agreeing[part] = np.count_nonzero(held[part] == kept, axis=1)
            best = [slot for slot in most_alike(agreeing, count).tolist() if agreeing[slot]]
            found.append([(self._position(slot), float(agreeing[slot] / PERMUTATIONS)) for slot in best])
        return found

    def similar(self, kept: Bytes, buckets: Rows) -> tuple[int, float] | None:
        """The position of the record in scope most like this one, and how alike they are; None below the threshold."""
        found = self._candidates(buckets)
        if not found.size:
            return None
        agreeing = np.count_nonzero(self._signatures[found % len(self._signatures)] == kept, axis=1)
        best = int(agreeing.argmax())
        alike = float(agreeing[best] / PERMUTATIONS)
        return (int(found[best]), alike) if alike >= self._threshold else None

    def _candidates(self, buckets: Rows) -> Positions:
        """Positions of the records in scope that share a bucket, as often as they share one; or of all, if many do."""
        oldest = max(0, self._count - len(self._signatures))
        positions, bands = self._heads[buckets], self._bands
        found: list[Positions] = []
        for _ in range(_LONGEST_CHAIN):
            alive = positions >= oldest
            if not alive.any():
                return np.concatenate(found) if found else _NOBODY
            positions, bands = positions[alive], bands[alive]
            found.append(positions)
            positions = self._next[positions % len(self._signatures), bands]
        return np.arange(oldest, self._count, dtype=np.int32)

    def add(self, kept: Bytes, buckets: Rows) -> None:
        """Adds the newest record."""
        place = self._count % len(self._signatures)
        self._signatures[place] = kept
        self._next[place] = self._heads[buckets]
        self._heads[buckets] = self._count
        self._count += 1

    def _position(self, slot: int) -> int:
        """The position of the newest record in a slot."""
        return self._count - 1 - (self._count - 1 - slot) % len(self._signatures)

    def _prepared(self, fingerprints: Fingerprints) -> tuple[Bytes, Rows]:
        """What is kept of each signature, and its buckets, once there is room for all of them."""
        kept = _kept(fingerprints)
        wanted = min(self._count + len(kept), self._most)
        if wanted > len(self._signatures):
            self._grow(wanted)
        return kept, self._buckets(kept)

    def _buckets(self, kept: Bytes) -> Rows:
        """The bucket of each band, as an index into `_heads`, shape (rows, bands)."""
        places = kept[:, : len(self._bands) * self._band].reshape(len(kept), len(self._bands), self._band)
        keys = np.zeros((len(kept), len(self._bands)), np.uint64)
        for place in range(self._band):
            keys = mix(keys + places[:, :, place] + _ONE)
        buckets_a_band = len(self._signatures)
        return (keys % np.uint64(buckets_a_band)).astype(np.intp) + self._bands * buckets_a_band

    def _allocate(self, capacity: int) -> None:
        self._signatures = np.zeros((capacity, PERMUTATIONS), np.uint8)
        self._next = np.full((capacity, len(self._bands)), -1, np.int32)
        self._heads = np.full(len(self._bands) * capacity, -1, np.int32)

    def _grow(self, wanted: int) -> None:
        """Makes room for the records wanted, at least half as many again as before, and chains all of them anew."""
        held = self._signatures[: self._count]
        self._allocate(min(max(wanted, len(held) * 3 // 2), self._most))
        self._signatures[: len(held)] = held
        buckets = self._buckets(held)
        for band in self._bands:
            order = np.argsort(buckets[:, band], kind="stable").astype(np.int32)
            bucket = buckets[order, band]
            same = bucket[1:] == bucket[:-1]
            self._next[order[1:][same], band] = order[:-1][same]
            self._heads[bucket] = order  # where a bucket occurs twice the last one stays: the newest


class _Block:
    """Signatures in the order in which they are judged."""

    def __init__(self, index: MinHashIndex, kept: Bytes, buckets: Rows) -> None:
        self._index, self._kept, self._buckets = index, kept, buckets

    def refusal(self, row: int) -> Refusal | None:
        found = self._index.similar(self._kept[row], self._buckets[row])
        if found is None:
            return None
        return Refusal(REASON, f"minhash: {found[1]:.2f} like record {found[0]} of its category", found[0])

    def accept(self, row: int) -> None:
        self._index.add(self._kept[row], self._buckets[row])


def _kept(fingerprints: Fingerprints) -> Bytes:
    if fingerprints.signatures is None:
        raise ValueError("these fingerprints hold no MinHash signatures")
    return fingerprints.signatures.astype(np.uint8)


def _rows_a_band(threshold: float) -> int:
    """The most rows a band may have, so that two records of the threshold's similarity share one with `_RECALL`."""
    fits = [rows for rows in range(1, 33) if 1 - (1 - threshold**rows) ** (PERMUTATIONS // rows) >= _RECALL]
    return max(fits, default=1)
