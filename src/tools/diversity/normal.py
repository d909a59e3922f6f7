"""Texts in their normal form, and what the indexes are fed from: bytes and hashes of whole columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from ...records import UInt64Array

Rows = npt.NDArray[np.intp]
"""Indices of rows, ascending."""

_BLANK, _BACKSLASH, _ASCII_END = 0x20, 0x5C, 0x80

# `\\n` in a JSON text is a backslash and an n, so escaped backslashes are stepped over.
_WHITE_SPACE = r"(\\\\)|(?:[ \t\r\n]|\\[nrt])+"


def normalised(texts: pa.StringArray) -> pa.StringArray:
    """JSON texts in lower case, each run of white space, escaped or not, as one blank.

    Only rows that have such runs go through a regular expression: the others, nearly all, cost 80 ns each.
    """
    if not len(texts):
        return texts
    data, offsets = values_of(texts)
    lower = pc.ascii_lower(texts) if is_ascii(texts) else pc.utf8_lower(texts)
    white = data <= _BLANK
    odd = (data == _BACKSLASH) | (data < _BLANK)
    odd[1:] |= white[1:] & white[:-1]
    rows = np.unique(np.searchsorted(offsets, np.flatnonzero(odd), side="right") - 1)
    if not rows.size:
        return lower
    collapsed = pc.replace_substring_regex(lower.take(pa.array(rows)), _WHITE_SPACE, r"\1 ")
    return pc.replace_with_mask(lower, pa.array(np.isin(np.arange(len(texts)), rows)), collapsed)


def is_ascii(texts: pa.StringArray) -> bool:
    """Whether no row has another character."""
    data, _ = values_of(texts)
    return data.size == 0 or bool(data.max() < _ASCII_END)


def hashes(texts: pa.StringArray) -> UInt64Array:
    """XXH3 of each text as it is, 64 bits."""
    column = texts.cast(pa.binary()).to_pylist()
    return np.fromiter(map(xxhash.xxh3_64_intdigest, column), np.uint64, len(column))


def values_of(texts: pa.StringArray) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """The bytes of all rows in a row, without a copy, and where each begins: offsets of length rows + 1."""
    _, offsets, data = texts.buffers()
    begins = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    values = np.frombuffer(data or b"", np.uint8)[begins[0] : begins[-1]]
    return values, begins - begins[0]
