"""The numbers and dates that an answer states, against the rows it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from .about import Asked, rows_by_alias
from .days import Day, find_days
from .index import FactsIndex
from .labels import Label, asked_columns, columns_at, find_labels, own_names
from .numbers import Number, find_numbers
from .rows import RowFacts
from .words import Words

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
    def exact(self) -> frozenset[int | float]:
        """The same, to look one up; keys with thousands of rows have as many."""
        return frozenset(self.values)

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

    @cached_property
    def wanted(self) -> tuple[int, ...]:
        """The columns that the questions ask for; none where that cannot be told."""
        return asked_columns(self.index, self.asked, self.rows)

    @cached_property
    def beside(self) -> list[RowFacts]:
        """Rows that the questions name by another column: `Is Paris the capital of Germany?` may lead to France."""
        return rows_by_alias(self.index, self.asked.words)

    def says(self, known: str) -> bool:
        """Whether a row or the question says this name."""
        if f" {known} " in self.asked.said or any(row.says(known) for row in self.rows):
            return True
        return any(row.says(known) for row in self.beside)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in words, with the columns it speaks of and the places of the rows' keys, as words."""

    words: Words
    labels: Sequence[Label]
    own: Sequence[tuple[int, int]]

    @classmethod
    def of(cls, stated: Stated, text: str) -> Answer:
        """An answer's text, cut up."""
        words = Words.of(text)
        return cls(words, find_labels(stated.index, words), own_names(stated.rows, words))

    @property
    def is_bare(self) -> bool:
        """Whether it is hardly more than a number and its unit."""
        return sum(map(str.isalpha, self.words.folded)) <= 2

    def in_name(self, start: int) -> bool:
        """Whether a place in the text is within a key of the rows or a column's name."""
        spans = self.words.spans
        named = [*self.own, *((label.start, label.stop) for label in self.labels)]
        return any(spans[first][0] <= start < spans[last - 1][1] for first, last in named)


def wrong_numbers(stated: Stated, answer: Answer) -> Iterator[str]:
    """The dates and numbers of an answer that are not the rows', each with what they have."""
    text = answer.words.text
    if not any("0" <= sign <= "9" for sign in text):
        return
    days = find_days(text) if stated.has_dates else []
    for day in days:
        columns = columns_at(answer.words, answer.labels, answer.own, day.start)
        if wrong := _wrong_day(stated, day, columns):
            yield wrong
    numbers = list(find_numbers(text, [(day.start, day.end) for day in days]))
    for number in numbers:
        columns = columns_at(answer.words, answer.labels, answer.own, number.start)
        if not columns and len(numbers) == 1 and answer.is_bare:
            columns = stated.wanted
        if not answer.in_name(number.start) and (wrong := _wrong_number(stated, text, number, columns)):
            yield wrong


def _wrong_number(stated: Stated, text: str, number: Number, columns: Sequence[int]) -> str | None:
    """What is wrong with a number: that its column has another, or, where no column is named, that no column has it."""
    row = next((row for row in stated.rows if row.values(columns)), None) if columns else None
    if row is not None:
        if number.is_among(value for each in stated.rows for value in each.values(columns)):
            return None
        if len(stated.rows) > 1 and _number_holds(stated, text, number):
            return None
        has = row.values(columns)[0]
        return f'says {number.text} ({stated.index.names[columns[0]]}), the row of "{row.name}" has {has}'
    return None if _number_holds(stated, text, number) else f"says {number.text}, {_nearest(stated, number)}"


def _number_holds(stated: Stated, text: str, number: Number) -> bool:
    if number.word and not any(f" {number.word} " in row.said for row in stated.rows):
        return True  # the number of a name that no row has, such as COVID-19
    if any(reading.value in stated.exact for reading in number.readings):
        return True
    if number.is_among(stated.values) or number.is_among(stated.asked.values):
        return True
    if number.spans and number.text in {each.text for each in stated.asked.numbers}:
        return True
    if len(stated.rows) > 1 and number.is_among(stated.compared):
        return True
    return _TIMES.match(text, number.end) is not None and number.is_among(stated.ratios)


def _wrong_day(stated: Stated, day: Day, columns: Sequence[int]) -> str | None:
    for within in (columns, None) if columns else (None,):
        row = next((row for row in stated.rows if row.days(within)), None)
        if row is None:
            continue
        if any(day.is_among(each.days(within)) for each in stated.rows):
            return None
        if within is None and any(day.is_among(each.days) or day.text == each.text for each in stated.asked.days):
            return None
        known = row.days(within)[0]
        place = next(place for each, place in row.dates if each == known and (within is None or place in within))
        return f'says {day.text}, the row of "{row.name}" has {known.isoformat()} ({stated.index.names[place]})'
    return None


def _nearest(stated: Stated, number: Number) -> str:
    row = stated.rows[0]
    nearest = row.nearest(number)
    if nearest is None:
        return f'the row of "{row.name}" has no number'
    return f'the row of "{row.name}" has {nearest[0]} ({stated.index.names[nearest[1]]})'
