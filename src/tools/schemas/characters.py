"""Sets of characters as ranges of code points: those of ECMA-262's classes, and which of them to write with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_LAST = 0x10FFFF

Ranges = tuple[tuple[int, int], ...]
"""Code points, both ends of each range included."""

Codes = npt.NDArray[np.uint32]

DIGITS: Ranges = ((48, 57),)
SMALL: Ranges = ((97, 122),)
LARGE: Ranges = ((65, 90),)
WORDS: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
BLANKS: Ranges = ((9, 13), (32, 32), (160, 160), (5760, 5760), (8192, 8202), (8232, 8233), (8239, 8239), (8287, 8287),
                  (12288, 12288), (65279, 65279))  # fmt: skip
ENDS_OF_LINE: Ranges = ((10, 10), (13, 13), (8232, 8233))
PROPERTIES: dict[str, Ranges] = {
    "L": ((65, 90), (97, 122)),
    "Lu": ((65, 90),),
    "Ll": ((97, 122),),
    "N": DIGITS,
    "Nd": DIGITS,
    "P": ((33, 35), (37, 42), (44, 47), (58, 59), (63, 64), (91, 93), (95, 95), (123, 123), (125, 125)),
    "S": ((36, 36), (43, 43), (60, 62), (94, 94), (96, 96), (124, 124), (126, 126)),
    "Z": ((32, 32),),
    "Zs": ((32, 32),),
    "Alphabetic": ((65, 90), (97, 122)),
    "ASCII": ((32, 126),),
}
LONG_NAMES = {"Letter": "L", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll", "Number": "N", "Decimal_Number": "Nd",
               "Punctuation": "P", "Symbol": "S", "Separator": "Z", "Space_Separator": "Zs", "Alpha": "Alphabetic",
               "Uppercase": "Lu", "Lowercase": "Ll", "digit": "Nd", "punct": "P"}  # fmt: skip
CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "0": 0}

_ALPHABETS = ([(97, 122), (48, 57)], [(65, 90)], [(33, 126)], [(32, 32)], [(0xA1, 0x24F)], [(0x3041, 0x3096)])


def complement(ranges: Ranges) -> Ranges:
    """All the other code points."""
    out, start = [], 0
    for low, high in sorted(ranges):
        if low > start:
            out.append((start, low - 1))
        start = max(start, high + 1)
    return (*out, (start, _LAST)) if start <= _LAST else tuple(out)


def includes(ranges: Ranges, wanted: Ranges) -> bool:
    """Whether a set has all the characters of each wanted range."""
    return all(
        all(any(low <= code <= high for low, high in ranges) for code in range(start, stop + 1))
        for start, stop in wanted
    )


def alphabet(ranges: Ranges) -> Codes:
    """The code points to write with: letters and digits where the ranges have them, else what can be printed."""
    if sum(high - low + 1 for low, high in ranges) <= 100:
        codes = [code for low, high in ranges for code in range(low, high + 1)]
        printable = [code for code in codes if code >= 32 and code != 127]
        plain = [code for code in printable if code < 127]
        return np.array(plain or printable or codes, dtype=np.uint32)
    for wanted in _ALPHABETS:
        codes = [
            code
            for low, high in wanted
            for start, stop in ranges
            for code in range(max(low, start), min(high, stop) + 1)
        ]
        if codes:
            return np.array(codes, dtype=np.uint32)
    low, high = ranges[0]
    return np.arange(low, min(high, low + 99) + 1, dtype=np.uint32)


def texts_of(codes: Codes) -> list[str]:
    """The texts of a matrix of code points, one row a text."""
    rows, width = codes.shape
    if not width:
        return [""] * rows
    if not codes.all():  # NumPy drops trailing NUL characters
        return ["".join(map(chr, row)) for row in codes.tolist()]
    return np.ascontiguousarray(codes, dtype=np.uint32).view(f"<U{width}").reshape(rows).tolist()  # type: ignore[no-any-return]
