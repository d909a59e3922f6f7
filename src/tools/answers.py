"""From the text of a model to the values it means, malformed as it may be."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import orjson
from json_repair import repair_json

from ..records import Json

LIST_KEY = "records"
MOST_CHARS = 4_000_000

_FENCE = re.compile(r"```(?:json)?\s*\n?(.*?)```", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Parsed:
    """Values found in a text, and pieces in which none could be read, each with the reason."""

    values: list[Json]
    unreadable: list[tuple[str, str]] = field(default_factory=list)


def parse_records(text: str) -> Parsed:
    """The records in a model's answer: `{"records": [...]}`, a list, a record alone, or one a line.

    Text around the JSON, code fences, trailing commas and missing brackets are forgiven. An answer that was cut off
    loses its last record, which would be half of one.
    """
    text = text.strip()
    if not text:
        return Parsed([], [("", "the answer is empty")])
    if len(text) > MOST_CHARS:
        return Parsed([], [(text[:1000], f"the answer has {len(text):,} characters, more than {MOST_CHARS:,}")])
    for candidate in (text, *(found.strip() for found in _FENCE.findall(text))):
        try:
            return Parsed(_records_in(orjson.loads(candidate)))
        except orjson.JSONDecodeError:
            continue
    return _repaired(text)


def _repaired(text: str) -> Parsed:
    try:
        value = repair_json(text, return_objects=True, skip_json_loads=True)
    except (ValueError, RecursionError, IndexError, TypeError) as error:
        return Parsed([], [(text, f"not JSON: {error}")])
    values = [] if isinstance(value, str) else _records_in(value)
    if not values:
        return Parsed([], [(text, "no JSON was found in the answer")])
    if text.rstrip("` \n")[-1:] in "]}":
        return Parsed(values)
    return Parsed(values[:-1], [(_as_text(values[-1]), "the answer was cut off within this record")])


def _records_in(value: Json) -> list[Json]:
    if isinstance(value, dict) and isinstance(value.get(LIST_KEY), list) and len(value) == 1:
        value = value[LIST_KEY]
    elif isinstance(value, dict) and len(value) == 1 and isinstance(next(iter(value.values())), list):
        inner = next(iter(value.values()))
        value = inner if inner and all(isinstance(item, dict) for item in inner) else [value]
    return value if isinstance(value, list) else [value]


def _as_text(value: Json) -> str:
    try:
        return orjson.dumps(value).decode()
    except (TypeError, ValueError):
        return repr(value)
