"""Structural duplicates: records that differ only in what fills their slots."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...records import Fingerprints, Refusal, UInt64Array
from .exact import ExactIndex
from .near import MANY, REASON, Block
from .normal import Rows, hashes, normalised

MARK = "#"
"""What stands for each number, date, time, id, e-mail address and URL."""


def _any_case(words: str) -> str:
    return "".join(f"[{char.upper()}{char}]" if char.isalpha() else char for char in words)


_MONTH = _any_case(
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?)"
)
_ORDINAL = _any_case("(?:st|nd|rd|th)?")
# One pattern for Python (with re.ASCII) and RE2, so no (?i) and no \s, which they read differently. The group holds
# what stays: keys in which something could be masked, and escapes, lest the n of `\n5` be taken for part of an id.
_FILLED = "|".join(
    [
        r'("[^"\\]*[0-9@/.][^"\\]*":|\\[a-z])',
        r'[A-Za-z][A-Za-z0-9+.-]*://[^ \t\r\n"\\]+|[Ww]{3}\.[^ \t\r\n"\\]+',
        r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}",
        rf"\b[0-9]{{1,2}}{_ORDINAL}[ -](?:[Oo][Ff] )?{_MONTH}\b\.?(?:,?[ -][0-9]{{4}}\b)?",
        rf"\b{_MONTH}\b\.?[ -][0-9]{{1,4}}{_ORDINAL}\b(?:,? [0-9]{{4}}\b)?",
        r"\b(?:[A-Za-z_]+-)*[A-Za-z_]*[0-9][A-Za-z0-9_]*(?:[-/:][A-Za-z0-9_]+|[.,][0-9][A-Za-z0-9_]*)*"
        r"(?: ?[AaPp][Mm]\b)?",
    ]
)
_FILLED_RE = re.compile(_FILLED, re.ASCII)
_KEPT = rf"\1{MARK}"


_ALIKE = "structural: but for numbers, dates and ids the same as"


def mask(texts: pa.StringArray) -> pa.StringArray:
    """JSON texts with a mark for every number, date, time, id (letters and digits mixed), e-mail address and URL.

    `{"n":5,"text":"Order A-17 of May 5th"}` becomes `{"n":#,"text":"Order # of #"}`. Keys stay as they are; those that
    hold a digit, and escapes, have a mark behind them, since a replacement cannot depend on what was found.
    """
    return pc.replace_substring_regex(texts, _FILLED, _KEPT)


def mask_text(text: str) -> str:
    """The same for one text."""
    return _FILLED_RE.sub(_KEPT, text)


def structural_fingerprints(texts: pa.StringArray) -> UInt64Array:
    """The 64-bit fingerprint of each JSON text, its slots masked: equal where only numbers, dates or ids differ."""
    return hashes(mask(normalised(texts)))


class StructuralIndex:
    """The structural fingerprints of all records of a category, 8 bytes each."""

    at_once = MANY

    def __init__(self) -> None:
        self._keys = ExactIndex()

    def admit(self, fingerprints: Fingerprints, limit: int) -> tuple[Rows, dict[int, Refusal]]:
        """As `near.admit` with this index alone, for whole columns: as fast for millions as for a few."""
        keys = _keys(fingerprints)
        new = self._keys.novel(keys)
        rows = np.flatnonzero(new)[:limit]
        self._keys.insert(keys[rows])
        return rows, dict.fromkeys(np.flatnonzero(~new).tolist(), Refusal(REASON, f"{_ALIKE} a record of its category"))

    def block(self, fingerprints: Fingerprints) -> Block:
        """Prepares candidates."""
        return _Block(self, _keys(fingerprints))

    def insert(self, fingerprints: Fingerprints) -> None:
        """Adds records that were accepted before."""
        self._keys.insert(_keys(fingerprints))

    def like(self, key: int) -> Refusal | None:
        """The refusal of a structure that is there."""
        if self._keys.novel(np.array([key], np.uint64))[0]:
            return None
        return Refusal(REASON, f"{_ALIKE} a record of its category")

    def add(self, key: int) -> None:
        """Adds a structure that is not there."""
        self._keys.insert(np.array([key], np.uint64))


class RecentStructures:
    """The structural fingerprints of the last `size` records of a category, about 150 bytes each."""

    at_once = MANY

    def __init__(self, size: int) -> None:
        self._size = size
        self._count = 0
        self._recent: dict[int, int] = {}  # the position of each, oldest first

    def block(self, fingerprints: Fingerprints) -> Block:
        """Prepares candidates."""
        return _Block(self, _keys(fingerprints))

    def insert(self, fingerprints: Fingerprints) -> None:
        """Adds records that were accepted before."""
        for key in _keys(fingerprints).tolist():
            self.add(key)

    def like(self, key: int) -> Refusal | None:
        """The refusal of a structure that is there."""
        position = self._recent.get(key)
        return None if position is None else Refusal(REASON, f"{_ALIKE} record {position} of its category", position)

    def add(self, key: int) -> None:
        """Adds a structure, and forgets the oldest where there is no room."""
        self._recent.pop(key, None)
        self._recent[key] = self._count
        self._count += 1
        while next(iter(self._recent.values())) < self._count - self._size:
            del self._recent[next(iter(self._recent))]


class _Block:
    """Structures in the order in which they are judged."""

    def __init__(self, index: StructuralIndex | RecentStructures, keys: UInt64Array) -> None:
        self._index, self._structures = index, keys.tolist()

    def refusal(self, row: int) -> Refusal | None:
        return self._index.like(self._structures[row])

    def accept(self, row: int) -> None:
        self._index.add(self._structures[row])


def _keys(fingerprints: Fingerprints) -> UInt64Array:
    if fingerprints.structural is None:
        raise ValueError("these fingerprints hold no structure")
    return fingerprints.structural
