"""What an answer states, number by number and name by name, against the rows it is about."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from .facts_about import Asked, names
from .facts_days import Day, find_days
from .facts_index import FactsIndex
from .facts_numbers import Number, find_numbers
from .facts_rows import RowFacts
from .facts_structured import shown
from .facts_words import COMMON, Mention, Words, columns_of, form, in_column

_LINKS = frozenset(
    "is was are were of the a an about around at in has have had roughly approximately equals to its".split()
)
_REACH = 8
_ENDS = re.compile(r"[.!?;\n]")
_LISTED = re.compile(r"\s*(?:[,;/\n]|\band\b|\bor\b)\s*")
_TIMES = re.compile(r"\s?(?:times|x\b|\u00d7|-?fold)", re.IGNORECASE)
_MOST_COMPARED = 6


@dataclass(frozen=True)
class Stated:
    """What statements are held against: the rows, what was asked, and the table for the names of others."""

    index: FactsIndex
    rows: Sequence[RowFacts]
    asked: Asked

    @cached_property
    def values(self) -> list[int | float]:
        """All numbers of the rows."""
        return [value for row in self.rows for value in row.values()]

    @cached_property
    def has_dates(self) -> bool:
        """Whether a row has a date."""
        return any(row.dates for row in self.rows)

    @cached_property
    def compared(self) -> list[int | float]:
        """Differences and sums of the rows, column by column, and how many rows there are, where there are several."""
        if not 2 <= len(self.rows) <= _MOST_COMPARED:
            return []
        pairs = self._pairs
        return [len(self.rows), *(abs(a - b) for a, b in pairs), *(a - b for a, b in pairs), *(a + b for a, b in pairs)]

    @cached_property
    def ratios(self) -> list[int | float]:
        """How many times one row's number is another's, column by column."""
        return [a / b for a, b in self._pairs if b] if 2 <= len(self.rows) <= _MOST_COMPARED else []

    @cached_property
    def _pairs(self) -> list[tuple[int | float, int | float]]:
        return [
            pair
            for one, other in combinations(self.rows, 2)
            for value, place in one.numbers
            for another, where in other.numbers
            if place == where
            for pair in ((value, another), (another, value))
        ]

    def says(self, known: str) -> bool:
        """Whether a row or the question says this name."""
        return any(row.says(known) for row in self.rows) or f" {known} " in self.asked.said


def problems_of_text(stated: Stated, text: str) -> Iterator[str]:
    """What a text states that the rows contradict, the numbers first."""
    words = Words.of(text)
    yield from _numbers(stated, words)
    yield from _names(stated, words)


def _numbers(stated: Stated, words: Words) -> Iterator[str]:
    text = words.text
    if not any("0" <= sign <= "9" for sign in text):
        return
    days = find_days(text) if stated.has_dates else []
    for day in days:
        if not _day_holds(stated, day):
            yield f"says {day.text!r}, {_dates_of(stated)}"
    labels = _labels(stated.index, words)
    for number in find_numbers(text, [(day.start, day.end) for day in days]):
        columns = _column_of(stated.rows, words, labels, number)
        if columns and (values := [value for row in stated.rows for value in row.values(columns)]):
            if not number.is_among(values):
                row = next(row for row in stated.rows if row.values(columns))
                column = stated.index.names[columns[0]]
                yield f'says {number.text} ({column}), the row of "{row.name}" has {row.values(columns)[0]}'
        elif not _number_holds(stated, text, number):
            yield f"says {number.text}, {_nearest(stated, number)}"


def _number_holds(stated: Stated, text: str, number: Number) -> bool:
    if number.word and not any(f" {number.word} " in row.said for row in stated.rows):
        return True  # the number of a name that no row has, such as COVID-19
    if number.is_among(stated.values) or number.is_among(stated.asked.values):
        return True
    if number.spans and number.text in {each.text for each in stated.asked.numbers}:
        return True
    if len(stated.rows) > 1 and number.is_among(stated.compared):
        return True
    return _TIMES.match(text, number.end) is not None and number.is_among(stated.ratios)


def _day_holds(stated: Stated, day: Day) -> bool:
    asked = [each for text in stated.asked.texts for each in find_days(text)]
    if any(day.is_among(row.days()) for row in stated.rows):
        return True
    return any(day.is_among(each.days) or day.text == each.text for each in asked)


def _labels(index: FactsIndex, words: Words) -> list[tuple[int, tuple[int, ...]]]:
    """The columns that a text speaks of: the word after the label, and the places of the columns."""
    found = []
    for at, word in enumerate(words.folded):
        for spoken in index.label_starts.get(word, ()):
            stop = at + spoken.count(" ") + 1
            if " ".join(words.folded[at:stop]) == spoken:
                found.append((stop, index.labels[spoken]))
    return found


def _column_of(
    rows: Sequence[RowFacts], words: Words, labels: list[tuple[int, tuple[int, ...]]], number: Number
) -> tuple[int, ...]:
    """The columns of a number that follows the name of one, with nothing but linking words and the key between."""
    if not labels:
        return ()
    here = bisect_left(words.spans, (number.start, 0))
    for stop, columns in reversed(labels):
        if not stop <= here <= stop + _REACH or _ENDS.search(words.text, words.spans[stop - 1][1], number.start):
            continue
        rest = " ".join(word for word in words.folded[stop:here] if word not in _LINKS)
        if not rest or any(rest == form(row.name) for row in rows):
            return columns
    return ()


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
        labels = _labels(index, words)
        for number in find_numbers(words.text) if labels else ():
            columns = _column_of(rows, words, labels, number)
            values = [value for row in rows for value in row.values(columns)]
            if columns and values and not number.is_among(values):
                has = f'the row of "{rows[0].name}" has {values[0]}'
                return f"the question says {number.text} ({index.names[columns[0]]}), {has}"
    return None


def _names(stated: Stated, words: Words) -> Iterator[str]:
    yield from _listed(stated, words)
    for mention in names(stated.index.lexicon, words):
        if not stated.says(mention.form):
            yield _wrong_name(stated, mention, words.raw(mention.start, mention.stop))


def _listed(stated: Stated, words: Words) -> Iterator[str]:
    """Where a whole text is a value, or a list of values: those that no row has, however short they are."""
    if len(words.folded) > 200 or stated.asked.compares:
        return
    codes = stated.index.lexicon.codes
    parts = [part.strip(" .!\"'") for part in [words.text, *_LISTED.split(words.text)] if part.strip(" .!\"'")]
    whole, listed = parts[:1], parts[1:]
    for group in (whole, listed):
        known = [form(part) for part in group]
        if known and all(each in codes and each not in COMMON for each in known):
            for part, each in zip(group, known, strict=True):
                if not any(row.says(each) for row in stated.rows):
                    yield _wrong_name(stated, Mention(each, 0, 1, codes[each]), part)
            return


def _wrong_name(stated: Stated, mention: Mention, raw: str) -> str:
    places = columns_of(mention.code)
    row = stated.rows[0]
    if in_column(mention.code, stated.index.key):
        return f'says "{raw}" ({stated.index.names[stated.index.key]}), the record is about "{row.name}"'
    place = next((place for place in places if row.cells.get(place)), places[0])
    cells = row.cells.get(place)
    has = shown(cells[0]) if cells else "nothing there"
    return f'says "{raw}" ({stated.index.names[place]}), the row of "{row.name}" has {has}'


def _nearest(stated: Stated, number: Number) -> str:
    row = stated.rows[0]
    nearest = row.nearest(number)
    if nearest is None:
        return f'the row of "{row.name}" has no number'
    return f'the row of "{row.name}" has {nearest[0]} ({stated.index.names[nearest[1]]})'


def _dates_of(stated: Stated) -> str:
    row = next(row for row in stated.rows if row.dates)
    day, place = row.dates[0]
    return f'the row of "{row.name}" has {day.isoformat()} ({stated.index.names[place]})'
