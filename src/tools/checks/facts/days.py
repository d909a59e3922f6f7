"""Dates in a text, whole or in part, and whether a row's date is what was meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from ..dates import written_dates

_EXTENT = re.compile(r"\d+([-/.])\d+\1\d+|\D*\d+\D+?\d{4}", re.ASCII)
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_MONTH = (
    r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_PART = re.compile(
    rf"(?<![\w.])(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?{_MONTH}"
    rf"|\b{_MONTH.replace('?P<month>', '?P<name>')},?\s(?:(?P<year>\d{{4}})|(?P<after>\d{{1,2}})(?:st|nd|rd|th)?)\b",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Day:
    """A date in a text: where, as written, and what it may mean: whole dates, or a month with a year or a day.

    days: none where it is not whole. month: None where it is; year and number (the day of the month): None unless said.
    """

    start: int
    end: int
    text: str
    days: frozenset[date] = frozenset()
    month: int | None = None
    year: int | None = None
    number: int | None = None

    def is_among(self, dates: Iterable[date]) -> bool:
        """Whether one of these dates is meant."""
        if self.month is None:
            return not self.days.isdisjoint(dates)
        return any(
            day.month == self.month and self.year in (None, day.year) and self.number in (None, day.day)
            for day in dates
        )


def find_days(text: str) -> list[Day]:
    """The dates in a text, in order: whole ones as `written_dates` knows them, months with a day or a year."""
    whole = list(_whole(text))
    return sorted([*whole, *_partial(text, whole)], key=lambda day: day.start)


def _whole(text: str) -> Iterator[Day]:
    for start, days in written_dates(text):
        extent = _EXTENT.match(text, start)
        if days and extent is not None:
            yield Day(start, extent.end(), extent[0], days)


def _partial(text: str, whole: list[Day]) -> Iterator[Day]:
    for match in _PART.finditer(text):
        start, end = match.span()
        if any(start < day.end and day.start < end for day in whole):
            continue
        part = match.groupdict()
        month = _MONTHS.index((part["month"] or part["name"])[:3]) + 1
        number = part["day"] or part["after"]
        year = int(part["year"]) if part["year"] else None
        yield Day(start, end, match[0], month=month, year=year, number=int(number) if number else None)
