"""Dates as people write them, read back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?"
)
_WRITTEN = re.compile(
    r"(?<![\w.-])(?:"
    r"(?P<y1>\d{4})(?P<s1>[-/.])(?P<m1>\d{1,2})(?P=s1)(?P<d1>\d{1,2})"
    r"|(?P<a>\d{1,2})(?P<s2>[-/.])(?P<b>\d{1,2})(?P=s2)(?P<y2>\d{4})"
    rf"|(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?[\s-](?:of\s)?(?P<m3>{_MONTH})\.?,?[\s-](?P<y3>\d{{4}})"
    rf"|(?P<m4>{_MONTH})\.?\s(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?,?\s(?P<y4>\d{{4}})"
    r")(?!\d)",
    re.ASCII | re.IGNORECASE,
)


def written_dates(text: str) -> Iterator[tuple[int, frozenset[date]]]:
    """Where in the text something looks like a date, and the days it may mean.

    There are two where day and month may change places (03/04/2024), and none where the calendar has no such day
    (2024-02-30). Known are year-month-day, day/month/year, month/day/year, and names of months in English.
    """
    for match in _WRITTEN.finditer(text):
        part = match.groupdict()
        if part["y1"]:
            triples = [(part["y1"], part["m1"], part["d1"])]
        elif part["y2"]:
            triples = [(part["y2"], part["b"], part["a"]), (part["y2"], part["a"], part["b"])]
        elif part["y3"]:
            triples = [(part["y3"], _number(part["m3"]), part["d3"])]
        else:
            triples = [(part["y4"], _number(part["m4"]), part["d4"])]
        days = (_day(int(year), int(month), int(day)) for year, month, day in triples)
        yield match.start(), frozenset(day for day in days if day is not None)


def _number(month: str) -> int:
    return _MONTHS.index(month[:3].lower()) + 1


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
