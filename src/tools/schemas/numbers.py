"""Columns of integers and numbers within bounds and on a grid."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from ...records import Int64Array, Json
from . import descriptions, moments, people
from .forms import Dead, Form
from .names import Hint, find
from .nodes import Fixed, Leaf, Node, Nothing
from .ranges import Range, numbers_of, per_second, range_of
from .rows import Edge, Rows

_WIDE = 10**6
_LIMIT = 2**53
_TECHNICAL = 2**31 - 1
"""Bounds from here on are those of a computer's words, not of what is counted."""

_NOW = (1_600_000_000, 1_800_000_000)
_COORDINATES = {"latitude": "latitude", "lat": "latitude", "longitude": "longitude", "lon": "longitude",
                "lng": "longitude", "long": "longitude"}  # fmt: skip
_NEAR, _AROUND = 0.05, 3.0


def integer_node(form: Form, hint: Hint) -> Node:
    """Integers, on a grid where `multipleOf` asks for one."""
    listed = [number for number in numbers_of(hint) if allows(form, number)]
    if len(set(listed)) > 1:
        return Fixed(listed)
    return _moments(form, hint) or _integers(form, suggested(hint) or _around(form) or Range(1, 1_000))


def _integers(form: Form, wanted: Range) -> Node:
    step = math.lcm(*(fraction.numerator for fraction in form.steps)) if form.steps else 1
    low, high = _bounds(form, Fraction(step))
    if low is not None and high is not None and low > high:
        return Nothing(_no_number(form))
    span = _span(low, high, _steps(wanted, Fraction(step)), _are_meant(form, wanted))
    is_small = span.reach * step < 2**62

    def draw(rows: Rows) -> list[Json]:
        if not is_small:
            return [number * step for number in _big(rows, span)]
        return (_spread(rows, span) * step).tolist()  # type: ignore[no-any-return]

    return Leaf(draw, pa.int64() if is_small else None)


def suggested(hint: Hint) -> Range | None:
    """The range that name and description suggest: what is said outright before what is usual."""
    named, told = range_of(hint), descriptions.numbers(hint.note) if hint.note else None
    if named is None or (told is not None and told.is_natural and not named.is_natural):
        return told or named
    return named


def _around(form: Form) -> Range | None:
    """Numbers of the size of the schema's own, where it gives any."""
    own = [one for one in form.samples if isinstance(one, int | float) and not isinstance(one, bool)]
    most = max((abs(one) for one in own), default=0)
    if not 0 < most < _TECHNICAL:
        return None
    low = -3 * most if min(own) < 0 else min(1, most / 4)
    return Range(low, 3 * most, 0 if all(isinstance(one, int) for one in own) else 2)


def allows(form: Form, number: float) -> bool:
    """Whether bounds and steps allow a number."""
    exact = Fraction(str(number))
    if form.low is not None and (exact < Fraction(str(form.low)) or (form.low_open and number == form.low)):
        return False
    if form.high is not None and (exact > Fraction(str(form.high)) or (form.high_open and number == form.high)):
        return False
    return all((exact / step).denominator == 1 for step in form.steps)


def _moments(form: Form, hint: Hint) -> Node | None:
    """Moments counted since 1970, where the name says so and the bounds allow it."""
    rate = per_second(hint)
    if not rate or form.steps or not all(allows(form, bound * rate) for bound in _NOW):
        return None
    return Leaf(moments.epoch(frozenset(hint.words), rate), pa.int64())


def _bounds(form: Form, step: Fraction) -> tuple[int | None, int | None]:
    """The first and the last multiple of a step, as many steps from 0."""
    low = None if form.low is None else _first(Fraction(str(form.low)) / step, form.low_open)
    high = None if form.high is None else -_first(-Fraction(str(form.high)) / step, form.high_open)
    return low, high


def _steps(wanted: Range, step: Fraction) -> tuple[int, int]:
    return math.ceil(Fraction(wanted.low) / step), math.floor(Fraction(wanted.high) / step)


class Span(NamedTuple):
    """Whole numbers from `low` to `high`; `lowest` and `highest` are the bounds that the schema sets, if any."""

    low: int
    high: int
    lowest: int
    highest: int

    @property
    def reach(self) -> int:
        """The largest absolute value."""
        return max(map(abs, self))


def _are_meant(form: Form, wanted: Range) -> bool:
    """Whether the bounds say what numbers there are: both are given, and neither by a computer's words or by nature."""
    if form.low is None or form.high is None or wanted.is_natural:
        return False
    return max(abs(form.low), abs(form.high)) < _TECHNICAL


def _span(low: int | None, high: int | None, wanted: tuple[int, int], are_meant: bool) -> Span:
    usual_low, usual_high = _within(low, high, *wanted, are_meant)
    return Span(usual_low, usual_high, usual_low if low is None else low, usual_high if high is None else high)


def _first(bound: Fraction, is_open: bool) -> int:
    """The first integer at or, where the bound is open, above it."""
    return math.floor(bound) + 1 if is_open else math.ceil(bound)


def _no_number(form: Form) -> Dead:
    return Dead("minimum", "#", f"no number lies between {form.low} and {form.high} as the schema asks")


