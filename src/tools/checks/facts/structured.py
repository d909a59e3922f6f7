"""Whether a field named like a column has the value of the row."""

from __future__ import annotations

from collections.abc import Sequence

from ....records import Json
from .days import find_days
from .numbers import find_numbers
from .rows import RowFacts, cell_dates, cell_numbers, cell_parts
from .words import LONGEST_NAME, form

_YES = frozenset("true yes y t 1".split())
_NO = frozenset("false no n f 0".split())
_SHOWN = 60


def differs(value: Json, column: str, place: int, rows: Sequence[RowFacts]) -> str | None:
    """What a field says and what the rows have; None where one of them has it, or there is nothing to compare."""
    cells = [cell for row in rows for cell in row.cells.get(place, ())]
    if value is None or value == "" or not cells or is_sentence(cells, value):
        return None
    if any(same(value, cell) for cell in cells):
        return None
    return f'says {shown(value)} ({column}), the row of "{rows[0].name}" has {shown(cells[0])}'


def same(value: Json, cell: Json) -> bool:
    """Whether a leaf of a record and a cell are one value: numbers as far as they are written, texts folded."""
    if isinstance(value, bool) or isinstance(cell, bool):
        sides = {_truth(value), _truth(cell)}
        return len(sides) == 1 or (None in sides and isinstance(value, bool))
    if isinstance(value, int | float):
        numbers = list(find_numbers(repr(value)))
        return bool(numbers) and numbers[0].is_among(cell_numbers(cell))
    if isinstance(cell, str) and (form(value) == form(cell) or form(value) in cell_parts(cell)):
        return True
    if isinstance(cell, str) and not set(cell_dates(cell)).isdisjoint(
        day for each in find_days(value) for day in each.days
    ):
        return True
    return _same_amount(value, cell)


def _same_amount(value: str, cell: Json) -> bool:
    """Whether a text is a cell's number, perhaps with a unit: at least half of its signs are digits, or the cell's."""
    numbers = list(find_numbers(value))
    amounts = list(cell_numbers(cell)) if not isinstance(cell, str) or _is_amount(cell) else []
    return bool(numbers and amounts) and all(number.is_among(amounts) for number in numbers)


def _is_amount(cell: str) -> bool:
    return sum(map(str.isalpha, cell)) <= 3 and any(map(str.isdigit, cell))


def is_sentence(cells: Sequence[Json], value: Json) -> bool:
    """Whether a column holds sentences, which may be said in other words."""
    return isinstance(value, str) and any(isinstance(cell, str) and cell.count(" ") >= LONGEST_NAME for cell in cells)


def _truth(value: Json) -> bool | None:
    known = str(value).casefold()
    return True if known in _YES else False if known in _NO else None


def shown(value: Json) -> str:
    """A value as messages have it."""
    if not isinstance(value, str):
        return str(value)
    return f'"{value}"' if len(value) <= _SHOWN else f'"{value[:_SHOWN]}..."'
