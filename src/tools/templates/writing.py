"""How one value is written: as JSON, as plain text, or by a format spec."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

import orjson

from ...records import Json

_WHOLE = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_TOO_WIDE = re.compile(r"\d{4}")


def json_text(value: Json) -> str:
    """The value as compact JSON. Raises ValueError where JSON, or orjson, cannot hold it."""
    try:
        text = orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        raise ValueError(f"{value!r:.80} cannot be written as JSON: {error}") from None
    if b"null" in text and orjson.loads(text) != value:
        raise ValueError(f"{value!r:.80} holds a number that JSON does not know")
    return text.decode()


def json_inside(text: str) -> str:
    """A text as it stands between the quotes of a JSON string."""
    return json_text(text)[1:-1]


def plain_text(value: Json) -> str:
    """The value inside a sentence: numbers as plain decimals. Raises ValueError for null, lists and objects."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int):
        return json_text(value)
    if isinstance(value, float):
        return without_exponent(json_text(value))
    raise ValueError(f"{json_text(value):.80} has no plain text: let the slot stand alone, where it keeps its type")


def without_exponent(number: str) -> str:
    """A JSON number as a plain decimal."""
    return format(Decimal(number), "f") if "e" in number else number


def formatted(value: Json, spec: str) -> str:
    """The value by a Python format spec; one with `%` before a letter is for ISO dates, any other for numbers.

    Texts are read as the one or the other. Raises ValueError, naming the value, where that cannot be.
    """
    if "%" in spec[:-1]:  # at the end, it is a percentage
        return _date(value).strftime(spec)
    if _TOO_WIDE.search(spec):
        raise ValueError("widths and precisions have at most three digits")
    if spec.endswith("c"):
        raise ValueError("'c' is no format for numbers here")
    number = _number(value)
    try:
        return format(number, spec)
    except ValueError as error:
        raise ValueError(f"{value!r:.80} cannot be written so: {error}") from None


def _date(value: Json) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f"{value!r:.80} is not an ISO date") from None


def _number(value: Json) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) <= 400 and _NUMBER.fullmatch(value):
        return int(value) if _WHOLE.fullmatch(value) else float(value)
    raise ValueError(f"{value!r:.80} is not a number")
