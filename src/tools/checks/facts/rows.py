"""What the rows of one key say: their values, numbers, dates and words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ....records import Json
from .days import find_days
from .numbers import Number, Value, find_numbers
from .words import form

_DIGITS = re.compile(r"\d{1,40}", re.ASCII)
_POINTED = re.compile(r"-?\d{1,40}\.\d{1,40}", re.ASCII)
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PARTS = re.compile(r"[,;|/]")


@dataclass(frozen=True, slots=True)
class RowFacts:
    """The rows of one key, taken together: a value of any of them is right.

    name: the key as the source has it. cells: different values of each column, without nulls and blanks. numbers and
    dates: each with the place of its column. said: the words of all cells, blanks around each.
    """

    name: str
    cells: Mapping[int, Sequence[Json]]
    numbers: tuple[tuple[Value, int], ...]
    dates: tuple[tuple[date, int], ...]
    said: str

    @classmethod
    def of(cls, name: str, cells: Mapping[int, Sequence[Json]]) -> RowFacts:
        """What these cells say, by the place of their column."""
        told = [(cell, place) for place, values in cells.items() for cell in values]
        numbers = {(value, place): None for cell, place in told for value in cell_numbers(cell)}
        dates = {(day, place): None for cell, place in told for day in cell_dates(cell)}
        said = "".join(f" {form(cell if isinstance(cell, str) else repr(cell))} |" for cell, _ in told)
        return cls(name, cells, tuple(numbers), tuple(dates), said)

    def values(self, columns: Sequence[int] | None = None) -> list[Value]:
        """The numbers of these columns, or of all."""
        return [value for value, place in self.numbers if columns is None or place in columns]

    def days(self, columns: Sequence[int] | None = None) -> list[date]:
        """The dates of these columns, or of all."""
        return [day for day, place in self.dates if columns is None or place in columns]

    def says(self, known: str) -> bool:
        """Whether a name, by its form, stands in a cell as whole words."""
        return f" {known} " in self.said

    def nearest(self, number: Number) -> tuple[Value, int] | None:
        """The number that is likeliest what should have been said, with the place of its column."""
        wrong = [float(reading.value) for reading in number.readings] or [float(first) for first, _ in number.spans]
        return min(
            self.numbers,
            key=lambda pair: min(
                (abs(abs(value) - abs(pair[0])) / (abs(value) + abs(pair[0]) + 1) for value in wrong), default=0
            ),
            default=None,
        )


def cell_numbers(cell: Json) -> Iterator[Value]:
    """The numbers that a cell holds, as its whole or within its text; runs of digits in codes and dates too."""
    if isinstance(cell, bool):
        return
    if isinstance(cell, int | float):
        if math.isfinite(cell):
            yield cell
        return
    if not isinstance(cell, str):
        return
    runs = _DIGITS.findall(cell)
    if not runs:
        return
    if _POINTED.fullmatch(cell):
        yield float(cell)
        return
    if cell == runs[0] or _ISO_DATE.fullmatch(cell):
        yield from map(int, runs)
        return
    for number in find_numbers(cell, pointed=True):
        yield from (reading.value for reading in number.readings)
    yield from (int(run) for run in runs if f".{run}" not in cell and f"{run}." not in cell)


def cell_dates(cell: Json) -> Iterator[date]:
    """The dates that a cell's text holds."""
    if isinstance(cell, str) and len(cell) > 7 and _DIGITS.search(cell):
        for day in find_days(cell):
            yield from day.days


def cell_parts(cell: str) -> set[str]:
    """The forms of a cell and of what it lists: `English, French` is both of them too."""
    return {form(cell), *(form(part) for part in _PARTS.split(cell))}
