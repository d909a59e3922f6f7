"""How much work a validator has with a value at one place of a schema: too much can be written in a few lines."""

from __future__ import annotations

from ...errors import UnservableSchema
from . import drafts
from .places import Document, Place

MOST = 1_000_000
"""Subschemas one value may be held against; a validator tries some ten million in a second."""

_IN_PLACE = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies"})


def limit_effort(document: Document) -> None:
    """Raises UnservableSchema where references branch so often that a value could keep a validator busy for ever."""
    known: dict[str, int] = {}
    for place in document.places:
        try:
            effort = _effort(document, place, known)
        except RecursionError:
            effort = MOST + 1
        if effort > MOST:
            raise UnservableSchema("$ref", place.pointer, f"a value is held against more than {MOST:,} subschemas")


def _effort(document: Document, place: Place, known: dict[str, int]) -> int:
    if place.pointer not in known:
        known[place.pointer] = 0  # what refers to itself meanwhile adds nothing
        total = 1 + sum(_effort(document, other, known) for other in document.references(place))
        for parts, _ in drafts.subschemas(place.schema):
            if parts[0] in _IN_PLACE:
                total += _effort(document, document.child(place, *parts), known)
        known[place.pointer] = total
    return known[place.pointer]
