"""From a model's answer to the labels it gives, text by text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import orjson

from ....records import Json
from ...answers import parse_records
from .quality import normalised

LIST_KEY, NUMBER_KEY, CODES_KEY = "labels", "n", "codes"
"""The keys of an answer: `{"labels": [{"n": 1, "codes": [...]}, ...]}`."""

MOST_CODES = 5
"""How many codes a text is given at the most; what is behind them is not looked at."""

_FLAT = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class LabelReading:
    """What an answer says: the codes of each text, by its number. `why` says what is wrong where one is missing."""

    codes: dict[int, tuple[str, ...]]
    why: str = ""


def read_labels(text: str, asked: Collection[int]) -> LabelReading:
    """The codes that an answer gives to the texts asked about, whatever stands around the JSON.

    Of an answer that was cut off, what is whole is read. Entries for other texts are left out, and so are second ones;
    an entry without a number is that of the only text asked about. An entry whose list is empty is one.
    """
    values, faults = _values(text)
    codes: dict[int, tuple[str, ...]] = {}
    for entry in _entries(values):
        number = _number(entry.get(NUMBER_KEY, next(iter(asked)) if len(asked) == 1 else None))
        listed = _codes(entry.get(CODES_KEY))
        if number in asked and number is not None and listed is not None:
            codes.setdefault(number, listed)
    missing = [number for number in asked if number not in codes]
    if not missing:
        return LabelReading(codes)
    lacking = f"the answer has no entry with a list `{CODES_KEY}` for {len(missing)} of {len(asked)} texts"
    return LabelReading(codes, f"{lacking}: {faults[0]}" if faults else lacking)


def _values(text: str) -> tuple[list[Json], list[str]]:
    """The values in an answer, and what could not be read of it."""
    parsed = parse_records(text, (NUMBER_KEY, CODES_KEY))
    faults = [why for _, why in parsed.unreadable]
    if not faults:
        return parsed.values, []
    return parsed.values + [value for piece, _ in parsed.unreadable for value in _flat(piece)], faults


def _flat(piece: str) -> Iterator[Json]:
    """The innermost objects of a text that is no JSON as a whole."""
    for found in _FLAT.findall(piece):
        try:
            yield orjson.loads(found)
        except orjson.JSONDecodeError:
            continue


def _entries(values: list[Json]) -> Iterator[dict[str, Json]]:
    for value in values:
        if not isinstance(value, dict):
            continue
        listed = value.get(LIST_KEY)
        yield from (entry for entry in (listed if isinstance(listed, list) else [value]) if isinstance(entry, dict))


def _number(value: Json) -> int | None:
    """A text's number, which may come as text."""
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value) if len(value) < 20 else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _codes(value: Json) -> tuple[str, ...] | None:
    """The codes of an entry; one alone may come without a list, and codes may come as numbers."""
    listed = value if isinstance(value, list) else [value]
    texts = [str(code) for code in listed if isinstance(code, str | int | float) and not isinstance(code, bool)]
    return normalised(texts)[:MOST_CODES] if len(texts) == len(listed) else None
