"""What titles, descriptions and the names of definitions say of a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .forms import Places
from .names import Hint

if TYPE_CHECKING:
    from .places import Document, Place

_LONGEST = 600
_MOST_REFERENCES = 3
_SAMPLES = ("examples", "example", "default")


def described(document: Document, places: Places, hint: Hint) -> Hint:
    """The hint with the first title and description of the places, or of what they refer to; else with its own."""
    note = title = ""
    for place in _with_references(document, places):
        if isinstance(place.schema, dict):
            note = note or _text(place.schema.get("description"))
            title = title or _text(place.schema.get("title")) or _definition(place.pointer)
    return hint._replace(note=note[:_LONGEST] or hint.note, title=title[:80] or hint.title)


def _with_references(document: Document, places: Places) -> list[Place]:
    found = [place for place in places if not place.negated]
    for place in found[:_MOST_REFERENCES]:
        if isinstance(place.schema, dict) and "$ref" in place.schema:
            found += document.references(place)
    return found


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _definition(pointer: str) -> str:
    """What a definition is called: `Address` of `#/$defs/Address`."""
    parent, _, name = pointer.rpartition("/")
    return name.rpartition(".")[2] if parent.endswith(("/$defs", "/definitions", "/schemas")) else ""


def has_samples(places: Places) -> bool:
    """Whether a schema gives values of its own."""
    return any(isinstance(place.schema, dict) and not place.schema.keys().isdisjoint(_SAMPLES) for place in places)
