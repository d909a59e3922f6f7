"""Which places of a schema speak of which parts of a value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from ...records import Json
from .places import Document, Place
from .regexes import matches

Path: TypeAlias = tuple[str | int, ...]
"""The keys and indices that lead to a part of a value."""


class Guard(NamedTuple):
    """A choice at a part of the value: what fails below one of its branches shows as the failure of the choice."""

    keyword: str
    path: Path


@dataclass(frozen=True, slots=True)
class Visit:
    """A place that holds for the part of the value at `path`; `guard` is the outermost choice around it, if any."""

    place: Place
    path: Path
    value: Json
    guard: Guard | None


class Walker:
    """Walks values along a schema.

    It follows references, `allOf`, the branches of `anyOf` and `oneOf` that hold, `then` or `else` by what `if` says,
    dependent schemas, and the schemas of properties and items; those of `contains` to the items they hold for. It does
    not go where a schema is not asserted, into `not` and `if`, nor to names of properties, nor into `unevaluated...`.
    """

    def __init__(self, document: Document) -> None:
        self._document = document

    def walk(self, value: Json) -> Iterator[Visit]:
        """Every place that holds for a part of a valid value, each once a part; those without a guard come first."""
        yield from self.walk_from(self._document.root, value)

    def walk_from(self, place: Place, value: Json) -> Iterator[Visit]:
        """As `walk`, for a value that a place holds for."""
        todo, later = [Visit(place, (), value, None)], list[Visit]()
        seen: set[tuple[str, Path]] = set()
        while todo or later:
            visit = todo.pop() if todo else later.pop()
            key = (visit.place.pointer, visit.path)
            if key in seen:
                continue
            seen.add(key)
            yield visit
            if not isinstance(visit.place.schema, dict):
                continue
            for below in [*self._same_part(visit), *self._parts(visit)]:
                (todo if below.guard == visit.guard else later).append(below)

    def holds(self, place: Place, value: Json) -> bool:
        """Whether a value satisfies a place."""
        if isinstance(place.schema, bool):
            return place.schema
        return bool(self._document.validator((place,)).is_valid(value))

    # ---- places of the same part of the value

    def _same_part(self, visit: Visit) -> Iterator[Visit]:
        place, schema, child = visit.place, visit.place.schema, self._document.child
        yield from (_at(visit, target) for target in self._document.references(place))
        if self._document.is_reference_alone(schema):
            return
        yield from (_at(visit, child(place, "allOf", str(at))) for at in range(len(schema.get("allOf", ()))))
        for keyword in ("anyOf", "oneOf"):
            guard = visit.guard or Guard(keyword, visit.path)
            for at in range(len(schema.get(keyword, ()))):
                branch = child(place, keyword, str(at))
                if self.holds(branch, visit.value):
                    yield Visit(branch, visit.path, visit.value, guard)
        if "if" in schema and self._document.draft not in ("4", "6"):
            then = "then" if self.holds(child(place, "if"), visit.value) else "else"
            if then in schema:
                yield _at(visit, child(place, then))
        yield from self._dependent(visit)

    def _dependent(self, visit: Visit) -> Iterator[Visit]:
        if not isinstance(visit.value, dict):
            return
        for keyword in ("dependentSchemas", "dependencies"):
            for name, schema in visit.place.schema.get(keyword, {}).items():
                if name in visit.value and isinstance(schema, dict | bool):
                    yield _at(visit, self._document.child(visit.place, keyword, name))

    # ---- places of what is inside it

    def _parts(self, visit: Visit) -> Iterator[Visit]:
        if self._document.is_reference_alone(visit.place.schema):
            return
        if isinstance(visit.value, dict):
            for name, value in visit.value.items():
                for place in property_places(self._document, visit.place, name):
                    yield Visit(place, (*visit.path, name), value, visit.guard)
        elif isinstance(visit.value, list):
            for at, value in enumerate(visit.value):
                item = item_place(self._document, visit.place, at)
                if item is not None:
                    yield Visit(item, (*visit.path, at), value, visit.guard)
            yield from self._contained(visit)

    def _contained(self, visit: Visit) -> Iterator[Visit]:
        if "contains" not in visit.place.schema or self._document.draft == "4":
            return
        place, guard = self._document.child(visit.place, "contains"), visit.guard or Guard("contains", visit.path)
        for at, value in enumerate(visit.value):
            if self.holds(place, value):
                yield Visit(place, (*visit.path, at), value, guard)


def property_places(document: Document, place: Place, name: str) -> list[Place]:
    """The schemas that an object schema has for the property of a name."""
    schema = place.schema
    found = [document.child(place, "properties", name)] if name in schema.get("properties", ()) else []
    found += [
        document.child(place, "patternProperties", pattern)
        for pattern in schema.get("patternProperties", ())
        if matches(pattern, name)
    ]
    if not found and "additionalProperties" in schema:
        found.append(document.child(place, "additionalProperties"))
    return found


def item_place(document: Document, place: Place, at: int) -> Place | None:
    """The schema that an array schema has for the item at an index, or None."""
    schema = place.schema
    listed, others = ("prefixItems", "items") if document.draft == "2020-12" else ("items", "additionalItems")
    first = schema.get(listed)
    if isinstance(first, list):
        if at < len(first):
            return document.child(place, listed, str(at))
        return document.child(place, others) if others in schema else None
    return document.child(place, "items") if "items" in schema else None


def _at(visit: Visit, place: Place) -> Visit:
    return Visit(place, visit.path, visit.value, visit.guard)
