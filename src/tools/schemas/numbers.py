"""Columns of integers and numbers within bounds and on a grid."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from ...records import Int64Array, Json
from . import moments
from .forms import Dead, Form
from .names import Hint, Range, is_moment, range_of
from .nodes import Leaf, Node, Nothing
from .rows import Edge, Rows

_WIDE = 10**6
_LIMIT = 2**53
_LOWER_HALF = frozenset("min minimum from start low lower floor".split())
_UPPER_HALF = frozenset("max maximum to end high upper ceiling".split())


def integer_node(form: Form, hint: Hint) -> Node:
    """Integers, on a grid where `multipleOf` asks for one."""
    step = math.lcm(*(fraction.numerator for fraction in form.steps)) if form.steps else 1
    low = None if form.low is None else _first(Fraction(str(form.low)) / step, form.low_open)
    high = None if form.high is None else -_first(-Fraction(str(form.high)) / step, form.high_open)
    if low is not None and high is not None and low > high:
        return Nothing(_no_number(form))
    suggested = range_of(hint)
    if form.low is form.high is None and is_moment(hint):
        if suggested is None and step == 1:
            return Leaf(moments.epoch(frozenset(hint.words)), pa.int64())
    wanted = suggested or Range(1, 1_000)
    span = _span(low, high, math.ceil(wanted.low / step), math.floor(wanted.high / step), hint)
    is_small = span.reach * step < 2**62

    def draw(rows: Rows) -> list[int]:
        if not is_small:
            return [number * step for number in _big(rows, span)]
        return (_spread(rows, span) * step).tolist()  # type: ignore[no-any-return]

    return Leaf(draw, pa.int64() if is_small else None)


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


def _span(low: int | None, high: int | None, wanted_low: int, wanted_high: int, hint: Hint) -> Span:
    usual_low, usual_high = _half(*_within(low, high, wanted_low, wanted_high), hint)
    return Span(usual_low, usual_high, usual_low if low is None else low, usual_high if high is None else high)


def _first(bound: Fraction, is_open: bool) -> int:
    """The first integer at or, where the bound is open, above it."""
    return math.floor(bound) + 1 if is_open else math.ceil(bound)


def _no_number(form: Form) -> Dead:
    return Dead("minimum", "#", f"no number lies between {form.low} and {form.high} as the schema asks")


def _within(low: int | None, high: int | None, wanted_low: int, wanted_high: int) -> tuple[int, int]:
    """The suggested range cut to the bounds, or the bounds where the two do not overlap."""
    if wanted_low > wanted_high:
        wanted_low, wanted_high = 0, 100
    cut_low = wanted_low if low is None else max(low, wanted_low)
    cut_high = wanted_high if high is None else min(high, wanted_high)
    if cut_low <= cut_high and (low is None or high is None or cut_high - cut_low >= min(high - low, 9)):
        return cut_low, cut_high
    if low is None:
        return (high - 1_000, high) if high is not None else (wanted_low, wanted_high)
    return low, low + 1_000 if high is None else min(high, low + _WIDE)


def _half(low: int, high: int, hint: Hint) -> tuple[int, int]:
    """The lower half for a minimum, the upper half for a maximum, so that the two of an object agree."""
    words = set(hint.words)
    middle = (low + high) // 2
    if words & _LOWER_HALF and not words & _UPPER_HALF:
        return low, middle
    if words & _UPPER_HALF and not words & _LOWER_HALF:
        return middle, high
    return low, high


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
    """Numbers with few decimals, on a grid where `multipleOf` asks for one."""
    wanted = range_of(hint) or Range(0, 1_000)
    if form.steps:
        return _grid(form, _common(form.steps), wanted, hint)
    decimals = wanted.decimals or 2
    while decimals < 12 and form.low is not None and form.high is not None:
        if (form.high - form.low) * 10**decimals >= 100:
            break
        decimals += 1
    if decimals >= 12:
        return _between(form)
    return _grid(form, Fraction(1, 10**decimals), wanted, hint)


def _common(steps: list[Fraction]) -> Fraction:
    """The least number that is a multiple of all steps."""
    return Fraction(math.lcm(*(step.numerator for step in steps)), math.gcd(*(step.denominator for step in steps)))


def _grid(form: Form, step: Fraction, wanted: Range, hint: Hint) -> Node:
    low = None if form.low is None else _first(Fraction(str(form.low)) / step, form.low_open)
    high = None if form.high is None else -_first(-Fraction(str(form.high)) / step, form.high_open)
    if low is not None and high is not None and low > high:
        return Nothing(_no_number(form)) if form.steps else _between(form)
    span = _span(low, high, math.ceil(Fraction(wanted.low) / step), math.floor(Fraction(wanted.high) / step), hint)
    exact = _LIMIT // step.numerator  # floating point has no neighbours beyond
    if max(abs(span.low), abs(span.high)) <= exact:
        span = span._replace(lowest=max(span.lowest, -exact), highest=min(span.highest, exact))
    if span.reach * step.numerator > _LIMIT:
        return Leaf(lambda rows: [float(number * step) for number in _big(rows, span)], pa.float64())
    if form.steps:
        return _exact_grid(span, step)
    denominator = step.denominator
    return Leaf(lambda rows: (_spread(rows, span) / denominator).tolist(), pa.float64())


def _exact_grid(span: Span, step: Fraction) -> Node:
    """Multiples that are multiples in floating point as well, as some validators count."""
    factor, count = float(step), span.high - span.low + 1

    def draw(rows: Rows) -> list[float]:
        numbers = _spread(rows, span)
        values = numbers * step.numerator / step.denominator
        for shift in range(1, 40):
            wrong = np.flatnonzero(np.trunc(values / factor) != values / factor)
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
