"""Exact duplicates: records whose texts are the same but for case and white space."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ...records import BoolArray, UInt64Array
from .normal import hashes, normalised


def fingerprints(texts: pa.StringArray) -> UInt64Array:
    """The 64-bit fingerprint of each JSON text: equal where the texts are, whatever their case and white space.

    Among a million records, two that differ share one with a probability of 3 in 100 million.
    """
    return hashes(normalised(texts))


class ExactIndex:
    """A growing set of 64-bit fingerprints, kept in sorted runs that are merged when they are of similar length.

    It takes 8 bytes a record, and up to 20 for as long as a merge of all of them lasts. A batch is looked up at once.
    """

    def __init__(self) -> None:
        self._runs: list[UInt64Array] = []

    def __len__(self) -> int:
        return sum(map(len, self._runs))

    @property
    def nbytes(self) -> int:
        """Bytes the index holds."""
        return sum(run.nbytes for run in self._runs)

    def novel(self, keys: UInt64Array) -> BoolArray:
        """Which keys are neither in the index nor, further up, in the same batch; nothing is added."""
        ordered = np.sort(keys)
        new = np.ones(len(keys), np.bool_)
        known = ordered[self._holds(ordered)]
        if known.size:
            new &= ~np.isin(keys, known)
        repeated = ordered[1:][ordered[1:] == ordered[:-1]]
        if repeated.size:
            rows = np.flatnonzero(np.isin(keys, repeated))
            first = np.unique(keys[rows], return_index=True)[1]
            new[np.delete(rows, first)] = False
        return new

    def insert(self, keys: UInt64Array) -> None:
        """Adds keys that `novel` has found new."""
        if not len(keys):
            return
        self._runs.append(np.sort(keys))
        while len(self._runs) > 1 and len(self._runs[-2]) <= 2 * len(self._runs[-1]):
            merged = np.concatenate([self._runs.pop(), self._runs.pop()])
            merged.sort(kind="stable")  # finds the two runs and merges them, in linear time
            self._runs.append(merged)

    def add(self, keys: UInt64Array) -> BoolArray:
        """Which keys are new; these are in the index from now on."""
        new = self.novel(keys)
        self.insert(keys[new])
        return new

    def _holds(self, ordered: UInt64Array) -> BoolArray:
        held = np.zeros(len(ordered), np.bool_)
        for run in self._runs:
            place = np.searchsorted(run, ordered)
            place[place == len(run)] = 0
            held |= run[place] == ordered
        return held
