"""Where the values of a slot come from: a list, a source, Faker, a range or dates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import orjson

from ...errors import PlanError
from ...hints import nearest
from ...plan import Slot
from ...records import Json
from .. import draws
from ..sources import Table, column, distinct, json_values
from .fakes import fake_values
from .pools import Dates, Listed, Numbers, Pool
from .writing import json_text

_LARGEST = 10**18
_LARGEST_DECIMAL = 10**15
_MOST_DAYS = date.max.toordinal()
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Rows:
    """A slot whose values are rows of a table: the columns used, one value a row.

    Rows with an empty cell are left out and counted; equal rows are one.
    """

    columns: Mapping[str, Listed]
    size: int
    left_out: int


def pool_of(name: str, slot: Slot, tables: Mapping[str, Table], key: np.uint64, where: str) -> Pool:
    """The values of a slot that is no row slot. Raises PlanError or SourceError where it has none."""
    if slot.range is not None:
        return _numbers(slot, where)
    if slot.dates is not None:
        return _dates(slot, where)
    if slot.source is not None and slot.column is not None:
        table = table_of(slot, tables, where)
        found = distinct(column(table, slot.column, f"{where}.column"))
        values = [value for value in json_values(found, f"{where}.column") if value is not None]
        if not values:
            raise PlanError.at(f"{where}.column", f"the column {slot.column!r} is empty in every row")
        return Listed(_folded(values, where))
    if slot.faker is not None:
        return Listed(_folded(fake_values(slot, draws.key_of(key, "slot", name), where), where))
    return Listed(_folded(slot.values or (), where))


def rows_of(slot: Slot, names: Iterable[str], tables: Mapping[str, Table], where: str) -> Rows:
    """The rows of a row slot, as far as these columns go. Raises PlanError or SourceError where it has none."""
    table, names = table_of(slot, tables, where), list(names)
    columns = [json_values(column(table, name, where), where) for name in names]
    rows: dict[bytes, tuple[Json, ...]] = {}
    left_out = 0
    for row in zip(*columns, strict=True):
        if any(value is None or (isinstance(value, str) and not value.strip()) for value in row):
            left_out += 1
        else:
            rows.setdefault(orjson.dumps(row), row)
    if not rows:
        listed = ", ".join(map(repr, names))
        raise PlanError.at(where, f"every row of {slot.source!r} has an empty cell in {listed}")
    kept = zip(*rows.values(), strict=True)
    return Rows({name: Listed(values) for name, values in zip(names, kept, strict=True)}, len(rows), left_out)


def table_of(slot: Slot, tables: Mapping[str, Table], where: str) -> Table:
    """The table a slot names. Raises PlanError where there is none of that name."""
    name = str(slot.source)
    if name not in tables:
        raise PlanError.at(f"{where}.source", f"no source is named {name!r}", nearest(name, tables))
    return tables[name]


def _folded(values: Iterable[Json], where: str) -> list[Json]:
    try:
        return list({json_text(value): value for value in values}.values())
    except ValueError as error:
        raise PlanError.at(where, str(error)) from None


def _numbers(slot: Slot, where: str) -> Numbers:
    written = [*(slot.range or ()), 1 if slot.step is None else slot.step]
    decimal = any(isinstance(number, float) for number in written)
    exact = [Fraction(str(number)) for number in written]
    places = max(max(0, -int(Decimal(str(number)).normalize().as_tuple().exponent)) for number in written)
    low, high, step = (int(number * 10**places) for number in exact)
    largest = _LARGEST_DECIMAL if decimal else _LARGEST
    digits = len(str(largest)) - 1
    if max(abs(low), abs(high), step) >= largest or places > digits:
        kind = "decimals" if decimal else "whole numbers"
        raise PlanError.at(f"{where}.range", f"{kind} in a range have at most {digits} digits in all")
    if low > high:
        raise PlanError.at(f"{where}.range", f"runs from {written[0]} down to {written[1]}", "write [LOW, HIGH]")
    return Numbers(low, step, (high - low) // step + 1, places, decimal)


def _dates(slot: Slot, where: str) -> Dates:
    first, last = (_day(text, f"{where}.dates") for text in slot.dates or ())
    step = 1 if slot.step is None else slot.step
    if step != int(step) or step > _MOST_DAYS:
        raise PlanError.at(f"{where}.step", f"{step} is not a whole number of days up to {_MOST_DAYS:,}")
    if first > last:
        raise PlanError.at(f"{where}.dates", f"runs from {first} back to {last}", "write [FROM, TO]")
    size = (last - first).days // int(step) + 1
    return Dates(first.toordinal() - _EPOCH, int(step), size)


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise PlanError.at(where, f"{text!r} is not an ISO date", "write YYYY-MM-DD") from None
