"""Values that others determine: how many there are, how old somebody is, how long a stay was."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence

from ...records import Json
from .names import singular, words_of
from .relations import Columns, Fields, Relation, is_number
from .rows import Rows

_THIS_YEAR = 2025
_COUNTED = {("count",), ("item", "count"), ("items", "count"), ("number", "of", "items"), ("num", "items")}
_LISTS = {("items",), ("results",), ("records",), ("entries",), ("rows",)}
_BIRTH = {("birth", "date"), ("date", "of", "birth"), ("dob",), ("birthday",), ("birthdate",), ("birth", "year")}
_YEARS = {("year",): (("release", "date"), ("publication", "date"), ("date",)),
          ("release", "year"): (("release", "date"),), ("publication", "year"): (("publication", "date"),),
          ("birth", "year"): (("birth", "date"), ("date", "of", "birth"))}  # fmt: skip
_SUMS = {("total", "time"): (("prep", "time"), ("cook", "time")),
         ("total", "minutes"): (("prep", "minutes"), ("cook", "minutes"))}  # fmt: skip
_STAYS = (({("check", "in"), ("check", "in", "date"), ("checkin",), ("checkin", "date"), ("arrival", "date")},
           {("check", "out"), ("check", "out", "date"), ("checkout",), ("checkout", "date"), ("departure", "date")},
           {("nights",), ("number", "of", "nights"), ("num", "nights")}),
          ({("start", "date")}, {("end", "date")}, {("days",), ("number", "of", "days"), ("duration", "days")}),
          )  # fmt: skip


class Derived:
    """One field as a function of others; `follow` gives None where it doesn't follow from their values."""

    def __init__(self, name: str, others: Sequence[str], follow: Callable[..., Json | None], fields: Fields) -> None:
        self._name, self._others, self._follow, self._fields = name, list(others), follow, fields

    def apply(self, rows: Rows, columns: Columns) -> None:
        """Writes the field in each row; at the edges of a schema its bounds stay."""
        if rows.edge is not None:
            return
        targets = columns[self._name]
        for row, values in enumerate(zip(*(columns[name] for name in self._others), strict=True)):
            old = targets[row]
            if is_number(old) or isinstance(old, str):
                new = self._follow(old, *values)
                if new is not None:
                    self._fields.write(columns, row, {self._name: new})


def derived(names: Sequence[str], fields: Fields) -> list[Relation]:
    """The fields whose names say that others determine them."""
    known = {words_of(name): name for name in names}
    return [
        *_counts(known, fields),
        *_ages(known, fields),
        *_stays(known, fields),
        *_years(known, fields),
        *_sums(known, fields),
    ]


def _counts(known: dict[tuple[str, ...], str], fields: Fields) -> list[Relation]:
    found: list[Relation] = []
    things: dict[tuple[str, ...], list[str]] = {}
    for tokens, name in known.items():
        things.setdefault(singular(tokens), []).append(name)
    for tokens, name in known.items():
        counted = _what_is_counted(tokens)
        lists = [other for other in things.get(counted, ()) if counted and other != name]
        if tokens in _COUNTED:
            lists = lists or [known[words] for words in _LISTS if words in known]
        if len(lists) == 1:
            found.append(Derived(name, lists, _length, fields))
    return found


def _what_is_counted(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """`review_count`, `num_reviews` and `number_of_reviews` count reviews."""
    if len(tokens) > 1 and tokens[-1] == "count":
        return singular(tokens[:-1])
    if len(tokens) > 1 and tokens[0] in ("num", "n", "total"):
        return singular(tokens[1:])
    return singular(tokens[2:]) if tokens[:2] == ("number", "of") else ()


def _length(old: Json, value: Json) -> Json | None:
    return len(value) if isinstance(value, list) and is_number(old) else None


def _ages(known: dict[tuple[str, ...], str], fields: Fields) -> list[Relation]:
    births = [name for tokens, name in known.items() if tokens in _BIRTH]
    return [Derived(birth, [known["age",]], _born, fields) for birth in births if ("age",) in known]


def _born(old: Json, age: Json) -> Json | None:
    """The birth date with the year that the age tells."""
    if not isinstance(age, int) or not 0 <= age <= 120:
        return None
    year = _THIS_YEAR - age
    if isinstance(old, int):
        return year if 1_800 < old < 2_100 else None
    if not isinstance(old, str) or old[4:5] != "-" or not old[:4].isdecimal():
        return None
    return f"{year}-02-28{old[10:]}" if old[4:10] == "-02-29" else f"{year}{old[4:]}"


def _stays(known: dict[tuple[str, ...], str], fields: Fields) -> list[Relation]:
    found: list[Relation] = []
    for starts, ends, lengths in _STAYS:
        names = [next((name for tokens, name in known.items() if tokens in part), None)
                 for part in (lengths, starts, ends)]  # fmt: skip
        length, start, end = names
        if length and start and end:
            found.append(Derived(length, [start, end], _days, fields))
    return found


def _days(old: Json, start: Json, end: Json) -> Json | None:
    try:
        first, last = (datetime.date.fromisoformat(str(one)[:10]) for one in (start, end))
    except ValueError:
        return None
    return (last - first).days if is_number(old) and last > first else None


def _years(known: dict[tuple[str, ...], str], fields: Fields) -> list[Relation]:
    pairs = ((year, date) for year, dates in _YEARS.items() for date in dates if year in known and date in known)
    return [Derived(known[year], [known[date]], _year, fields) for year, date in dict(reversed([*pairs])).items()]


def _year(old: Json, date: Json) -> Json | None:
    is_date = isinstance(date, str) and date[4:5] == "-" and date[:4].isdecimal()
    return int(str(date)[:4]) if is_date and is_number(old) else None


def _sums(known: dict[tuple[str, ...], str], fields: Fields) -> list[Relation]:
    return [
        Derived(known[total], [known[part] for part in parts], _added, fields)
        for total, parts in _SUMS.items()
        if total in known and all(part in known for part in parts)
    ]


def _added(old: Json, *parts: Json) -> Json | None:
    return sum(parts) if is_number(old) and all(map(is_number, parts)) else None
