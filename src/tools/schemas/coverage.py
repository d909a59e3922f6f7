"""What of a schema records reach: the branches of its choices, its listed values, its optional properties."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ...records import Json
from . import drafts
from .keywords import same
from .places import Document, Place
from .walking import Walker

Kind: TypeAlias = Literal["branch", "value", "property"]

KINDS: tuple[Kind, ...] = ("branch", "value", "property")
"""What is counted: a branch of `anyOf` or `oneOf`, a value of `enum`, a property that may be left out."""

_NOT_ASSERTED = frozenset("not if propertyNames unevaluatedItems unevaluatedProperties definitions $defs".split())


@dataclass(frozen=True, slots=True)
class Goal:
    """What a record may reach. `pointer` is its place in the schema; `value` that of an `enum`, else None.

    `is_impossible`: no valid record can reach it, as far as that is known.
    """

    kind: Kind
    pointer: str
    value: Json = None
    is_impossible: bool = False


class Coverage:
    """Counts what records of a schema reach, by the places they are walked through."""

    def __init__(self, schema: Json, where: str = "record_schema") -> None:
        """`where` names the schema in messages. Raises as `Document` does."""
        self._document = Document(schema, where)
        self._walker = Walker(self._document)
        dead = _unsatisfiable(self._document)
        self._goals = {goal.pointer: goal for goal in self._all(dead)}
        self._reached: set[str] = set()

    def add(self, records: Iterable[Json]) -> None:
        """Walks valid records."""
        for record in records:
            for visit in self._walker.walk(record):
                self._reached.add(visit.place.pointer)
                listed = visit.place.schema.get("enum", ()) if isinstance(visit.place.schema, dict) else ()
                self._reached.update(
                    f"{visit.place.pointer}/enum/{at}" for at, value in enumerate(listed) if same(value, visit.value)
                )

    def goals(self, kind: Kind) -> list[Goal]:
        """All there is to reach of a kind, in the order of the schema."""
        return [goal for goal in self._goals.values() if goal.kind == kind]

    def missing(self, kind: Kind) -> list[Goal]:
        """What no record has reached."""
        return [goal for goal in self.goals(kind) if goal.pointer not in self._reached]

    def _all(self, dead: tuple[str, ...]) -> Iterator[Goal]:
        for place in self._asserted():
            is_dead = _is_below(place.pointer, dead)
            if place.pointer in self._branches:
                yield Goal("branch", place.pointer, is_impossible=is_dead or place.schema is False)
            if not isinstance(place.schema, dict):
                continue
            required = place.schema.get("required", ())
            for name in place.schema.get("properties", {}):
                if not isinstance(required, list) or name not in required:
                    child = self._document.child(place, "properties", name)
                    is_never = is_dead or child.schema is False or _is_below(child.pointer, dead)
                    yield Goal("property", child.pointer, is_impossible=is_never)
            for at, value in enumerate(place.schema.get("enum", ())):
                is_never = is_dead or not self._walker.holds(place, value)
                yield Goal("value", f"{place.pointer}/enum/{at}", value, is_never)

    def _asserted(self) -> Iterator[Place]:
        """The places that the walker can come to, each once, in the order of the schema."""
        todo, seen = [self._document.root], set[str]()
        self._branches = set[str]()
        while todo:
            place = todo.pop()
            if place.pointer in seen:
                continue
            seen.add(place.pointer)
            yield place
            below = list(self._document.references(place))
            if not below or self._document.is_modern:
                below += [
                    self._child(place, parts)
                    for parts, _ in drafts.subschemas(place.schema)
                    if self._is_asserted(place, parts[0])
                ]
            todo += reversed(below)

    def _child(self, place: Place, parts: tuple[str, ...]) -> Place:
        child = self._document.child(place, *parts)
        if parts[0] in ("anyOf", "oneOf"):
            self._branches.add(child.pointer)
        return child

    def _is_asserted(self, place: Place, keyword: str) -> bool:
        """Whether the schemas under a keyword bear on what is at the place, and the walker goes there."""
        draft, schema = self._document.draft, place.schema
        if keyword in ("then", "else"):
            return "if" in schema and draft not in ("4", "6")
        if keyword == "contains":
            return draft != "4"
        if keyword == "additionalItems":
            return draft != "2020-12" and isinstance(schema.get("items"), list)
        return keyword not in _NOT_ASSERTED


def _is_below(pointer: str, tops: tuple[str, ...]) -> bool:
    return any(pointer == top or pointer.startswith(f"{top}/") for top in tops)


def _unsatisfiable(document: Document) -> tuple[str, ...]:
    """Pointers to what the canonical form of the schema proves to have no value."""
    import jsonschema_rs

    try:
        found = jsonschema_rs.canonical.find_unsatisfiable(document.schema, draft=document.number, offline=True)
    except (jsonschema_rs.ValidationError, jsonschema_rs.canonical.CanonicalizationError, ValueError):
        return ()
    return tuple(f"#{pointer}" for pointer in found)
