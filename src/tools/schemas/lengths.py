"""Free texts of bounded lengths: the lengths spread over the bounds, the words come from prose."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from . import prose
from .characters import texts_of
from .pools import Draw, Maker
from .rows import Edge, Rows
from .words import LETTERS, letters

_ACCENTS = np.array([ord(char) for char in "äéñøçßłžαβγδжюя東京語한국어"], dtype=np.uint32)
_SHORTEST_PROSE = 8
_MEDIAN = 24
_WIDEST = 300
"""How far lengths spread above the lower bound: a field that may hold a book mostly holds a sentence."""

_EVEN = 64
"""Lengths spread evenly where the bounds are this close; else short ones are more frequent."""


class _Corpus(NamedTuple):
    """A long text, and where its parts start."""

    text: str
    starts: list[int]


@functools.cache
def _corpus(is_sentences: bool) -> _Corpus:
    maker, link = (prose.sentence, " ") if is_sentences else (prose.phrase, " and the ")
    parts = maker.draw(Rows(0xC0_2915, np.arange(4_096, dtype=np.uint64), 1, 1))
    ends = np.cumsum([len(part) + len(link) for part in parts])
    return _Corpus(link.join(parts) + link, [0, *ends[:-1].tolist()])


@functools.cache
def sized(low: int, high: int, is_sentences: bool = False) -> Draw:
    """Texts of `low` to `high` characters, words where there is room for them."""

    def draw(rows: Rows) -> list[str]:
        if rows.edge is not None:
            return edge_text(rows, low, high)
        if high < _SHORTEST_PROSE:
            return letters(rows, low, high)
        return list(_slices(rows, low, _lengths(rows, low, high), _corpus(is_sentences)))

    return draw


def of_prose(maker: Maker, low: int, high: int) -> Draw:
    """A maker's texts where they are as long as they should be, else words of any length that is."""
    others = sized(low, high, True)

    def draw(rows: Rows) -> list[str]:
        return [
            text if keep and low <= len(text) <= high else other
            for text, other, keep in zip(maker.draw(rows), others(rows.beside(1)), rows.below(3, 7) == 0, strict=True)
        ]

    return draw


def _lengths(rows: Rows, low: int, high: int) -> list[int]:
    """A length a row: even over close bounds, skewed to short ones over wide ones."""
    least = max(low, min(3, high))
    width = min(high, least + _WIDEST) - least
    power = 1.0 if width <= _EVEN else math.log(_MEDIAN / width) / math.log(0.5)
    return (least + ((width + 1) * rows.uniform(3) ** power).astype(np.int64)).tolist()  # type: ignore[no-any-return]


def _slices(rows: Rows, low: int, lengths: list[int], corpus: _Corpus) -> Iterator[str]:
    """Texts of about these lengths, never below `low`: two parts of the corpus, cut where a word ends."""
    text, starts = corpus
    count = len(starts)
    heads, tails = rows.below(count // 2, 1).tolist(), rows.below(count // 2, 2).tolist()
    for head, tail, length in zip(heads, tails, lengths, strict=True):
        start = starts[head]
        taken = text[start : start + length // 2 + 12 if length > _MEDIAN else start + length + 1]
        while len(taken) <= length:
            taken = taken.rpartition(" ")[0] or taken
            start = starts[count // 2 + tail]
            taken = f"{taken} {text[start : start + length - len(taken)]}"
        yield _cut(taken, low, length)


def _cut(text: str, low: int, high: int) -> str:
    words = text[: high + 1].rpartition(" ")[0].rstrip(" ,")
    cut = words if len(words) >= max(low, 1) else text[:high]
    return cut if not cut.endswith(" ") else f"{cut[:-1]}s"


def edge_text(rows: Rows, low: int, high: int) -> list[str]:
    """Texts as short as they may be, or as long, the long ones with letters of other scripts."""
    if rows.edge is Edge.LOWEST:
        return texts_of(LETTERS[rows.matrix(low, len(LETTERS))])
    width = max(low, min(high, 256))
    return texts_of(_ACCENTS[rows.matrix(width, len(_ACCENTS))])