def _within(low: int | None, high: int | None, wanted_low: int, wanted_high: int, are_meant: bool) -> tuple[int, int]:
    """The bounds where both are given and mean something, else the suggested range cut to them where they overlap."""
    if wanted_low > wanted_high:
        wanted_low, wanted_high = 0, 100
    if low is not None and high is not None and are_meant:
        return low, high
    cut_low = wanted_low if low is None else max(low, wanted_low)
    cut_high = wanted_high if high is None else min(high, wanted_high)
    if cut_low <= cut_high and (low is None or high is None or cut_high - cut_low >= min(high - low, 9)):
        return cut_low, cut_high
    if low is None:
        return (high - 1_000, high) if high is not None else (wanted_low, wanted_high)
    return low, low + 1_000 if high is None else min(high, low + _WIDE)


def _spread(rows: Rows, span: Span) -> Int64Array:
    """Numbers of a span; at its bounds for rows at an edge, but for every fourth."""
    drawn = span.low + rows.below(span.high - span.low + 1)
    if rows.edge is None:
        return drawn
    return np.where(rows.below(4, 1) == 0, drawn, span.lowest if rows.edge is Edge.LOWEST else span.highest)


def _big(rows: Rows, span: Span) -> list[int]:
    """Numbers of a span that 64 bits do not hold."""
    return [span.low + number % (span.high - span.low + 1) for number in rows.bits().tolist()]


def number_node(form: Form, hint: Hint) -> Node:
    """Numbers with few decimals, on a grid where `multipleOf` asks for one; whole ones where the name counts."""
    listed = [number for number in numbers_of(hint) if allows(form, number)]
    may_be_whole = "integer" in form.types
    if len(set(listed)) > 1 and may_be_whole:
        return Fixed(listed)
    wanted = suggested(hint) or _around(form) or Range(0, 1_000)
    special = (_moments(form, hint) if may_be_whole else None) or _coordinates(form, hint)
    if special is not None:
        return special
    if form.steps:
        return _grid(form, _common(form.steps), wanted)
    is_wide = form.low is None or form.high is None or form.high - form.low >= 4
    if wanted.decimals == 0 and may_be_whole and is_wide:
        return _integers(form, wanted)
    decimals = wanted.decimals or 2
    while decimals < 12 and form.low is not None and form.high is not None:
        if (form.high - form.low) * 10**decimals >= 100:
            break
        decimals += 1
    if decimals >= 12:
        return _between(form)
    return _grid(form, Fraction(1, 10**decimals), wanted)


def _coordinates(form: Form, hint: Hint) -> Node | None:
    """Latitudes and longitudes where people live: near the city of the fields beside it, if there is one."""
    column, prefix = find(_COORDINATES, hint.words) or ("", "")
    edges = (-66, 72) if column == "latitude" else (-180, 180)
    if not column or form.steps or not all(allows(form, edge) for edge in edges):
        return None
    draw = people.coordinate(column, prefix, _NEAR if "places" in hint.beside else _AROUND)
    usual = _grid(form, Fraction(1, 100_000), Range(*edges, 5))

    def numbers(rows: Rows) -> list[Json]:
        return usual.draw(rows) if rows.edge is not None else np.round(draw(rows), 5).tolist()

    return Leaf(numbers, pa.float64())


def _common(steps: list[Fraction]) -> Fraction:
    """The least number that is a multiple of all steps."""
    return Fraction(math.lcm(*(step.numerator for step in steps)), math.gcd(*(step.denominator for step in steps)))


def _grid(form: Form, step: Fraction, wanted: Range) -> Node:
    low, high = _bounds(form, step)
    if low is not None and high is not None and low > high:
        return Nothing(_no_number(form)) if form.steps else _between(form)
    span = _span(low, high, _steps(wanted, step), _are_meant(form, wanted))
    exact = _LIMIT // step.numerator  # floating point has no neighbours beyond
    if max(abs(span.low), abs(span.high)) <= exact:
        span = span._replace(lowest=max(span.lowest, -exact), highest=min(span.highest, exact))
    if span.reach * step.numerator > _LIMIT:
        return Leaf(lambda rows: [float(number * step) for number in _big(rows, span)], pa.float64())
    if form.steps:
        return _exact_grid(span, step, [float(one) for one in sorted({step, *form.steps})])
    denominator = step.denominator
    return Leaf(lambda rows: (_spread(rows, span) / denominator).tolist(), pa.float64())


def _exact_grid(span: Span, step: Fraction, factors: list[float]) -> Node:
    """Multiples that are multiples of all factors in floating point as well, as some validators count."""
    count = span.high - span.low + 1

    def draw(rows: Rows) -> list[float]:
        numbers = _spread(rows, span)
        values = numbers * step.numerator / step.denominator
        for shift in range(1, 40):
            is_off = [np.trunc(values / factor) != values / factor for factor in factors]
            wrong = np.flatnonzero(np.logical_or.reduce(is_off))
            if not len(wrong):
                break
            moved = span.low + (numbers[wrong] - span.low + shift * 7) % count
            values[wrong] = moved * step.numerator / step.denominator
        return values.tolist()  # type: ignore[no-any-return]

    return Leaf(draw, pa.float64())


def _between(form: Form) -> Node:
    """Numbers in a range too narrow for few decimals."""
    low, high = float(form.low or 0), float(form.high or 0)
    low = math.nextafter(low, math.inf) if form.low_open else low
    high = math.nextafter(high, -math.inf) if form.high_open else high
    if low > high:
        return Nothing(_no_number(form))

    def draw(rows: Rows) -> list[Json]:
        share = 0.1 + 0.8 * rows.uniform()
        return np.clip(low + (high - low) * share, low, high).tolist()  # type: ignore[no-any-return]

    return Leaf(draw, pa.float64())
