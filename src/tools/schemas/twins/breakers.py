"""How each keyword is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ....records import Json
from . import arrays, numbers, objects, texts, values
from .spots import Breaker, Spot

_Applies = Callable[[Json, Json], bool]
"""Of a value and the keyword's argument: whether the keyword says something of the value that can be broken."""


class _Way(NamedTuple):
    applies: _Applies
    breaker: Breaker


def can_break(keyword: str, value: Json, argument: Json) -> bool:
    """Whether there is a way to break a keyword that a value satisfies."""
    way = _WAYS.get(keyword)
    return way is not None and way.applies(value, argument)


def offered(spot: Spot) -> Iterator[Json]:
    """Values in place of a spot's that may break its keyword, the nearest first; none where there is no way."""
    if can_break(spot.keyword, spot.value, spot.argument):
        yield from _WAYS[spot.keyword].breaker(spot)


def _is_number(value: Json, argument: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not isinstance(argument, bool)


def _is_text(value: Json, argument: Json) -> bool:
    return isinstance(value, str)


def _is_object(value: Json, argument: Json) -> bool:
    return isinstance(value, dict)


def _is_array(value: Json, argument: Json) -> bool:
    return isinstance(value, list)


def _always(value: Json, argument: Json) -> bool:
    return True


def _counts(of: type) -> _Applies:
    """For least sizes: none is smaller than 0."""
    return lambda value, argument: isinstance(value, of) and argument > 0


_WAYS: dict[str, _Way] = {
    "type": _Way(_always, values.other_type),
    "enum": _Way(_always, values.unlisted),
    "const": _Way(_always, values.unlisted),
    "minimum": _Way(_is_number, numbers.below),
    "exclusiveMinimum": _Way(_is_number, numbers.below),
    "maximum": _Way(_is_number, numbers.above),
    "exclusiveMaximum": _Way(_is_number, numbers.above),
    "multipleOf": _Way(_is_number, numbers.between),
    "minLength": _Way(_counts(str), texts.too_short),
    "maxLength": _Way(_is_text, texts.too_long),
    "pattern": _Way(_is_text, texts.unmatched),
    "format": _Way(_is_text, texts.malformed),
    "required": _Way(lambda value, argument: isinstance(value, dict) and bool(argument), objects.one_missing),
    "additionalProperties": _Way(lambda value, says: isinstance(value, dict) and says is False, objects.one_extra),
    "unevaluatedProperties": _Way(lambda value, says: isinstance(value, dict) and says is not True, objects.one_extra),
    "propertyNames": _Way(_is_object, lambda spot: objects.misnamed(spot, offered)),
    "minProperties": _Way(_counts(dict), objects.too_few),
    "maxProperties": _Way(_is_object, objects.too_many),
    "dependentRequired": _Way(
        lambda value, argument: isinstance(value, dict) and objects.has_needs(value, argument), objects.one_needed
    ),
    "dependencies": _Way(
        lambda value, argument: isinstance(value, dict) and objects.has_needs(value, argument), objects.one_needed
    ),
    "minItems": _Way(_counts(list), arrays.too_few),
    "maxItems": _Way(_is_array, arrays.too_many),
    "uniqueItems": _Way(lambda value, argument: isinstance(value, list) and argument is True, arrays.one_twice),
    "items": _Way(lambda value, argument: isinstance(value, list) and argument is False, arrays.one_beyond),
    "additionalItems": _Way(lambda value, argument: isinstance(value, list) and argument is False, arrays.one_beyond),
    "unevaluatedItems": _Way(lambda value, says: isinstance(value, list) and says is not True, arrays.one_beyond),
    "contains": _Way(_is_array, lambda spot: arrays.uncontained(spot, offered)),
    "minContains": _Way(_counts(list), lambda spot: arrays.uncontained(spot, offered)),
    "maxContains": _Way(_is_array, arrays.contained_too_often),
    "not": _Way(_always, objects.allowed_after_all),
    "oneOf": _Way(lambda value, argument: len(argument) > 1, objects.both),
}
