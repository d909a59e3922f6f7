"""Fields of one object that follow from each other: found by their names, written only where their schemas allow it.

A relation is a function of one record's values alone, so that a record depends on nothing but its key and number.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ...records import Json
from .names import words_of
from .rows import Rows

ABSENT = object()
"""Stands in a column where a record does not have the property."""

Columns = dict[str, list[Json]]
Judges = Callable[[str], Callable[[Json], bool]]


class Relation(Protocol):
    """Some fields that belong together."""

    def apply(self, rows: Rows, columns: Columns) -> None:
        """Puts values in place, in the columns that are given."""
        ...


class Fields:
    """Writes values into columns: of the type that is there, and only what the field's schema allows."""

    def __init__(self, judge_of: Judges) -> None:
        self._judge_of = judge_of
        self._judges: dict[str, Callable[[Json], bool]] = {}

    def fitted(self, name: str, old: Json, new: Json) -> Json:
        """The new value as the field holds it; ABSENT where it can't."""
        if is_number(old) and is_number(new):
            if isinstance(old, float):
                new = float(new)
            elif isinstance(new, float):
                if not new.is_integer():
                    return ABSENT
                new = int(new)
        if new == old:
            return old
        if name not in self._judges:
            self._judges[name] = self._judge_of(name)
        return new if self._judges[name](new) else ABSENT

    def write(self, columns: Columns, row: int, values: dict[str, Json]) -> bool:
        """Writes all the values of a row, or none of them where one doesn't fit."""
        fitted = {name: self.fitted(name, columns[name][row], value) for name, value in values.items()}
        if any(value is ABSENT for value in fitted.values()):
            return False
        for name, value in fitted.items():
            columns[name][row] = value
        return True


def is_number(value: object) -> bool:
    """Whether it is a number, and one that can be counted with."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_STRONG = {
    word: rank
    for rank, words in (
        (0, "min minimum low lower lowest least from start starting begin beginning floor smallest since net departure "
            "birth born"),
        (1, "avg average mean median typical open close"),
        (2, "max maximum high higher highest upper to end ending until thru through ceiling most largest stop gross "
            "arrival death died"),
    )
    for word in words.split()
}  # fmt: skip
_PARTS = frozenset(
    "used available free completed failed passed successful succeeded active occupied remaining current skipped".split()
)
_MOMENT = re.compile(r"\d{4}-\d\d(?:-\d\d.*)?|\d\d:\d\d.*")


def ranked(name: str) -> tuple[str, tuple[str, ...], int] | None:
    """What a name measures, and its rank in it: `min_price` is (price, 0), `latency_p95` is (latency, 95)."""
    tokens = words_of(name)
    if len(tokens) > 1 and tokens[-2] == "p" and tokens[-1].isdecimal():
        return "percentile", tokens[:-2], int(tokens[-1])
    for at in range(len(tokens) - 1, -1, -1):
        if tokens[at] in _STRONG:
            return "bound", tokens[:at] + tokens[at + 1 :], _STRONG[tokens[at]]
    for at, token in enumerate(tokens):
        if token == "total" or token in _PARTS:
            return "part", tokens[:at] + tokens[at + 1 :], 1 if token == "total" else 0
    return None


class Ordered:
    """Fields whose values rise in the order of the names: a minimum, an average, a maximum."""

    def __init__(self, names: Sequence[str], fields: Fields) -> None:
        self._names, self._fields = list(names), fields

    def apply(self, rows: Rows, columns: Columns) -> None:
        """Sorts the values of each row; where a schema forbids that, the others give way to one of them."""
        for row, values in enumerate(zip(*(columns[name] for name in self._names), strict=True)):
            for fits in (is_number, _is_moment):
                names = [name for name, value in zip(self._names, values, strict=True) if fits(value)]
                if len(names) > 1:
                    self._sort(columns, row, names)

    def _sort(self, columns: Columns, row: int, names: list[str]) -> None:
        values: list[Any] = [columns[name][row] for name in names]
        if _is_rising(values) or len({len(value) for value in values if isinstance(value, str)}) > 1:
            return
        for attempt in (sorted(values), values[:1] * len(values), values[-1:] * len(values)):
            if self._fields.write(columns, row, dict(zip(names, attempt, strict=True))):
                return


def _is_moment(value: object) -> bool:
    return isinstance(value, str) and _MOMENT.fullmatch(value) is not None


def _is_rising(values: Sequence[Any]) -> bool:
    return all(one <= other for one, other in itertools.pairwise(values))


def ordered(names: Sequence[str], fields: Fields) -> list[Relation]:
    """The fields that are bounds, percentiles or parts of the same."""
    groups: dict[tuple[str, tuple[str, ...]], list[tuple[int, str]]] = {}
    for name in names:
        found = ranked(name)
        if found is not None:
            groups.setdefault(found[:2], []).append((found[2], name))
    chains = [sorted(group, key=lambda one: one[0]) for group in groups.values()]
    return [
        Ordered([name for _, name in chain], fields)
        for chain in chains
        if len({rank for rank, _ in chain}) > 1 and (chain[0][0], chain[-1][0]) != (1, 1)
    ]
