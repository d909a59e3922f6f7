"""Objects with a property too few or too many, or one of a wrong name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ....records import Json
from ..forms import whole
from ..places import Place
from ..regexes import matches
from .spots import Offered, Spot, breaking
from .texts import misspelled

MAX_PROPERTIES = 1_000
"""Objects are not given more properties than this."""

_EXTRAS = (
    "comment",
    "notes",
    "remarks",
    "extra",
    "revision",
    "legacy_code",
    "internal_id",
    "origin",
    "batch",
    "checked",
)


def without(value: dict[str, Json], names: Sequence[str]) -> dict[str, Json]:
    """An object without some of its properties."""
    return {key: inner for key, inner in value.items() if key not in names}


def one_missing(spot: Spot) -> Iterator[Json]:
    """For `required`."""
    for name in spot.turns.shuffled([name for name in spot.argument if name in spot.value]):
        yield without(spot.value, [name])


def one_extra(spot: Spot) -> Iterator[Json]:
    """For `additionalProperties` and `unevaluatedProperties`: a slip of the pen, or what people like to add."""
    for name in _new_names(spot):
        for value in _plausible(spot, name):
            yield {**spot.value, name: value}


def _new_names(spot: Spot) -> list[str]:
    """Names that nothing at this place speaks of."""
    schema = spot.place.schema
    known = [*schema.get("properties", {}), *spot.value]
    slips = list(misspelled(spot.turns.one_of(known), spot.turns))[:2] if known else []
    names = [*spot.turns.shuffled(_EXTRAS)[:4], *slips]
    patterns = schema.get("patternProperties", {})
    return [
        name
        for name in spot.turns.shuffled(names)
        if name not in known and not any(matches(pattern, name) for pattern in patterns)
    ]


def _plausible(spot: Spot, name: str) -> list[Json]:
    if spot.argument is not False:  # a schema: something that it does not allow
        place = spot.child()
        odd: list[Json] = [7, "none", None, True, [], {}]
        return [value for value in odd if not spot.means.walker.holds(place, value)]
    simple = [value for value in spot.value.values() if isinstance(value, str | int | float)]
    return [spot.turns.one_of([*simple[:4], True, "see above", 1])]


def misnamed(spot: Spot, offered: Offered) -> Iterator[Json]:
    """For `propertyNames`: one of the properties under a name that is not allowed."""
    place = spot.child()
    for name in spot.turns.shuffled(list(spot.value))[:4]:
        for other in breaking(spot, place, name, offered):
            if isinstance(other, str) and other not in spot.value:
                yield {(other if key == name else key): value for key, value in spot.value.items()}
    if place.schema is False or not spot.value:
        yield {**spot.value, "comment": "none"}


def too_few(spot: Spot) -> Iterator[Json]:
    """For `minProperties`."""
    required = spot.place.schema.get("required", ())
    names = spot.turns.shuffled([name for name in spot.value if not isinstance(required, list) or name not in required])
    extra = len(spot.value) - whole(spot.argument) + 1
    if len(names) >= extra > 0:
        yield without(spot.value, names[:extra])


def too_many(spot: Spot) -> Iterator[Json]:
    """For `maxProperties`: declared properties first, then others that the object may have, then any."""
    lacking = int(spot.argument) + 1 - len(spot.value)
    if not 0 < lacking <= MAX_PROPERTIES:
        return
    for spare in ("none", next(iter(spot.value.values()), None)):  # the latter where all properties are alike
        more: dict[str, Json] = {}
        for name, value in _further(spot, lacking, spare):
            if len(more) < lacking and name not in spot.value and _is_allowed(spot, name):
                more.setdefault(name, value)
        yield {**spot.value, **more}


def _further(spot: Spot, lacking: int, spare: Json) -> Iterator[tuple[str, Json]]:
    document = spot.means.document
    for name in spot.place.schema.get("properties", {}):
        yield from ((name, value) for value in spot.fresh(document.child(spot.place, "properties", name), count=1))
    for other in spot.fresh(spot.place):
        yield from other.items() if isinstance(other, dict) else ()
    for name in spot.value:
        yield from ((slip, spot.value[name]) for slip in misspelled(name, spot.turns))
    yield from ((name, spare) for name in (*_EXTRAS, *(f"extra_{at}" for at in range(lacking))))


def _is_allowed(spot: Spot, name: str) -> bool:
    schema, means = spot.place.schema, spot.means
    return "propertyNames" not in schema or means.walker.holds(means.document.child(spot.place, "propertyNames"), name)


def one_needed(spot: Spot) -> Iterator[Json]:
    """For `dependentRequired` and `dependencies`: a property without another that it needs."""
    for name, needed in spot.argument.items():
        names = [needed] if isinstance(needed, str) else needed
        if name in spot.value and isinstance(names, list):
            yield from (without(spot.value, [other]) for other in spot.turns.shuffled(names) if other in spot.value)


def has_needs(value: Json, argument: Json) -> bool:
    """Whether an object has a property that needs another by its name."""
    return any(name in value and isinstance(needed, str | list) and needed for name, needed in argument.items())


def allowed_after_all(spot: Spot) -> Iterator[Json]:
    """For `not`: what it rules out, as near to the value as it comes."""
    place = spot.child()
    made = _made(spot, place)
    if isinstance(spot.value, dict):
        yield from ({**spot.value, **other} for other in made if isinstance(other, dict))
    yield from made


def both(spot: Spot) -> Iterator[Json]:
    """For `oneOf`: what more than one branch allows."""
    branches = [spot.child(str(at)) for at in range(len(spot.argument))]
    holding = [branch for branch in branches if spot.means.walker.holds(branch, spot.value)]
    for branch in spot.turns.shuffled([branch for branch in branches if branch not in holding])[:3]:
        if isinstance(spot.value, dict):
            made = [other for other in _made(spot, branch) if isinstance(other, dict)]
            yield from ({**other, **spot.value} for other in made)
        yield from spot.fresh(*holding[:1], branch, count=2)


def _made(spot: Spot, place: Place) -> list[Json]:
    """Values of a place; of one that names properties and says no more, those properties with values they may have."""
    made = spot.fresh(place)
    names = place.schema.get("required") if isinstance(place.schema, dict) else None
    if isinstance(spot.value, dict) and isinstance(names, list):
        document, declared = spot.means.document, spot.place.schema.get("properties", {})
        parts: dict[str, Json] = {}
        for name in names:
            if name in declared and name not in spot.value:
                fresh = spot.means.fresh((document.child(spot.place, "properties", name),), spot.number, 1)
                parts.update({name: fresh[0]} if fresh else {})
        made = [{**other, **parts} for other in made if isinstance(other, dict)] + made
    return made
