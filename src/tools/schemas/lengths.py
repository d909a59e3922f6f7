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
_SMALL = frozenset({"the", "of", "for", "with", "by", "near", "and"})
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
    parts = maker.draw(_rows(4_096))
    ends = np.cumsum([len(part) + len(link) for part in parts])
    text = link.join(parts) + link
    return _Corpus(text + text[:1_000], [0, *ends[:-1].tolist()])  # so that the last part goes on as well


@functools.cache
def _words() -> dict[int, list[str]]:
    """Single words by their lengths."""
    found: dict[int, list[str]] = {}
    for word in dict.fromkeys(word for text in prose.phrase.draw(_rows(2_048)) for word in text.split(" ")):
        if word not in _SMALL:
            found.setdefault(len(word), []).append(word)
    return found


def _rows(count: int) -> Rows:
    return Rows(0xC0_2915, np.arange(count, dtype=np.uint64), 1, 1)


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
    least = max(low, min(4, high))
    width = min(high, least + _WIDEST) - least
    power = 1.0 if width <= _EVEN else math.log(_MEDIAN / width) / math.log(0.5)
    return (least + ((width + 1) * rows.uniform(3) ** power).astype(np.int64)).tolist()  # type: ignore[no-any-return]


def _slices(rows: Rows, low: int, lengths: list[int], corpus: _Corpus) -> Iterator[str]:
    """Texts of about these lengths, never below `low`: parts of the corpus, cut where a word ends."""
    half = len(corpus.starts) // 2
    by_length = _words()
    heads, tails = rows.below(half, 1).tolist(), rows.below(half, 2).tolist()
    for head, tail, length in zip(heads, tails, lengths, strict=True):
        if length < _SHORTEST_PROSE and length in by_length:
            yield by_length[length][(head * half + tail) % len(by_length[length])]
        else:
            yield _cut(_taken(corpus, head, tail, length), low, length)


def _taken(corpus: _Corpus, head: int, tail: int, length: int) -> str:
    """A part of the corpus, or, where it must be longer than the first one, the beginnings of two."""
    text, starts = corpus
    half = len(starts) // 2
    first = text[starts[head] : starts[head + 1] - 1]
    if len(first) >= length - _MEDIAN:
        start = starts[head + half * (tail % 2)]
        return text[start : start + length + 1]
    start = starts[half + tail]
    rest = (
        text[start:] + text * (length // len(text) + 1) if start + length > len(text) else text[start : start + length]
    )
    return f"{first} {rest[:length]}"


def _cut(text: str, low: int, high: int) -> str:
    """The words of a text that fit; where they are too short, the last ones give way to one that fills the gap."""
    cut = text[: high + 1].rpartition(" ")[0].rstrip(" ,")
    if len(cut) >= max(low, 1):
        return cut
    fillers = _words()
    for _ in range(4):
        head = f"{cut} " if cut else ""
        missing = high - len(head)
        if missing in fillers:
            return head + fillers[missing][len(text) % len(fillers[missing])]
        cut = cut.rpartition(" ")[0]
    return f"{text[: high - 1]}s" if text[high - 1 : high] in ("", " ") else text[:high]


_LONGEST_EDGE, _OPEN_EDGE = 2_000, 256
"""How long texts at an upper bound are: as it says up to the one, else the other."""


def edge_text(rows: Rows, low: int, high: int) -> list[str]:
    """Texts as short as they may be, or as long, the long ones with letters of other scripts."""
    if rows.edge is Edge.LOWEST:
        return texts_of(LETTERS[rows.matrix(low, len(LETTERS))])
    width = max(low, high if high <= _LONGEST_EDGE else _OPEN_EDGE)
    return texts_of(_ACCENTS[rows.matrix(width, len(_ACCENTS))])
