"""Columns that a text speaks of, and the values that it says of them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from .about import Asked, names
from .index import FactsIndex
from .numbers import find_numbers
from .rows import RowFacts
from .words import Mention, Words, columns_of, form, in_column, is_value

_LINKS = frozenset(
    "is was are were of the a an about around at in has have had roughly approximately equals to its on s".split()
)
_REACH = 8
_ENDS = re.compile(r"[.!?]\s|[;\n]")


class Label(NamedTuple):
    """The name of a column in a text: its first word and the one after it, and the columns that may be meant."""

    start: int
    stop: int
    columns: tuple[int, ...]


def find_labels(index: FactsIndex, words: Words) -> list[Label]:
    """The columns that a text speaks of, from left to right, the longest first, none within another name."""
    found = list[Label]()
    for at, word in enumerate(words.folded):
        if word not in index.label_starts or (found and at < found[-1].stop):
            continue
        for spoken in sorted(index.label_starts[word], key=len, reverse=True):
            stop = at + spoken.count(" ") + 1
            if " ".join(words.folded[at:stop]) == spoken:
                found.append(Label(at, stop, index.labels[spoken]))
                break
    if not found:
        return found
    within = [mention for mention in names(index.lexicon, words) if mention.stop - mention.start > 1]
    return [label for label in found if not any(at.start <= label.start < at.stop for at in within)]


def own_names(rows: Sequence[RowFacts], words: Words) -> list[tuple[int, int]]:
    """Where the keys of the rows stand, as words: the first, and the one after the last."""
    found = []
    for row in rows:
        known = form(row.name).split(" ")
        for at, word in enumerate(words.folded):
            if word == known[0] and words.folded[at : at + len(known)] == known:
                found.append((at, at + len(known)))
    return found


def columns_at(words: Words, labels: Sequence[Label], own: Sequence[tuple[int, int]], start: int) -> tuple[int, ...]:
    """The columns of what begins there, if it follows the name of one with only linking words and the key between."""
    here = bisect_left(words.spans, (start, 0)) if labels else 0
    for label in reversed(labels):
        if label.stop <= here and _after(words, label, own) == here:
            if not _ENDS.search(words.text, words.spans[label.stop - 1][1], start):
                return label.columns
    return ()


def values_of_labels(
    index: FactsIndex, words: Words, labels: Sequence[Label], own: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, Mention]]:
    """The values of text columns that follow the name of their column, as numbers do, with the column's place."""
    for label in labels:
        at = _after(words, label, own)
        if (
            at >= len(words.folded)
            or (at == label.stop and not _is_told(words, at))
            or _ENDS.search(words.text, words.spans[label.stop - 1][1], words.spans[at][0])
        ):
            continue
        for column in label.columns:
            mention = index.lexicon.at(words, at, partial(_is_of, column))
            if mention is not None:
                yield column, mention


def _is_told(words: Words, at: int) -> bool:
    """Whether a colon or an equals sign stands before a word."""
    return words.text[words.spans[at - 1][1] : words.spans[at][0]].strip()[:1] in (":", "=")


def _is_of(column: int, words: Words, mention: Mention) -> bool:
    return in_column(mention.code, column) and is_value(words, mention)


def _after(words: Words, label: Label, own: Sequence[tuple[int, int]]) -> int:
    """The first word after a column's name that is no linking word and not of the key."""
    at, last = label.stop, min(label.stop + _REACH, len(words.folded))
    keys = dict(own)
    while at < last and (at in keys or (words.folded[at] in _LINKS and words.raw(at, at + 1).islower())):
        at = keys.get(at, at + 1)
    return at


def asked_columns(index: FactsIndex, asked: Asked, rows: Sequence[RowFacts]) -> tuple[int, ...]:
    """The columns that the questions ask for, if it is one name alone; a column whose value they give is not."""
    found = set[tuple[int, ...]]()
    for words in asked.words if not asked.compares else ():
        for label in find_labels(index, words):
            cells = [cell for row in rows for column in label.columns for cell in row.cells.get(column, ())]
            given = [value for row in rows for value in row.values(label.columns)]
            if any(f" {form(str(cell))} " in asked.said for cell in cells):
                continue
            if not any(number.is_among(given) for number in asked.numbers):
                found.add(label.columns)
    return found.pop() if len(found) == 1 else ()


def misfit(index: FactsIndex, asked: Asked, rows: Sequence[RowFacts]) -> str | None:
    """A name or number in the questions that none of these rows has, though the questions neither compare nor negate.

    For rows that only the answer names: what was asked has to be true of them. Numbers count where the question says
    which column they belong to.
    """
    for words in asked.words if not asked.compares else ():
        for mention in names(index.lexicon, words):
            if not any(row.says(mention.form) for row in rows):
                told = f'"{words.raw(mention.start, mention.stop)}" ({index.names[columns_of(mention.code)[0]]})'
                return f'the question says {told}, which is not in the row of "{rows[0].name}"'
        labels, own = find_labels(index, words), own_names(rows, words)
        for number in find_numbers(words.text) if labels else ():
            columns = columns_at(words, labels, own, number.start)
            values = [value for row in rows for value in row.values(columns)]
            if columns and values and not number.is_among(values):
                has = f'the row of "{rows[0].name}" has {values[0]}'
                return f"the question says {number.text} ({index.names[columns[0]]}), {has}"
    return None
