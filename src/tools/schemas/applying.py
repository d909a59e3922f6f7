"""What applies to a value in the same place (references, `allOf`, options that are chosen), and what that evaluates."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TypeVar

from .forms import Contained, Group, Places, Scope, Shape, Tuple, whole
from .places import Document, Place

_ANNOTATIONS = frozenset(
    "title description $comment default example examples deprecated readOnly writeOnly definitions $defs".split()
)

_Told = TypeVar("_Told")

Chosen = Mapping[str, int]
"""Which option each group of a form has taken, by the group's key."""


def _remembered(told: Callable[[Document, Place], _Told]) -> Callable[[Document, Place], _Told]:
    """What is told of a place, asked of the schema once: forms are put together of the same places again and again."""

    @functools.wraps(told)
    def remember(document: Document, place: Place) -> _Told:
        known = document.memory.setdefault(told.__name__, {})
        if place.key not in known:
            known[place.key] = told(document, place)
        return known[place.key]  # type: ignore[return-value]

    return remember


def applied(document: Document, place: Place, chosen: Chosen) -> tuple[list[Place], list[Group]]:
    """The places that must hold where this one does, and the groups that no option is chosen of."""
    if document.is_reference_alone(place.schema):
        return [document.resolve(place, place.schema["$ref"])], []
    settled, still_open = _chosen(_groups(document, place), chosen)
    return _always(document, place) + settled, still_open


@_remembered
def _always(document: Document, place: Place) -> list[Place]:
    """What must hold whatever is chosen."""
    schema = place.schema
    places = [
        document.resolve(place, schema[keyword])
        for keyword in ("$ref", "$dynamicRef", "$recursiveRef")
        if isinstance(schema.get(keyword), str)
    ]
    places += [document.child(place, "allOf", str(at)) for at in range(len(schema.get("allOf", ())))]
    return places + ([document.child(place, "not").opposite()] if "not" in schema else [])


def _chosen(groups: list[Group], chosen: Chosen) -> tuple[list[Place], list[Group]]:
    """The places of the options that are chosen, or the only ones; the groups that no option is chosen of."""
    places, still_open = list[Place](), list[Group]()
    for group in groups:
        if group.key in chosen:
            places.extend(group.options[chosen[group.key]])
        elif len(group.options) == 1:
            places.extend(group.options[0])
        else:
            still_open.append(group)
    return places, still_open


def opposed(document: Document, place: Place, chosen: Chosen) -> tuple[list[Place], list[Group]]:
    """What a negated place comes to where it is nothing but a combination of others; nothing where it is more."""
    if not isinstance(place.schema, dict):
        return [], []
    keywords = place.schema.keys() - _ANNOTATIONS
    if "if" in keywords and keywords <= {"if", "then", "else"} and document.draft not in ("4", "6"):
        return _chosen([Group(f"{place.key}/if", _opposed_conditional(document, place))], chosen)
    if len(keywords) != 1:
        return [], []
    (keyword,) = keywords
    value = place.schema[keyword]
    if keyword == "not":
        return [document.child(place, keyword)], []
    if keyword == "$ref":
        return [document.resolve(place, value).opposite()], []
    if keyword in ("anyOf", "allOf"):
        parts = [document.child(place, keyword, str(at)).opposite() for at in range(len(value))]
        if keyword == "anyOf":
            return parts, []
        return _chosen([Group(f"{place.key}/{keyword}", tuple((part,) for part in parts))], chosen)
    return [], []


def _opposed_conditional(document: Document, place: Place) -> tuple[Places, ...]:
    """The test holds and what follows from it doesn't, either way; nothing follows from a keyword that isn't there."""
    test = document.child(place, "if")
    ways = ((test, "then"), (test.opposite(), "else"))
    return tuple((way, document.child(place, key).opposite()) for way, key in ways if key in place.schema)


