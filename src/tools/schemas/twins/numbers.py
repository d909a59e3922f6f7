"""Numbers just beyond their bounds, and between the steps."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from ....records import Json
from .spots import Spot

_MOST_DECIMALS = 6


def below(spot: Spot) -> Iterator[Json]:
    """For `minimum` and `exclusiveMinimum`."""
    return _beyond(spot, -1)


def above(spot: Spot) -> Iterator[Json]:
    """For `maximum` and `exclusiveMaximum`."""
    return _beyond(spot, 1)


def between(spot: Spot) -> Iterator[Json]:
    """For `multipleOf`: integers stay integers where they can."""
    value, step = exact(spot.value), exact(spot.argument)
    if value.denominator == 1 and step.denominator == 1 and step > 1:
        moves = [Fraction(1), Fraction(-1)]
    else:
        moves = [step / 2, -step / 2, step / 10, -step / 10]
    for move in moves:
        yield as_number(value + move)


def _beyond(spot: Spot, sign: int) -> Iterator[Json]:
    """The bound itself, where it is not allowed, then the next numbers beyond it, first those that other keywords want.

    sign: -1 for below a lower bound, 1 for above an upper one.
    """
    schema, argument = spot.place.schema, spot.argument
    other = "exclusiveMinimum" if sign < 0 else "exclusiveMaximum"
    if isinstance(argument, bool):  # draft 4, where `minimum` has the bound
        return
    bound, is_whole = exact(argument), isinstance(spot.value, int)
    if spot.keyword == other or schema.get(other) is True:
        yield as_number(bound)
    steps = [exact(schema["multipleOf"])] if isinstance(schema.get("multipleOf"), int | float) else []
    steps += [] if is_whole else [Fraction(1, 10 ** max(_decimals(spot.value), _decimals(argument), 1))]
    for step in [*steps, Fraction(1)]:
        count = math.ceil(bound / step) - 1 if sign < 0 else math.floor(bound / step) + 1
        yield as_number(count * step)
    yield math.nextafter(float(bound), sign * math.inf)


def exact(number: float | int) -> Fraction:
    """A JSON number as it is written."""
    return Fraction(str(number))


def as_number(value: Fraction) -> Json:
    """An int where it is whole, else a float."""
    return int(value) if value.denominator == 1 else float(value)


def _decimals(number: float | int) -> int:
    if isinstance(number, int):
        return 0
    _, _, decimals = f"{number:.{_MOST_DECIMALS}f}".rstrip("0").partition(".")
    return len(decimals)
