"""Values of another type, and values that are nearly those of a list."""

from __future__ import annotations

from collections.abc import Iterator

from ....records import Json
from ..keywords import same
from ..turns import Turns
from .spots import Spot
from .texts import misspelled

_SPARES: tuple[Json, ...] = ("unknown", 0, None, True, [], {})


def other_type(spot: Spot) -> Iterator[Json]:
    """For `type`: the same in another type, as far as there is a same."""
    value = spot.value
    match value:
        case bool():
            yield from ("true" if value else "false", int(value))
        case int():
            yield from spot.turns.shuffled([str(value), value + 0.5])
        case float():
            yield repr(value)
        case str():
            yield from _number_in(value)
            yield [value]
        case None:
            yield from spot.turns.shuffled(["", "null", "none"])
        case list():
            yield from value[:1]
            yield from (str(len(value)), {str(at): item for at, item in enumerate(value)})
        case dict():
            yield from ([value], list(value.values()), ", ".join(value))
    yield from (spare for spare in _SPARES if type(spare) is not type(value))


def _number_in(text: str) -> Iterator[Json]:
    if text.isascii() and text.isdigit() and len(text) < 16:
        yield int(text)


def unlisted(spot: Spot) -> Iterator[Json]:
    """For `enum` and `const`: a misspelling, the next number, or something else that is not listed."""
    listed = spot.argument if spot.keyword == "enum" else [spot.argument]
    for value in [*_near(spot.value, spot.turns), *_SPARES]:
        if not any(same(value, one) for one in listed):
            yield value


def _near(value: Json, turns: Turns) -> Iterator[Json]:
    match value:
        case bool():
            yield from (not value, "true" if value else "false")
        case str():
            yield from misspelled(value, turns)
        case int() | float():
            yield from (value + 1, value - 1, value + 0.5)
        case list():
            yield from (value[:-1], [*value, *value[:1]])
        case dict():
            yield from ({key: value[key] for key in value if key != left_out} for left_out in value)
        case None:
            yield "null"
