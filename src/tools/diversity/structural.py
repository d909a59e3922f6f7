"""Structural duplicates: records that differ only in what fills their slots."""

from __future__ import annotations

import re
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...records import BoolArray, Fingerprints, UInt64Array
from .exact import ExactIndex
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


_ALIKE = "structural: but for numbers, dates and ids the same as a record of its category"


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


class RecentIndex:
    """The fingerprints of the last `size` records, about 150 bytes each; used as `ExactIndex` is."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._recent: dict[int, None] = {}  # oldest first

    def novel(self, keys: UInt64Array) -> BoolArray:
        """Which keys are not among the last, where all new ones before them count; nothing is added."""
        trial = dict(self._recent)
        return np.array([self._remember(trial, key) for key in keys.tolist()], np.bool_)

    def insert(self, keys: UInt64Array) -> None:
        """Adds keys that `novel` has found new."""
        for key in keys.tolist():
            self._remember(self._recent, key)

    def _remember(self, recent: dict[int, None], key: int) -> bool:
        if key in recent:
            return False
        recent[key] = None
        if len(recent) > self._size:
            del recent[next(iter(recent))]
        return True


class StructuralIndex:
    """The structural fingerprints of a category's records: of all, 8 bytes each, or of the last `scope`."""

    def __init__(self, scope: Literal["global"] | int) -> None:
        self._keys = ExactIndex() if scope == "global" else RecentIndex(scope)

    def admit(self, fingerprints: Fingerprints, limit: int) -> tuple[Rows, dict[int, str]]:
        """The first `limit` rows whose structure is new, in the index from now on; and what the others are like."""
        keys = _keys(fingerprints)
        new = self._keys.novel(keys)
        rows = np.flatnonzero(new)[:limit]
        self._keys.insert(keys[rows])
        return rows, dict.fromkeys(np.flatnonzero(~new).tolist(), _ALIKE)

    def insert(self, fingerprints: Fingerprints) -> None:
        """Adds records that were accepted before."""
        self._keys.insert(_keys(fingerprints))


def _keys(fingerprints: Fingerprints) -> UInt64Array:
    if fingerprints.structural is None:
        raise ValueError("these fingerprints hold no structure")
    return fingerprints.structural