def scope_of(document: Document, place: Place, keyword: str, chosen: Chosen) -> Scope:
    """What the schema around an `unevaluated...` keyword evaluates by itself: its siblings, and what they apply."""
    scope = Scope(keyword == "unevaluatedItems", document.child(place, keyword))
    seen, todo = set(), [place]
    while todo:
        inner = todo.pop()
        if inner.key in seen or inner.negated or not isinstance(inner.schema, dict):
            continue
        seen.add(inner.key)
        todo += applied(document, inner, chosen)[0]
        if document.is_reference_alone(inner.schema):
            continue
        scope.is_complete |= inner is not place and keyword in inner.schema
        scope.shapes += [shape for shape in (shape_of(document, inner),) if shape is not None]
        scope.tuples += [row for row in (tuple_of(document, inner),) if row is not None]
        if "contains" in inner.schema and document.draft == "2020-12":
            scope.contained.append(contained_of(document, inner).place)
    return scope


@_remembered
def shape_of(document: Document, place: Place) -> Shape | None:
    """What a schema itself says of properties."""
    schema = place.schema
    if not any(keyword in schema for keyword in ("properties", "patternProperties", "additionalProperties")):
        return None
    shape = Shape({name: document.child(place, "properties", name) for name in schema.get("properties", ())})
    shape.patterns = [
        (pattern, document.child(place, "patternProperties", pattern))
        for pattern in schema.get("patternProperties", ())
    ]
    if isinstance(schema.get("additionalProperties"), dict | bool):
        shape.additional = document.child(place, "additionalProperties")
    return shape


@_remembered
def tuple_of(document: Document, place: Place) -> Tuple | None:
    """What a schema itself says of items."""
    schema = place.schema
    by_place = "prefixItems" if document.draft == "2020-12" else "items"
    others = "items" if document.draft == "2020-12" else "additionalItems"
    row = Tuple()
    if isinstance(schema.get(by_place), list):
        row.first = [document.child(place, by_place, str(at)) for at in range(len(schema[by_place]))]
        others_hold = True
    else:
        others_hold = document.draft == "2020-12"
    if others_hold and isinstance(schema.get(others), dict | bool):
        row.rest = document.child(place, others)
    elif isinstance(schema.get("items"), dict | bool):
        row.rest = document.child(place, "items")
    return row if row.first or row.rest is not None else None


@_remembered
def contained_of(document: Document, place: Place) -> Contained:
    """What a schema itself says of some items, whichever they are."""
    least = whole(place.schema.get("minContains", 1)) if document.is_modern else 1
    most = place.schema.get("maxContains") if document.is_modern else None
    return Contained(document.child(place, "contains"), least, most)


@_remembered
def _groups(document: Document, place: Place) -> list[Group]:
    schema, groups = place.schema, []
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            options = [document.child(place, keyword, str(at)) for at in range(len(schema[keyword]))]
            groups.append(Group(f"{place.pointer}/{keyword}", _exclusive(options, keyword == "oneOf")))
    if "if" in schema and document.draft not in ("4", "6") and ("then" in schema or "else" in schema):
        test = document.child(place, "if")
        then = (document.child(place, "then"),) if "then" in schema else ()
        other = (document.child(place, "else"),) if "else" in schema else ()
        groups.append(Group(f"{place.pointer}/if", ((test, *then), (test.opposite(), *other)), usual=1))
    for keyword in ("dependentSchemas", "dependencies"):
        for name, sub in schema.get(keyword, {}).items():
            if isinstance(sub, dict | bool):
                groups.append(_dependent(document, place, keyword, name))
    return groups


def _exclusive(options: list[Place], is_one: bool) -> tuple[Places, ...]:
    if not is_one:
        return tuple((option,) for option in options)
    others = [option.opposite() for option in options]
    return tuple((option, *others[:at], *others[at + 1 :]) for at, option in enumerate(options))


def _dependent(document: Document, place: Place, keyword: str, name: str) -> Group:
    key = f"{place.pointer}/{keyword}/{name}"
    present = Place({"required": [name]}, f"{key}#present", place.base)
    return Group(key, ((present, document.child(place, keyword, name)), (present.opposite(),)))
